#define _POSIX_C_SOURCE 200809L
#include "session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "words.h"

struct ts_session {
  ts_transport *transport;
  ts_error broken; /* the stream's error, once it had one */
  char message[TS_MESSAGE_BYTES];
  int timeout_ms;
  uint64_t bytes_to, bytes_from;
  uint32_t info[TS_INFO_WORDS];
  uint32_t next_sequence;
  uint16_t next_config;
  uint64_t next_order;

  ts_job *jobs;
  size_t capacity, in_flight_max, in_flight, payload_max;
  uint8_t *payloads;

  struct { /* the one request that waits for its answer */
    bool waiting, answered;
    uint32_t sequence;
    uint8_t type, answer_type;
    uint8_t *answer;
    size_t answer_max, answer_bytes;
    uint32_t error_code; /* 0: none */
  } request;

  struct { /* messages in a stream: a ring */
    void *context;
    ts_stream_take take; /* NULL: there is no stream */
    struct stream_message {
      uint8_t type, payload[TS_STREAM_BYTES_MAX];
      uint16_t config;
      uint32_t sequence;
      size_t bytes;
      unsigned retries;
    } message[TS_STREAM_MESSAGES];
    size_t first, held, sent;      /* the oldest without an answer; how many; how many of them were sent */
    uint32_t stale_from, stale_to; /* sequences that were sent behind a damaged one: refused, sent again under others */
    size_t taken;                  /* messages that take() got */
  } stream;

  uint8_t *tx;
  size_t tx_bytes, tx_at;
  uint8_t rx[TS_HEADER_BYTES + TS_ANSWER_BYTES_MAX + TS_CRC_BYTES];
  size_t rx_at, rx_need;
};

/* ---- text ---- */
const char *ts_message_type_name(unsigned type) {
  switch (type) {
#define X(NAME, name, meaning) case TS_MSG_##NAME: return name;
    TS_MSG_LIST(X)
#undef X
    default: return "unknown";
  }
}

const char *ts_device_error_text(unsigned code) {
  switch (code) {
#define X(NAME, name, meaning) case TS_ERR_##NAME: return name ": " meaning;
    TS_ERR_LIST(X)
#undef X
    default: return "unknown error code";
  }
}

static ts_error fail(ts_session *s, ts_error e, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(s->message, sizeof s->message, format, list);
  va_end(list);
  if (e == TS_ERROR_TRANSPORT || e == TS_ERROR_TIMEOUT || e == TS_ERROR_PROTOCOL) s->broken = e;
  return e;
}

/* ---- frames ---- */
static uint32_t crc(const uint8_t *p, size_t n) { return (uint32_t)crc32(crc32(0, Z_NULL, 0), p, (uInt)n); }

size_t ts_frame_build(uint8_t *frame, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n) {
  ts_put_u16(frame + TS_HEADER_MAGIC_BYTE, TS_PROTOCOL_MAGIC);
  frame[TS_HEADER_VERSION_BYTE] = TS_PROTOCOL_VERSION;
  frame[TS_HEADER_TYPE_BYTE] = type;
  ts_put_u32(frame + TS_HEADER_SEQUENCE_BYTE, sequence);
  ts_put_u32(frame + TS_HEADER_LENGTH_BYTE, (uint32_t)n);
  ts_put_u16(frame + TS_HEADER_CONFIG_BYTE, config);
  ts_put_u16(frame + TS_HEADER_CHECK_BYTE, crc(frame, TS_HEADER_CHECK_BYTE) & 0xffffu);
  if (n && payload != frame + TS_HEADER_BYTES) memcpy(frame + TS_HEADER_BYTES, payload, n);
  ts_put_u32(frame + TS_HEADER_BYTES + n, crc(frame, TS_HEADER_BYTES + n));
  return TS_HEADER_BYTES + n + TS_CRC_BYTES;
}

static void start_message(ts_session *s, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n) {
  s->tx_bytes = ts_frame_build(s->tx, type, sequence, config, payload, n);
  s->tx_at = 0;
}

static uint32_t new_sequence(ts_session *s) {
  if (s->next_sequence == 0) s->next_sequence = 1; /* 0 is the device's "unknown" */
  return s->next_sequence++;
}

uint16_t ts_session_new_config(ts_session *s) {
  if (s->next_config == 0) s->next_config = 1;
  return s->next_config++;
}

/* ---- what comes from the device ---- */
static ts_job *job_with(ts_session *s, uint32_t sequence) {
  for (size_t i = 0; i < s->capacity; i++)
    if (s->jobs[i].state >= TS_JOB_SENT && s->jobs[i].sequence == sequence) return &s->jobs[i];
  return NULL;
}

static void finish(ts_session *s, ts_job *job, ts_job_state state) {
  job->state = job->owner ? state : TS_JOB_FREE;
  s->in_flight--;
}

/* On the way to the device bytes were changed or lost: what was sent is known to be right. */
static bool is_damage(uint32_t code) { return code == TS_ERR_CRC || code == TS_ERR_LENGTH; }

static struct stream_message *stream_at(ts_session *s, size_t place) { return &s->stream.message[(s->stream.first + place) % TS_STREAM_MESSAGES]; }

/* The place of a sent message in the ring, or TS_STREAM_MESSAGES. */
static size_t stream_with(ts_session *s, uint32_t sequence) {
  for (size_t i = 0; i < s->stream.sent; i++)
    if (stream_at(s, i)->sequence == sequence) return i;
  return TS_STREAM_MESSAGES;
}

static bool is_stale(const ts_session *s, uint32_t sequence) {
  return s->stream.take && sequence - s->stream.stale_from < s->stream.stale_to - s->stream.stale_from;
}

/* From this message on everything is sent again; the answers to those behind it are still to come. */
static void stream_back(ts_session *s, size_t place) {
  s->stream.stale_from = stream_at(s, place)->sequence + 1;
  s->stream.stale_to = stream_at(s, s->stream.sent - 1)->sequence + 1;
  s->stream.sent = place;
}

static ts_error take_error(ts_session *s, uint32_t sequence, const uint8_t *payload, size_t n) {
  if (n != 4) return fail(s, TS_ERROR_PROTOCOL, "error message of %zu bytes, expected 4", n);
  const uint32_t word = ts_get_u32(payload), code = word & 0xffu, type = word >> 8 & 0xffu;
  if (s->request.waiting && sequence == s->request.sequence && sequence != 0) {
    s->request.answered = true;
    s->request.error_code = code ? code : 0x100u;
    return TS_OK;
  }
  if (is_stale(s, sequence) && (code == TS_ERR_VALUE || is_damage(code))) return TS_OK;
  const size_t place = sequence ? stream_with(s, sequence) : TS_STREAM_MESSAGES;
  if (place < TS_STREAM_MESSAGES) {
    if (!is_damage(code) || stream_at(s, place)->retries++ >= TS_RETRIES)
      return fail(s, TS_ERROR_PROTOCOL, "%s refused by the device: %s", ts_message_type_name(type), ts_device_error_text(code));
    stream_back(s, place);
    return TS_OK;
  }
  ts_job *job = sequence ? job_with(s, sequence) : NULL;
  if (job && job->state == TS_JOB_SENT) {
    if (is_damage(code) && job->retries < TS_RETRIES) {
      job->retries++;
      job->state = TS_JOB_QUEUED;
      s->in_flight--;
    } else {
      job->error_code = code;
      finish(s, job, TS_JOB_FAILED);
    }
    return TS_OK;
  }
  return fail(s, TS_ERROR_PROTOCOL, "the device reports an error for sequence %u (message %s), which awaits no answer: %s", (unsigned)sequence,
              ts_message_type_name(type), ts_device_error_text(code));
}

static ts_error take_result(ts_session *s, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n) {
  ts_job *job = job_with(s, sequence);
  if (!job) return fail(s, TS_ERROR_PROTOCOL, "result with sequence %u, which was not asked for", (unsigned)sequence);
  if (job->state != TS_JOB_SENT) return fail(s, TS_ERROR_PROTOCOL, "second result with sequence %u", (unsigned)sequence);
  if (config != job->config)
    return fail(s, TS_ERROR_PROTOCOL, "result of configuration %u, expected %u", (unsigned)config, (unsigned)job->config);
  if (n != job->result_bytes) return fail(s, TS_ERROR_PROTOCOL, "result of %zu bytes, expected %zu", n, job->result_bytes);
  memcpy(job->result, payload, n);
  finish(s, job, TS_JOB_DONE);
  return TS_OK;
}

static ts_error take_message(ts_session *s) {
  const uint8_t type = s->rx[TS_HEADER_TYPE_BYTE];
  const uint32_t sequence = ts_get_u32(s->rx + TS_HEADER_SEQUENCE_BYTE);
  const size_t n = ts_get_u32(s->rx + TS_HEADER_LENGTH_BYTE);
  const uint16_t config = (uint16_t)ts_get_u16(s->rx + TS_HEADER_CONFIG_BYTE);
  const uint8_t *payload = s->rx + TS_HEADER_BYTES;
  if (ts_get_u32(payload + n) != crc(s->rx, TS_HEADER_BYTES + n))
    return fail(s, TS_ERROR_PROTOCOL, "CRC of an answer (%s, %zu bytes) is wrong", ts_message_type_name(type), n);
  if (type == TS_MSG_ERROR) return take_error(s, sequence, payload, n);
  if (s->stream.take && type == TS_MSG_ACK && s->stream.sent && stream_at(s, 0)->sequence == sequence && n == 0) {
    s->stream.first = (s->stream.first + 1) % TS_STREAM_MESSAGES;
    s->stream.held--;
    s->stream.sent--;
    return TS_OK;
  }
  if (s->stream.take && (type == TS_MSG_FRAME || type == TS_MSG_FRAME_HISTOGRAM || type == TS_MSG_FRAME_RAW)) {
    s->stream.taken++;
    const char *why = s->stream.take(s->stream.context, type, sequence, config, payload, n);
    return why ? fail(s, TS_ERROR_PROTOCOL, "%s of %zu bytes: %s", ts_message_type_name(type), n, why) : TS_OK;
  }
  if (type == TS_MSG_RESULT) return take_result(s, sequence, config, payload, n);
  if (!s->request.waiting || s->request.answered || type != s->request.answer_type || sequence != s->request.sequence)
    return fail(s, TS_ERROR_PROTOCOL, "unexpected answer: type 0x%02x (%s), sequence %u", type, ts_message_type_name(type), (unsigned)sequence);
  if (n > s->request.answer_max)
    return fail(s, TS_ERROR_PROTOCOL, "answer %s of %zu bytes, expected at most %zu", ts_message_type_name(type), n, s->request.answer_max);
  if (n) memcpy(s->request.answer, payload, n);
  s->request.answer_bytes = n;
  s->request.answered = true;
  return TS_OK;
}

static ts_error take_header(ts_session *s) {
  const unsigned magic = ts_get_u16(s->rx + TS_HEADER_MAGIC_BYTE), version = s->rx[TS_HEADER_VERSION_BYTE];
  if (magic != TS_PROTOCOL_MAGIC)
    return fail(s, TS_ERROR_PROTOCOL, "not a message: magic 0x%04x, expected 0x%04x", magic, (unsigned)TS_PROTOCOL_MAGIC);
  if (ts_get_u16(s->rx + TS_HEADER_CHECK_BYTE) != (crc(s->rx, TS_HEADER_CHECK_BYTE) & 0xffffu))
    return fail(s, TS_ERROR_PROTOCOL, "header check of an answer is wrong");
  if (version != TS_PROTOCOL_VERSION)
    return fail(s, TS_ERROR_PROTOCOL, "the device speaks protocol version %u, this library version %u", version, (unsigned)TS_PROTOCOL_VERSION);
  const uint32_t n = ts_get_u32(s->rx + TS_HEADER_LENGTH_BYTE);
  if (n > TS_ANSWER_BYTES_MAX)
    return fail(s, TS_ERROR_PROTOCOL, "answer %s of %u bytes, longest possible is %u", ts_message_type_name(s->rx[TS_HEADER_TYPE_BYTE]), (unsigned)n,
                (unsigned)TS_ANSWER_BYTES_MAX);
  s->rx_need = TS_HEADER_BYTES + n + TS_CRC_BYTES;
  return TS_OK;
}

/* ---- both directions, without blocking ---- */
static void start_next_message(ts_session *s) {
  if (s->stream.sent < s->stream.held) {
    struct stream_message *m = stream_at(s, s->stream.sent++);
    m->sequence = new_sequence(s);
    start_message(s, m->type, m->sequence, m->config, m->payload, m->bytes);
    return;
  }
  if (s->in_flight >= s->in_flight_max) return;
  ts_job *next = NULL;
  for (size_t i = 0; i < s->capacity; i++)
    if (s->jobs[i].state == TS_JOB_QUEUED && (!next || s->jobs[i].order < next->order)) next = &s->jobs[i];
  if (!next) return;
  next->sequence = new_sequence(s);
  next->state = TS_JOB_SENT;
  s->in_flight++;
  start_message(s, TS_MSG_HISTOGRAM_GROUPED, next->sequence, next->config, next->payload, next->payload_bytes);
}

/* moved: bytes were sent or a message was received. A lone received byte is no progress, so that a device that drips
 * bytes meets the timeout as a silent one does. again: some byte moved, so another round may move more. */
static ts_error pump(ts_session *s, bool *progress, bool *again) {
  *progress = *again = false;
  if (s->broken) return s->broken;
  size_t k;
  if (s->tx_at == s->tx_bytes) start_next_message(s);
  if (s->tx_at < s->tx_bytes) {
    const ts_error e = s->transport->ops->write(s->transport, s->tx + s->tx_at, s->tx_bytes - s->tx_at, &k);
    if (e) return fail(s, e, "%s", s->transport->ops->text(s->transport));
    s->tx_at += k;
    s->bytes_to += k;
    if (k) *progress = *again = true;
  }
  ts_error e = s->transport->ops->read(s->transport, s->rx + s->rx_at, s->rx_need - s->rx_at, &k);
  if (e) return fail(s, e, "%s", s->transport->ops->text(s->transport));
  if (k) {
    *again = true;
    s->rx_at += k;
    s->bytes_from += k;
    if (s->rx_at == s->rx_need) {
      if (s->rx_need == TS_HEADER_BYTES) {
        e = take_header(s);
      } else {
        e = take_message(s);
        s->rx_at = 0;
        s->rx_need = TS_HEADER_BYTES;
        *progress = true;
      }
    }
  }
  return e;
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One step of a blocking call; *since is the time of the last progress. */
static ts_error step(ts_session *s, int64_t *since) {
  bool progress, again;
  const ts_error e = pump(s, &progress, &again);
  if (e) return e;
  if (progress) {
    *since = now_ms();
    return TS_OK;
  }
  const int64_t left = *since + s->timeout_ms - now_ms();
  if (left > 0) {
    if (again) return TS_OK;
    bool ready;
    const ts_error w = s->transport->ops->wait(s->transport, s->tx_at < s->tx_bytes, (int)left, &ready);
    if (w) return fail(s, w, "%s", s->transport->ops->text(s->transport));
    if (ready) return TS_OK;
  }
  return fail(s, TS_ERROR_TIMEOUT, "%s: no answer (%zu histograms in flight, %zu bytes of an answer received, %zu bytes not taken)",
              s->request.waiting ? ts_message_type_name(s->request.type) : "histogram", s->in_flight, s->rx_at, s->tx_bytes - s->tx_at);
}

static bool anything_queued(const ts_session *s) {
  for (size_t i = 0; i < s->capacity; i++)
    if (s->jobs[i].state == TS_JOB_QUEUED) return true;
  return false;
}

ts_error ts_session_request(ts_session *s, uint8_t type, uint16_t config, const uint8_t *payload, size_t n, uint8_t answer_type,
                            uint8_t *answer, size_t answer_max, size_t *answer_bytes) {
  if (n > TS_MAX_PAYLOAD_BYTES)
    return fail(s, TS_ERROR_UNSUPPORTED, "%s of %zu bytes, a message holds %u", ts_message_type_name(type), n, (unsigned)TS_MAX_PAYLOAD_BYTES);
  ts_error e = TS_OK;
  for (unsigned attempt = 0;; attempt++) {
    int64_t since = now_ms();
    while (anything_queued(s) || s->tx_at < s->tx_bytes)
      if ((e = step(s, &since))) return e;
    if (s->broken) return s->broken;
    s->request.waiting = true;
    s->request.answered = false;
    s->request.sequence = new_sequence(s);
    s->request.type = type;
    s->request.answer_type = answer_type;
    s->request.answer = answer;
    s->request.answer_max = answer_max;
    s->request.answer_bytes = 0;
    s->request.error_code = 0;
    start_message(s, type, s->request.sequence, config, payload, n);
    while (!e && (!s->request.answered || s->tx_at < s->tx_bytes)) e = step(s, &since);
    s->request.waiting = false;
    if (e) return e;
    if (s->request.error_code == 0) break;
    if (is_damage(s->request.error_code) && attempt < TS_RETRIES) continue;
    return fail(s, TS_ERROR_DEVICE, "%s refused by the device: %s", ts_message_type_name(type), ts_device_error_text(s->request.error_code));
  }
  if (answer_bytes) *answer_bytes = s->request.answer_bytes;
  return TS_OK;
}

/* ---- stream ---- */
void ts_session_stream_begin(ts_session *s, void *context, ts_stream_take take) {
  memset(&s->stream, 0, sizeof s->stream);
  s->stream.context = context;
  s->stream.take = take;
}

void ts_session_stream_end(ts_session *s) { s->stream.take = NULL; }
bool ts_session_has_stream(const ts_session *s) { return s->stream.take != NULL; }
uint32_t ts_session_last_sequence(const ts_session *s) { return s->next_sequence - 1; }

ts_error ts_session_stream_send(ts_session *s, uint8_t type, uint16_t config, const uint8_t *payload, size_t n) {
  int64_t since = now_ms();
  ts_error e = s->broken;
  while (!e && s->stream.held == TS_STREAM_MESSAGES) e = step(s, &since);
  if (e) return e;
  struct stream_message *m = stream_at(s, s->stream.held++);
  m->type = type;
  m->config = config;
  m->bytes = n;
  m->retries = 0;
  memcpy(m->payload, payload, n);
  bool progress, again = true;
  while (!e && again) e = pump(s, &progress, &again);
  return e;
}

ts_error ts_session_stream_flush(ts_session *s) {
  int64_t since = now_ms();
  ts_error e = s->broken;
  while (!e && (s->stream.held || s->tx_at < s->tx_bytes)) e = step(s, &since);
  return e;
}

ts_error ts_session_stream_poll(ts_session *s, int timeout_ms, bool *moved) {
  const size_t before = s->stream.taken;
  const int64_t end = now_ms() + timeout_ms;
  *moved = false;
  for (;;) {
    bool progress, again, ready;
    const ts_error e = pump(s, &progress, &again);
    if (e) return e;
    *moved = s->stream.taken != before;
    if (*moved) return TS_OK;
    if (again) continue;
    const int64_t left = end - now_ms();
    if (left <= 0) return TS_OK;
    const ts_error w = s->transport->ops->wait(s->transport, s->tx_at < s->tx_bytes, (int)left, &ready);
    if (w) return fail(s, w, "%s", s->transport->ops->text(s->transport));
    if (!ready) return TS_OK;
  }
}

/* ---- jobs ---- */
size_t ts_session_capacity(const ts_session *s) { return s->capacity; }
size_t ts_session_payload_max(const ts_session *s) { return s->payload_max; }

ts_job *ts_session_reserve(ts_session *s) {
  for (size_t i = 0; i < s->capacity; i++)
    if (s->jobs[i].state == TS_JOB_FREE) {
      s->jobs[i].state = TS_JOB_RESERVED;
      s->jobs[i].prepare = NULL;
      return &s->jobs[i];
    }
  return NULL;
}

ts_error ts_session_submit(ts_session *s, ts_job *job) {
  job->order = s->next_order++;
  return ts_session_submit_again(s, job);
}

ts_error ts_session_submit_again(ts_session *s, ts_job *job) {
  job->retries = 0;
  job->error_code = 0;
  job->state = TS_JOB_QUEUED;
  bool progress, again = true;
  ts_error e = TS_OK;
  while (!e && again) e = pump(s, &progress, &again);
  return e;
}

ts_error ts_session_next(ts_session *s, const void *owner, bool wait, ts_job **job) {
  int64_t since = now_ms();
  *job = NULL;
  for (;;) {
    ts_job *oldest = NULL;
    for (size_t i = 0; i < s->capacity; i++) {
      ts_job *j = &s->jobs[i];
      if (j->state >= TS_JOB_HELD && j->owner == owner && (!oldest || j->order < oldest->order)) oldest = j;
    }
    if (!oldest) return s->broken;
    if (oldest->state >= TS_JOB_DONE) {
      *job = oldest;
      return TS_OK;
    }
    if (wait) {
      const ts_error e = step(s, &since);
      if (e) return e;
    } else {
      bool progress, again;
      const ts_error e = pump(s, &progress, &again);
      if (e || !again) return e;
    }
  }
}

void ts_session_release(ts_session *s, ts_job *job) {
  (void)s;
  job->state = TS_JOB_FREE;
  job->owner = NULL;
}

void ts_session_disown(ts_session *s, const void *owner) {
  for (size_t i = 0; i < s->capacity; i++) {
    ts_job *j = &s->jobs[i];
    if (j->state == TS_JOB_FREE || j->owner != owner) continue;
    j->owner = NULL;
    if (j->state != TS_JOB_SENT) j->state = TS_JOB_FREE; /* a sent one still gets its answer, and is freed then */
  }
}

/* ---- opening ---- */
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
  if (!e && n != sizeof answer) return fail(s, TS_ERROR_PROTOCOL, "device info of %zu bytes, expected %zu", n, sizeof answer);
  for (size_t k = 0; !e && k < TS_INFO_WORDS; k++) info[k] = ts_get_u32(answer + 4 * k);
  return e;
}

static ts_error judge_info(ts_session *s) {
  const uint32_t *i = s->info;
  if (i[TS_INFO_PROTOCOL_VERSION] != TS_PROTOCOL_VERSION)
    return fail(s, TS_ERROR_PROTOCOL, "the device speaks protocol version %u, this library version %u", (unsigned)i[TS_INFO_PROTOCOL_VERSION],
                (unsigned)TS_PROTOCOL_VERSION);
  const struct { unsigned word; const char *name; uint32_t low, high; } range[] = {
      {TS_INFO_COMPONENTS_MAX, "components_max", 1, TS_COMPONENTS_MAX},
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
      return fail(s, TS_ERROR_PROTOCOL, "device info: %s is %u, expected %u to %u", range[k].name, (unsigned)value, (unsigned)range[k].low,
                  (unsigned)range[k].high);
  }
  const uint32_t ta_word_bits = i[TS_INFO_TA_COMPONENTS_MAX] >> 8;
  if (i[TS_INFO_TA_COMPONENTS_MAX] ? ta_word_bits != 18 && ta_word_bits != 20 : ta_word_bits != 0)
    return fail(s, TS_ERROR_PROTOCOL, "device info: words of %u bits for transient absorption, expected 18 or 20", (unsigned)ta_word_bits);
  if ((i[TS_INFO_TA_DELAYS_MAX] >> 16) * 64 < (i[TS_INFO_TA_DELAYS_MAX] & 0xffffu))
    return fail(s, TS_ERROR_PROTOCOL, "device info: it holds %u signals, expected at least the %u delays of a trace", (unsigned)(i[TS_INFO_TA_DELAYS_MAX] >> 16) * 64,
                (unsigned)(i[TS_INFO_TA_DELAYS_MAX] & 0xffffu));
  return TS_OK;
}

static ts_error make_jobs(ts_session *s) {
  s->in_flight_max = s->info[TS_INFO_JOBS_IN_FLIGHT] < TS_JOBS_MAX ? s->info[TS_INFO_JOBS_IN_FLIGHT] : TS_JOBS_MAX;
  s->payload_max = (size_t)(s->info[TS_INFO_GROUPS_MAX] ? s->info[TS_INFO_GROUPS_MAX] : 1) * TS_LEB128_BYTES_MAX;
  const size_t n = s->in_flight_max + TS_JOBS_QUEUED;
  s->jobs = calloc(n, sizeof *s->jobs);
  s->payloads = malloc(n * s->payload_max);
  if (!s->jobs || !s->payloads) return fail(s, TS_ERROR_MEMORY, "out of memory for %zu jobs", n);
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
      e = fail(s, TS_ERROR_PROTOCOL, "another device came back: its %s is %u, was %u", names[k], (unsigned)info[k], (unsigned)s->info[k]);
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
