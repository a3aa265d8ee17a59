/* Where the fits of histograms that are alike begin: at what a fit of the example found, in units that each histogram has of its own (its mean delay, its counts, its last group's
 * level). A fit of the integer model tells these units, too: the same program computes them for each histogram. Such a fit of two components takes two evaluations where a
 * fan of lifetimes takes three or four. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../model/decay_engine.h"
#include "../session/words.h"
#include "plan.h"

#define APART 1.25           /* lifetimes nearer to each other than this are no start: the sums would be singular */
#define SHARE_MIN 0.005      /* nor is a component with less of the counts */
#define SHARE_MAX 4.0
#define LEVEL_MIN (1.0 / 16)  /* background of the last group's level, as far as the device's own starts have it, and a little */
#define LEVEL_MAX (5.0 / 8)
#define OUTCOMES (TS_STATUS_MASK_SINGULAR | TS_STATUS_MASK_EVALUATION_LIMIT | TS_STATUS_MASK_SHIFT_AT_LIMIT | TS_STATUS_MASK_RATE_AT_LIMIT | TS_STATUS_MASK_NO_COUNTS)

typedef struct answer {
  double value[TS_RES_FIXED_WORDS];
  double mean_delay, counts; /* of the start */
} answer;

/* Of the engine's name: what a device says of itself does not size the model. */
static ts_engine_limits limits_of(const char *engine) {
#define LIMITS(NAME, name, id, word, state, window, accumulator, count, components, bins, fine, groups, ...) \
  if (!strcmp(engine, name)) return (ts_engine_limits){word, components, bins, fine, groups, count};
  TS_ENGINE_LIST(LIMITS)
#undef LIMITS
  return (ts_engine_limits){0};
}

static bool load(ts_decay_engine *e, ts_load_kind kind, const uint8_t *payload, size_t words) {
  size_t expect;
  if (!ts_decay_engine_begin(e, kind, 1, &expect) || expect != words) return false;
  for (size_t i = 0; i < words; i++) ts_decay_engine_word(e, ts_get_u32(payload + 4 * i));
  return ts_decay_engine_commit(e);
}

/* The fit of these groups by the plan's configuration as it stands. False: there is none. */
static bool fit(const ts_trpl_plan *p, ts_decay_engine *e, unsigned word_bits, const uint8_t *groups, answer *a) {
  uint32_t words[TS_ENGINE_RESULT_WORDS_MAX];
  if (!load(e, TS_LOAD_CONFIG, p->config_payload, p->config_bytes / 4) || !load(e, TS_LOAD_IRF, p->irf_payload, p->irf_bytes / 4) ||
      !load(e, TS_LOAD_GROUPED, groups, p->layout.groups))
    return false;
  ts_decay_engine_fit(e, words);
  for (unsigned i = 0; i < TS_RES_FIXED_WORDS; i++) a->value[i] = ts_f32x_to_double(words[i]);
  ts_float mean_delay, counts;
  ts_decay_engine_start(e, &mean_delay, &counts);
  a->mean_delay = ldexp(mean_delay.m, mean_delay.e - (int)word_bits);
  a->counts = ldexp(counts.m, counts.e - (int)word_bits);
  return true;
}

static uint8_t *float_at(const ts_trpl_plan *p, unsigned index) { return p->config_payload + 4 * (TS_LAYOUT_WORDS + index); }
static double get(const ts_trpl_plan *p, unsigned index) { return ts_f32x_to_double(ts_get_u32(float_at(p, index))); }
static void put(const ts_trpl_plan *p, unsigned index, double value) { ts_put_u32(float_at(p, index), ts_f32x_from_double(value)); }

/* The example's groups as words; the last one's level. */
static double put_groups(const ts_trpl_plan *p, unsigned count_bits, const double *example, uint8_t *groups) {
  const ts_layout *l = &p->layout;
  const double top = ldexp(1, (int)count_bits) - 1;
  double largest = top, sum = 0;
  for (int pass = 0; pass < 2; pass++)
    for (uint32_t j = 0; j < l->groups; j++) {
      sum = 0;
      for (size_t i = p->edge[j] * p->factor; i < p->edge[j + 1] * p->factor; i++) sum += example[i];
      if (pass) ts_put_u32(groups + 4 * j, (uint32_t)rint(sum * (top / largest)));
      largest = fmax(largest, sum);
    }
  return rint(sum * (top / largest)) / (p->edge[l->groups] - p->edge[l->groups - 1]);
}

/* False: these lifetimes are no start. */
static bool put_components(const ts_trpl_plan *p, const answer *found, const answer *start) {
  const unsigned K = p->options.components;
  double rate[TS_COMPONENTS_MAX], share[TS_COMPONENTS_MAX];
  for (unsigned k = 0; k < K; k++) {
    rate[k] = found->value[TS_RES_RATE_1 + 2 * k];
    share[k] = found->value[TS_RES_AMPLITUDE_1 + 2 * k] / (-expm1(-rate[k]) * start->counts);
    if (!(rate[k] > 0 && share[k] > SHARE_MIN && share[k] < SHARE_MAX)) return false;
    for (unsigned i = 0; i < k; i++)
      if (fabs(log(rate[i] / rate[k])) < log(APART)) return false;
  }
  for (unsigned k = 0; k < K; k++) {
    if (get(p, TS_CFG_START_RATE_1 + k) == 0) put(p, TS_CFG_START_RATE_1 + k, -1 / (rate[k] * start->mean_delay));
    put(p, TS_CFG_START_AMPLITUDE_1 + k, -share[k]);
  }
  return true;
}

/* A pulse that is narrower than a bin sees its own bin only: histograms of several shifts, whose sum no decay describes, do not begin there. */
static bool is_start(const ts_trpl_plan *p, const answer *found) {
  const unsigned status = (unsigned)found->value[TS_RES_STATUS];
  return (status & (OUTCOMES | TS_STATUS_MASK_CONVERGED)) == TS_STATUS_MASK_CONVERGED && (p->delta != 1 || found->value[TS_RES_CHI2] < get(p, TS_CFG_CHI2_ACCEPT));
}

ts_error ts_start_like(ts_trpl_plan *p, const double *example) {
  const ts_engine_limits limits = limits_of(p->device->info.engine);
  const unsigned K = p->options.components;
  ts_decay_engine *e = ts_decay_engine_create(&limits);
  uint8_t *groups = malloc(4 * p->layout.groups);
  answer found, start;
  if (!e || !groups) {
    free(groups);
    ts_decay_engine_destroy(e);
    return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  }
  const double last = put_groups(p, limits.count_bits, example, groups), evaluations = get(p, TS_CFG_EVALUATIONS_MAX);
  const uint32_t model = ts_get_u32(p->config_payload + 4 * TS_LAYOUT_MODEL);
  ts_put_u32(p->config_payload + 4 * TS_LAYOUT_MODEL, model & ~TS_LAYOUT_COMPACT); /* each word of a result in its place */
  if (fit(p, e, limits.word_bits, groups, &found) && is_start(p, &found)) {
    const double shift = get(p, TS_CFG_START_SHIFT), background = get(p, TS_CFG_START_BACKGROUND), level = found.value[TS_RES_BACKGROUND] / last;
    if (p->free[2 * K]) put(p, TS_CFG_START_SHIFT, found.value[TS_RES_SHIFT]);
    if (p->free[2 * K + 1] && !p->layout.pre) put(p, TS_CFG_START_BACKGROUND, -1 - fmin(fmax(level, LEVEL_MIN), LEVEL_MAX));
    put(p, TS_CFG_EVALUATIONS_MAX, 1);
    const bool is_like = fit(p, e, limits.word_bits, groups, &start) && put_components(p, &found, &start); /* of what the device starts from with this shift and background */
    put(p, TS_CFG_EVALUATIONS_MAX, evaluations);
    if (!is_like) put(p, TS_CFG_START_SHIFT, shift), put(p, TS_CFG_START_BACKGROUND, background);
  }
  ts_put_u32(p->config_payload + 4 * TS_LAYOUT_MODEL, model);
  free(groups);
  ts_decay_engine_destroy(e);
  return TS_OK;
}
