#define _POSIX_C_SOURCE 200809L
#include "device_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TS_ERROR_LIST(X) \
  X(TS_OK, "success") \
  X(TS_ERROR_ARGUMENT, "an argument is outside its range") \
  X(TS_ERROR_MEMORY, "out of memory") \
  X(TS_ERROR_UNSUPPORTED, "the device does not hold what was asked") \
  X(TS_ERROR_TRANSPORT, "the byte stream failed or ended") \
  X(TS_ERROR_TIMEOUT, "no answer in time") \
  X(TS_ERROR_PROTOCOL, "an answer broke the protocol") \
  X(TS_ERROR_DEVICE, "the device answered with an error message") \
  X(TS_ERROR_INPUT, "the data cannot be fitted")

const char *ts_error_name(ts_error e) {
  switch (e) {
#define X(name, text) case name: return #name;
    TS_ERROR_LIST(X)
#undef X
    default: return "unknown";
  }
}

const char *ts_error_text(ts_error e) {
  switch (e) {
#define X(name, text) case name: return text;
    TS_ERROR_LIST(X)
#undef X
    default: return "unknown error";
  }
}

const char *ts_version(void) { return "0.1.0"; }

static const char *engine_name(uint32_t id) {
  switch (id) {
#define X(NAME, name, number, ...) case number: return name;
    TS_ENGINE_LIST(X)
#undef X
    default: return NULL;
  }
}

ts_error ts_device_fail(ts_device *d, ts_error e, const char *format, ...) {
  va_list list;
  va_start(list, format);
  vsnprintf(d->message, sizeof d->message, format, list);
  va_end(list);
  return e;
}

ts_error ts_device_session_error(ts_device *d, ts_error e) {
  if (e) snprintf(d->message, sizeof d->message, "%s", ts_session_message(d->session));
  return e;
}

ts_error ts_device_open_transport(ts_device **out, ts_transport *t, const char *backend, const char *engine, char *message) {
  ts_device *d = calloc(1, sizeof *d);
  if (!d) {
    t->ops->close(t);
    return TS_ERROR_MEMORY;
  }
  const ts_error e = ts_session_create(&d->session, t, message);
  if (e) {
    free(d);
    return e;
  }
  const uint32_t *w = ts_session_info(d->session);
  const char *name = engine_name(w[TS_INFO_ENGINE]);
  if (!name || (engine && strcmp(engine, name) != 0)) {
    if (message)
      snprintf(message, TS_MESSAGE_BYTES, "the device has engine %s (id %u), expected %s", name ? name : "unknown", (unsigned)w[TS_INFO_ENGINE],
               engine ? engine : "one that this library knows");
    ts_session_destroy(d->session);
    free(d);
    return TS_ERROR_UNSUPPORTED;
  }
  ts_device_info *i = &d->info;
  snprintf(i->backend, sizeof i->backend, "%s", backend);
  snprintf(i->engine, sizeof i->engine, "%s", name);
  i->protocol_version = w[TS_INFO_PROTOCOL_VERSION];
  i->components_max = w[TS_INFO_COMPONENTS_MAX];
  i->bins_max = w[TS_INFO_BINS_MAX];
  i->fine_max = w[TS_INFO_FINE_MAX];
  i->groups_max = w[TS_INFO_GROUPS_MAX];
  i->word_bits = w[TS_INFO_WORD_BITS];
  i->state_bits = w[TS_INFO_STATE_BITS];
  i->count_bits = w[TS_INFO_COUNT_BITS];
  i->jobs_in_flight = w[TS_INFO_JOBS_IN_FLIGHT];
  i->clock_hz = w[TS_INFO_CLOCK_HZ];
  i->gateware_version = w[TS_INFO_GATEWARE_VERSION];
  i->ta_components_max = w[TS_INFO_TA_COMPONENTS_MAX] & 0xffu;
  i->ta_word_bits = w[TS_INFO_TA_COMPONENTS_MAX] >> 8 & 0xffu;
  i->ta_kept = w[TS_INFO_TA_COMPONENTS_MAX] >> TS_TA_KEPT_BIT & 1u;
  i->ta_delays_max = w[TS_INFO_TA_DELAYS_MAX] & 0xffffu;
  i->ta_signals_max = (w[TS_INFO_TA_DELAYS_MAX] >> 16) * 64;
  i->sclc_points_max = w[TS_INFO_SCLC_POINTS_MAX];
  i->photon = w[TS_INFO_PHOTON];
  i->photon_stream = i->photon & 1u;
  i->photon_pins = i->photon >> 1 & 1u;
  i->photon_raw = i->photon >> 2 & 1u;
  i->photon_samples = i->photon >> 4 & 15u;
  i->photon_words = i->photon >> 16;
  *out = d;
  return TS_OK;
}

static ts_error reopen_board(void *backend, ts_transport **t, char *message) { return ts_backend_open(backend, t, message); }
static void await_board(void *backend, int timeout_ms) { ts_backend_await(backend, timeout_ms); }

ts_error ts_device_open(ts_device **d, const char *backend, const char *engine, char *message) {
  if (message) message[0] = 0;
  if (d) *d = NULL;
  if (!d || !backend) return TS_ERROR_ARGUMENT;
  ts_backend *b = NULL;
  ts_transport *t = NULL;
  ts_error e = ts_backend_create(&b, backend, engine, message);
  if (!e) e = ts_backend_open(b, &t, message);
  if (!e) e = ts_device_open_transport(d, t, ts_backend_name(b), ts_backend_engine(b), message);
  if (e) {
    ts_backend_destroy(b);
    return e;
  }
  (*d)->backend = b;
  (*d)->reconnect_ms = ts_environment_ms("TAUSTREAM_RECONNECT_S", TS_RECONNECT_MS);
  if (ts_backend_is_board(b)) (*d)->reopen = (ts_reopen){reopen_board, await_board, b};
  return TS_OK;
}

/* ---- when the stream failed ---- */
static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Given up once, it is not tried again: every later call fails at once. */
static ts_error give_up(ts_device *d, ts_error cause) {
  d->reopen.open = NULL;
  return cause;
}

static ts_error reconnect(ts_device *d, ts_error cause) {
  char first[200], why[TS_MESSAGE_BYTES] = "";
  snprintf(first, sizeof first, "%s", ts_session_message(d->session));
  if (!d->reopen.open || d->reconnect_ms <= 0 || !ts_session_is_repeatable(d->session)) return ts_device_fail(d, cause, "%s", ts_session_message(d->session));
  if (d->fruitless >= TS_RECONNECTS_FRUITLESS)
    return ts_device_fail(d, give_up(d, cause), "%s (given up after %u reconnections without a result)", first, d->fruitless);
  const int64_t end = now_ms() + d->reconnect_ms;
  d->configured = d->sclc_configured = 0;
  ts_session_disconnect(d->session);
  for (;;) {
    ts_transport *t = NULL;
    ts_error e = d->reopen.open(d->reopen.context, &t, why);
    if (!e) {
      e = ts_session_connect(d->session, t);
      snprintf(why, sizeof why, "%s", ts_session_message(d->session));
      if (e == TS_ERROR_PROTOCOL || e == TS_ERROR_DEVICE) break; /* it is there, and not what it was */
    }
    if (!e) {
      d->info.reconnects++;
      d->fruitless++;
      snprintf(d->reconnect_reason, sizeof d->reconnect_reason, "%s; connected again", first);
      return TS_OK;
    }
    const int64_t left = end - now_ms();
    if (left <= 0) break;
    d->reopen.wait(d->reopen.context, left < TS_RECONNECT_STEP_MS ? (int)left : TS_RECONNECT_STEP_MS);
  }
  return ts_device_fail(d, give_up(d, cause), "%s; not connected again within %g s: %.240s", first, d->reconnect_ms * 1e-3, why);
}

static ts_error submit_held(ts_device *d) {
  ts_job *job;
  ts_error e = TS_OK;
  while (!e && (job = ts_session_held(d->session))) {
    e = job->prepare(job->owner);
    if (!e) e = ts_session_submit_again(d->session, job);
  }
  return e;
}

ts_error ts_device_recover(ts_device *d, ts_error e) {
  while (e) {
    if (!ts_session_broken(d->session)) return ts_device_session_error(d, e);
    e = reconnect(d, e);
    if (e) return e;
    e = submit_held(d);
  }
  return TS_OK;
}

void ts_device_close(ts_device *d) {
  if (!d) return;
  ts_session_destroy(d->session);
  ts_backend_destroy(d->backend);
  free(d);
}

const ts_device_info *ts_device_get_info(const ts_device *d) { return d ? &d->info : NULL; }
const char *ts_device_message(const ts_device *d) { return d ? d->message : ""; }
const char *ts_device_reconnect_reason(const ts_device *d) { return d ? d->reconnect_reason : ""; }
uint64_t ts_device_bytes_to(const ts_device *d) { return d ? ts_session_bytes_to(d->session) : 0; }
uint64_t ts_device_bytes_from(const ts_device *d) { return d ? ts_session_bytes_from(d->session) : 0; }

ts_error ts_device_echo(ts_device *d, const uint8_t *bytes, size_t n) {
  enum { ECHO_BYTES_MAX = 64 };
  if (!d) return TS_ERROR_ARGUMENT;
  if (n > ECHO_BYTES_MAX || (n && !bytes)) return ts_device_fail(d, TS_ERROR_ARGUMENT, "echo of %zu bytes, at most %d", n, ECHO_BYTES_MAX);
  uint8_t answer[ECHO_BYTES_MAX];
  size_t k = 0;
  const ts_error e = ts_session_request(d->session, TS_MSG_ECHO_REQUEST, 0, bytes, n, TS_MSG_ECHO, answer, sizeof answer, &k);
  if (e) return ts_device_session_error(d, e);
  if (k != n || (n && memcmp(answer, bytes, n) != 0))
    return ts_device_fail(d, TS_ERROR_PROTOCOL, "echo of %zu bytes came back different (%zu bytes)", n, k);
  return TS_OK;
}
