#include "device.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "decay_engine.h"
#include "photon_frames.h"
#include "protocol.h"
#include "sclc_engine.h"
#include "ta_engine.h"

#define JOBS_IN_FLIGHT 4
#define ECHO_BYTES_MAX 64
#define ANSWER_WORDS_MAX (TS_MAX_PAYLOAD_BYTES / 4)
#define ANSWER_BYTES_MAX (TS_HEADER_BYTES + TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES)

typedef struct header {
  uint8_t version, type;
  uint32_t sequence, length;
  uint16_t config;
} header;

struct ts_model {
  unsigned engine;
  ts_engine_limits limits;
  uint32_t state_bits, ta_components_max, ta_word_bits, ta_delays_max, ta_signals_max;
  ts_decay_engine *decay;
  ts_ta_engine *ta;              /* NULL: this engine has none */
  ts_sclc_engine *sclc;
  ts_photon_frames *frames;
  ts_photon_message frame;       /* of it that is on its way out */
  uint8_t in[TS_HEADER_BYTES + TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES];
  size_t in_size;
  uint8_t out[ANSWER_BYTES_MAX];
  size_t out_size, out_at;
};

static uint32_t get(const uint8_t *p, unsigned bytes) {
  uint32_t x = 0;
  for (unsigned i = 0; i < bytes; i++) x |= (uint32_t)p[i] << (8 * i);
  return x;
}

static void put(uint8_t *p, uint32_t x, unsigned bytes) {
  for (unsigned i = 0; i < bytes; i++) p[i] = (uint8_t)(x >> (8 * i));
}

static uint32_t crc_of(const uint8_t *p, size_t n) { return (uint32_t)crc32(0, p, (unsigned)n); }

ts_model *ts_model_create(unsigned engine) {
  ts_model *m = calloc(1, sizeof *m);
  if (!m) return NULL;
#define TAKE(NAME, name, id, word, state, window, accumulator, count, components, bins, fine, groups, ta_components, ta_word, ta_delays, ta_signals) \
  if (engine == (id)) {                                                                                                                  \
    m->limits = (ts_engine_limits){word, components, bins, fine, groups, count};                                                         \
    m->state_bits = state;                                                                                                               \
    m->ta_components_max = ta_components;                                                                                                \
    m->ta_word_bits = ta_word;                                                                                                           \
    m->ta_delays_max = ta_delays;                                                                                                        \
    m->ta_signals_max = ta_signals;                                                                                                      \
  }
  TS_ENGINE_LIST(TAKE)
#undef TAKE
  m->engine = engine;
  if (m->limits.word_bits) m->decay = ts_decay_engine_create(&m->limits);
  if (m->ta_components_max) m->ta = ts_ta_engine_create(m->ta_components_max, m->ta_delays_max, m->ta_signals_max, m->ta_word_bits);
  if (m->decay) m->frames = ts_photon_frames_create(&m->limits, m->decay);
  m->sclc = ts_sclc_engine_create();
  if (!m->decay || !m->frames || !m->sclc || (m->ta_components_max && !m->ta)) {
    ts_model_destroy(m);
    return NULL;
  }
  return m;
}

void ts_model_destroy(ts_model *m) {
  if (!m) return;
  ts_photon_frames_destroy(m->frames);
  ts_decay_engine_destroy(m->decay);
  ts_ta_engine_destroy(m->ta);
  ts_sclc_engine_destroy(m->sclc);
  free(m);
}

static void answer(ts_model *m, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, uint32_t length) {
  uint8_t *p = m->out;
  put(p + TS_HEADER_MAGIC_BYTE, TS_PROTOCOL_MAGIC, 2);
  p[TS_HEADER_VERSION_BYTE] = TS_PROTOCOL_VERSION;
  p[TS_HEADER_TYPE_BYTE] = type;
  put(p + TS_HEADER_SEQUENCE_BYTE, sequence, 4);
  put(p + TS_HEADER_LENGTH_BYTE, length, 4);
  put(p + TS_HEADER_CONFIG_BYTE, config, 2);
  put(p + TS_HEADER_CHECK_BYTE, crc_of(p, TS_HEADER_CHECK_BYTE) & 0xffffu, 2);
  if (length) memcpy(p + TS_HEADER_BYTES, payload, length);
  put(p + TS_HEADER_BYTES + length, crc_of(p, TS_HEADER_BYTES + length), 4);
  m->out_at = 0;
  m->out_size = TS_HEADER_BYTES + length + TS_CRC_BYTES;
}

static void answer_error(ts_model *m, const header *h, unsigned code, uint32_t sequence) {
  uint8_t word[4];
  put(word, (uint32_t)h->type << 8 | code, 4);
  answer(m, TS_MSG_ERROR, sequence, h->config, word, sizeof word);
}

static void answer_words(ts_model *m, const header *h, uint8_t type, const uint32_t *words, size_t count) {
  uint8_t bytes[4 * ANSWER_WORDS_MAX];
  for (size_t i = 0; i < count; i++) put(bytes + 4 * i, words[i], 4);
  answer(m, type, h->sequence, h->config, bytes, (uint32_t)(4 * count));
}

static void answer_info(ts_model *m, const header *h) {
  uint32_t w[TS_INFO_WORDS] = {0};
  w[TS_INFO_PROTOCOL_VERSION] = TS_PROTOCOL_VERSION;
  w[TS_INFO_ENGINE] = m->engine;
  w[TS_INFO_COMPONENTS_MAX] = m->limits.components_max;
  w[TS_INFO_BINS_MAX] = m->limits.bins_max;
  w[TS_INFO_FINE_MAX] = m->limits.fine_max;
  w[TS_INFO_GROUPS_MAX] = m->limits.groups_max;
  w[TS_INFO_WORD_BITS] = m->limits.word_bits;
  w[TS_INFO_STATE_BITS] = m->state_bits;
  w[TS_INFO_COUNT_BITS] = m->limits.count_bits;
  w[TS_INFO_JOBS_IN_FLIGHT] = JOBS_IN_FLIGHT;
  w[TS_INFO_TA_COMPONENTS_MAX] = m->ta_components_max | m->ta_word_bits << 8 | (m->ta ? (uint32_t)1 << TS_TA_KEPT_BIT : 0);
  w[TS_INFO_TA_DELAYS_MAX] = m->ta_delays_max | m->ta_signals_max / 64 << 16;
  w[TS_INFO_GATEWARE_VERSION] = TS_GATEWARE_VERSION;
  w[TS_INFO_SCLC_POINTS_MAX] = TS_SCLC_POINTS_MAX;
  w[TS_INFO_PHOTON] = (uint32_t)TS_PHOTON_WORDS_MAX << 16 | 5u;   /* photons by message, raw histograms */
  answer_words(m, h, TS_MSG_INFO, w, TS_INFO_WORDS);
}

/* Words of four bytes for configuration and IRF. False: not exactly as many as expected. */
static bool push_words(ts_model *m, const uint8_t *p, uint32_t length, size_t expect) {
  if (length != 4 * expect) return false;
  for (size_t i = 0; i < expect; i++) ts_decay_engine_word(m->decay, get(p + 4 * i, 4));
  return true;
}

/* LEB128 numbers for histograms. False: not exactly as many as expected, or one longer than 32 bits. */
static bool push_numbers(ts_model *m, const uint8_t *p, uint32_t length, size_t expect) {
  size_t count = 0;
  uint64_t x = 0;
  unsigned shift = 0;
  for (uint32_t i = 0; i < length; i++) {
    x |= (uint64_t)(p[i] & 127u) << shift;
    shift += 7;
    if (p[i] & 128u) {
      if (shift >= 35) return false;
      continue;
    }
    if (x >> 32 || count == expect) return false;
    ts_decay_engine_word(m->decay, (uint32_t)x);
    count++;
    x = 0;
    shift = 0;
  }
  return shift == 0 && count == expect;
}

static void load(ts_model *m, const header *h, ts_load_kind kind, const uint8_t *payload) {
  size_t expect;
  if (ts_photon_frames_open(m->frames)) {
    answer_error(m, h, TS_ERR_BUSY, h->sequence);
    return;
  }
  if (!ts_decay_engine_begin(m->decay, kind, h->config, &expect)) {
    answer_error(m, h, TS_ERR_CONFIG, h->sequence);
    return;
  }
  const bool complete = kind == TS_LOAD_CONFIG || kind == TS_LOAD_IRF ? push_words(m, payload, h->length, expect)
                                                                      : push_numbers(m, payload, h->length, expect);
  if (!complete) {
    answer_error(m, h, TS_ERR_LENGTH, h->sequence);
  } else if (!ts_decay_engine_commit(m->decay)) {
    answer_error(m, h, TS_ERR_VALUE, h->sequence);
  } else if (kind == TS_LOAD_CONFIG || kind == TS_LOAD_IRF) {
    answer(m, TS_MSG_ACK, h->sequence, h->config, NULL, 0);
  } else {
    uint32_t words[TS_ENGINE_RESULT_WORDS_MAX];
    answer_words(m, h, TS_MSG_RESULT, words, ts_decay_engine_fit(m->decay, words));
  }
}

static void load_ta(ts_model *m, const header *h, ts_ta_load kind, const uint8_t *payload) {
  size_t expect;
  if (!ts_ta_engine_begin(m->ta, kind, h->config, &expect)) {
    answer_error(m, h, TS_ERR_CONFIG, h->sequence);
    return;
  }
  if (h->length != 4 * expect) {
    answer_error(m, h, TS_ERR_LENGTH, h->sequence);
    return;
  }
  for (size_t i = 0; i < expect; i++) ts_ta_engine_word(m->ta, get(payload + 4 * i, 4));
  if (!ts_ta_engine_commit(m->ta)) {
    answer_error(m, h, TS_ERR_VALUE, h->sequence);
  } else if (kind == TS_TA_LOAD_CONFIG || kind == TS_TA_LOAD_AXIS) {
    answer(m, TS_MSG_ACK, h->sequence, h->config, NULL, 0);
  } else {
    uint32_t words[TS_TA_ENGINE_RESULT_WORDS_MAX];
    answer_words(m, h, TS_MSG_TA_RESULT, words, ts_ta_engine_fit(m->ta, words));
  }
}

static void sclc(ts_model *m, const header *h, const uint8_t *payload) {
  enum { WORDS_MAX = 1 + 2 * TS_SCLC_POINTS_MAX + 1 };   /* one more than can be right */
  uint32_t words[WORDS_MAX], result[TS_SCLC_RES_WORDS + 1];
  size_t n = 0;
  for (; n < h->length / 4 && n < WORDS_MAX; n++) words[n] = get(payload + 4 * n, 4);
  if (h->length % 4) n = WORDS_MAX;
  const bool points = h->type == TS_MSG_SCLC_POINTS;
  const unsigned code = points ? ts_sclc_engine_points(m->sclc, h->config, words, n, result) : ts_sclc_engine_config(m->sclc, h->config, words, n);
  if (code)
    answer_error(m, h, code, h->sequence);
  else if (points)
    answer_words(m, h, TS_MSG_SCLC_RESULT, result, TS_SCLC_RES_WORDS + 1);
  else
    answer(m, TS_MSG_ACK, h->sequence, h->config, NULL, 0);
}

static void photons(ts_model *m, const header *h, const uint8_t *payload) {
  uint32_t words[TS_MAX_PAYLOAD_BYTES / 4];
  size_t n = h->length / 4;
  for (size_t i = 0; i < n; i++) words[i] = get(payload + 4 * i, 4);
  if (h->length % 4) n = SIZE_MAX;   /* no length that can be right */
  const unsigned code = h->type == TS_MSG_FRAMES_CONFIG ? ts_photon_frames_config(m->frames, h->config, h->sequence, words, n)
                        : h->type == TS_MSG_PHOTONS     ? ts_photon_frames_photons(m->frames, h->config, words, n)
                        : h->type == TS_MSG_FRAME_CLOSE ? ts_photon_frames_close(m->frames, h->config, n)
                                                        : ts_photon_frames_end(m->frames, h->config, n);
  if (code)
    answer_error(m, h, code, h->sequence);
  else
    answer(m, TS_MSG_ACK, h->sequence, h->config, NULL, 0);
}

static void act(ts_model *m, const header *h, const uint8_t *payload) {
  const bool of_ta = h->type == TS_MSG_TA_CONFIG || h->type == TS_MSG_TA_AXIS || h->type == TS_MSG_TA_TRACE ||
                     h->type == TS_MSG_TA_AGAIN;
  if (of_ta && !m->ta) {
    answer_error(m, h, TS_ERR_TYPE, h->sequence);
    return;
  }
  switch (h->type) {
    case TS_MSG_INFO_REQUEST:
      if (h->length)
        answer_error(m, h, TS_ERR_LENGTH, h->sequence);
      else
        answer_info(m, h);
      break;
    case TS_MSG_CONFIG: load(m, h, TS_LOAD_CONFIG, payload); break;
    case TS_MSG_IRF: load(m, h, TS_LOAD_IRF, payload); break;
    case TS_MSG_HISTOGRAM_RAW: load(m, h, TS_LOAD_RAW, payload); break;
    case TS_MSG_HISTOGRAM_GROUPED: load(m, h, TS_LOAD_GROUPED, payload); break;
    case TS_MSG_FRAMES_CONFIG:
    case TS_MSG_PHOTONS:
    case TS_MSG_FRAME_CLOSE:
    case TS_MSG_FRAMES_END: photons(m, h, payload); break;
    case TS_MSG_TA_CONFIG: load_ta(m, h, TS_TA_LOAD_CONFIG, payload); break;
    case TS_MSG_TA_AXIS: load_ta(m, h, TS_TA_LOAD_AXIS, payload); break;
    case TS_MSG_TA_TRACE: load_ta(m, h, TS_TA_LOAD_TRACE, payload); break;
    case TS_MSG_TA_AGAIN: load_ta(m, h, TS_TA_LOAD_AGAIN, payload); break;
    case TS_MSG_SCLC_CONFIG:
    case TS_MSG_SCLC_POINTS: sclc(m, h, payload); break;
    case TS_MSG_ECHO_REQUEST:
      if (h->length > ECHO_BYTES_MAX)
        answer_error(m, h, TS_ERR_LENGTH, h->sequence);
      else
        answer(m, TS_MSG_ECHO, h->sequence, h->config, payload, h->length);
      break;
    default: answer_error(m, h, TS_ERR_TYPE, h->sequence);
  }
}

static void drop(ts_model *m, size_t n) {
  memmove(m->in, m->in + n, m->in_size - n);
  m->in_size -= n;
}

/* What a frame sends, before the next message is looked at. */
static bool step_frames(ts_model *m) {
  if (!ts_photon_frames_next(m->frames, &m->frame)) return false;
  const header h = {.sequence = m->frame.sequence, .config = m->frame.config};
  answer_words(m, &h, m->frame.type, m->frame.words, m->frame.count);
  return true;
}

/* One message, if it is complete. False: more bytes are needed. */
static bool step(ts_model *m) {
  static const uint8_t first = TS_PROTOCOL_MAGIC & 0xff, second = TS_PROTOCOL_MAGIC >> 8;
  if (step_frames(m)) return true;
  size_t skip = 0;
  while (skip < m->in_size && !(m->in[skip] == first && (skip + 1 == m->in_size || m->in[skip + 1] == second))) skip++;
  if (skip) drop(m, skip);
  if (m->in_size < TS_HEADER_BYTES) return false;
  const uint8_t *p = m->in;
  const header h = {p[TS_HEADER_VERSION_BYTE], p[TS_HEADER_TYPE_BYTE], get(p + TS_HEADER_SEQUENCE_BYTE, 4), get(p + TS_HEADER_LENGTH_BYTE, 4),
                    (uint16_t)get(p + TS_HEADER_CONFIG_BYTE, 2)};
  if (get(p + TS_HEADER_CHECK_BYTE, 2) != (crc_of(p, TS_HEADER_CHECK_BYTE) & 0xffffu)) {
    answer_error(m, &h, TS_ERR_HEADER, 0);
    drop(m, TS_HEADER_BYTES);
    return true;
  }
  if (h.length > TS_MAX_PAYLOAD_BYTES) {
    answer_error(m, &h, TS_ERR_LENGTH, h.sequence);
    drop(m, TS_HEADER_BYTES);
    return true;
  }
  const size_t total = TS_HEADER_BYTES + h.length + TS_CRC_BYTES;
  if (m->in_size < total) return false;
  if (get(p + total - TS_CRC_BYTES, 4) != crc_of(p, total - TS_CRC_BYTES)) {
    answer_error(m, &h, TS_ERR_CRC, h.sequence);
    /* A message that lacks one byte ends with the first byte of the next. */
    drop(m, p[total - 1] == first ? total - 1 : total);
    return true;
  }
  if (h.version != TS_PROTOCOL_VERSION)
    answer_error(m, &h, TS_ERR_VERSION, h.sequence);
  else
    act(m, &h, p + TS_HEADER_BYTES);
  drop(m, total);
  return true;
}

size_t ts_model_write(ts_model *m, const uint8_t *bytes, size_t n) {
  size_t taken = 0;
  for (;;) {
    while (m->out_at == m->out_size && step(m)) {
    }
    if (m->out_at < m->out_size || taken == n) return taken;
    const size_t room = sizeof m->in - m->in_size, part = n - taken < room ? n - taken : room;
    memcpy(m->in + m->in_size, bytes + taken, part);
    m->in_size += part;
    taken += part;
  }
}

size_t ts_model_read(ts_model *m, uint8_t *bytes, size_t n) {
  size_t got = 0;
  while (got < n) {
    if (m->out_at == m->out_size && !step(m)) break;
    const size_t have = m->out_size - m->out_at, part = have < n - got ? have : n - got;
    memcpy(bytes + got, m->out + m->out_at, part);
    m->out_at += part;
    got += part;
  }
  return got;
}
