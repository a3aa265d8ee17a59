#define _POSIX_C_SOURCE 200809L
#include "session_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "words.h"

enum { LATE_LOOKS_MAX = 4096 };   /* for what came before the timeout and was not read: more than an answer takes */

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

ts_error ts_session_fail(ts_session *s, ts_error e, const char *format, ...) {
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

struct stream_message *ts_session_stream_at(ts_session *s, size_t place) { return &s->stream.message[(s->stream.first + place) % TS_STREAM_MESSAGES]; }

/* The place of a sent message in the ring, or TS_STREAM_MESSAGES. */
static size_t stream_with(ts_session *s, uint32_t sequence) {
  for (size_t i = 0; i < s->stream.sent; i++)
    if (ts_session_stream_at(s, i)->sequence == sequence) return i;
  return TS_STREAM_MESSAGES;
}

static bool is_stale(const ts_session *s, uint32_t sequence) {
  return s->stream.take && sequence - s->stream.stale_from < s->stream.stale_to - s->stream.stale_from;
}

/* From this message on everything is sent again; the answers to those behind it are still to come. */
static void stream_back(ts_session *s, size_t place) {
  s->stream.stale_from = ts_session_stream_at(s, place)->sequence + 1;
  s->stream.stale_to = ts_session_stream_at(s, s->stream.sent - 1)->sequence + 1;
  s->stream.sent = place;
}

static ts_error take_error(ts_session *s, uint32_t sequence, const uint8_t *payload, size_t n) {
  if (n != 4) return ts_session_fail(s, TS_ERROR_PROTOCOL, "error message of %zu bytes, expected 4", n);
  const uint32_t word = ts_get_u32(payload), code = word & 0xffu, type = word >> 8 & 0xffu;
  if (s->request.waiting && sequence == s->request.sequence && sequence != 0) {
    s->request.answered = true;
    s->request.error_code = code ? code : 0x100u;
    return TS_OK;
  }
  if (is_stale(s, sequence) && (code == TS_ERR_VALUE || is_damage(code))) return TS_OK;
  const size_t place = sequence ? stream_with(s, sequence) : TS_STREAM_MESSAGES;
  if (place < TS_STREAM_MESSAGES) {
    if (!is_damage(code) || ts_session_stream_at(s, place)->retries++ >= TS_RETRIES)
      return ts_session_fail(s, TS_ERROR_PROTOCOL, "%s refused by the device: %s", ts_message_type_name(type), ts_device_error_text(code));
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
  return ts_session_fail(s, TS_ERROR_PROTOCOL, "the device reports an error for sequence %u (message %s), which awaits no answer: %s", (unsigned)sequence,
              ts_message_type_name(type), ts_device_error_text(code));
}

static ts_error take_result(ts_session *s, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n) {
  ts_job *job = job_with(s, sequence);
  if (!job) return ts_session_fail(s, TS_ERROR_PROTOCOL, "result with sequence %u, which was not asked for", (unsigned)sequence);
  if (job->state != TS_JOB_SENT) return ts_session_fail(s, TS_ERROR_PROTOCOL, "second result with sequence %u", (unsigned)sequence);
  if (type != job->answer_type)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "unexpected answer: type 0x%02x (%s), sequence %u", type, ts_message_type_name(type), (unsigned)sequence);
  if (config != job->config)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "result of configuration %u, expected %u", (unsigned)config, (unsigned)job->config);
  if (n != job->result_bytes) return ts_session_fail(s, TS_ERROR_PROTOCOL, "result of %zu bytes, expected %zu", n, job->result_bytes);
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
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "CRC of an answer (%s, %zu bytes) is wrong", ts_message_type_name(type), n);
  if (type == TS_MSG_ERROR) return take_error(s, sequence, payload, n);
  if (s->stream.take && type == TS_MSG_ACK && s->stream.sent && ts_session_stream_at(s, 0)->sequence == sequence && n == 0) {
    s->stream.first = (s->stream.first + 1) % TS_STREAM_MESSAGES;
    s->stream.held--;
    s->stream.sent--;
    return TS_OK;
  }
  if (s->stream.take && (type == TS_MSG_FRAME || type == TS_MSG_FRAME_HISTOGRAM || type == TS_MSG_FRAME_RAW)) {
    s->stream.taken++;
    const char *why = s->stream.take(s->stream.context, type, sequence, config, payload, n);
    return why ? ts_session_fail(s, TS_ERROR_PROTOCOL, "%s of %zu bytes: %s", ts_message_type_name(type), n, why) : TS_OK;
  }
  const bool of_request = s->request.waiting && sequence == s->request.sequence;
  if (type == TS_MSG_RESULT || (type == TS_MSG_TA_RESULT && !of_request)) return take_result(s, type, sequence, config, payload, n);
  if (!s->request.waiting || s->request.answered || type != s->request.answer_type || sequence != s->request.sequence)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "unexpected answer: type 0x%02x (%s), sequence %u", type, ts_message_type_name(type), (unsigned)sequence);
  if (n > s->request.answer_max)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "answer %s of %zu bytes, expected at most %zu", ts_message_type_name(type), n, s->request.answer_max);
  if (n) memcpy(s->request.answer, payload, n);
  s->request.answer_bytes = n;
  s->request.answered = true;
  return TS_OK;
}

static ts_error take_header(ts_session *s) {
  const unsigned magic = ts_get_u16(s->rx + TS_HEADER_MAGIC_BYTE), version = s->rx[TS_HEADER_VERSION_BYTE];
  if (magic != TS_PROTOCOL_MAGIC)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "not a message: magic 0x%04x, expected 0x%04x", magic, (unsigned)TS_PROTOCOL_MAGIC);
  if (ts_get_u16(s->rx + TS_HEADER_CHECK_BYTE) != (crc(s->rx, TS_HEADER_CHECK_BYTE) & 0xffffu))
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "header check of an answer is wrong");
  if (version != TS_PROTOCOL_VERSION)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "the device speaks protocol version %u, this library version %u", version, (unsigned)TS_PROTOCOL_VERSION);
  const uint32_t n = ts_get_u32(s->rx + TS_HEADER_LENGTH_BYTE);
  if (n > TS_ANSWER_BYTES_MAX)
    return ts_session_fail(s, TS_ERROR_PROTOCOL, "answer %s of %u bytes, longest possible is %u", ts_message_type_name(s->rx[TS_HEADER_TYPE_BYTE]), (unsigned)n,
                (unsigned)TS_ANSWER_BYTES_MAX);
  s->rx_need = TS_HEADER_BYTES + n + TS_CRC_BYTES;
  return TS_OK;
}

/* ---- both directions, without blocking ---- */
/* Whether the device has room for it now. */
static bool may_go(const ts_session *s, const ts_job *job) {
  if (s->in_flight == 0) return true;
  if (job->type == TS_MSG_HISTOGRAM_GROUPED) return s->in_flight < s->in_flight_max;
  if (s->transport->throttles) return true;
  /* the first is being worked on; the others wait in the device */
  size_t waiting = TS_HEADER_BYTES + job->payload_bytes + TS_CRC_BYTES, first = 0;
  uint32_t oldest = 0;
  for (size_t i = 0; i < s->capacity; i++) {
    const ts_job *j = &s->jobs[i];
    if (j->state != TS_JOB_SENT) continue;
    const size_t bytes = TS_HEADER_BYTES + j->payload_bytes + TS_CRC_BYTES;
    waiting += bytes;
    if (first && j->sequence - oldest < UINT32_MAX / 2) continue;
    oldest = j->sequence;
    first = bytes;
  }
  return waiting - first <= TS_INBOX_BYTES;
}

static void start_next_message(ts_session *s) {
  if (s->stream.sent < s->stream.held) {
    struct stream_message *m = ts_session_stream_at(s, s->stream.sent++);
    m->sequence = new_sequence(s);
    start_message(s, m->type, m->sequence, m->config, m->payload, m->bytes);
    return;
  }
  ts_job *next = NULL;
  for (size_t i = 0; i < s->capacity; i++)
    if (s->jobs[i].state == TS_JOB_QUEUED && (!next || s->jobs[i].order < next->order)) next = &s->jobs[i];
  if (!next || !may_go(s, next)) return;
  next->sequence = new_sequence(s);
  next->state = TS_JOB_SENT;
  s->in_flight++;
  start_message(s, next->type, next->sequence, next->config, next->payload, next->payload_bytes);
}

/* moved: bytes were sent or a message was received. A lone received byte is no progress, so that a device that drips
 * bytes meets the timeout as a silent one does. again: some byte moved, so another round may move more. */
ts_error ts_session_pump(ts_session *s, bool *progress, bool *again) {
  *progress = *again = false;
  if (s->broken) return s->broken;
  size_t k;
  if (s->tx_at == s->tx_bytes) start_next_message(s);
  if (s->tx_at < s->tx_bytes) {
    const ts_error e = s->transport->ops->write(s->transport, s->tx + s->tx_at, s->tx_bytes - s->tx_at, &k);
    if (e) return ts_session_fail(s, e, "%s", s->transport->ops->text(s->transport));
    s->tx_at += k;
    s->bytes_to += k;
    if (k) *progress = *again = true;
  }
  ts_error e = s->transport->ops->read(s->transport, s->rx + s->rx_at, s->rx_need - s->rx_at, &k);
  if (e) return ts_session_fail(s, e, "%s", s->transport->ops->text(s->transport));
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

int64_t ts_session_now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One step of a blocking call; *since is the time of the last progress. */
ts_error ts_session_step(ts_session *s, int64_t *since) {
  bool progress, again;
  const ts_error e = ts_session_pump(s, &progress, &again);
  if (e) return e;
  if (progress) {
    *since = ts_session_now_ms();
    s->late_looks = 0;
    return TS_OK;
  }
  /* The time may have passed while this program did not run (stopped, a busy machine): what is there by then is taken before the device is judged. */
  const int64_t left = *since + s->timeout_ms - ts_session_now_ms();
  const bool may_look = left > 0 || s->late_looks++ < LATE_LOOKS_MAX;
  if (may_look && again) return TS_OK;
  if (may_look) {
    bool ready;
    const ts_error w = s->transport->ops->wait(s->transport, s->tx_at < s->tx_bytes, left > 0 ? (int)left : 0, &ready);
    if (w) return ts_session_fail(s, w, "%s", s->transport->ops->text(s->transport));
    if (ready) return TS_OK;
  }
  return ts_session_fail(s, TS_ERROR_TIMEOUT, "%s: no answer (%zu jobs in flight, %zu bytes of an answer received, %zu bytes not taken)",
              s->request.waiting ? ts_message_type_name(s->request.type) : "job", s->in_flight, s->rx_at, s->tx_bytes - s->tx_at);
}

static bool anything_queued(const ts_session *s) {
  for (size_t i = 0; i < s->capacity; i++)
    if (s->jobs[i].state == TS_JOB_QUEUED) return true;
  return false;
}

ts_error ts_session_request(ts_session *s, uint8_t type, uint16_t config, const uint8_t *payload, size_t n, uint8_t answer_type,
                            uint8_t *answer, size_t answer_max, size_t *answer_bytes) {
  if (n > TS_MAX_PAYLOAD_BYTES)
    return ts_session_fail(s, TS_ERROR_UNSUPPORTED, "%s of %zu bytes, a message holds %u", ts_message_type_name(type), n, (unsigned)TS_MAX_PAYLOAD_BYTES);
  ts_error e = TS_OK;
  for (unsigned attempt = 0;; attempt++) {
    int64_t since = ts_session_now_ms();
    while (anything_queued(s) || s->tx_at < s->tx_bytes)
      if ((e = ts_session_step(s, &since))) return e;
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
    while (!e && (!s->request.answered || s->tx_at < s->tx_bytes)) e = ts_session_step(s, &since);
    s->request.waiting = false;
    if (e) return e;
    if (s->request.error_code == 0) break;
    if (is_damage(s->request.error_code) && attempt < TS_RETRIES) continue;
    return ts_session_fail(s, TS_ERROR_DEVICE, "%s refused by the device: %s", ts_message_type_name(type), ts_device_error_text(s->request.error_code));
  }
  if (answer_bytes) *answer_bytes = s->request.answer_bytes;
  return TS_OK;
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
  while (!e && again) e = ts_session_pump(s, &progress, &again);
  return e;
}

ts_error ts_session_next(ts_session *s, const void *owner, bool wait, ts_job **job) {
  int64_t since = ts_session_now_ms();
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
      const ts_error e = ts_session_step(s, &since);
      if (e) return e;
    } else {
      bool progress, again;
      const ts_error e = ts_session_pump(s, &progress, &again);
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
