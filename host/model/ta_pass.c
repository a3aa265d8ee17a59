#include "ta_pass.h"

#include <string.h>

#include "fit_float.h"

/* Fraction bits. Those that grow with the word (docs/ta_engine.md) are given for words of 18 bits; `more` are added. */
#define Z_BITS 16                  /* v, z: more */
#define VALUE_BITS 18              /* F, Eg, the exponents: more */
#define ITEM_BITS 16               /* items in the pair sums, weights */
#define SIGNAL_BITS 22             /* y, residual */
#define WORD 18                    /* operands of the pair sums, of the products with q and v */
#define GUARD 2                    /* of the tables */
#define RESIDUAL_WORD 26
#define RESIDUAL_WINDOW 8          /* fine and coarse residual operand differ by 8 bits */
#define SCALE_MAX 20               /* F is zero below 2^-20: more */

typedef struct magnitude {         /* value = m * 2^-shift */
  int64_t m;
  int shift;
} magnitude;

typedef struct component {
  magnitude k;
  int64_t k_fixed, k2;             /* k' with Z_BITS, k'^2 with VALUE_BITS */
} component;

static int64_t signed24(uint32_t word) { return (int64_t)((int32_t)(word << 8) >> 8); }
static magnitude magnitude_of(uint32_t word) { return (magnitude){(int64_t)(word & 0xffffff), (int)(word >> 24 & 63)}; }
static int shift_of(uint32_t word) { return (int)(int8_t)(word >> 23 & 254) / 2; }   /* bits 30..24, signed */
static int at_least(int x, int low) { return x < low ? low : x; }
static int64_t at_most(int64_t x, int64_t high) { return x > high ? high : x; }
static bool fits(int64_t x, int bits) { return x >= -((int64_t)1 << (bits - 1)) && x < (int64_t)1 << (bits - 1); }

/* A magnitude as an integer of `bits` bits with `fraction` fraction bits, saturated. */
static int64_t fixed(magnitude a, int fraction, int bits) {
  const int64_t top = ((int64_t)1 << bits) - 1;
  if (a.m == 0) return 0;
  if (ts_bit_length((uint64_t)a.m) - a.shift + fraction > bits) return top;
  return at_most(ts_round_shift(a.m, a.shift - fraction), top);
}

/* f32x word as an integer of 24 bits with `fraction` fraction bits, saturated */
static int64_t integer(uint32_t word, int fraction) {
  const int64_t m = signed24(word);
  const int e = (int)(int8_t)(word >> 24) + fraction;
  return e <= 0 ? ts_round_shift(m, -e) : ts_saturate(m * ((int64_t)1 << (e < 24 ? e : 24)), 24);
}

/* value_bits fraction bits, in [0, 1]. rest: bits below the table's index. */
static inline int64_t interpolate(const ts_ta_parabola *table, int64_t x, int rest, int value_bits) {
  const ts_ta_parabola p = table[x >> rest];
  const int64_t r = x & (((int64_t)1 << rest) - 1);
  const int64_t value = ts_round_shift(p.c0 + ts_round_shift(r * (p.c1 + ts_round_shift(r * p.c2, rest)), rest), GUARD);
  return value < 0 ? 0 : at_most(value, (int64_t)1 << value_bits);
}

/* 2^-x factor, below 1; x with VALUE_BITS + more fraction bits */
static inline int64_t scaled(int64_t x, int64_t factor, int more) {
  const int bits = VALUE_BITS + more, n = (int)(x >> bits);
  const int64_t top = ((int64_t)1 << bits) - 1, m = interpolate(more ? ts_ta_exp2_table_20 : ts_ta_exp2_table_18, x & top, bits - TS_TA_EXP2_INDEX_BITS, bits);
  return n > SCALE_MAX + more ? 0 : at_most(ts_round_shift(m * factor, bits + n), top);
}

/* q or v (12 or 14 fraction bits, cut to 18 bits) times F with 18 fraction bits */
static int64_t times(int64_t q, int64_t f, int fraction) { return ts_round_shift(ts_saturate(q, WORD) * f, fraction); }

/* Columns and their sums; nothing here knows of amplitudes or signals. more: word_bits - 18. Compiled once for each word. */
static inline __attribute__((always_inline)) void make_columns(const ts_ta_layout *l, const int more, const int32_t *t, const uint32_t *weight,
                                                               const uint32_t *coefficients, ts_ta_cache *x) {
  const unsigned K = l->components, items = ts_ta_items(l);
  const int z_bits = Z_BITS + more, value_bits = VALUE_BITS + more, z_rest = z_bits + 3 - (more ? TS_TA_Z_INDEX_BITS_20 : TS_TA_Z_INDEX_BITS_18);
  const int64_t value_max = ((int64_t)1 << value_bits) - 1;
  const ts_ta_parabola *phi = more ? ts_ta_phi_table_20 : ts_ta_phi_table_18, *erfcx = more ? ts_ta_erfcx_table_20 : ts_ta_erfcx_table_18;
  component part[TS_TA_COMPONENTS_MAX];
  const int64_t t0 = integer(coefficients[TS_TA_OUT_T0], more);
  const magnitude inverse = magnitude_of(coefficients[TS_TA_OUT_INVERSE]);
  const int inverse_shift = at_least(inverse.shift - Z_BITS, 1);
  for (unsigned k = 0; k < K; k++) {
    const uint32_t *at = coefficients + TS_TA_OUT_COMPONENT + 4 * k;
    const magnitude rate = magnitude_of(at[0]);
    part[k] = (component){rate, fixed(rate, z_bits, WORD + more), fixed(magnitude_of(at[1]), value_bits, value_bits + 4)};
  }
  for (unsigned n = 0; n < l->delays; n++) {
    int64_t right[TS_TA_ITEMS_MAX];
    const int64_t v = ts_saturate(ts_round_shift(((int64_t)t[n] * (1 << more) - t0) * inverse.m, inverse_shift), 32 + more);
    const int64_t half = at_most(((v < 0 ? -v : v) + 1) >> 1, value_max);
    const int64_t v2 = ts_round_shift(half * half, 2 * (z_bits - 1) - value_bits);
    unsigned item = 1;
    for (unsigned k = 0; k < K; k++) {
      const component *c = &part[k];
      const int64_t z = v - c->k_fixed;
      const int64_t q = ts_saturate(ts_round_shift(z * c->k.m, at_least(c->k.shift + Z_BITS - VALUE_BITS, 1)), 24 + more);
      const int64_t place = at_most(z < 0 ? -z : z, ((int64_t)1 << (z_bits + 3)) - 1);
      const int64_t factor = interpolate(z > 0 ? phi : erfcx, place, z_rest, value_bits);
      const int64_t f = scaled(z > 0 ? 2 * q + c->k2 : v2, factor, more);
      x->value[k][n] = (int32_t)f;
      right[item++] = ts_round_shift(f, value_bits - ITEM_BITS);
      right[item++] = ts_saturate(ts_round_shift(times(ts_round_shift(q, 6 + more), f >> more, 12), VALUE_BITS - ITEM_BITS), WORD);
    }
    const int64_t eg = scaled(v2, (int64_t)1 << value_bits, more), v_eg = times(ts_round_shift(v, 2 + more), eg >> more, 14);
    x->value[TS_TA_COMPONENTS_MAX][n] = (int32_t)eg;
    x->value[TS_TA_COMPONENTS_MAX + 1][n] = (int32_t)(v_eg * (1 << more));
    if (l->extended) {
      right[item++] = ts_saturate(ts_round_shift(v_eg, VALUE_BITS - ITEM_BITS), WORD);
      right[item++] = ts_saturate(ts_round_shift(times(ts_round_shift(v2, 6 + more), eg >> more, 12), VALUE_BITS - ITEM_BITS), WORD);
    }
    right[item++] = ts_round_shift(eg, value_bits - ITEM_BITS);
    right[item] = (int64_t)1 << ITEM_BITS;
    for (unsigned i = 1; i < items; i++) {
      x->right[i][n] = (int32_t)right[i];
      x->left[i][n] = (int32_t)ts_round_shift((int64_t)weight[n] * right[i], ITEM_BITS);
    }
  }
  memset(x->gram, 0, sizeof x->gram);
  for (unsigned i = 1; i < items; i++)
    for (unsigned j = 1; j <= i; j++) {
      int64_t sum = 0;
      for (unsigned n = 0; n < l->delays; n++) sum += (int64_t)x->left[i][n] * x->right[j][n];
      x->gram[i * (i + 1) / 2 + j] = sum;
    }
}

void ts_ta_pass(const ts_ta_layout *l, const int32_t *t, const uint32_t *weight, const int32_t *y, const uint32_t *coefficients,
                ts_ta_cache *cache, int64_t *pair) {
  const unsigned K = l->components, items = ts_ta_items(l);
  uint32_t key[2 + 2 * TS_TA_COMPONENTS_MAX] = {coefficients[TS_TA_OUT_T0], coefficients[TS_TA_OUT_INVERSE]};
  for (unsigned k = 0; k < K; k++) {
    key[2 + 2 * k] = coefficients[TS_TA_OUT_COMPONENT + 4 * k];
    key[3 + 2 * k] = coefficients[TS_TA_OUT_COMPONENT + 4 * k + 1];
  }
  const int more = (int)l->word_bits - 18;
  const bool same = cache->layout.components == K && cache->layout.extended == l->extended && cache->layout.delays == l->delays;
  if (!cache->valid || !same || memcmp(cache->key, key, sizeof key) != 0) {
    if (more) make_columns(l, 2, t, weight, coefficients, cache);
    else make_columns(l, 0, t, weight, coefficients, cache);
    cache->valid = true;
    cache->layout = *l;
    memcpy(cache->key, key, sizeof key);
  }
  const int64_t offset = integer(coefficients[TS_TA_OUT_OFFSET], SIGNAL_BITS), artefact = signed24(coefficients[TS_TA_OUT_ARTEFACT]),
                slope = signed24(coefficients[TS_TA_OUT_SLOPE]);
  const int amplitude_shift = at_least(shift_of(coefficients[TS_TA_OUT_COMPONENT + 2]) + VALUE_BITS + more - SIGNAL_BITS, 0);
  int64_t amplitude[TS_TA_COMPONENTS_MAX];
  for (unsigned k = 0; k < K; k++) amplitude[k] = signed24(coefficients[TS_TA_OUT_COMPONENT + 4 * k + 2]);
  memcpy(pair, cache->gram, sizeof *pair * items * (items + 1) / 2);
  for (unsigned n = 0; n < l->delays; n++) {
    int64_t sum = 0;
    for (unsigned k = 0; k < K; k++) sum += amplitude[k] * cache->value[k][n];
    if (l->extended) sum += artefact * cache->value[TS_TA_COMPONENTS_MAX][n] + slope * cache->value[TS_TA_COMPONENTS_MAX + 1][n];
    const int64_t residual = ts_saturate(y[n] - offset - ts_round_shift(sum, amplitude_shift), RESIDUAL_WORD);
    const bool coarse = !fits(residual, WORD);
    const int64_t right = coarse ? ts_saturate(ts_round_shift(residual, RESIDUAL_WINDOW), WORD) : residual;
    const int64_t left = ts_round_shift((int64_t)weight[n] * right, ITEM_BITS), raised = coarse ? right * (1 << RESIDUAL_WINDOW) : right;
    pair[0] += ts_round_shift(left * right, coarse ? -RESIDUAL_WINDOW : RESIDUAL_WINDOW);
    for (unsigned i = 1; i < items; i++) pair[i * (i + 1) / 2] += cache->left[i][n] * raised;
  }
}
