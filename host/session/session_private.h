/* A session's inside: session.c (frames, requests, jobs), session_stream.c, session_open.c. */
#ifndef TS_SESSION_PRIVATE_H
#define TS_SESSION_PRIVATE_H
#include "session.h"

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
  unsigned late_looks;  /* since the last progress, behind the timeout */
};

/* The message for the caller; e: returned. An error of the stream itself ends the session. */
ts_error ts_session_fail(ts_session *s, ts_error e, const char *format, ...);
/* One round in both directions, without blocking. */
ts_error ts_session_pump(ts_session *s, bool *progress, bool *again);
/* One step of a blocking call; *since: time of the last progress. */
ts_error ts_session_step(ts_session *s, int64_t *since);
int64_t ts_session_now_ms(void);
/* A message of the stream, by its place behind the oldest without an answer. */
struct stream_message *ts_session_stream_at(ts_session *s, size_t place);
#endif
