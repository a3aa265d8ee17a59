#include "fit_processor.h"

#include <string.h>

static int clip(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

void ts_fit_context_start(ts_fit_context *x, const ts_fit_program *p, int word_bits) {
  memcpy(x->r, p->constants[TS_FLOAT_TABLE(word_bits)], sizeof(ts_float) * TS_FIT_CONSTANTS);
  x->pc = 0;
  x->depth = 0;
  x->offset = 0;
}

/* {shift[30:24] in two's complement, mantissa[23:0]} */
static uint32_t shifted_word(int shift, int lowest, int32_t mantissa) {
  return ((uint32_t)clip(shift, lowest, 63) & 127u) << 24 | ((uint32_t)mantissa & 0xffffff);
}

static uint32_t out_magnitude(ts_float a, int word_bits) { return a.m <= 0 ? 0 : shifted_word(word_bits - a.e, 0, a.m); }

static uint32_t out_weight(ts_float a, ts_float factor, ts_float reference, int word_bits) {
  const int exponent = reference.e + factor.e, down = exponent - a.e;
  int64_t m = a.m < 0 ? -a.m : a.m;
  if (down >= 0)
    m = ts_round_shift(m, down);
  else
    m = ((int64_t)1 << word_bits) - 1;     /* zero, too, has an exponent */
  return shifted_word(word_bits - exponent, TS_FIT_WEIGHT_SHIFT_MIN, (int32_t)((a.m < 0) != (factor.m < 0) ? -m : m));
}

static uint32_t out_f32x(ts_float a, int word_bits) {
  if (a.m == 0) return 0;
  const int e = a.e - word_bits;
  if (e < -128) return 0;
  const int32_t m = e > 127 ? (a.m < 0 ? -((1 << word_bits) - 1) : (1 << word_bits) - 1) : a.m;
  return (uint32_t)(e > 127 ? 127 : e) << 24 | ((uint32_t)m & 0xffffff);
}

static void store(ts_fit_context *x, unsigned address, uint32_t word) {
  if (address == TS_FIT_OUT_OFFSET) x->offset = (word & 0xffffffu) >> (-(int8_t)(word >> 24) & 31) & 63u;
  if ((address & 768u) == TS_FIT_OUT_INDEXED) address = (address - TS_FIT_OUT_INDEXED + 4 * x->offset) & 511u;
  x->out[address] = word;
}

/* Compiled once for each word length. */
static inline __attribute__((always_inline)) ts_fit_stop run(ts_fit_context *x, const ts_fit_program *p, int word_bits,
                                                             ts_fit_input (*input)(void *user, unsigned address), void *user) {
  ts_float *const r = x->r;
  unsigned pc = x->pc;
  for (;;) {
    const ts_fit_instruction i = p->code[pc++];
    /* most of a program is this; one copy of it keeps it inline */
    if (i.op == TS_FIT_FMA || i.op == TS_FIT_FMS) {
      r[i.d] = ts_float_fma(r[i.a], r[i.b], r[i.c], i.op == TS_FIT_FMS, word_bits);
      continue;
    }
    const ts_float a = r[i.a], b = r[i.b], c = r[i.c];
    const unsigned target = (unsigned)i.d << 8 | i.c, port = (unsigned)(i.b & 3) << 8;
    switch ((ts_fit_op)i.op) {
      case TS_FIT_FMA:
      case TS_FIT_FMS: break;
      case TS_FIT_RCP: r[i.d] = ts_float_reciprocal_seed(a, word_bits); break;
      case TS_FIT_EX2: r[i.d] = ts_float_exp2_coarse(a, word_bits); break;
      case TS_FIT_FRC: r[i.d] = ts_float_exp2_rest(a, word_bits); break;
      case TS_FIT_RND: r[i.d] = ts_float_round(a, word_bits); break;
      case TS_FIT_MIN: r[i.d] = ts_float_compare(a, b) < 0 ? a : b; break;
      case TS_FIT_MAX: r[i.d] = ts_float_compare(a, b) < 0 ? b : a; break;
      case TS_FIT_ABS: r[i.d] = (ts_float){a.m < 0 ? -a.m : a.m, a.e}; break;
      case TS_FIT_SEL: r[i.d] = c.m >= 0 ? a : b; break;
      case TS_FIT_POW: r[i.d] = a.m ? (ts_float){1 << (word_bits - 1), a.e} : a; break;
      case TS_FIT_IN: {
        const ts_fit_input in = input(user, port | i.a);
        r[i.d] = ts_float_pack(in.value < 0, (uint64_t)(in.value < 0 ? -in.value : in.value), in.exponent + c.e - 1, word_bits);
        break;
      }
      case TS_FIT_OUTM: store(x, port | i.d, out_magnitude(a, word_bits)); break;
      case TS_FIT_OUTW: store(x, port | i.d, out_weight(a, b, c, word_bits)); break;
      case TS_FIT_OUTX: store(x, port | i.d, out_f32x(a, word_bits)); break;
      case TS_FIT_BLT:
        if (ts_float_compare(a, b) < 0) pc = target;
        break;
      case TS_FIT_BGE:
        if (ts_float_compare(a, b) >= 0) pc = target;
        break;
      case TS_FIT_JMP: pc = target; break;
      case TS_FIT_CALL:
        x->stack[x->depth++ % TS_FIT_STACK] = pc;
        pc = target;
        break;
      case TS_FIT_RET: pc = x->stack[--x->depth % TS_FIT_STACK]; break;
      case TS_FIT_PASS: x->pc = pc; return TS_FIT_STOP_PASS;
      case TS_FIT_DONE:
      default: x->pc = 0; return TS_FIT_STOP_DONE;
    }
  }
}

ts_fit_stop ts_fit_run(ts_fit_context *x, const ts_fit_program *p, int word_bits, ts_fit_input (*input)(void *user, unsigned address),
                       void *user) {
  if (word_bits == 20) return run(x, p, 20, input, user);
  return word_bits == 18 ? run(x, p, 18, input, user) : run(x, p, 16, input, user);
}
