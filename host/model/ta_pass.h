/* The pass of transient absorption: one walk over the delays of a trace for one set of parameters. rtl/ta/ta_pass.v is the same machine.
 *
 *   S(t) = sum_k A_k F_k + c0 Eg + c1 v Eg + offset,   v = (t - t0)/s B,  B = sqrt(log2(e)/2),  Eg = 2^(-v^2)
 *   F_k = exp(-t/tau_k) for t >= 0 convolved with the Gaussian of standard deviation s;  W_k = q_k F_k, q = k'(v - k'), k' = s/tau B
 *
 * Sums over the delays of weight x column x column, weight x column x residual, weight x residual^2 (docs/ta_engine.md). All integers.
 * Items: 0 residual, 1 + 2k F_k, 2 + 2k W_k, (extended: v Eg, v^2 Eg,) Eg, 1.
 * Thread safety: pure function.
 */
#ifndef TS_MODEL_TA_PASS_H
#define TS_MODEL_TA_PASS_H
#include <stdbool.h>
#include <stdint.h>

#define TS_TA_COMPONENTS_MAX 4
#define TS_TA_ITEMS_MAX (2 * TS_TA_COMPONENTS_MAX + 3)
#define TS_TA_PAIRS_MAX (TS_TA_ITEMS_MAX * (TS_TA_ITEMS_MAX + 1) / 2)
#define TS_TA_EXP2_INDEX_BITS 5
#define TS_TA_Z_INDEX_BITS_18 7
#define TS_TA_Z_INDEX_BITS_20 8

/* A parabola: c0 + r c1 + r^2 c2, word_bits + 2 fraction bits. */
typedef struct ts_ta_parabola {
  int32_t c0, c1, c2;
} ts_ta_parabola;
extern const ts_ta_parabola ts_ta_exp2_table_18[1 << TS_TA_EXP2_INDEX_BITS], ts_ta_exp2_table_20[1 << TS_TA_EXP2_INDEX_BITS];   /* generated: ta_tables.c */
extern const ts_ta_parabola ts_ta_phi_table_18[1 << TS_TA_Z_INDEX_BITS_18], ts_ta_phi_table_20[1 << TS_TA_Z_INDEX_BITS_20];
extern const ts_ta_parabola ts_ta_erfcx_table_18[1 << TS_TA_Z_INDEX_BITS_18], ts_ta_erfcx_table_20[1 << TS_TA_Z_INDEX_BITS_20];

/* Words of the processor's OUT area (formats M, W, X: docs/fit_processor.md). */
enum {
  TS_TA_OUT_T0 = 0,          /* X: t0, units */
  TS_TA_OUT_INVERSE = 1,     /* M: B / s, 1/units */
  TS_TA_OUT_OFFSET = 2,      /* X */
  TS_TA_OUT_ARTEFACT = 3,    /* W: c0, c1 and all A_k on one exponent */
  TS_TA_OUT_SLOPE = 4,
  TS_TA_OUT_COMPONENT = 8,   /* + 4k: M k', + 1: M k'^2, + 2: W A_k */
  TS_TA_OUT_WORDS = 24
};

typedef struct ts_ta_layout {
  unsigned components;
  bool extended;
  unsigned delays;
  unsigned word_bits;            /* 18 or 20 */
} ts_ta_layout;

/* The columns of the last pass: one with the same parameters but other amplitudes or signals (the wavelengths of a matrix) need not make
 * them again. The gateware does; the sums are the same. */
#define TS_TA_DELAYS_MAX 512
#define TS_TA_VALUES (TS_TA_COMPONENTS_MAX + 2)
typedef struct ts_ta_cache {
  bool valid;                    /* to be cleared when delays or weights change */
  ts_ta_layout layout;
  uint32_t key[2 + 2 * TS_TA_COMPONENTS_MAX];
  int32_t value[TS_TA_VALUES][TS_TA_DELAYS_MAX];                   /* F_k, then Eg, v Eg at TS_TA_COMPONENTS_MAX: word_bits fraction bits */
  int32_t right[TS_TA_ITEMS_MAX][TS_TA_DELAYS_MAX];                /* items, from 1 on */
  int32_t left[TS_TA_ITEMS_MAX][TS_TA_DELAYS_MAX];                 /* times the weight */
  int64_t gram[TS_TA_PAIRS_MAX];
} ts_ta_cache;

/* t: delays, units; weight: 0..65536; y: 24 bits, 22 fraction bits; pair[i(i+1)/2+j]: sums over items i >= j. */
void ts_ta_pass(const ts_ta_layout *l, const int32_t *t, const uint32_t *weight, const int32_t *y, const uint32_t *coefficients,
                ts_ta_cache *cache, int64_t *pair);

static inline unsigned ts_ta_items(const ts_ta_layout *l) { return 2 * (l->components + (l->extended ? 1u : 0u)) + 3; }
#endif
