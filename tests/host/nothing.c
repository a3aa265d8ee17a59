/* No object, no place for the answer: every function says that, what would have been made is NULL, and what is nothing is destroyed. */
#include "check.h"
#include "taustream.h"

enum { BINS = 64, DELAYS = 8 };

static void no_object(void) {
  uint64_t counts[BINS] = {0};
  uint32_t bin = 0;
  double v[BINS] = {0};
  ts_trpl_result r;
  ts_ta_result t;
  ts_ta_spectrum s;
  ts_sclc_result c;
  ts_frame frame;
  bool got;
  CHECK(ts_device_echo(NULL, (const uint8_t *)"x", 1) == TS_ERROR_ARGUMENT);
  CHECK(ts_trpl_submit(NULL, counts, 0) == TS_ERROR_ARGUMENT);
  CHECK(ts_trpl_poll(NULL, true, &r, &got) == TS_ERROR_ARGUMENT);
  CHECK(ts_trpl_curve(NULL, &r, v) == TS_ERROR_ARGUMENT);
  CHECK(ts_trpl_refit(NULL, counts, NULL, NULL, &r) == TS_ERROR_ARGUMENT);
  CHECK(ts_frames_photons(NULL, &bin, 1) == TS_ERROR_ARGUMENT);
  CHECK(ts_frames_close(NULL) == TS_ERROR_ARGUMENT);
  CHECK(ts_frames_next(NULL, &frame, 0, &got) == TS_ERROR_ARGUMENT);
  CHECK(ts_ta_fit(NULL, v, 0, &t) == TS_ERROR_ARGUMENT);
  CHECK(ts_ta_fit_global(NULL, v, 1, NULL, NULL, &t, &s) == TS_ERROR_ARGUMENT);
  CHECK(ts_ta_curve(NULL, v, 1, v) == TS_ERROR_ARGUMENT);
  CHECK(ts_sclc_begin(NULL) == TS_ERROR_ARGUMENT);
  CHECK(ts_sclc_point(NULL, 1, 1) == TS_ERROR_ARGUMENT);
  CHECK(ts_sclc_answer(NULL, &c) == TS_ERROR_ARGUMENT);
  CHECK(ts_live_fraction(NULL, BINS, 1, 1, 1, v) == TS_ERROR_ARGUMENT);
  CHECK(!ts_device_get_info(NULL) && !*ts_device_message(NULL) && !*ts_device_reconnect_reason(NULL));
  CHECK(ts_device_bytes_to(NULL) == 0 && ts_device_bytes_from(NULL) == 0);
  ts_device_close(NULL);
  ts_trpl_plan_destroy(NULL);
  ts_frames_destroy(NULL);
  ts_ta_plan_destroy(NULL);
  ts_sclc_destroy(NULL);
}

/* What an earlier call left in the place is no object of this one. */
#define LEFT_OVER ((void *)v)
static void nothing_is_made(void) {
  double v[BINS] = {0};
  char message[TS_MESSAGE_BYTES];
  ts_trpl_options o;
  ts_ta_options a;
  const ts_sclc_options c = {1e-7, 10, 300};
  const ts_frames_options f = {.photons = 1};
  ts_trpl_options_default(&o);
  ts_ta_options_default(&a);
  ts_device *d = LEFT_OVER;
  CHECK(ts_device_open(&d, NULL, NULL, message) == TS_ERROR_ARGUMENT && !d);
  d = LEFT_OVER;
  CHECK(ts_device_open(&d, "abacus", NULL, message) == TS_ERROR_ARGUMENT && !d && message[0]);
  CHECK(ts_device_open(NULL, "model", NULL, message) == TS_ERROR_ARGUMENT);
  ts_trpl_plan *p = LEFT_OVER;
  CHECK(ts_trpl_plan_create(&p, NULL, &o, BINS, NULL) == TS_ERROR_ARGUMENT && !p);
  ts_frames *frames = LEFT_OVER;
  CHECK(ts_frames_open(NULL, NULL, &f, &frames) == TS_ERROR_ARGUMENT && !frames);
  ts_ta_plan *t = LEFT_OVER;
  CHECK(ts_ta_plan_create(&t, NULL, &a, v, NULL, DELAYS) == TS_ERROR_ARGUMENT && !t);
  ts_sclc *s = LEFT_OVER;
  CHECK(ts_sclc_create(&s, NULL, &c) == TS_ERROR_ARGUMENT && !s);
  CHECK(ts_device_open(&d, "model", "e18", message) == TS_OK);
  p = LEFT_OVER, frames = LEFT_OVER, t = LEFT_OVER, s = LEFT_OVER;
  CHECK(ts_trpl_plan_create(&p, d, NULL, BINS, NULL) == TS_ERROR_ARGUMENT && !p);
  CHECK(ts_frames_open(d, NULL, &f, &frames) == TS_ERROR_ARGUMENT && !frames);
  CHECK(ts_ta_plan_create(&t, d, NULL, v, NULL, DELAYS) == TS_ERROR_ARGUMENT && !t);
  CHECK(ts_sclc_create(&s, d, NULL) == TS_ERROR_ARGUMENT && !s);
  CHECK(ts_trpl_plan_create(NULL, d, &o, BINS, NULL) == TS_ERROR_ARGUMENT && ts_ta_plan_create(NULL, d, &a, v, NULL, DELAYS) == TS_ERROR_ARGUMENT);
  CHECK(ts_sclc_create(NULL, d, &c) == TS_ERROR_ARGUMENT && ts_frames_open(d, NULL, &f, NULL) == TS_ERROR_ARGUMENT);
  CHECK(ts_device_message(d)[0]);
  ts_device_close(d);
}

static void results_that_are_none(void) {
  double time_s[2] = {0, 1}, signal[2];
  ts_ta_result r = {.components = TS_COMPONENTS_MAX + 1, .irf_fwhm_s = 1};
  CHECK(ts_ta_curve(&r, time_s, 2, signal) == TS_ERROR_ARGUMENT);
  r = (ts_ta_result){.components = 1, .irf_fwhm_s = 1, .lifetime_s = {1}, .amplitude = {1}};
  CHECK(ts_ta_curve(&r, time_s, 2, signal) == TS_OK && signal[1] > 0);
  r.amplitude[0] = NAN;
  CHECK(ts_ta_curve(&r, time_s, 2, signal) == TS_OK && isnan(signal[1]));
}

int main(void) {
  no_object();
  nothing_is_made();
  results_that_are_none();
  return check_end();
}
