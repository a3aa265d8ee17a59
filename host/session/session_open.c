/* Opening a session: what the device says of itself, room for jobs; and the same device again after its stream broke. */
#include <stdio.h>
#include <stdlib.h>

#include "session_private.h"
#include "words.h"

static void start_stream(ts_session *s, ts_transport *t) {
  s->transport = t;
  s->rx_at = s->tx_at = s->tx_bytes = 0;
  s->rx_need = TS_HEADER_BYTES;
  s->request.waiting = false;
  s->in_flight = 0;
  s->stream.take = NULL;
  s->stream.held = s->stream.sent = 0;
  s->broken = TS_OK;
}

static ts_error handshake(ts_session *s, uint32_t *info) {
  uint8_t answer[4 * TS_INFO_WORDS];
  size_t n = 0;
  const ts_error e = ts_session_request(s, TS_MSG_INFO_REQUEST, 0, NULL, 0, TS_MSG_INFO, answer, sizeof answer, &n);
  if (!e && n != sizeof answer) return ts_session_fail(s, TS_ERROR_PROTOCOL, "device info of %zu bytes, expected %zu", n, sizeof answer);
  for (size_t k = 0; !e && k < TS_INFO_WORDS; k++) info[k] = ts_get_u32(answer + 4 * k);
  return e;
}

static ts_error judge_info(ts_session *s) {
  const uint32_t *i = s->info;
  const bool counts_only = i[TS_INFO_PHOTON] && !i[TS_INFO_COMPONENTS_MAX];   /* photons' frames, without fits */
  if (i[TS_INFO_PROTOCOL_VERSION] != TS_PROTOCOL_VERSION)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "the device speaks protocol version %u, this library version %u", (unsigned)i[TS_INFO_PROTOCOL_VERSION],
                (unsigned)TS_PROTOCOL_VERSION);
  const uint32_t v = i[TS_INFO_GATEWARE_VERSION];
  if (v < TS_GATEWARE_OLDEST)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "the device holds gateware %u.%u.%u, this library needs %u.%u.%u or later: write its image anew", (unsigned)(v >> 16),
                (unsigned)(v >> 8 & 255), (unsigned)(v & 255), TS_GATEWARE_OLDEST >> 16, TS_GATEWARE_OLDEST >> 8 & 255, TS_GATEWARE_OLDEST & 255);
  const struct { unsigned word; const char *name; uint32_t low, high; } range[] = {
      {TS_INFO_COMPONENTS_MAX, "components_max", counts_only ? 0 : 1, TS_COMPONENTS_MAX},
      {TS_INFO_BINS_MAX, "bins_max", 16, 65535},
      {TS_INFO_FINE_MAX, "fine_max", 2, 6144}, /* its IRF must fit a message */
      {TS_INFO_GROUPS_MAX, "groups_max", 2, TS_MAX_PAYLOAD_BYTES / TS_LEB128_BYTES_MAX},
      {TS_INFO_WORD_BITS, "word_bits", 8, 32},
      {TS_INFO_COUNT_BITS, "count_bits", 8, 32},
      {TS_INFO_TA_COMPONENTS_MAX, "ta_components_max", 0, TS_COMPONENTS_MAX},
      {TS_INFO_TA_DELAYS_MAX, "ta_delays_max", 0, TS_MAX_PAYLOAD_BYTES / 8}, /* its axis must fit a message */
      {TS_INFO_JOBS_IN_FLIGHT, "jobs_in_flight", 1, 65536},
  };
  /* A device without the decay engine has zeros for its limits. */
  const bool decay = i[TS_INFO_COMPONENTS_MAX] || i[TS_INFO_BINS_MAX] || i[TS_INFO_FINE_MAX] || i[TS_INFO_GROUPS_MAX] || !i[TS_INFO_SCLC_POINTS_MAX];
  for (size_t k = decay ? 0 : 4; k < sizeof range / sizeof *range; k++) {
    const uint32_t word = i[range[k].word], value = range[k].word == TS_INFO_TA_DELAYS_MAX ? word & 0xffffu : range[k].word == TS_INFO_TA_COMPONENTS_MAX ? word & 0xffu : word;
    if (value < range[k].low || value > range[k].high)
      return ts_session_fail(s, TS_ERROR_PROTOCOL, "device info: %s is %u, expected %u to %u", range[k].name, (unsigned)value, (unsigned)range[k].low,
                  (unsigned)range[k].high);
  }
  const uint32_t ta_word_bits = (i[TS_INFO_TA_COMPONENTS_MAX] & ~((uint32_t)1 << TS_TA_KEPT_BIT)) >> 8;
  if (i[TS_INFO_TA_COMPONENTS_MAX] ? ta_word_bits != 18 && ta_word_bits != 20 : ta_word_bits != 0)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "device info: words of %u bits for transient absorption, expected 18 or 20", (unsigned)ta_word_bits);
  if ((i[TS_INFO_TA_DELAYS_MAX] >> 16) * 64 < (i[TS_INFO_TA_DELAYS_MAX] & 0xffffu))
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "device info: it holds %u signals, expected at least the %u delays of a trace", (unsigned)(i[TS_INFO_TA_DELAYS_MAX] >> 16) * 64,
                (unsigned)(i[TS_INFO_TA_DELAYS_MAX] & 0xffffu));
  return TS_OK;
}

static ts_error make_jobs(ts_session *s) {
  s->in_flight_max = s->info[TS_INFO_JOBS_IN_FLIGHT] < TS_JOBS_MAX ? s->info[TS_INFO_JOBS_IN_FLIGHT] : TS_JOBS_MAX;
  s->payload_max = (size_t)(s->info[TS_INFO_GROUPS_MAX] ? s->info[TS_INFO_GROUPS_MAX] : 1) * TS_LEB128_BYTES_MAX;
  const size_t delays = s->info[TS_INFO_TA_DELAYS_MAX] & 0xffffu, trace = s->info[TS_INFO_TA_COMPONENTS_MAX] ? 4 * (TS_TA_START_WORDS + delays) : 0;
  if (s->payload_max < trace) s->payload_max = trace;
  const size_t n = s->in_flight_max + TS_JOBS_QUEUED;
  s->jobs = calloc(n, sizeof *s->jobs);
  s->payloads = malloc(n * s->payload_max);
  if (!s->jobs || !s->payloads) return ts_session_fail(s, TS_ERROR_MEMORY, "out of memory for %zu jobs", n);
  for (size_t k = 0; k < n; k++) {
    s->jobs[k].payload = s->payloads + k * s->payload_max;
    s->jobs[k].slot = k;
  }
  s->capacity = n;
  return TS_OK;
}

ts_error ts_session_create(ts_session **out, ts_transport *t, char *message) {
  ts_session *s = calloc(1, sizeof *s);
  if (!s || !(s->tx = malloc(TS_HEADER_BYTES + TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES))) {
    free(s);
    t->ops->close(t);
    return TS_ERROR_MEMORY;
  }
  start_stream(s, t);
  s->next_sequence = 1;
  s->next_config = 1;
  s->timeout_ms = ts_environment_ms("TAUSTREAM_TIMEOUT_S", TS_TIMEOUT_MS);
  if (s->timeout_ms == 0) s->timeout_ms = TS_TIMEOUT_MS;
  ts_error e = handshake(s, s->info);
  if (!e) e = judge_info(s);
  if (!e) e = make_jobs(s);
  if (e) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "%s", s->message);
    ts_session_destroy(s);
    return e;
  }
  *out = s;
  return TS_OK;
}

/* ---- again ---- */
ts_error ts_session_broken(const ts_session *s) { return s->broken; }

void ts_session_disconnect(ts_session *s) {
  if (s->transport) s->transport->ops->close(s->transport);
  s->transport = NULL;
  if (!s->broken) s->broken = TS_ERROR_TRANSPORT;
  for (size_t i = 0; i < s->capacity; i++) {
    ts_job *j = &s->jobs[i];
    if (j->state == TS_JOB_QUEUED || j->state == TS_JOB_SENT) j->state = j->owner ? TS_JOB_HELD : TS_JOB_FREE;
  }
  s->in_flight = 0;
}

ts_error ts_session_connect(ts_session *s, ts_transport *t) {
  static const char *const names[TS_INFO_WORDS] = {
#define X(NAME, name, meaning) name,
      TS_INFO_LIST(X)
#undef X
  };
  uint32_t info[TS_INFO_WORDS];
  start_stream(s, t);
  ts_error e = handshake(s, info);
  for (size_t k = 0; !e && k < TS_INFO_WORDS; k++)
    if (info[k] != s->info[k])
      e = ts_session_fail(s, TS_ERROR_PROTOCOL, "another device came back: its %s is %u, was %u", names[k], (unsigned)info[k], (unsigned)s->info[k]);
  if (!e) return TS_OK;
  s->broken = e;
  ts_session_disconnect(s);
  return e;
}

bool ts_session_is_repeatable(const ts_session *s) {
  for (size_t i = 0; i < s->capacity; i++) {
    const ts_job *j = &s->jobs[i];
    if (j->state >= TS_JOB_HELD && j->state <= TS_JOB_SENT && j->owner && !j->prepare) return false;
  }
  return true;
}

ts_job *ts_session_held(ts_session *s) {
  ts_job *oldest = NULL;
  for (size_t i = 0; i < s->capacity; i++)
    if (s->jobs[i].state == TS_JOB_HELD && (!oldest || s->jobs[i].order < oldest->order)) oldest = &s->jobs[i];
  return oldest;
}

void ts_session_destroy(ts_session *s) {
  if (!s) return;
  if (s->transport) s->transport->ops->close(s->transport);
  free(s->jobs);
  free(s->payloads);
  free(s->tx);
  free(s);
}

const uint32_t *ts_session_info(const ts_session *s) { return s->info; }
const char *ts_session_message(const ts_session *s) { return s->message; }
uint64_t ts_session_bytes_to(const ts_session *s) { return s->bytes_to; }
uint64_t ts_session_bytes_from(const ts_session *s) { return s->bytes_from; }
void ts_session_set_timeout(ts_session *s, int timeout_ms) { s->timeout_ms = timeout_ms; }
