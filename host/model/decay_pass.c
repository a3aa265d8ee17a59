#include "decay_pass.h"

#include <string.h>

#include "fit_float.h"

#define FRACTION_BITS_MAX 22
#define BACKGROUND_EXTRA 8         /* more fraction bits of the background */
#define MU_FLOOR_BITS 14           /* mu stays above 2^-14 counts */
#define RESIDUAL_WINDOW 8          /* fine and coarse residual operand differ by 8 bits */
#define COMPONENT_BASE 16u
#define COMPONENT_STRIDE 64u
#define OCTAVE_BASE 16u

typedef struct magnitude {         /* value = m * 2^-shift */
  int64_t m;
  int shift;
} magnitude;

typedef struct component {
  magnitude eps, rate;
  int weight_shift;
  int64_t weight[8];
  const uint32_t *octave;          /* four words a width */
  int64_t c, v, c_rest, v_rest;    /* states and what their operands left over */
  int64_t c_sum, v_sum;            /* of the steps of the present group */
} component;

/* Compiled once for each number of components and word length: `n` and `w` below are constants there. */
#define EACH static inline __attribute__((always_inline))

typedef struct walk {
  const ts_pass_layout *l;
  int f;    /* F: fraction bits of states */
  component part[4];
  int64_t shift_weight[8];
  int shift_weight_shift, shift_node;
  magnitude amplitude_sum;
  int anchor;
  int64_t background;              /* F + 8 fraction bits */
  int64_t mu_floor;
  int64_t shift_input;             /* of the steps of the present group */
  ts_pass_scale *scale;
  int residual_coarse, residual_fine, background_exponent;
  int next_background_exponent, residual_length;
  int64_t *pair;
} walk;

static int64_t signed24(uint32_t word) { return (int64_t)((int32_t)(word << 8) >> 8); }
static magnitude magnitude_of(uint32_t word) { return (magnitude){(int64_t)(word & 0xffffff), (int)(word >> 24 & 63)}; }
static int shift_of(uint32_t word) { return (int)(int8_t)(word >> 23 & 254) / 2; }   /* bits 30..24, signed */

/* f32x word * 2^scale as an integer of `bits` bits, saturated */
static int64_t expand(uint32_t word, int scale, int bits) {
  const int64_t m = signed24(word);
  const int s = (int)(int8_t)(word >> 24) + scale;
  if (m == 0) return 0;
  if (s < 0) return ts_saturate(ts_round_shift(m, -s), bits);
  if (ts_bit_length((uint64_t)(m < 0 ? ~m : m)) + s > bits - 1) {
    const int64_t top = ((int64_t)1 << (bits - 1)) - 1;
    return m < 0 ? -top - 1 : top;
  }
  return (int64_t)((uint64_t)m << s);
}

static bool fits(int64_t x, int bits) { return x >= -((int64_t)1 << (bits - 1)) && x < (int64_t)1 << (bits - 1); }

/* W-bit operand of a state; what the cut leaves is carried to the next step (error feedback). */
EACH int64_t operand(int w, int64_t state, int64_t *rest, int *cut) {
  const int64_t t = ts_saturate(state + *rest, 2 * w);
  int d = w;
  if (fits(t, d + w - w / 2)) d -= w / 2;
  if (d > 0 && fits(t, d + w - w / 2)) d -= w / 2;
  const int64_t o = t >> d;
  *rest = t - o * ((int64_t)1 << d);
  *cut = d;
  return o;
}

static int64_t scaled(int64_t o, magnitude a, int cut) {
  const int s = a.shift - cut;
  return ts_round_shift(o * a.m, s < -4 ? -4 : s);
}

static int within(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

static int64_t fine_value(const uint32_t *irf, int index) { return (int64_t)irf[index + TS_PASS_IRF_MARGIN]; }

/* One bin: c += x - eps c, v += eps (c_old + x/2 - v), x from the FIR. */
EACH void fine_step(walk *k, unsigned n, int w, const uint32_t *irf, int bin) {
  const int first = bin - k->anchor, node = -((int)k->l->taps / 2 - 1);
  int64_t g = 0;
  for (unsigned i = 0; i < k->l->shift_taps; i++) g += k->shift_weight[i] * fine_value(irf, first - k->shift_node - (int)i);
  k->shift_input += ts_saturate(ts_round_shift(g, k->shift_weight_shift), 2 * w);
  for (unsigned p = 0; p < n; p++) {
    component *q = &k->part[p];
    int64_t sum = 0;
    for (unsigned i = 0; i < k->l->taps; i++) sum += q->weight[i] * fine_value(irf, first - node - (int)i);
    const int64_t x = ts_saturate(ts_round_shift(sum, q->weight_shift), 2 * w);
    int dc, dv;
    const int64_t difference = ts_saturate(q->c - q->v + (x >> 1), 2 * w);
    const int64_t oc = operand(w, q->c, &q->c_rest, &dc), ov = operand(w, difference, &q->v_rest, &dv);
    q->c = ts_saturate(q->c - scaled(oc, q->eps, dc) + x, 2 * w);
    q->v = ts_saturate(q->v + scaled(ov, q->eps, dv), 2 * w);
    q->c_sum += q->c;
    q->v_sum += q->v;
  }
}

/* One step of width 2^octave: C += al g + be g_before - e C, V += kappa C_old - e V. */
EACH void wide_step(walk *k, unsigned n, int w, unsigned octave, int64_t g, int64_t g_before) {
  k->shift_input += ts_saturate(ts_round_shift(k->amplitude_sum.m * g, k->amplitude_sum.shift), 2 * w);
  for (unsigned p = 0; p < n; p++) {
    component *q = &k->part[p];
    const uint32_t *word = q->octave + 4 * (octave - 1);
    const magnitude e = magnitude_of(word[0]), kappa = magnitude_of(word[1]);
    const int64_t x = ts_saturate(ts_round_shift(signed24(word[2]) * g + signed24(word[3]) * g_before, shift_of(word[2])), 2 * w);
    int dc, dv;
    const int64_t oc = operand(w, q->c, &q->c_rest, &dc), ov = operand(w, q->v, &q->v_rest, &dv);
    q->c = ts_saturate(q->c - scaled(oc, e, dc) + x, 2 * w);
    q->v = ts_saturate(q->v + scaled(oc, kappa, dc) - scaled(ov, e, dv), 2 * w);
    q->c_sum += q->c;
    q->v_sum += q->v;
  }
}

/* A group is complete: its mean, residual and Jacobian go to the accumulators. */
EACH void close_group(walk *k, unsigned n, int w, uint32_t y, unsigned log2_width) {
  const unsigned items = 2 * n + 3;
  int64_t column[TS_PASS_ITEMS], left[TS_PASS_ITEMS], right[TS_PASS_ITEMS];
  int64_t mu = ts_round_shift(k->background, BACKGROUND_EXTRA - (int)log2_width), shift = 0;
  for (unsigned p = 0; p < n; p++) {
    component *q = &k->part[p];
    const int64_t c = ts_saturate(q->c_sum, 2 * w), v = ts_saturate(q->v_sum, 2 * w);
    int64_t none = 0;
    int cut;
    const int64_t o = operand(w, c, &none, &cut);
    shift += scaled(o, q->rate, cut);
    mu += c;
    column[1 + 2 * p] = c;
    column[2 + 2 * p] = ts_saturate(-v, 2 * w);
    q->c_sum = q->v_sum = 0;
  }
  column[items - 2] = ts_saturate(shift - k->shift_input, 2 * w);
  k->shift_input = 0;
  mu = ts_saturate(mu, 2 * w);
  if (mu < k->mu_floor) mu = k->mu_floor;

  const int exponent = ts_bit_length((uint64_t)mu) - 1;
  const uint32_t index = (uint32_t)((uint64_t)mu << TS_PASS_RECIPROCAL_BITS >> exponent) & 255u;
  const int64_t reciprocal = (int64_t)ts_pass_reciprocal_table[w == 18][index];
  for (unsigned i = 1; i < items - 1; i++) {
    left[i] = ts_round_shift(ts_saturate(ts_round_shift(column[i], exponent - (w - 5)), w) * reciprocal, (w - 2));
    right[i] = ts_saturate(ts_round_shift(column[i], w), w);
  }
  const int up = (w - 5) + k->background_exponent - exponent;
  const int64_t width = (int64_t)1 << log2_width;
  const int64_t b = ts_saturate(up > 40 ? (int64_t)1 << 60 : ts_round_shift(width, -up), w);
  left[items - 1] = ts_round_shift(b * reciprocal, (w - 2));
  right[items - 1] = width;

  const int64_t residual = ((int64_t)y << k->f) - mu;
  int64_t relative = ts_round_shift(residual, exponent - (w - 2));
  const bool relative_coarse = !fits(relative, w);
  if (relative_coarse) relative = ts_saturate(ts_round_shift(residual, exponent - (w - 2) + RESIDUAL_WINDOW), w);
  left[0] = ts_round_shift(relative * reciprocal, (w - 2));
  int64_t r = ts_round_shift(residual, k->residual_fine);
  const bool coarse = !fits(r, w);
  if (coarse) r = ts_saturate(ts_round_shift(residual, k->residual_coarse), w);
  right[0] = r;
  const int residual_up = coarse ? k->residual_coarse - k->residual_fine : 0;

  /* chi2 is kept 8 bits coarser so that it fits the accumulator */
  k->pair[0] += ts_round_shift(left[0] * right[0], RESIDUAL_WINDOW - (relative_coarse ? RESIDUAL_WINDOW : 0) - residual_up);
  for (unsigned i = 1, at = 1; i < items; i++) {
    k->pair[at++] += left[i] * right[0] * ((int64_t)1 << residual_up);
    for (unsigned j = 1; j <= i; j++) k->pair[at++] += left[i] * right[j];
  }

  const int length = ts_bit_length((uint64_t)(residual < 0 ? ~residual : residual));
  if (length > k->residual_length) k->residual_length = length;
  if (exponent - (int)log2_width < k->next_background_exponent) k->next_background_exponent = exponent - (int)log2_width;
}

static void load(walk *k, unsigned n, int w, const uint32_t *word) {
  k->background = expand(word[0], k->f + BACKGROUND_EXTRA, 2 * w + BACKGROUND_EXTRA);
  const int margin = TS_PASS_IRF_MARGIN, taps = (int)k->l->taps / 2, shift_taps = (int)k->l->shift_taps;
  /* No shift that a configuration may ask for leaves the fine response. One that asks for more gets a wrong fit (other ones in the gateware, whose
   * addresses wrap), but none of the memory beside it. */
  k->anchor = within((int)expand(word[1], 0, 8), taps - margin - 1, margin - taps);
  k->shift_node = within((int)expand(word[2], 0, 8), -margin - k->anchor, margin + 1 - k->anchor - shift_taps);
  for (unsigned i = 0; i < 8; i++) k->shift_weight[i] = signed24(word[4 + i]);
  k->shift_weight_shift = shift_of(word[4]);
  k->amplitude_sum = magnitude_of(word[12]);
  for (unsigned p = 0; p < n; p++) {
    const uint32_t *at = word + COMPONENT_BASE + COMPONENT_STRIDE * p;
    component *q = &k->part[p];
    q->eps = magnitude_of(at[0]);
    q->rate = magnitude_of(at[1]);
    q->weight_shift = shift_of(at[2]);
    for (unsigned i = 0; i < 8; i++) q->weight[i] = signed24(at[2 + i]);
    q->octave = at + OCTAVE_BASE;
    q->c = expand(at[12], k->f, 2 * w);
    q->v = expand(at[13], k->f, 2 * w);
    q->c_rest = q->v_rest = q->c_sum = q->v_sum = 0;
  }
  const int64_t floor_bin = k->background >> BACKGROUND_EXTRA;
  k->mu_floor = k->f > MU_FLOOR_BITS ? (int64_t)1 << (k->f - MU_FLOOR_BITS) : 1;
  if (floor_bin > k->mu_floor) k->mu_floor = floor_bin;
}

static void enter_fine(walk *k, unsigned n, int w, const uint32_t *word) {
  for (unsigned p = 0; p < n; p++) {
    const uint32_t *at = word + COMPONENT_BASE + COMPONENT_STRIDE * p;
    component *q = &k->part[p];
    q->c = expand(at[10], k->f, 2 * w);
    q->v = expand(at[11], k->f, 2 * w);
    q->c_rest = q->v_rest = 0;
  }
}

/* The group's two steps become the state of the new width. */
EACH void double_width(walk *k, unsigned n, int w) {
  for (unsigned p = 0; p < n; p++) {
    component *q = &k->part[p];
    q->c = ts_saturate(q->c_sum, 2 * w);
    q->v = ts_saturate(q->v_sum, 2 * w);
  }
}

EACH void pass(const ts_pass_layout *l, unsigned n, int w, const uint32_t *y, const uint32_t *irf, const uint32_t *coefficients,
               ts_pass_scale *s, int64_t *pair) {
  walk k = {.l = l, .f = s->fraction_bits, .scale = s, .pair = pair, .next_background_exponent = 63};
  const unsigned items = 2 * n + 3;
  memset(pair, 0, sizeof *pair * items * (items + 1) / 2);
  load(&k, n, w, coefficients);
  k.residual_coarse = s->first ? w : s->residual_shift;
  k.residual_fine = k.residual_coarse > RESIDUAL_WINDOW ? k.residual_coarse - RESIDUAL_WINDOW : 0;
  k.background_exponent = s->first ? ts_bit_length((uint64_t)(k.background >> BACKGROUND_EXTRA) + 1) - 1 : s->background_exponent;

  for (unsigned i = 0; i < l->pre; i++) {
    wide_step(&k, n, w, 3, 0, 0);
    close_group(&k, n, w, *y++, 3);
  }
  enter_fine(&k, n, w, coefficients);
  int bin = 0;
  for (; bin < (int)l->fine; bin++) {
    fine_step(&k, n, w, irf, bin);
    close_group(&k, n, w, *y++, 0);
  }
  const uint32_t *g = irf + l->fine + 2 * TS_PASS_IRF_MARGIN + 2;
  int64_t before = 0;
  for (unsigned o = 1; o <= l->octaves; o++)
    for (unsigned i = 0; i < l->octave_groups[o]; i++) {
      if (i > 0) {
        const int64_t now = (int64_t)*g++;
        wide_step(&k, n, w, o, now, before);
        before = now;
        close_group(&k, n, w, *y++, o);
        continue;
      }
      if (o == 1) {
        fine_step(&k, n, w, irf, bin);
        fine_step(&k, n, w, irf, bin + 1);
        before = (int64_t)*g++;
      } else {
        const int64_t one = (int64_t)g[0], two = (int64_t)g[1];
        g += 2;
        wide_step(&k, n, w, o - 1, one, before);
        wide_step(&k, n, w, o - 1, two, one);
        before = one + two;
      }
      double_width(&k, n, w);
      close_group(&k, n, w, *y++, o);
    }

  s->used_residual_fine = k.residual_fine;
  s->used_background_exponent = k.background_exponent;
  s->first = false;
  const int rs = k.residual_length + 2 - w;
  s->residual_shift = rs > 0 ? rs : 0;
  s->background_exponent = k.next_background_exponent;
}

void ts_decay_pass(const ts_pass_layout *l, int word_bits, const uint32_t *y, const uint32_t *irf, const uint32_t *coefficients,
                   ts_pass_scale *s, int64_t *pair) {
#define CASE(n)                                            \
  case n:                                                  \
    if (word_bits == 18)                                   \
      pass(l, n, 18, y, irf, coefficients, s, pair);       \
    else                                                   \
      pass(l, n, 16, y, irf, coefficients, s, pair);       \
    break
  switch (l->components) {
    CASE(1);
    CASE(2);
    CASE(3);
    CASE(4);
    default: break;
  }
#undef CASE
}

int ts_pass_fraction_bits(int word_bits, uint32_t largest_count, bool period) {
  const int f = 2 * word_bits - 2 - (period ? 1 : 0) - ts_bit_length(largest_count);
  return f < FRACTION_BITS_MAX ? f : FRACTION_BITS_MAX;
}
