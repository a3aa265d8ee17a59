/* Messages over a byte stream: framing and checks, requests with one answer, histograms and traces in flight.
 *
 * The device is not trusted: lengths, checks, types, sequence numbers and configuration ids are verified, memory is bounded by
 * what this side chose, and a device that is silent, endless or too slow ends in an error. After an error of the stream itself
 * (TS_ERROR_TRANSPORT, TS_ERROR_TIMEOUT, TS_ERROR_PROTOCOL) the session is over: every later call gives that error again, until
 * it is connected anew. Results that had come stay; jobs that had no answer are held and can be submitted again, so that each gets one result.
 *
 * Thread safety: one session belongs to one thread at a time.
 */
#ifndef TS_SESSION_H
#define TS_SESSION_H
#include "../transport/transport.h"
#include "protocol.h"

enum {
  TS_RESULT_WORDS_MAX = TS_RES_FIXED_WORDS + TS_PARAMETERS_MAX * (TS_PARAMETERS_MAX + 1) / 2 + 1,
  TS_TA_RESULT_WORDS_MAX = TS_TA_RES_FIXED_WORDS + TS_PARAMETERS_MAX * (TS_PARAMETERS_MAX + 1) / 2 + 1,
  TS_JOB_RESULT_BYTES_MAX = 4 * (TS_TA_RESULT_WORDS_MAX > TS_RESULT_WORDS_MAX ? TS_TA_RESULT_WORDS_MAX : TS_RESULT_WORDS_MAX), /* of a job */
  TS_ANSWER_BYTES_MAX = TS_MAX_PAYLOAD_BYTES,
  TS_JOBS_QUEUED = 2,     /* beyond those in flight: the link stays busy while the caller prepares the next */
  TS_INBOX_BYTES = 256,   /* that wait in a device on a line without flow control (docs/link.md) */
  TS_JOBS_MAX = 64,       /* in flight, whatever the device claims */
  TS_RETRIES = 2,         /* a message that arrived damaged or cut short is sent again as often */
  TS_TIMEOUT_MS = 30000   /* without a complete answer or a byte taken; TAUSTREAM_TIMEOUT_S changes it */
};

typedef enum ts_job_state { TS_JOB_FREE, TS_JOB_RESERVED, TS_JOB_HELD, TS_JOB_QUEUED, TS_JOB_SENT, TS_JOB_DONE, TS_JOB_FAILED } ts_job_state;

typedef struct ts_job {
  ts_job_state state;
  const void *owner;      /* who gets the result; NULL: nobody any more */
  ts_error (*prepare)(const void *owner); /* makes the device ready for it (its configuration); NULL: it cannot be sent again */
  size_t slot;            /* fixed number of this job's place, below ts_session_capacity() */
  uint64_t order;         /* of submission */
  uint32_t sequence;
  uint16_t config;
  uint8_t type, answer_type;
  unsigned retries;
  uint8_t *payload;       /* room for ts_session_payload_max() bytes */
  size_t payload_bytes;
  size_t result_bytes;    /* what the answer must have; the answer itself: */
  uint8_t result[TS_JOB_RESULT_BYTES_MAX];
  uint32_t error_code;    /* TS_JOB_FAILED: of the device */
} ts_job;

typedef struct ts_session ts_session;

/* Takes the transport over (closes it also on failure), reads and judges the device's info. */
ts_error ts_session_create(ts_session **s, ts_transport *t, char *message);
void ts_session_destroy(ts_session *s);
const uint32_t *ts_session_info(const ts_session *s); /* TS_INFO_WORDS words */
const char *ts_session_message(const ts_session *s);
uint64_t ts_session_bytes_to(const ts_session *s);
uint64_t ts_session_bytes_from(const ts_session *s);
void ts_session_set_timeout(ts_session *s, int timeout_ms);

/* TS_OK, or the error that ended the session. */
ts_error ts_session_broken(const ts_session *s);
/* Closes the stream of a session that is over, so that it can be opened again. Jobs without an answer become TS_JOB_HELD. */
void ts_session_disconnect(ts_session *s);
/* Goes on over a new stream (taken over, closed on failure), which must lead to a device with the same info. After an error the session is over
 * as before. */
ts_error ts_session_connect(ts_session *s, ts_transport *t);
/* Every job without an answer can be sent again: it has a prepare(). */
bool ts_session_is_repeatable(const ts_session *s);
/* The oldest held job; NULL: none. It is queued again by ts_session_submit_again(), in its old place in the order. */
ts_job *ts_session_held(ts_session *s);
ts_error ts_session_submit_again(ts_session *s, ts_job *job);

/* Sends one message after every queued job and waits for its answer, which must have answer_type and at most answer_max bytes. */
ts_error ts_session_request(ts_session *s, uint8_t type, uint16_t config, const uint8_t *payload, size_t n, uint8_t answer_type,
                            uint8_t *answer, size_t answer_max, size_t *answer_bytes);

/* ---- a stream of messages that the device takes in their order: photons ----
 * Up to TS_STREAM_MESSAGES are on their way. The device refuses what does not follow on what it has, so that after a message that arrived damaged
 * all from that one on are sent again. take() gets what the device sends by itself (frames); NULL, or why it breaks the protocol: that ends the session. */
enum { TS_STREAM_MESSAGES = 8, TS_STREAM_BYTES_MAX = 4 * 258 };
typedef const char *(*ts_stream_take)(void *context, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n);
void ts_session_stream_begin(ts_session *s, void *context, ts_stream_take take);
void ts_session_stream_end(ts_session *s);
bool ts_session_has_stream(const ts_session *s);
/* Queues a message of at most TS_STREAM_BYTES_MAX bytes; waits while the window is full. */
ts_error ts_session_stream_send(ts_session *s, uint8_t type, uint16_t config, const uint8_t *payload, size_t n);
/* Waits until every message is acknowledged. */
ts_error ts_session_stream_flush(ts_session *s);
/* Moves what can be moved; with timeout_ms > 0 sleeps at most that long for something to come. *moved: a message came. */
ts_error ts_session_stream_poll(ts_session *s, int timeout_ms, bool *moved);
/* Waits for the next message that the device owes; TS_ERROR_TIMEOUT as for an answer. */
ts_error ts_session_stream_await(ts_session *s);
/* Of the latest message. */
uint32_t ts_session_last_sequence(const ts_session *s);

/* A configuration id that no message of this session has used recently. */
uint16_t ts_session_new_config(ts_session *s);

size_t ts_session_capacity(const ts_session *s);    /* jobs that are submitted and not yet released */
size_t ts_session_payload_max(const ts_session *s); /* of a job */

ts_job *ts_session_reserve(ts_session *s);          /* NULL when ts_session_capacity() jobs are out */
/* Queues a reserved job whose type, answer_type, payload, payload_bytes, result_bytes, config, owner and (if a reconnection is to send it again) prepare are set, and sends
 * what the device takes now: histograms as many as its info says; traces, of which it works on one while the next wait on the link, as many as there is room for. */
ts_error ts_session_submit(ts_session *s, ts_job *job);
/* The owner's oldest job once it is done or failed, else NULL; with wait blocks while the owner has one at all. */
ts_error ts_session_next(ts_session *s, const void *owner, bool wait, ts_job **job);
void ts_session_release(ts_session *s, ts_job *job);
/* The owner goes away: its results are dropped when they come. */
void ts_session_disown(ts_session *s, const void *owner);

/* Fills in the header and both checks; returns the length of the whole frame. The payload may already stand in its place. */
size_t ts_frame_build(uint8_t *frame, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n);
const char *ts_message_type_name(unsigned type);
const char *ts_device_error_text(unsigned code);
#endif
