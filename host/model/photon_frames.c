#include "photon_frames.h"

#include <stdlib.h>
#include <string.h>

#include "photon_scale.h"

enum { MODE_PINS = 1, MODE_WARM = 2, MODE_GROUPS = 4, MODE_RAW = 8, MODE_DRY = 16 };
enum { BY_PHOTONS = 0, BY_COMMAND = 3 };
enum { COMPONENTS_MAX = 4 };

typedef enum step_of_frame { FRAME_OPEN, FRAME_CLOSED, FRAME_SENT_GROUPS, FRAME_SENT_RAW } step_of_frame;

struct ts_photon_frames {
  ts_decay_engine *engine;
  unsigned count_bits;
  bool open;
  uint16_t config;
  uint32_t sequence, mode, width, limit, warm_evaluations, taken;
  uint16_t *map;                 /* bin -> group */
  uint32_t *count, *raw;         /* of the frame */
  size_t bins, groups;
  uint32_t number, photons, outside;
  bool saturated;
  unsigned reason;
  step_of_frame step;
  /* photons that wait, and a close behind them */
  uint32_t ring[TS_PHOTON_WORDS_MAX];
  size_t waiting, at;
  bool close;
  /* the frame before */
  bool known;
  uint32_t photons_before, amplitude[COMPONENTS_MAX], rate[COMPONENTS_MAX], background, shift;
};

ts_photon_frames *ts_photon_frames_create(const ts_engine_limits *limits, ts_decay_engine *engine) {
  ts_photon_frames *f = calloc(1, sizeof *f);
  if (!f) return NULL;
  f->engine = engine;
  f->count_bits = limits->count_bits;
  f->map = calloc(limits->bins_max, sizeof *f->map);
  f->count = calloc(limits->groups_max, sizeof *f->count);
  f->raw = calloc(limits->bins_max, sizeof *f->raw);
  if (!f->map || !f->count || !f->raw) {
    ts_photon_frames_destroy(f);
    return NULL;
  }
  return f;
}

void ts_photon_frames_destroy(ts_photon_frames *f) {
  if (!f) return;
  free(f->map);
  free(f->count);
  free(f->raw);
  free(f);
}

bool ts_photon_frames_open(const ts_photon_frames *f) { return f->open; }

static void begin_frame(ts_photon_frames *f) {
  memset(f->count, 0, f->groups * sizeof *f->count);
  memset(f->raw, 0, f->bins * sizeof *f->raw);
  f->photons = f->outside = 0;
  f->saturated = false;
  f->step = FRAME_OPEN;
}

static void make_map(ts_photon_frames *f) {
  const ts_pass_layout *l = ts_decay_engine_layout(f->engine);
  size_t bin = 0, group = 0;
  for (unsigned region = 0; region < TS_PASS_OCTAVES + 2; region++) {
    const unsigned groups = region == 0 ? l->pre : region == 1 ? l->fine : l->octave_groups[region - 1];
    const unsigned width = region == 0 ? 8 : region == 1 ? 1 : 1u << (region - 1);
    for (unsigned g = 0; g < groups; g++, group++)
      for (unsigned i = 0; i < width; i++) f->map[bin++] = (uint16_t)group;
  }
  f->bins = bin;
  f->groups = group;
}

unsigned ts_photon_frames_config(ts_photon_frames *f, uint16_t config, uint32_t sequence, const uint32_t *words, size_t n) {
  f->open = false;
  if (!ts_decay_engine_holds(f->engine, config)) return TS_ERR_CONFIG;
  if (n != TS_FRAMES_CFG_WORDS) return TS_ERR_LENGTH;
  const uint32_t mode = words[TS_FRAMES_CFG_MODE], width = mode >> 8 & 255u;
  if (mode >> 16 || mode & 0xe0u || mode & MODE_PINS || (width != 8 && width != 10 && width != 12)) return TS_ERR_VALUE;
  if (words[TS_FRAMES_CFG_CLOCKS_LOW] || words[TS_FRAMES_CFG_CLOCKS_HIGH] || words[TS_FRAMES_CFG_PINS]) return TS_ERR_VALUE;
  f->config = config;
  f->sequence = sequence;
  f->mode = mode;
  f->width = width;
  f->limit = words[TS_FRAMES_CFG_PHOTONS];
  f->warm_evaluations = words[TS_FRAMES_CFG_WARM_EVALUATIONS];
  f->taken = f->number = 0;
  f->waiting = f->at = 0;
  f->close = f->known = false;
  make_map(f);
  begin_frame(f);
  f->open = true;
  return 0;
}

unsigned ts_photon_frames_photons(ts_photon_frames *f, uint16_t config, const uint32_t *words, size_t n) {
  if (!f->open || config != f->config) return TS_ERR_CONFIG;
  if (n < 2 || n > TS_MAX_PAYLOAD_BYTES / 4) return TS_ERR_LENGTH;
  const uint32_t photons = words[1] & 0xffffu, need = (photons * f->width + 31) / 32;
  if (n != 2 + (size_t)need) return TS_ERR_LENGTH;
  if (words[0] != f->taken || words[1] != photons || need > TS_PHOTON_WORDS_MAX) return TS_ERR_VALUE;
  memcpy(f->ring, words + 2, need * sizeof *words);
  f->waiting = photons;
  f->at = 0;
  f->taken += photons;
  return 0;
}

unsigned ts_photon_frames_close(ts_photon_frames *f, uint16_t config, size_t n) {
  if (!f->open || config != f->config) return TS_ERR_CONFIG;
  if (n) return TS_ERR_LENGTH;
  f->close = true;
  return 0;
}

unsigned ts_photon_frames_end(ts_photon_frames *f, uint16_t config, size_t n) {
  if (!f->open || config != f->config) return TS_ERR_CONFIG;
  if (n) return TS_ERR_LENGTH;
  f->open = false;
  return 0;
}

static void count(ts_photon_frames *f, uint32_t bin) {
  const uint32_t top = (uint32_t)((1u << f->count_bits) - 1);
  if (bin >= f->bins) {
    f->outside++;
    return;
  }
  uint32_t *c = &f->count[f->map[bin]];
  if (*c == top) f->saturated = true;
  else ++*c;
  if (f->raw[bin] != top) f->raw[bin]++;
  if (++f->photons == f->limit) {
    f->reason = BY_PHOTONS;
    f->step = FRAME_CLOSED;
  }
}

static uint32_t next_bin(ts_photon_frames *f) {
  const size_t bit = f->at++ * f->width, word = bit / 32, shift = bit % 32;
  uint64_t two = f->ring[word];
  if (word + 1 < TS_PHOTON_WORDS_MAX) two |= (uint64_t)f->ring[word + 1] << 32;
  return (uint32_t)(two >> shift) & ((1u << f->width) - 1);
}

/* ---- a fit ---- */
static unsigned status_of(uint32_t word) {
  uint32_t m = word & 0xffffffu;
  for (int e = (int8_t)(word >> 24); e; e += e < 0 ? 1 : -1) m = e < 0 ? m >> 1 : m << 1 & 0xffffffu;
  return m;
}

/* a <= b, none of them negative. */
static bool not_above(uint32_t a, uint32_t b) {
  uint32_t m[2] = {a & 0x7fffffu, b & 0x7fffffu};
  int e[2] = {(int8_t)(a >> 24), (int8_t)(b >> 24)};
  if (m[0] == 0) return true;
  if (m[1] == 0) return false;
  for (int i = 0; i < 2; i++)
    for (; !(m[i] >> 22); m[i] <<= 1) e[i] = (int8_t)(e[i] - 1);
  return e[0] < e[1] || (e[0] == e[1] && m[0] <= m[1]);
}

static bool is_good(const ts_photon_frames *f, const uint32_t *result) {
  const unsigned status = status_of(result[TS_RES_STATUS]);
  const uint32_t chi2 = result[TS_RES_CHI2 - ts_decay_engine_is_compact(f->engine)], accept = ts_decay_engine_float(f->engine, TS_CFG_CHI2_ACCEPT);
  return status & TS_STATUS_MASK_CONVERGED && !(status & (TS_STATUS_MASK_SINGULAR | TS_STATUS_MASK_EVALUATION_LIMIT | TS_STATUS_MASK_NO_COUNTS)) &&
         !(chi2 >> 23 & 1) && !(accept >> 23 & 1) && not_above(chi2, accept);
}

/* The engine's start floats: what the configuration gives, or the result of the frame before where a parameter is free. */
static void start(ts_photon_frames *f, const ts_photon_frames *before) {
  ts_decay_engine_restore_floats(f->engine);
  if (!before) return;
  const unsigned components = ts_decay_engine_layout(f->engine)->components;
  const ts_photon_ratio ratio = ts_photon_ratio_make(f->photons, before->photons_before);
#define FREE(index) ((ts_decay_engine_float(f->engine, index) & 0xffffffu) == 0)
  for (unsigned k = 0; k < components; k++) {
    if (FREE(TS_CFG_HELD_RATE_1 + 2 * k)) ts_decay_engine_set_float(f->engine, TS_CFG_START_RATE_1 + k, before->rate[k]);
    if (FREE(TS_CFG_HELD_AMPLITUDE_1 + 2 * k))
      ts_decay_engine_set_float(f->engine, TS_CFG_START_AMPLITUDE_1 + k, ts_photon_ratio_apply(ratio, before->amplitude[k]));
  }
  if (FREE(TS_CFG_HELD_BACKGROUND)) ts_decay_engine_set_float(f->engine, TS_CFG_START_BACKGROUND, ts_photon_ratio_apply(ratio, before->background));
  if (FREE(TS_CFG_HELD_SHIFT)) ts_decay_engine_set_float(f->engine, TS_CFG_START_SHIFT, before->shift);
#undef FREE
  ts_decay_engine_set_float(f->engine, TS_CFG_EVALUATIONS_MAX, f->warm_evaluations);
  ts_decay_engine_set_float(f->engine, TS_CFG_STARTS_MAX, 1);
}

static size_t fit(ts_photon_frames *f, uint32_t *result) {
  size_t expect;
  ts_decay_engine_begin(f->engine, TS_LOAD_GROUPED, f->config, &expect);
  for (size_t g = 0; g < f->groups; g++) ts_decay_engine_word(f->engine, f->count[g]);
  ts_decay_engine_commit(f->engine);
  return ts_decay_engine_fit(f->engine, result);
}

static void remember(ts_photon_frames *f, const uint32_t *result, bool good) {
  const unsigned components = ts_decay_engine_layout(f->engine)->components;
  const bool compact = ts_decay_engine_is_compact(f->engine); /* without `evaluations` and the components that are not there */
  const size_t first = TS_RES_AMPLITUDE_1 - compact, shift = compact ? first + 2 * components : TS_RES_SHIFT;
  f->known = good;
  f->photons_before = f->photons;
  for (unsigned k = 0; k < components; k++) {
    f->amplitude[k] = result[first + 2 * k];
    f->rate[k] = result[first + 1 + 2 * k];
  }
  f->shift = result[shift];
  f->background = result[shift + 1];
}

static void finish(ts_photon_frames *f, ts_photon_message *m) {
  uint32_t *w = m->words, *result = w + TS_FRAME_WORDS;
  bool warm = f->mode & MODE_WARM && f->known && f->photons && !(f->mode & MODE_DRY), returned = false;
  memset(w, 0, TS_FRAME_WORDS * sizeof *w);
  m->type = TS_MSG_FRAME;
  m->count = TS_FRAME_WORDS;
  if (!(f->mode & MODE_DRY)) {
    start(f, warm ? f : NULL);
    size_t n = fit(f, result);
    bool good = is_good(f, result);
    if (warm && !good) {
      w[TS_FRAME_WARM_EVALUATIONS] = ts_decay_engine_is_compact(f->engine) ? 0 : result[TS_RES_EVALUATIONS];
      warm = false;
      returned = true;
      start(f, NULL);
      n = fit(f, result);
      good = is_good(f, result);
    }
    remember(f, result, good);
    ts_decay_engine_restore_floats(f->engine);
    m->count += n;
  }
  w[TS_FRAME_NUMBER] = f->number;
  w[TS_FRAME_PHOTONS] = f->photons;
  w[TS_FRAME_OUTSIDE] = f->outside;
  w[TS_FRAME_FACTS] = f->reason | (f->saturated ? TS_FRAME_MASK_COUNT_SATURATED : 0) | (warm ? TS_FRAME_MASK_WARM : 0) |
                      (returned ? TS_FRAME_MASK_RETURNED : 0) | (f->mode & MODE_DRY ? TS_FRAME_MASK_NOT_FITTED : 0);
  for (size_t g = 0; g < f->groups; g++) w[TS_FRAME_FILLED] += f->count[g] != 0;
  f->number++;
  begin_frame(f);
}

bool ts_photon_frames_next(ts_photon_frames *f, ts_photon_message *m) {
  if (!f->open) return false;
  while (f->step == FRAME_OPEN) {
    if (f->waiting) {
      f->waiting--;
      count(f, next_bin(f));
    } else if (f->close) {
      f->close = false;
      f->reason = BY_COMMAND;
      f->step = FRAME_CLOSED;
    } else {
      return false;
    }
  }
  m->config = f->config;
  m->sequence = f->sequence;
  if (f->step == FRAME_CLOSED && f->mode & MODE_GROUPS) {
    m->type = TS_MSG_FRAME_HISTOGRAM;
    m->count = f->groups;
    memcpy(m->words, f->count, f->groups * sizeof *f->count);
    f->step = FRAME_SENT_GROUPS;
  } else if (f->step != FRAME_SENT_RAW && f->mode & MODE_RAW) {
    m->type = TS_MSG_FRAME_RAW;
    m->count = f->bins;
    memcpy(m->words, f->raw, f->bins * sizeof *f->raw);
    f->step = FRAME_SENT_RAW;
  } else {
    finish(f, m);
  }
  return true;
}
