/* A device that obeys or breaks the protocol on purpose, behind the transport's functions. It fits nothing: the test says
 * which result words come back. */
#ifndef TS_TEST_FAKE_DEVICE_H
#define TS_TEST_FAKE_DEVICE_H
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/session.h"
#include "session/words.h"

typedef enum fake_fault {
  FAKE_GOOD, FAKE_SILENT, FAKE_TRUNCATED, FAKE_BAD_CRC, FAKE_BAD_CHECK, FAKE_BAD_MAGIC, FAKE_BAD_VERSION, FAKE_LONG, FAKE_SHORT,
  FAKE_TWICE, FAKE_WRONG_SEQUENCE, FAKE_WRONG_CONFIG, FAKE_WRONG_TYPE, FAKE_ENDLESS, FAKE_ENDED, FAKE_ERROR, FAKE_CRC_ONCE, FAKE_CRC_ALWAYS,
  FAKE_STRAY_ERROR, FAKE_DRIP, FAKE_DEAF, FAKE_FAULTS
} fake_fault;

typedef struct fake_device {
  ts_transport base;
  fake_fault fault;
  uint8_t at_type;          /* the fault shows at requests of this type */
  uint32_t info[TS_INFO_WORDS];
  double result[TS_RESULT_WORDS_MAX];
  uint32_t cycles;
  bool backwards;           /* holds results until jobs_in_flight are there, then gives them last first */
  unsigned components;      /* from the last config */
  uint8_t config[4 * (TS_LAYOUT_WORDS + TS_CFG_WORDS)], irf[TS_MAX_PAYLOAD_BYTES], counts[TS_MAX_PAYLOAD_BYTES];
  size_t irf_bytes, counts_bytes;
  unsigned faults_done, histograms;
  bool closed_stream, rested;

  uint8_t in[TS_HEADER_BYTES + TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES];
  size_t in_bytes;
  uint8_t out[65536];
  size_t out_bytes, out_at;
  struct { uint32_t sequence; uint16_t config; } held[64];
  size_t held_count;
  bool *closed;             /* set at close */
} fake_device;

static inline void fake_put(fake_device *f, const uint8_t *p, size_t n) {
  if (f->out_at == f->out_bytes) f->out_at = f->out_bytes = 0;
  if (f->out_bytes + n > sizeof f->out) abort();
  memcpy(f->out + f->out_bytes, p, n);
  f->out_bytes += n;
}

static inline void fake_answer(fake_device *f, bool faulty, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n) {
  uint8_t frame[TS_HEADER_BYTES + 4096 + TS_CRC_BYTES], longer[4096] = {0};
  const fake_fault fault = faulty ? f->fault : FAKE_GOOD;
  if (n) memcpy(longer, payload, n);
  if (fault == FAKE_SILENT || fault == FAKE_DEAF) return;
  if (fault == FAKE_ENDED) {
    f->closed_stream = true;
    return;
  }
  if (fault == FAKE_LONG) n = n + 4 < 2000 ? 2000 : n + 4;
  if (fault == FAKE_SHORT && n >= 4) n -= 4;
  else if (fault == FAKE_SHORT) n = 4;
  if (fault == FAKE_WRONG_SEQUENCE) sequence += 77;
  if (fault == FAKE_WRONG_CONFIG) config = (uint16_t)(config + 1);
  if (fault == FAKE_WRONG_TYPE) type = TS_MSG_ECHO_REQUEST;
  if (fault == FAKE_ERROR || fault == FAKE_CRC_ONCE || fault == FAKE_CRC_ALWAYS || fault == FAKE_STRAY_ERROR) {
    type = TS_MSG_ERROR;
    n = 4;
    ts_put_u32(longer, fault == FAKE_ERROR ? TS_ERR_VALUE : fault == FAKE_STRAY_ERROR ? TS_ERR_HEADER : TS_ERR_CRC);
    if (fault == FAKE_STRAY_ERROR) sequence = 0;
  }
  const size_t k = ts_frame_build(frame, type, sequence, config, longer, n);
  if (fault == FAKE_BAD_CRC) frame[k - 1] ^= 1;
  if (fault == FAKE_BAD_CHECK) frame[TS_HEADER_LENGTH_BYTE + 2] ^= 0x10;
  if (fault == FAKE_BAD_MAGIC) frame[0] ^= 0xff;
  if (fault == FAKE_BAD_VERSION) { /* a sound header of another version */
    frame[TS_HEADER_VERSION_BYTE] = TS_PROTOCOL_VERSION + 1;
    uint32_t c = 0xffffffffu;
    for (size_t i = 0; i < TS_HEADER_CHECK_BYTE; i++) {
      c ^= frame[i];
      for (int b = 0; b < 8; b++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    }
    ts_put_u16(frame + TS_HEADER_CHECK_BYTE, ~c & 0xffffu);
  }
  fake_put(f, frame, fault == FAKE_TRUNCATED ? k / 2 : k);
  if (fault == FAKE_TWICE) fake_put(f, frame, k);
  if (faulty) f->faults_done++;
}

static inline void fake_result(fake_device *f, bool faulty, uint32_t sequence, uint16_t config) {
  uint8_t payload[TS_ANSWER_BYTES_MAX];
  const unsigned n = 2 * f->components + 2;
  const bool compact = ts_get_u32(f->config + 4 * TS_LAYOUT_MODEL) >> 25 & 1u;
  size_t words = 0;
  for (size_t i = 0; i < TS_RES_FIXED_WORDS + n * (n + 1) / 2; i++)
    if (!compact || (i != TS_RES_EVALUATIONS && i < TS_RES_AMPLITUDE_1 + 2 * f->components) || i == TS_RES_SHIFT || i == TS_RES_BACKGROUND)
      ts_put_u32(payload + 4 * words++, ts_f32x_from_double(f->result[i]));
  if (!compact) ts_put_u32(payload + 4 * words++, f->cycles);
  fake_answer(f, faulty, TS_MSG_RESULT, sequence, config, payload, 4 * words);
}

static inline void fake_message(fake_device *f) {
  const uint8_t type = f->in[TS_HEADER_TYPE_BYTE], *payload = f->in + TS_HEADER_BYTES;
  const uint32_t sequence = ts_get_u32(f->in + TS_HEADER_SEQUENCE_BYTE), n = ts_get_u32(f->in + TS_HEADER_LENGTH_BYTE);
  const uint16_t config = (uint16_t)ts_get_u16(f->in + TS_HEADER_CONFIG_BYTE);
  const bool faulty = f->fault != FAKE_GOOD && type == f->at_type && !(f->fault == FAKE_CRC_ONCE && f->faults_done);
  uint8_t answer[4 * TS_INFO_WORDS];
  switch (type) {
    case TS_MSG_INFO_REQUEST:
      for (int i = 0; i < TS_INFO_WORDS; i++) ts_put_u32(answer + 4 * i, f->info[i]);
      fake_answer(f, faulty, TS_MSG_INFO, sequence, config, answer, sizeof answer);
      break;
    case TS_MSG_ECHO_REQUEST: fake_answer(f, faulty, TS_MSG_ECHO, sequence, config, payload, n); break;
    case TS_MSG_CONFIG:
      memcpy(f->config, payload, n < sizeof f->config ? n : sizeof f->config);
      f->components = ts_get_u32(payload) & 0xffu;
      fake_answer(f, faulty, TS_MSG_ACK, sequence, config, NULL, 0);
      break;
    case TS_MSG_IRF:
      memcpy(f->irf, payload, n);
      f->irf_bytes = n;
      fake_answer(f, faulty, TS_MSG_ACK, sequence, config, NULL, 0);
      break;
    default:
      memcpy(f->counts, payload, n);
      f->counts_bytes = n;
      f->histograms++;
      f->held[f->held_count].sequence = sequence;
      f->held[f->held_count++].config = config;
      if (f->backwards && f->held_count < f->info[TS_INFO_JOBS_IN_FLIGHT]) break;
      while (f->held_count > 0) {
        f->held_count--;
        fake_result(f, faulty, f->held[f->held_count].sequence, f->held[f->held_count].config);
      }
  }
}

/* Takes at most 700 bytes a call, so that messages arrive in pieces. */
static inline ts_error fake_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  fake_device *f = (fake_device *)t;
  *moved = 0;
  if (f->fault == FAKE_DEAF && f->in_bytes >= TS_HEADER_BYTES && f->in[TS_HEADER_TYPE_BYTE] == f->at_type) return TS_OK;
  if (n > 700) n = 700;
  for (size_t i = 0; i < n; i++) {
    f->in[f->in_bytes++] = bytes[i];
    if (f->in_bytes >= TS_HEADER_BYTES && f->in_bytes == TS_HEADER_BYTES + ts_get_u32(f->in + TS_HEADER_LENGTH_BYTE) + TS_CRC_BYTES) {
      fake_message(f);
      f->in_bytes = 0;
    }
  }
  *moved = n;
  return TS_OK;
}

static inline ts_error fake_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  fake_device *f = (fake_device *)t;
  *moved = 0;
  if (f->fault == FAKE_ENDLESS && f->faults_done) {
    uint8_t frame[64];
    const size_t k = ts_frame_build(frame, TS_MSG_ACK, 1, 1, NULL, 0);
    if (f->out_at == f->out_bytes) fake_put(f, frame, k);
  }
  size_t k = f->out_bytes - f->out_at;
  if (f->fault == FAKE_DRIP && f->faults_done && k > 0) {
    k = f->rested ? 1 : 0;
    f->rested = false;
  }
  if (k > n) k = n;
  if (k > 13) k = 13;
  memcpy(bytes, f->out + f->out_at, k);
  f->out_at += k;
  *moved = k;
  return k == 0 && f->closed_stream ? TS_ERROR_TRANSPORT : TS_OK;
}

static inline ts_error fake_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  (void)want_write;
  fake_device *f = (fake_device *)t;
  *ready = f->fault == FAKE_DRIP && f->faults_done && timeout_ms > 0;
  if (*ready) { /* one byte, after a while */
    const struct timespec pause = {0, 10000000};
    nanosleep(&pause, NULL);
    f->rested = true;
  }
  return TS_OK;
}

static inline void fake_close(ts_transport *t) {
  fake_device *f = (fake_device *)t;
  if (f->closed) *f->closed = true;
  free(f);
}

static inline const char *fake_text(const ts_transport *t) {
  (void)t;
  return "fake: the stream ended";
}

static const ts_transport_ops fake_ops = {fake_write, fake_read, fake_wait, fake_close, fake_text};

static inline fake_device *fake_create(unsigned engine) {
  fake_device *f = calloc(1, sizeof *f);
  if (!f) abort();
  f->base.ops = &fake_ops;
  const uint32_t u16[TS_INFO_WORDS] = {TS_PROTOCOL_VERSION, TS_ENGINE_U16, TS_ENGINE_U16_COMPONENTS_MAX, TS_ENGINE_U16_BINS_MAX, TS_ENGINE_U16_FINE_MAX,
      TS_ENGINE_U16_GROUPS_MAX, TS_ENGINE_U16_WORD_BITS, TS_ENGINE_U16_STATE_BITS, TS_ENGINE_U16_COUNT_BITS, 2, [TS_INFO_GATEWARE_VERSION] = TS_GATEWARE_VERSION};
  const uint32_t e18[TS_INFO_WORDS] = {TS_PROTOCOL_VERSION, TS_ENGINE_E18, TS_ENGINE_E18_COMPONENTS_MAX, TS_ENGINE_E18_BINS_MAX, TS_ENGINE_E18_FINE_MAX,
      TS_ENGINE_E18_GROUPS_MAX, TS_ENGINE_E18_WORD_BITS, TS_ENGINE_E18_STATE_BITS, TS_ENGINE_E18_COUNT_BITS, 2, [TS_INFO_GATEWARE_VERSION] = TS_GATEWARE_VERSION};
  memcpy(f->info, engine == TS_ENGINE_U16 ? u16 : e18, sizeof f->info);
  return f;
}
#endif
