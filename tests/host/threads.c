/* Devices in several threads at once share nothing: each gives what it gives alone. */
#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "taustream.h"

enum { THREADS = 4, HISTOGRAMS = 40, BINS = 64 };

typedef struct work {
  const char *engine;
  char raw[HISTOGRAMS][640];
  ts_error e;
} work;

static void *fit(void *context) {
  work *w = context;
  ts_device *d = NULL;
  ts_trpl_plan *p = NULL;
  ts_trpl_options o;
  char message[TS_MESSAGE_BYTES];
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  o.irf_kind = TS_IRF_GAUSS;
  o.irf_fwhm_s = 4e-10;
  o.irf_start_s = 1e-9;
  o.components = 2;
  w->e = ts_device_open(&d, "model", w->engine, message);
  if (!w->e) w->e = ts_trpl_plan_create(&p, d, &o, BINS, NULL);
  for (unsigned i = 0; !w->e && i < HISTOGRAMS; i++) {
    uint64_t counts[BINS];
    ts_trpl_result r;
    bool got = false;
    for (unsigned b = 0; b < BINS; b++) counts[b] = b < 10 ? 2 : (uint64_t)((800 + 10 * i) * exp(-0.1 * (b - 10))) + 1;
    w->e = ts_trpl_submit(p, counts, i);
    if (!w->e) w->e = ts_trpl_poll(p, true, &r, &got);
    if (!w->e) memcpy(w->raw[i], r.raw, sizeof r.raw);
  }
  ts_trpl_plan_destroy(p);
  ts_device_close(d);
  return NULL;
}

int main(void) {
  work *alone = calloc(2, sizeof *alone), *together = calloc(THREADS, sizeof *together);
  pthread_t thread[THREADS];
  if (!alone || !together) return 1;
  for (int i = 0; i < 2; i++) alone[i].engine = i ? "e18" : "u16", fit(&alone[i]);
  for (int i = 0; i < THREADS; i++) together[i].engine = alone[i % 2].engine;
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&thread[i], NULL, fit, &together[i]) == 0);
  for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
  for (int i = 0; i < THREADS; i++) {
    CHECK(together[i].e == TS_OK && alone[i % 2].e == TS_OK);
    for (unsigned k = 0; k < HISTOGRAMS; k++) CHECK(together[i].raw[k][0] && strcmp(together[i].raw[k], alone[i % 2].raw[k]) == 0);
  }
  free(alone);
  free(together);
  return check_end();
}
