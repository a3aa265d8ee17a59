#include "fit_float.h"

static const ts_float zero = TS_FLOAT_ZERO;

ts_float ts_float_reciprocal_seed(ts_float a, int word_bits) {
  if (a.m == 0) return ts_float_largest(false, word_bits);
  const uint32_t m = (uint32_t)(a.m < 0 ? -a.m : a.m);
  const uint32_t index = (m >> (word_bits - 1 - TS_RCP_INDEX_BITS)) & ((1u << TS_RCP_INDEX_BITS) - 1);
  const int32_t r = (int32_t)ts_rcp_seed_table[TS_FLOAT_TABLE(word_bits)][index];
  const int e = 1 - a.e;   /* a in [2^(e-1), 2^e): 1/a in (2^-e, 2^(1-e)] */
  if (e < TS_FLOAT_EXP_MIN) return zero;
  if (e > TS_FLOAT_EXP_MAX) return ts_float_largest(a.m < 0, word_bits);
  return (ts_float){a.m < 0 ? -r : r, e};
}

/* floor(64 a) and the rest in units of 2^-(6+word_bits+fraction), for |a| < 512 */
static int64_t fixed_point(ts_float a, int word_bits, int fraction_bits) {
  const int shift = a.e - word_bits + fraction_bits;   /* value * 2^fraction_bits = m * 2^shift */
  const int64_t m = a.m;
  if (shift >= 0) return m * ((int64_t)1 << shift);
  if (-shift > 62) return m < 0 ? -1 : 0;
  return m >> -shift;   /* floor */
}

ts_float ts_float_exp2_coarse(ts_float a, int word_bits) {
  if (a.m != 0 && a.e > 9) return a.m > 0 ? ts_float_largest(false, word_bits) : zero;
  const int64_t x = fixed_point(a, word_bits, TS_EXP2_INDEX_BITS);
  const int whole = (int)(x >> TS_EXP2_INDEX_BITS);
  const int32_t m = (int32_t)ts_exp2_table[TS_FLOAT_TABLE(word_bits)][x & ((1 << TS_EXP2_INDEX_BITS) - 1)];
  const int e = whole + 1;
  if (e > TS_FLOAT_EXP_MAX) return ts_float_largest(false, word_bits);
  if (e < TS_FLOAT_EXP_MIN) return zero;
  return (ts_float){m, e};
}

ts_float ts_float_exp2_rest(ts_float a, int word_bits) {
  if (a.m == 0 || a.e > 9) return zero;
  const int fraction = TS_EXP2_INDEX_BITS + word_bits;
  const int64_t x = fixed_point(a, word_bits, fraction);
  const int64_t rest = x & (((int64_t)1 << word_bits) - 1);
  return ts_float_pack(false, (uint64_t)rest, -fraction, word_bits);
}

ts_float ts_float_round(ts_float a, int word_bits) {
  if (a.m == 0 || a.e >= word_bits) return a;
  const int64_t x = ts_round_shift(a.m, word_bits - a.e);
  return ts_float_pack(x < 0, (uint64_t)(x < 0 ? -x : x), 0, word_bits);
}

int ts_float_compare(ts_float a, ts_float b) {
  const bool na = a.m < 0, nb = b.m < 0;
  if (na != nb) return na ? -1 : 1;
  int magnitude;
  if (a.e != b.e)
    magnitude = a.e < b.e ? -1 : 1;
  else
    magnitude = (na ? -a.m : a.m) < (nb ? -b.m : b.m) ? -1 : (a.m == b.m ? 0 : 1);
  return na ? -magnitude : magnitude;
}
