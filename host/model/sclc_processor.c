#include "sclc_processor.h"

#include <string.h>

#define ADDRESS_MASK 8191u   /* 13 bits; the upper half reads the input word */
#define TABLE_MASK 2047u

void ts_sclc_processor_init(ts_sclc_processor *p) {
  memcpy(p->r, ts_sclc_initial, sizeof p->r);
  memset(p->memory, 0, sizeof p->memory);
}

static int64_t wrap(uint64_t x) { return (int64_t)x; }

static int64_t product(int64_t a, int64_t b, unsigned shift) {
  const int64_t p = (int64_t)(int32_t)a * (int32_t)b;
  return shift ? (p + ((int64_t)1 << (shift - 1))) >> shift : p;
}

/* (a << shift) / b towards zero, saturated to +-(2^63 - 1); so is b = 0. */
static int64_t quotient(int64_t a, int64_t b, unsigned shift) {
  const uint64_t top = INT64_MAX;
  const unsigned __int128 n = (unsigned __int128)(a < 0 ? 0 - (uint64_t)a : (uint64_t)a) << shift;
  const uint64_t d = b < 0 ? 0 - (uint64_t)b : (uint64_t)b;
  const unsigned __int128 q = d ? n / d : top;
  const uint64_t m = q > top ? top : (uint64_t)q;
  return (a < 0) != (b < 0) ? -(int64_t)m : (int64_t)m;
}

uint64_t ts_sclc_processor_run(ts_sclc_processor *p, int64_t input) {
  int64_t *const r = p->r;
  unsigned pc = 0, depth = 0, stack[TS_SCLC_STACK] = {0};
  for (uint64_t count = 1;; count++) {
    const ts_sclc_instruction i = ts_sclc_code[pc++];
    const int64_t a = r[i.a], b = r[i.b];
    const unsigned target = (unsigned)i.x << 8 | i.d, address = (unsigned)a & ADDRESS_MASK;
    switch ((ts_sclc_op)i.op) {
      case TS_SCLC_OP_ADD: r[i.d] = wrap((uint64_t)a + (uint64_t)b); break;
      case TS_SCLC_OP_SUB: r[i.d] = wrap((uint64_t)a - (uint64_t)b); break;
      case TS_SCLC_OP_AND: r[i.d] = a & b; break;
      case TS_SCLC_OP_SHR: r[i.d] = a >> (i.b & 63u); break;
      case TS_SCLC_OP_SHL: r[i.d] = wrap((uint64_t)a << (i.b & 63u)); break;
      case TS_SCLC_OP_MUL: r[i.d] = product(a, b, 8u * i.x); break;
      case TS_SCLC_OP_DIV: r[i.d] = quotient(a, b, 8u * i.x); break;
      case TS_SCLC_OP_LD: r[i.d] = address < TS_SCLC_MEMORY_WORDS ? p->memory[address] : input; break;
      case TS_SCLC_OP_ST: p->memory[address % TS_SCLC_MEMORY_WORDS] = b; break;
      case TS_SCLC_OP_TAB: r[i.d] = ((unsigned)a & TABLE_MASK) < TS_SCLC_TABLE_WORDS ? ts_sclc_table[(unsigned)a & TABLE_MASK] : 0; break;
      case TS_SCLC_OP_BLT:
        if (a < b) pc = target;
        break;
      case TS_SCLC_OP_BGE:
        if (a >= b) pc = target;
        break;
      case TS_SCLC_OP_BEQ:
        if (a == b) pc = target;
        break;
      case TS_SCLC_OP_BNE:
        if (a != b) pc = target;
        break;
      case TS_SCLC_OP_JMP: pc = target; break;
      case TS_SCLC_OP_CALL:
        stack[depth++ % TS_SCLC_STACK] = pc;
        pc = target;
        break;
      case TS_SCLC_OP_RET: pc = stack[--depth % TS_SCLC_STACK]; break;
      case TS_SCLC_OP_DONE:
      default: return count;
    }
  }
}
