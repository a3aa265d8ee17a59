#include "device_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static unsigned engine_id(const char *wanted) {
#define X(NAME, name, number, ...) if (strcmp(wanted, name) == 0) return number;
  TS_ENGINE_LIST(X)
#undef X
  return 0;
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
  i->ta_components_max = w[TS_INFO_TA_COMPONENTS_MAX];
  i->ta_delays_max = w[TS_INFO_TA_DELAYS_MAX];
  i->sclc_points_max = w[TS_INFO_SCLC_POINTS_MAX];
  *out = d;
  return TS_OK;
}

ts_error ts_device_open(ts_device **d, const char *backend, const char *engine, char *message) {
  if (message) message[0] = 0;
  if (!d || !backend || !engine) return TS_ERROR_ARGUMENT;
  *d = NULL;
  const unsigned id = engine_id(engine);
  if (!id) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "engine `%.64s` is unknown, expected u16 or e18", engine);
    return TS_ERROR_ARGUMENT;
  }
  ts_transport *t = NULL;
  ts_error e;
  if (strcmp(backend, "auto") == 0 || strcmp(backend, "model") == 0) {
    backend = "model";
    e = ts_transport_open_model(&t, id, message);
  } else if (strcmp(backend, "rtl") == 0) {
    e = ts_transport_open_rtl(&t, engine, message);
  } else {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "backend `%.64s` is unknown, expected auto, model or rtl", backend);
    return TS_ERROR_ARGUMENT;
  }
  return e ? e : ts_device_open_transport(d, t, backend, engine, message);
}

void ts_device_close(ts_device *d) {
  if (!d) return;
  ts_session_destroy(d->session);
  free(d);
}

const ts_device_info *ts_device_get_info(const ts_device *d) { return &d->info; }
const char *ts_device_message(const ts_device *d) { return d->message; }
uint64_t ts_device_bytes_to(const ts_device *d) { return ts_session_bytes_to(d->session); }
uint64_t ts_device_bytes_from(const ts_device *d) { return ts_session_bytes_from(d->session); }

ts_error ts_device_echo(ts_device *d, const uint8_t *bytes, size_t n) {
  enum { ECHO_BYTES_MAX = 64 };
  if (n > ECHO_BYTES_MAX || (n && !bytes)) return ts_device_fail(d, TS_ERROR_ARGUMENT, "echo of %zu bytes, at most %d", n, ECHO_BYTES_MAX);
  uint8_t answer[ECHO_BYTES_MAX];
  size_t k = 0;
  const ts_error e = ts_session_request(d->session, TS_MSG_ECHO_REQUEST, 0, bytes, n, TS_MSG_ECHO, answer, sizeof answer, &k);
  if (e) return ts_device_session_error(d, e);
  if (k != n || (n && memcmp(answer, bytes, n) != 0))
    return ts_device_fail(d, TS_ERROR_PROTOCOL, "echo of %zu bytes came back different (%zu bytes)", n, k);
  return TS_OK;
}
