/* The wavelengths of a matrix on a link with latency: several requests are on their way at a time, no more than the device has room for; a link that
 * breaks loses none. The model stands behind a transport that gives answers only when the host can do nothing but wait. */
#include <stdlib.h>

#include "check.h"
#include "session/device_private.h"
#include "session/words.h"
#include "taustream.h"

enum { DELAYS = 300, WAVELENGTHS = 30, QUEUE_BYTES = 1 << 16 };   /* 27 of the wavelengths have room on the device */

typedef struct script {
  bool throttles;
  unsigned trips, breaks_at, connections;   /* trips: times that the host waited */
  size_t most_messages, most_behind;        /* unanswered messages; their bytes without the first */
} script;

typedef struct line {
  ts_transport base;
  ts_transport *model;
  script *s;
  uint8_t to[QUEUE_BYTES], from[QUEUE_BYTES];
  size_t to_bytes, from_bytes, from_at;
} line;

static ts_error line_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  line *l = (line *)t;
  if (l->to_bytes + n > QUEUE_BYTES) n = QUEUE_BYTES - l->to_bytes;
  memcpy(l->to + l->to_bytes, bytes, n);
  l->to_bytes += n;
  *moved = n;
  return TS_OK;
}

static ts_error line_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  line *l = (line *)t;
  if (n > l->from_bytes - l->from_at) n = l->from_bytes - l->from_at;
  memcpy(bytes, l->from + l->from_at, n);
  l->from_at += n;
  *moved = n;
  return TS_OK;
}

static void look(const line *l) {
  size_t messages = 0, first = 0;
  for (size_t at = 0; at + TS_HEADER_BYTES <= l->to_bytes; messages++) {
    const size_t bytes = TS_HEADER_BYTES + ts_get_u32(l->to + at + TS_HEADER_LENGTH_BYTE) + TS_CRC_BYTES;
    if (!messages) first = bytes;
    at += bytes;
  }
  if (messages > l->s->most_messages) l->s->most_messages = messages;
  if (messages && l->to_bytes - first > l->s->most_behind) l->s->most_behind = l->to_bytes - first;
}

static ts_error line_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  line *l = (line *)t;
  (void)want_write;
  (void)timeout_ms;
  *ready = true;
  if (l->s->breaks_at && ++l->s->trips == l->s->breaks_at) return TS_ERROR_TRANSPORT;
  if (!l->s->breaks_at) l->s->trips++;
  look(l);
  l->from_bytes = l->from_at = 0;
  for (size_t at = 0, moved = 1, got = 1; moved || got;) {
    l->model->ops->write(l->model, l->to + at, l->to_bytes - at, &moved);
    at += moved;
    l->model->ops->read(l->model, l->from + l->from_bytes, QUEUE_BYTES - l->from_bytes, &got);
    l->from_bytes += got;
  }
  l->to_bytes = 0;
  return TS_OK;
}

static void line_close(ts_transport *t) {
  line *l = (line *)t;
  l->model->ops->close(l->model);
  free(l);
}

static const char *line_text(const ts_transport *t) {
  (void)t;
  return "the line broke";
}

static ts_error line_open(void *context, ts_transport **t, char *message) {
  static const ts_transport_ops ops = {line_write, line_read, line_wait, line_close, line_text};
  line *l = calloc(1, sizeof *l);
  if (!l || ts_transport_open_model(&l->model, TS_ENGINE_E18, message)) abort();
  l->s = context;
  l->s->connections++;
  l->base = (ts_transport){.ops = &ops, .throttles = l->s->throttles};
  *t = &l->base;
  return TS_OK;
}

static void no_wait(void *context, int timeout_ms) { (void)context, (void)timeout_ms; }

static double delay[DELAYS], y[WAVELENGTHS][DELAYS], zero[WAVELENGTHS];

static bool fit(ts_device *d, ts_ta_result *r, ts_ta_spectrum *spectra) {
  ts_ta_options o;
  ts_ta_options_default(&o);
  o.components = 2;
  o.irf_fwhm_s = 150e-15;
  o.sigma = 1e-3;
  ts_ta_plan *p = NULL;
  const bool good = ts_ta_plan_create(&p, d, &o, delay, NULL, DELAYS) == TS_OK && ts_ta_fit_global(p, y[0], WAVELENGTHS, zero, NULL, r, spectra) == TS_OK;
  ts_ta_plan_destroy(p);
  return good;
}

static void same(const ts_ta_result *r, const ts_ta_spectrum *s, const ts_ta_result *of, const ts_ta_spectrum *spectra) {
  CHECK(r->status == of->status && r->lifetime_s[0] == of->lifetime_s[0] && r->lifetime_s[1] == of->lifetime_s[1] && r->chi2_reduced == of->chi2_reduced);
  int differ = 0;
  for (int w = 0; w < WAVELENGTHS; w++) differ += s[w].amplitude[0] != spectra[w].amplitude[0] || s[w].offset != spectra[w].offset;
  CHECK(differ == 0);
}

static script over(bool throttles, unsigned breaks_at, const ts_ta_result *expected, const ts_ta_spectrum *spectra) {
  script s = {.throttles = throttles, .breaks_at = breaks_at};
  ts_device *d = NULL;
  ts_transport *t = NULL;
  char message[TS_MESSAGE_BYTES];
  line_open(&s, &t, message);
  CHECK(ts_device_open_transport(&d, t, "line", NULL, message) == TS_OK);
  if (!d) return s;
  d->reopen = (ts_reopen){line_open, no_wait, &s};
  d->reconnect_ms = 20000;
  ts_ta_result r;
  ts_ta_spectrum got[WAVELENGTHS];
  const bool good = fit(d, &r, got);
  CHECK(good);
  if (good) same(&r, got, expected, spectra);
  ts_device_close(d);
  return s;
}

int main(void) {
  uint32_t noise = 1;
  for (int i = 0; i < DELAYS; i++) delay[i] = i < 100 ? -1e-12 + 3e-14 * i : 2e-12 * pow(1000, (i - 99) / 200.0);
  for (int w = 0; w < WAVELENGTHS; w++) {
    zero[w] = 3e-15 * w;
    for (int i = 0; i < DELAYS; i++) {
      const double x = delay[i] - zero[w];
      noise = noise * 1664525u + 1013904223u;
      y[w][i] = (x > 0 ? cos(w) * exp(-x / 3e-12) + sin(w) * exp(-x / 40e-12) : 0) + 1e-3 * ((noise >> 8) / 8388608.0 - 1);
    }
  }
  zero[WAVELENGTHS - 1] = 3e-10;   /* too far for the start's t0: on delays of its own */
  ts_device *d = NULL;
  ts_ta_result expected;
  ts_ta_spectrum spectra[WAVELENGTHS];
  CHECK(ts_device_open(&d, "model", NULL, NULL) == TS_OK && fit(d, &expected, spectra));
  const size_t capacity = ts_session_capacity(d->session);
  ts_device_close(d);

  const script held = over(true, 0, &expected, spectra);
  const unsigned one_by_one = WAVELENGTHS * expected.evaluations;
  CHECK(held.most_messages == capacity);
  CHECK(held.trips < one_by_one / 3);
  const script line = over(false, 0, &expected, spectra);
  CHECK(line.most_behind <= TS_INBOX_BYTES && line.most_messages == 4);
  CHECK(line.trips < one_by_one / 2);
  printf("%u evaluations of %d wavelengths: the host waits %u times with flow control, %u on a line without, %u one by one\n", expected.evaluations, WAVELENGTHS,
         held.trips, line.trips, one_by_one);
  for (unsigned i = 1; i < 5; i++) {
    const script broken = over(i % 2, 4 + 13 * i, &expected, spectra);
    CHECK(broken.connections == 2 && broken.trips > broken.breaks_at);
  }
  return check_end();
}
