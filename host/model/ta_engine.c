#include "ta_engine.h"

#include <stdlib.h>

#include "fit_processor.h"
#include "protocol.h"
#include "ta_pass.h"

#define RESULT_BASE 768u
#define IN_CONFIG 128u
#define IN_START 160u
#define IN_COMPONENTS 192u
#define IN_EXTENDED 193u
#define IN_BRIEF 194u
#define WEIGHT_MAX 65536u

_Static_assert(TS_TA_ENGINE_RESULT_WORDS_MAX == TS_TA_RES_FIXED_WORDS + 10 * 11 / 2 + 1, "result words");

struct ts_ta_engine {
  unsigned components_max, delays_max, signals_max, word_bits;
  bool has_config, has_axis;
  uint16_t config;
  uint32_t layout_word[TS_TA_LAYOUT_WORDS], config_word[TS_TA_CFG_WORDS], start_word[TS_TA_START_WORDS];
  ts_ta_layout layout;
  int32_t *t, *y;
  uint32_t *weight, *used;       /* used: the weight, 0 where the trace's signal is missing */
  bool *missing;                 /* of each signal held */
  ts_ta_load kind;
  size_t loaded;
  ts_ta_cache cache;
  int64_t pair[TS_TA_PAIRS_MAX];
  ts_fit_context context;
};

ts_ta_engine *ts_ta_engine_create(unsigned components_max, unsigned delays_max, unsigned signals_max, unsigned word_bits) {
  if ((word_bits != 18 && word_bits != 20) || delays_max > TS_TA_DELAYS_MAX || signals_max < delays_max) return NULL;
  ts_ta_engine *e = calloc(1, sizeof *e);
  if (!e) return NULL;
  e->components_max = components_max;
  e->delays_max = delays_max;
  e->signals_max = signals_max;
  e->word_bits = word_bits;
  e->t = calloc(delays_max, sizeof *e->t);
  e->y = calloc(signals_max, sizeof *e->y);
  e->missing = calloc(signals_max, sizeof *e->missing);
  e->used = calloc(delays_max, sizeof *e->used);
  e->weight = calloc(delays_max, sizeof *e->weight);
  if (!e->t || !e->y || !e->weight || !e->used || !e->missing) {
    ts_ta_engine_destroy(e);
    return NULL;
  }
  return e;
}

void ts_ta_engine_destroy(ts_ta_engine *e) {
  if (!e) return;
  free(e->t);
  free(e->y);
  free(e->weight);
  free(e->used);
  free(e->missing);
  free(e);
}

static bool layout_good(ts_ta_engine *e) {
  const uint32_t model = e->layout_word[TS_TA_LAYOUT_MODEL], delays = e->layout_word[TS_TA_LAYOUT_DELAYS];
  const uint32_t components = model & 255u, extended = model >> 8 & 1u;
  if (model >> 9 || components < 1 || components + extended > e->components_max || delays < 2 || delays > e->delays_max) return false;
  e->layout = (ts_ta_layout){components, extended, delays, e->word_bits};
  return true;
}

bool ts_ta_engine_begin(ts_ta_engine *e, ts_ta_load kind, uint16_t config, size_t *expect) {
  e->kind = kind;
  e->loaded = 0;
  *expect = 0;
  switch (kind) {
    case TS_TA_LOAD_CONFIG:
      e->has_config = e->has_axis = false;
      e->config = config;
      *expect = TS_TA_LAYOUT_WORDS + TS_TA_CFG_WORDS;
      return true;
    case TS_TA_LOAD_AXIS:
      if (!e->has_config || e->config != config) return false;
      e->has_axis = false;
      *expect = 2u * e->layout.delays;
      return true;
    default:
      if (!e->has_config || !e->has_axis || e->config != config) return false;
      *expect = TS_TA_START_WORDS + (kind == TS_TA_LOAD_TRACE ? e->layout.delays : 0);
      return true;
  }
}

static uint32_t place_of(const ts_ta_engine *e) { return e->start_word[TS_TA_START_PLACE] & ~((uint32_t)1 << TS_TA_BRIEF_BIT); }

static bool brief(const ts_ta_engine *e) { return e->start_word[TS_TA_START_PLACE] >> TS_TA_BRIEF_BIT & 1u; }

static bool place_good(const ts_ta_engine *e) {
  const uint32_t place = place_of(e);
  return place <= e->signals_max && place + e->layout.delays <= e->signals_max;
}

void ts_ta_engine_word(ts_ta_engine *e, uint32_t word) {
  const size_t n = e->loaded++;
  if (e->kind == TS_TA_LOAD_CONFIG) {
    if (n < TS_TA_LAYOUT_WORDS)
      e->layout_word[n] = word;
    else
      e->config_word[n - TS_TA_LAYOUT_WORDS] = word;
  } else if (e->kind == TS_TA_LOAD_AXIS) {
    if (n & 1u)
      e->weight[n / 2] = word < WEIGHT_MAX ? word : WEIGHT_MAX;
    else
      e->t[n / 2] = (int32_t)word;
  } else if (n < TS_TA_START_WORDS) {
    e->start_word[n] = word;
  } else {
    if (!place_good(e)) return;
    const size_t at = place_of(e) + n - TS_TA_START_WORDS;
    e->y[at] = (int32_t)(word << 8) >> 8;
    e->missing[at] = word >> 24 & 1u;
  }
}

bool ts_ta_engine_commit(ts_ta_engine *e) {
  if (e->kind == TS_TA_LOAD_CONFIG) return e->has_config = layout_good(e) && e->config_word[TS_TA_CFG_EVALUATIONS_MAX] >> TS_EVALUATIONS_BITS == 0;
  if (e->kind == TS_TA_LOAD_AXIS) {
    e->has_axis = true;
    e->cache.valid = false;
    return true;
  }
  return place_good(e);
}

static ts_fit_input float_word(uint32_t word) { return (ts_fit_input){(int32_t)(word << 8) >> 8, (int8_t)(word >> 24)}; }

static ts_fit_input input(void *user, unsigned address) {
  const ts_ta_engine *e = user;
  if (address < TS_TA_PAIRS_MAX) return (ts_fit_input){e->pair[address], 0};
  if (address >= IN_CONFIG && address < IN_CONFIG + TS_TA_CFG_WORDS) return float_word(e->config_word[address - IN_CONFIG]);
  if (address >= IN_START && address < IN_START + TS_TA_START_WORDS) return float_word(e->start_word[address - IN_START]);
  if (address & 512u) /* immediates: an integer, or a power of two */
    return address & 256u ? (ts_fit_input){1, (int)(address & 255u) - 128} : (ts_fit_input){address & 255u, 0};
  switch (address) {
    case IN_COMPONENTS: return (ts_fit_input){e->layout.components, 0};
    case IN_EXTENDED: return (ts_fit_input){e->layout.extended, 0};
    case IN_BRIEF: return (ts_fit_input){brief(e), 0};
    default: return (ts_fit_input){0, 0};
  }
}

size_t ts_ta_engine_fit(ts_ta_engine *e, uint32_t words[TS_TA_ENGINE_RESULT_WORDS_MAX]) {
  const uint32_t place = place_of(e);
  bool same = true;
  for (unsigned n = 0; n < e->layout.delays; n++) {
    const uint32_t used = e->missing[place + n] ? 0 : e->weight[n];
    same = same && used == e->used[n];
    e->used[n] = used;
  }
  if (!same) e->cache.valid = false;
  ts_fit_context_start(&e->context, &ts_ta_program, (int)e->word_bits);
  while (ts_fit_run(&e->context, &ts_ta_program, (int)e->word_bits, input, e) == TS_FIT_STOP_PASS)
    ts_ta_pass(&e->layout, e->t, e->used, e->y + place, e->context.out, &e->cache, e->pair);
  const size_t n = ts_ta_items(&e->layout) - 1, count = TS_TA_RES_FIXED_WORDS + (brief(e) ? 0 : n * (n + 1) / 2);
  for (size_t i = 0; i < count; i++) words[i] = e->context.out[RESULT_BASE + i];
  words[count] = 0;
  return count + 1;
}
