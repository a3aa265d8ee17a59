/* Transient absorption end to end over the integer model: signals with known truth go in, parameters within their sigmas come out; bad input is named. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "taustream.h"

enum { DELAYS = 120, WAVELENGTHS = 12 };
static const double fwhm = 150e-15, sigma = 1e-3;
static double delay[DELAYS];
static uint64_t state = 0x9e3779b97f4a7c15u;

static double normal(void) {
  double sum = -6;
  for (int i = 0; i < 12; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    sum += (double)(state >> 11) / 9007199254740992.0;
  }
  return sum;
}

/* exp(-x/tau), x >= 0, convolved with the Gaussian by brute force: independent of the library. */
static double decay(double t, double tau) {
  const double s = fwhm / (2 * sqrt(2 * log(2)));
  const int steps = 2000;
  double sum = 0;
  for (int i = 0; i < steps; i++) {
    const double x = 12 * s * ((i + 0.5) / steps - 0.5), late = t - x;
    if (late >= 0) sum += exp(-x * x / (2 * s * s) - late / tau);
  }
  return sum * 12 / steps / sqrt(6.283185307179586);
}

static void signal(double *y, unsigned n, const double *tau, const double *a, double offset, double t0) {
  for (int i = 0; i < DELAYS; i++) {
    y[i] = offset + sigma * normal();
    for (unsigned k = 0; k < n; k++) y[i] += a[k] * decay(delay[i] - t0, tau[k]);
  }
}

static bool near(double value, double truth, double sd) { return fabs(value - truth) < 5 * sd && sd > 0; }

static void trace(ts_device *d) {
  static const double tau[] = {1.2e-12, 9e-12}, a[] = {0.5, -0.3};
  double y[DELAYS];
  ts_ta_options o;
  ts_ta_options_default(&o);
  o.components = 2;
  o.irf_fwhm_s = fwhm;
  o.sigma = sigma;
  ts_ta_plan *p = NULL;
  CHECK(ts_ta_plan_create(&p, d, &o, delay, NULL, DELAYS) == TS_OK);
  if (!p) return;
  for (int turn = 0; turn < 4; turn++) {
    signal(y, 2, tau, a, 0.02, 30e-15);
    if (turn == 3) y[3] = y[70] = NAN;
    ts_ta_result r;
    CHECK(ts_ta_fit(p, y, (uint64_t)turn, &r) == TS_OK);
    CHECK(r.status == TS_STATUS_OK && r.index == (uint64_t)turn && r.masked == (turn == 3 ? 2 : 0));
    for (int k = 0; k < 2; k++) {
      CHECK(near(r.lifetime_s[k], tau[k], r.lifetime_sigma_s[k]));
      CHECK(near(r.amplitude[k], a[k], r.amplitude_sigma[k]));
      CHECK(r.lifetime_low_s[k] < r.lifetime_s[k] && r.lifetime_s[k] < r.lifetime_high_s[k]);
    }
    CHECK(near(r.t0_s, 30e-15, r.t0_sigma_s) && near(r.offset, 0.02, r.offset_sigma));
    CHECK(r.chi2_reduced > 0.5 && r.chi2_reduced < 1.7 && r.cycles == -1 && strlen(r.raw) > 0);
    double curve[DELAYS], sum = 0;
    CHECK(ts_ta_curve(&r, delay, DELAYS, curve) == TS_OK);
    for (int i = 0; i < DELAYS; i++) sum += isnan(y[i]) ? 0 : (y[i] - curve[i]) * (y[i] - curve[i]) / (sigma * sigma);
    CHECK(fabs(sum - r.chi2_reduced * r.degrees_of_freedom) < 0.02 * sum);
  }
  /* nothing there, too little there */
  ts_ta_result r;
  memset(y, 0, sizeof y);
  CHECK(ts_ta_fit(p, y, 0, &r) == TS_OK && r.status == TS_STATUS_INSUFFICIENT_DATA && isnan(r.lifetime_s[0]));
  for (int i = 0; i < DELAYS; i++) y[i] = i < 5 ? 1 : NAN;
  CHECK(ts_ta_fit(p, y, 0, &r) == TS_OK && r.status == TS_STATUS_INSUFFICIENT_DATA && r.masked == DELAYS - 5);
  y[7] = INFINITY;
  CHECK(ts_ta_fit(p, y, 0, &r) == TS_ERROR_INPUT && strstr(ts_device_message(d), "delay 8"));
  /* noise alone has no lifetimes */
  for (int i = 0; i < DELAYS; i++) y[i] = sigma * normal();
  CHECK(ts_ta_fit(p, y, 0, &r) == TS_OK && r.status != TS_STATUS_OK);
  ts_ta_plan_destroy(p);
}

static void whole(ts_device *d) {
  static const double tau[] = {0.8e-12, 20e-12};
  static double y[WAVELENGTHS][DELAYS], zero[WAVELENGTHS], a[WAVELENGTHS][2];
  for (int w = 0; w < WAVELENGTHS; w++) {
    a[w][0] = cos(w);
    a[w][1] = sin(1.7 * w);
    zero[w] = 20e-15 * w;
    signal(y[w], 2, tau, a[w], 0.01 * w, 15e-15 + zero[w]);
  }
  y[5][17] = NAN;
  for (int i = 0; i < DELAYS; i++) y[8][i] = NAN;
  ts_ta_options o;
  ts_ta_options_default(&o);
  o.components = 2;
  o.irf_fwhm_s = fwhm;
  for (int known = 0; known < 2; known++) {
    o.sigma = known ? sigma : 0;
    ts_ta_plan *p = NULL;
    CHECK(ts_ta_plan_create(&p, d, &o, delay, NULL, DELAYS) == TS_OK);
    if (!p) return;
    ts_ta_result r;
    ts_ta_spectrum s[WAVELENGTHS];
    CHECK(ts_ta_fit_global(p, y[0], WAVELENGTHS, zero, NULL, &r, s) == TS_OK);
    CHECK(r.status == TS_STATUS_OK && r.masked == DELAYS + 1);
    CHECK(near(r.lifetime_s[0], tau[0], r.lifetime_sigma_s[0]) && near(r.lifetime_s[1], tau[1], r.lifetime_sigma_s[1]));
    CHECK(near(r.t0_s, 15e-15, r.t0_sigma_s));
    for (int w = 0; w < WAVELENGTHS; w++) {
      if (w == 8) {
        CHECK(isnan(s[w].amplitude[0]) && s[w].masked == DELAYS);
        continue;
      }
      CHECK(near(s[w].amplitude[0], a[w][0], s[w].amplitude_sigma[0]) && near(s[w].amplitude[1], a[w][1], s[w].amplitude_sigma[1]));
      CHECK(near(s[w].offset, 0.01 * w, s[w].offset_sigma));
    }
    CHECK(known ? r.chi2_reduced > 0.8 && r.chi2_reduced < 1.2 : fabs(r.noise - sigma) < 0.1 * sigma);
    CHECK(ts_ta_fit_global(p, y[0], 0, NULL, NULL, &r, s) == TS_ERROR_ARGUMENT);
    zero[2] = NAN;
    CHECK(ts_ta_fit_global(p, y[0], WAVELENGTHS, zero, NULL, &r, s) == TS_ERROR_INPUT && strstr(ts_device_message(d), "wavelength 3"));
    zero[2] = 1e-3;
    CHECK(ts_ta_fit_global(p, y[0], WAVELENGTHS, zero, NULL, &r, s) == TS_ERROR_INPUT && strstr(ts_device_message(d), "32 bits"));
    zero[2] = 40e-15;
    CHECK(ts_ta_fit_global(p, y[0], WAVELENGTHS, zero, NULL, &r, s) == TS_OK && r.status == TS_STATUS_OK);   /* works on after an error */
    ts_ta_plan_destroy(p);
  }
}

static void refused(ts_device *d, ts_ta_options o, const double *t, const double *sd, size_t n, ts_error expected, const char *word) {
  ts_ta_plan *p = NULL;
  CHECK(ts_ta_plan_create(&p, d, &o, t, sd, n) == expected && !p);
  if (!strstr(ts_device_message(d), word)) printf("message `%s` lacks `%s`\n", ts_device_message(d), word);
  CHECK(strstr(ts_device_message(d), word) != NULL);
  ts_ta_plan_destroy(p);
}

static void bad(ts_device *d) {
  ts_ta_options good, o;
  ts_ta_options_default(&good);
  good.irf_fwhm_s = fwhm;
  double t[DELAYS], sd[DELAYS];
#define WITH(change) (o = good, change, o)
  refused(d, WITH(o.components = 0), delay, NULL, DELAYS, TS_ERROR_ARGUMENT, "components");
  refused(d, WITH(o.components = 5), delay, NULL, DELAYS, TS_ERROR_UNSUPPORTED, "1 to 4");
  refused(d, WITH((o.components = 4, o.irf_free = true)), delay, NULL, DELAYS, TS_ERROR_UNSUPPORTED, "1 to 3");
  refused(d, WITH(o.irf_fwhm_s = 0), delay, NULL, DELAYS, TS_ERROR_ARGUMENT, "FWHM");
  refused(d, WITH((o.irf_free = true, o.artefact = TS_TA_ARTEFACT_GAUSS2)), delay, NULL, DELAYS, TS_ERROR_UNSUPPORTED, "two terms");
  refused(d, WITH(o.t0_s = NAN), delay, NULL, DELAYS, TS_ERROR_ARGUMENT, "t0");
  refused(d, WITH(o.sigma = -1), delay, NULL, DELAYS, TS_ERROR_ARGUMENT, "sigma");
  refused(d, WITH(o.lifetime_s[0] = 1e-15), delay, NULL, DELAYS, TS_ERROR_ARGUMENT, "lifetime 1");
  refused(d, WITH(o.lifetime_held[0] = true), delay, NULL, DELAYS, TS_ERROR_ARGUMENT, "lifetime 1");
  refused(d, good, delay, NULL, 5, TS_ERROR_INPUT, "8 to 512");
  refused(d, good, delay, NULL, 513, TS_ERROR_UNSUPPORTED, "8 to 512");
  memcpy(t, delay, sizeof t);
  t[9] = t[8];
  refused(d, good, t, NULL, DELAYS, TS_ERROR_INPUT, "delay 10");
  t[9] = NAN;
  refused(d, good, t, NULL, DELAYS, TS_ERROR_INPUT, "delay 10");
  for (int i = 0; i < DELAYS; i++) sd[i] = 1;
  sd[4] = 0;
  refused(d, good, delay, sd, DELAYS, TS_ERROR_INPUT, "sigma of delay 5");
  memcpy(t, delay, sizeof t);
  t[DELAYS - 1] = 1;
  refused(d, good, t, NULL, DELAYS, TS_ERROR_INPUT, "--range");
#undef WITH
}

int main(void) {
  for (int i = 0; i < DELAYS; i++) delay[i] = i < 60 ? -1e-12 + 0.05e-12 * i : 2e-12 * pow(500, (i - 60) / 59.0);
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  CHECK(ts_device_open(&d, "model", "e18", message) == TS_OK);
  if (d) {
    trace(d);
    whole(d);
    bad(d);
    ts_device_close(d);
  }
  CHECK(ts_device_open(&d, "model", "u16", message) == TS_OK);
  if (d) {
    ts_ta_options o;
    ts_ta_options_default(&o);
    o.irf_fwhm_s = fwhm;
    refused(d, o, delay, NULL, DELAYS, TS_ERROR_UNSUPPORTED, "u16");
    CHECK(ts_device_get_info(d)->ta_components_max == 0);
    ts_device_close(d);
  }
  return check_end();
}
