/* The integer model behind a stream that breaks after some bytes: whatever the technique and wherever the break, the answer is that of a stream
 * which holds. */
#include <stdlib.h>

#include "check.h"
#include "session/device_private.h"
#include "transport/transport.h"

enum { POINTS = 60, DELAYS = 40, RAW_BYTES_MAX = 4096 };

/* ---- a stream that ends after `left` bytes ---- */
typedef struct brittle {
  ts_transport base;
  ts_transport *inner;
  size_t *left;
} brittle;

static size_t most(const brittle *b, size_t n) { return n < *b->left ? n : *b->left; }

static ts_error brittle_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  brittle *b = (brittle *)t;
  *moved = 0;
  if (!*b->left) return TS_ERROR_TRANSPORT;
  const ts_error e = b->inner->ops->write(b->inner, bytes, most(b, n), moved);
  *b->left -= *moved;
  return e;
}

static ts_error brittle_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  brittle *b = (brittle *)t;
  *moved = 0;
  if (!*b->left) return TS_ERROR_TRANSPORT;
  const ts_error e = b->inner->ops->read(b->inner, bytes, most(b, n), moved);
  *b->left -= *moved;
  return e;
}

static ts_error brittle_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  brittle *b = (brittle *)t;
  return b->inner->ops->wait(b->inner, want_write, timeout_ms, ready);
}

static void brittle_close(ts_transport *t) {
  brittle *b = (brittle *)t;
  b->inner->ops->close(b->inner);
  free(b);
}

static const char *brittle_text(const ts_transport *t) {
  (void)t;
  return "broken on purpose";
}

static ts_transport *brittle_open(size_t *left) {
  static const ts_transport_ops ops = {brittle_write, brittle_read, brittle_wait, brittle_close, brittle_text};
  brittle *b = calloc(1, sizeof *b);
  CHECK(b && ts_transport_open_model(&b->inner, TS_ENGINE_E18, NULL) == TS_OK);
  b->base.ops = &ops;
  b->left = left;
  return &b->base;
}

/* ---- a device on it, which comes back with a stream that holds ---- */
static ts_error reopen(void *left, ts_transport **t, char *message) {
  (void)message;
  *(size_t *)left = SIZE_MAX;
  *t = brittle_open(left);
  return TS_OK;
}

static void no_wait(void *context, int timeout_ms) { (void)context, (void)timeout_ms; }

static ts_device *open_device(size_t *left) {
  ts_device *d = NULL;
  const size_t after = *left;
  *left = SIZE_MAX; /* the break comes behind the handshake */
  CHECK(ts_device_open_transport(&d, brittle_open(left), "brittle", NULL, NULL) == TS_OK);
  *left = after;
  d->reopen = (ts_reopen){reopen, no_wait, left};
  d->reconnect_ms = 20000;
  return d;
}

/* ---- the techniques: each gives the hex of its results ---- */
static void add(char *raw, const char *more) { snprintf(raw + strlen(raw), RAW_BYTES_MAX - strlen(raw), "%s\n", more); }

static ts_error sweep(ts_device *d, char *raw) {
  const ts_sclc_options o = {.thickness_m = 500e-9, .relative_permittivity = 25, .temperature_k = 300};
  ts_sclc *s = NULL;
  CHECK(ts_sclc_create(&s, d, &o) == TS_OK);
  ts_error e = TS_OK;
  for (int i = 0; !e && i < POINTS; i++) {
    const double v = 0.05 * exp(0.1 * i), j = 1e-3 * v + 1e-2 * v * v * (v > 1 ? pow(fmin(v, 2), 8) : 1);
    e = ts_sclc_point(s, v, j);
    ts_sclc_result r;
    if (!e && i % 20 == 19) { /* provisional answers on the way: the device holds part of the points */
      e = ts_sclc_answer(s, &r);
      if (!e) add(raw, r.raw);
    }
  }
  ts_sclc_destroy(s);
  return e;
}

static ts_error transient(ts_device *d, char *raw) {
  double delay[DELAYS], signal[DELAYS];
  for (int i = 0; i < DELAYS; i++) {
    delay[i] = -0.5e-12 + 0.2e-12 * i * (1 + 0.05 * i);
    signal[i] = delay[i] > 0 ? 0.1 * exp(-delay[i] / 3e-12) + 1e-4 * ((i * 7) % 5 - 2) : 1e-4 * ((i * 3) % 5 - 2);
  }
  ts_ta_options o;
  ts_ta_options_default(&o);
  o.components = 1;
  o.irf_fwhm_s = 200e-15;
  ts_ta_plan *p = NULL;
  ts_error e = ts_ta_plan_create(&p, d, &o, delay, NULL, DELAYS);
  CHECK(e == TS_OK);
  for (uint64_t i = 0; !e && i < 2; i++) {
    ts_ta_result r;
    signal[10] = i ? NAN : signal[10]; /* another mask */
    e = ts_ta_fit(p, signal, i, &r);
    if (!e) add(raw, r.raw);
  }
  /* a matrix, whose wavelengths stay on the device: one that comes back holds none */
  double matrix[3][DELAYS];
  for (int w = 0; w < 3; w++)
    for (int i = 0; i < DELAYS; i++) matrix[w][i] = isnan(signal[i]) && w ? 0.05 : signal[i] * (1 + 0.3 * w);
  ts_ta_result r;
  ts_ta_spectrum spectra[3];
  if (!e) e = ts_ta_fit_global(p, matrix[0], 3, NULL, NULL, &r, spectra);
  if (!e) {
    char text[200];
    snprintf(text, sizeof text, "%a %a %a %a", r.lifetime_s[0], r.t0_s, spectra[0].amplitude[0], spectra[2].amplitude[0]);
    add(raw, text);
  }
  ts_ta_plan_destroy(p);
  return e;
}

static void break_everywhere(const char *name, ts_error (*work)(ts_device *, char *), size_t step) {
  static char whole[RAW_BYTES_MAX], raw[RAW_BYTES_MAX];
  size_t left = SIZE_MAX / 2;
  whole[0] = 0;
  ts_device *d = open_device(&left);
  CHECK(work(d, whole) == TS_OK && whole[0]);
  const size_t all = SIZE_MAX / 2 - left;
  ts_device_close(d);
  unsigned same = 0, tried = 0;
  for (size_t after = 0; after < all; after += step) {
    left = after;
    raw[0] = 0;
    d = open_device(&left);
    const ts_error e = work(d, raw);
    tried++;
    if (e == TS_OK && !strcmp(raw, whole) && ts_device_get_info(d)->reconnects == 1) same++;
    else printf("%s: broken after %zu of %zu bytes: %s, %u reconnections\n", name, after, all, e ? ts_device_message(d) : "another answer", ts_device_get_info(d)->reconnects);
    ts_device_close(d);
  }
  CHECK(tried > 50 && same == tried);
}

int main(void) {
  break_everywhere("sclc", sweep, 7);
  break_everywhere("ta", transient, 31);
  return check_end();
}
