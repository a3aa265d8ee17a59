#include "decay_engine.h"

#include <stdlib.h>
#include <string.h>

#include "decay_loader.h"
#include "decay_pass.h"
#include "fit_processor.h"
#include "protocol.h"

#define RESULT_BASE 768u
#define IN_CONFIG 128u
#define IN_SPECIAL 192u
enum { IN_COMPONENTS, IN_TAPS, IN_SHIFT_TAPS, IN_OCTAVES, IN_FRACTION, IN_RESIDUAL, IN_BACKGROUND, IN_POST, IN_MOMENT2, IN_PRE, IN_LAST,
       IN_SATURATED, IN_FRACTION_DOWN };

struct ts_decay_engine {
  ts_engine_limits limits;
  bool has_config, has_irf;
  uint16_t config;
  uint32_t layout_word[TS_LAYOUT_WORDS], config_word[TS_CFG_WORDS], loaded_word[TS_CFG_WORDS];
  ts_pass_layout layout;
  bool period, compact;
  uint32_t *irf, *group;
  ts_load_kind kind;
  size_t loaded;
  ts_loader loader;
  ts_pass_scale scale;
  int64_t pair[TS_PASS_PAIRS];
  ts_fit_context context;
};

static size_t irf_words_max(const ts_engine_limits *l) { return l->fine_max + 2 * TS_PASS_IRF_MARGIN + 2 + l->groups_max + TS_PASS_OCTAVES + 1; }

ts_decay_engine *ts_decay_engine_create(const ts_engine_limits *limits) {
  ts_decay_engine *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  e->limits = *limits;
  e->irf = calloc(irf_words_max(limits), sizeof *e->irf);
  e->group = calloc(limits->groups_max, sizeof *e->group);
  if (!e->irf || !e->group) {
    ts_decay_engine_destroy(e);
    return NULL;
  }
  return e;
}

void ts_decay_engine_destroy(ts_decay_engine *e) {
  if (!e) return;
  free(e->irf);
  free(e->group);
  free(e);
}

static void decode_layout(ts_decay_engine *e) {
  const uint32_t *w = e->layout_word;
  ts_pass_layout *l = &e->layout;
  *l = (ts_pass_layout){.components = w[TS_LAYOUT_MODEL] & 7u, .taps = w[TS_LAYOUT_MODEL] >> 8 & 15u, .shift_taps = w[TS_LAYOUT_MODEL] >> 16 & 15u,
                        .pre = w[TS_LAYOUT_FINE] >> 16, .fine = w[TS_LAYOUT_FINE] & 0xffffu};
  e->period = w[TS_LAYOUT_MODEL] >> 24 & 1u;
  e->compact = w[TS_LAYOUT_MODEL] >> 25 & 1u;
  for (unsigned o = 1; o <= TS_PASS_OCTAVES; o++) {
    l->octave_groups[o] = w[TS_LAYOUT_OCTAVES_0 + (o - 1) / 4] >> (8 * ((o - 1) % 4)) & 255u;
    if (l->octave_groups[o] && l->octaves == o - 1) l->octaves = o;
  }
}

/* The build holds it and its sums are right: octaves without a gap, bins and groups as stated. */
static bool layout_good(const ts_decay_engine *e) {
  const ts_pass_layout *l = &e->layout;
  const ts_engine_limits *m = &e->limits;
  uint32_t bins = 8 * l->pre + l->fine, groups = l->pre + l->fine;
  for (unsigned o = 1; o <= TS_PASS_OCTAVES; o++) {
    if (l->octave_groups[o] && o > l->octaves) return false;
    bins += l->octave_groups[o] << o;
    groups += l->octave_groups[o];
  }
  const bool taps = l->taps == 2 || l->taps == 4 || l->taps == 6 || l->taps == 8;
  const bool shift_taps = l->shift_taps == (l->taps == 2 ? 1 : l->taps);
  return l->components >= 1 && l->components <= m->components_max && taps && shift_taps && l->fine >= 2 && l->fine <= m->fine_max &&
         bins == e->layout_word[TS_LAYOUT_BINS] && groups == e->layout_word[TS_LAYOUT_GROUPS] && bins <= m->bins_max && groups <= m->groups_max;
}

static size_t irf_words(const ts_pass_layout *l) {
  size_t n = l->fine + 2 * TS_PASS_IRF_MARGIN + 2;
  for (unsigned o = 1; o <= l->octaves; o++) n += l->octave_groups[o] + (o > 1 ? 1u : 0u);
  return n;
}

bool ts_decay_engine_begin(ts_decay_engine *e, ts_load_kind kind, uint16_t config, size_t *expect) {
  e->kind = kind;
  e->loaded = 0;
  *expect = 0;
  switch (kind) {
    case TS_LOAD_CONFIG:
      e->has_config = e->has_irf = false;
      e->config = config;
      *expect = TS_LAYOUT_WORDS + TS_CFG_WORDS;
      return true;
    case TS_LOAD_IRF:
      if (!e->has_config || e->config != config) return false;
      e->has_irf = false;
      *expect = irf_words(&e->layout);
      return true;
    default:
      if (!e->has_config || !e->has_irf || e->config != config) return false;
      ts_loader_begin(&e->loader, &e->layout, e->limits.count_bits, kind == TS_LOAD_RAW, e->group);
      *expect = e->layout_word[kind == TS_LOAD_RAW ? TS_LAYOUT_BINS : TS_LAYOUT_GROUPS];
      return true;
  }
}

void ts_decay_engine_word(ts_decay_engine *e, uint32_t word) {
  const size_t n = e->loaded++;
  if (e->kind == TS_LOAD_CONFIG) {
    if (n < TS_LAYOUT_WORDS)
      e->layout_word[n] = word;
    else
      e->config_word[n - TS_LAYOUT_WORDS] = e->loaded_word[n - TS_LAYOUT_WORDS] = word;
  } else if (e->kind == TS_LOAD_IRF) {
    e->irf[n] = word & ((1u << e->limits.word_bits) - 1);
  } else {
    ts_loader_word(&e->loader, word);
  }
}

bool ts_decay_engine_commit(ts_decay_engine *e) {
  if (e->kind == TS_LOAD_CONFIG) {
    decode_layout(e);
    e->has_config = layout_good(e) && e->config_word[TS_CFG_EVALUATIONS_MAX] >> TS_EVALUATIONS_BITS == 0;
    return e->has_config;
  }
  if (e->kind == TS_LOAD_IRF) e->has_irf = true;
  return true;
}

static ts_fit_input input(void *user, unsigned address) {
  const ts_decay_engine *e = user;
  if (address < TS_PASS_PAIRS) return (ts_fit_input){e->pair[address], 0};
  if (address >= IN_CONFIG && address < IN_CONFIG + TS_CFG_WORDS) {
    const uint32_t word = e->config_word[address - IN_CONFIG];
    return (ts_fit_input){(int32_t)(word << 8) >> 8, (int8_t)(word >> 24)};
  }
  if (address & 512u) /* immediates: an integer, or a power of two */
    return address & 256u ? (ts_fit_input){1, (int)(address & 255u) - 128} : (ts_fit_input){address & 255u, 0};
  switch (address - IN_SPECIAL) {
    case IN_COMPONENTS: return (ts_fit_input){e->layout.components, 0};
    case IN_TAPS: return (ts_fit_input){e->layout.taps, 0};
    case IN_SHIFT_TAPS: return (ts_fit_input){e->layout.shift_taps, 0};
    case IN_OCTAVES: return (ts_fit_input){e->layout.octaves, 0};
    case IN_FRACTION: return (ts_fit_input){1, e->scale.fraction_bits};
    case IN_RESIDUAL: return (ts_fit_input){1, e->scale.used_residual_fine};
    case IN_BACKGROUND: return (ts_fit_input){1, -e->scale.used_background_exponent};
    case IN_POST: return (ts_fit_input){(int64_t)e->loader.post_counts, 0};
    case IN_MOMENT2: return (ts_fit_input){(int64_t)e->loader.moment2, 0};
    case IN_PRE: return (ts_fit_input){(int64_t)e->loader.pre_counts, 0};
    case IN_LAST: return (ts_fit_input){e->loader.last, -(int)e->loader.last_log2_width};
    case IN_SATURATED: return (ts_fit_input){e->loader.saturated, 0};
    case IN_FRACTION_DOWN: return (ts_fit_input){1, -e->scale.fraction_bits};
    default: return (ts_fit_input){0, 0};
  }
}

size_t ts_decay_engine_fit(ts_decay_engine *e, uint32_t words[TS_ENGINE_RESULT_WORDS_MAX]) {
  const int w = (int)e->limits.word_bits;
  e->scale = (ts_pass_scale){.fraction_bits = ts_pass_fraction_bits(w, e->loader.largest, e->period), .first = true};
  ts_fit_context_start(&e->context, &ts_decay_program, w);
  while (ts_fit_run(&e->context, &ts_decay_program, w, input, e) == TS_FIT_STOP_PASS)
    ts_decay_pass(&e->layout, w, e->group, e->irf, e->context.out, &e->scale, e->pair);
  const size_t n = 2 * e->layout.components + 2, last = e->compact ? TS_RES_STARTS : TS_RES_FIXED_WORDS + n * (n + 1) / 2;
  size_t count = 0;
  for (size_t i = 0; i < last; i++)
    if (!e->compact || (i != TS_RES_EVALUATIONS && (i >= TS_RES_SHIFT || i < TS_RES_AMPLITUDE_1 + 2 * (size_t)e->layout.components))) words[count++] = e->context.out[RESULT_BASE + i];
  if (!e->compact) words[count++] = 0; /* cycles */
  return count;
}

void ts_decay_engine_start(const ts_decay_engine *e, ts_float *mean_delay, ts_float *counts) {
  *mean_delay = e->context.r[ts_decay_start.mean_delay];
  *counts = e->context.r[ts_decay_start.counts];
}

bool ts_decay_engine_holds(const ts_decay_engine *e, uint16_t config) { return e->has_config && e->has_irf && e->config == config; }
const ts_pass_layout *ts_decay_engine_layout(const ts_decay_engine *e) { return &e->layout; }
bool ts_decay_engine_is_compact(const ts_decay_engine *e) { return e->compact; }
uint32_t ts_decay_engine_float(const ts_decay_engine *e, unsigned index) { return e->loaded_word[index]; }
void ts_decay_engine_set_float(ts_decay_engine *e, unsigned index, uint32_t word) { e->config_word[index] = word; }
void ts_decay_engine_restore_floats(ts_decay_engine *e) { memcpy(e->config_word, e->loaded_word, sizeof e->config_word); }
