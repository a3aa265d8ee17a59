// What the benches of the fit processor share: random and hostile operands, packing, the model's answer to one instruction.
#ifndef TESTS_RTL_FIT_BENCH_H
#define TESTS_RTL_FIT_BENCH_H
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
extern "C" {
#include "fit_float.h"
#include "fit_processor.h"
}

struct Random {
  uint64_t s;
  explicit Random(uint64_t seed) : s(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint64_t next() {   // xorshift64*
    s ^= s >> 12, s ^= s << 25, s ^= s >> 27;
    return s * 0x2545f4914f6cdd1du;
  }
  unsigned below(unsigned n) { return (unsigned)((next() >> 33) % n); }
  bool one_in(unsigned n) { return below(n) == 0; }
};

static const ts_float float_zero = {0, TS_FLOAT_EXP_MIN};

static inline uint32_t pack_word(ts_float x, int w) {
  return (uint32_t)(x.m < 0) << (w + 10) | ((uint32_t)x.e & 1023) << w | (uint32_t)(x.m < 0 ? -x.m : x.m);
}

// A mantissa that is often at an edge: ones, a power of two, long runs.
static inline int32_t random_mantissa(Random &r, int w) {
  const uint32_t top = 1u << (w - 1), all = (1u << w) - 1;
  uint32_t m = top | (uint32_t)(r.next() & (top - 1));
  switch (r.below(8)) {
    case 0: m = top; break;
    case 1: m = all; break;
    case 2: m = top | 1u << r.below((unsigned)w - 1); break;
    case 3: m = all & ~(1u << r.below((unsigned)w - 1)); break;
    case 4: m = (all << r.below((unsigned)w)) & all; break;
    case 5: m = top | (all >> r.below((unsigned)w)); break;
    default: break;
  }
  return (int32_t)(m | top);
}

static inline ts_float random_float(Random &r, int w) {
  if (r.one_in(24)) return float_zero;
  int e;
  switch (r.below(8)) {
    case 0: e = (int)r.below(1024) - 512; break;
    case 1: e = r.one_in(2) ? -512 + (int)r.below(6) : 511 - (int)r.below(6); break;
    case 2: e = (int)r.below(80) - 40; break;
    case 3: e = (r.one_in(2) ? -256 : 256) + (int)r.below(8) - 4; break;
    default: e = (int)r.below(16) - 6; break;
  }
  const int32_t m = random_mantissa(r, w);
  return (ts_float){r.one_in(2) ? -m : m, e};
}

// Close to `near`: cancellation, equal numbers, neighbours in the exponent.
static inline ts_float random_near(Random &r, ts_float near, int w) {
  if (near.m == 0) return random_float(r, w);
  int32_t m = near.m < 0 ? -near.m : near.m;
  switch (r.below(4)) {
    case 0: m += (int32_t)r.below(7) - 3; break;
    case 1: m ^= 1 << r.below((unsigned)w - 1); break;
    case 2: m = random_mantissa(r, w); break;
    default: break;
  }
  if (m >> w) m = (1 << w) - 1;
  if (!(m >> (w - 1))) m = 1 << (w - 1);
  int e = near.e + (r.one_in(2) ? 0 : (int)r.below(2 * (unsigned)w + 12) - w - 6);
  if (r.one_in(3)) e = near.e + (int)r.below(5) - 2;
  e = e > 511 ? 511 : e < -512 ? -512 : e;
  return (ts_float){r.one_in(2) ? -m : m, e};
}

static inline int64_t random_integer(Random &r) {   // 54 bits, any length
  const unsigned length = r.below(53);
  int64_t x = (int64_t)(r.next() >> 11);
  switch (r.below(6)) {
    case 0: x = (int64_t)1 << length; break;
    case 1: x = ((int64_t)1 << length) - 1; break;
    case 2: x = (int64_t)((~(uint64_t)0 >> 11) << length & (~(uint64_t)0 >> 11)); break;
    default: x >>= 52 - length; break;
  }
  if (r.one_in(50)) x = 0;
  if (r.one_in(200)) return -((int64_t)1 << 53);
  if (r.one_in(3)) x &= ~(((int64_t)1 << r.below(54)) - 1);   // long runs of zeros below
  return r.one_in(2) ? -x : x;
}

// One instruction in the model: result (d) and output word.
struct Answer {
  ts_float d;
  uint32_t out;
};

static ts_fit_input bench_input;
static inline ts_fit_input bench_serve(void *, unsigned) { return bench_input; }

static inline Answer model(unsigned op, ts_float a, ts_float b, ts_float c, ts_fit_input in, int w) {
  static ts_fit_context x;
  const ts_fit_instruction code[2] = {{(uint8_t)op, 0, 67, 64, 65, 66}, {TS_FIT_DONE, 0, 0, 0, 0, 0}};
  static ts_float constants[TS_FLOAT_TABLES][TS_FIT_CONSTANTS];
  const ts_fit_program p = {code, 2, constants};
  x.pc = 0;
  x.r[64] = a, x.r[65] = b, x.r[66] = c;
  bench_input = in;
  ts_fit_run(&x, &p, w, bench_serve, nullptr);
  return (Answer){x.r[67], x.out[256 + 67]};   // b = 65: port 1
}
#endif
