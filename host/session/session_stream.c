/* A stream of messages without an answer each: sent ahead, and again where one arrived damaged. */
#include <string.h>

#include "session_private.h"

void ts_session_stream_begin(ts_session *s, void *context, ts_stream_take take) {
  memset(&s->stream, 0, sizeof s->stream);
  s->stream.context = context;
  s->stream.take = take;
}

void ts_session_stream_end(ts_session *s) { s->stream.take = NULL; }
bool ts_session_has_stream(const ts_session *s) { return s->stream.take != NULL; }
uint32_t ts_session_last_sequence(const ts_session *s) { return s->next_sequence - 1; }

ts_error ts_session_stream_send(ts_session *s, uint8_t type, uint16_t config, const uint8_t *payload, size_t n) {
  int64_t since = ts_session_now_ms();
  ts_error e = s->broken;
  while (!e && s->stream.held == TS_STREAM_MESSAGES) e = ts_session_step(s, &since);
  if (e) return e;
  struct stream_message *m = ts_session_stream_at(s, s->stream.held++);
  m->type = type;
  m->config = config;
  m->bytes = n;
  m->retries = 0;
  memcpy(m->payload, payload, n);
  bool progress, again = true;
  while (!e && again) e = ts_session_pump(s, &progress, &again);
  return e;
}

ts_error ts_session_stream_flush(ts_session *s) {
  int64_t since = ts_session_now_ms();
  ts_error e = s->broken;
  while (!e && (s->stream.held || s->tx_at < s->tx_bytes)) e = ts_session_step(s, &since);
  return e;
}

ts_error ts_session_stream_poll(ts_session *s, int timeout_ms, bool *moved) {
  const size_t before = s->stream.taken;
  const int64_t end = ts_session_now_ms() + timeout_ms;
  *moved = false;
  for (;;) {
    bool progress, again, ready;
    const ts_error e = ts_session_pump(s, &progress, &again);
    if (e) return e;
    *moved = s->stream.taken != before;
    if (*moved) return TS_OK;
    if (again) continue;
    const int64_t left = end - ts_session_now_ms();
    if (left <= 0) return TS_OK;
    const ts_error w = s->transport->ops->wait(s->transport, s->tx_at < s->tx_bytes, (int)left, &ready);
    if (w) return ts_session_fail(s, w, "%s", s->transport->ops->text(s->transport));
    if (!ready) return TS_OK;
  }
}

ts_error ts_session_stream_await(ts_session *s) {
  const size_t before = s->stream.taken;
  int64_t since = ts_session_now_ms();
  ts_error e = s->broken;
  while (!e && s->stream.taken == before) e = ts_session_step(s, &since);
  return e;
}
