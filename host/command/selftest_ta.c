#include "selftest_ta.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "random.h"
#include "synthetic_ta.h"

#define DELAYS 64u
#define WAVELENGTHS 4u
#define FWHM 150e-15
#define SNR 200.0
#define SIGMAS 5.0               /* a lifetime further from the truth than so many Cramer-Rao sigmas fails */
#define SEED 20240603u

typedef struct known_case {
  unsigned components, wavelengths;
  double lifetime_s[TS_COMPONENTS_MAX], amplitude[TS_COMPONENTS_MAX * WAVELENGTHS];
} known_case;

typedef struct answer {
  ts_ta_result result;
  ts_ta_spectrum spectra[WAVELENGTHS];
} answer;

static ts_error fit(ts_device *d, const known_case *c, const double *delay, const double *signal, double sigma, answer *a)
{
  ts_ta_options o;
  ts_ta_plan *plan;
  ts_ta_options_default(&o);
  o.components = c->components;
  o.irf_fwhm_s = FWHM;
  o.sigma = sigma;
  memset(a, 0, sizeof *a);
  ts_error e = ts_ta_plan_create(&plan, d, &o, delay, NULL, DELAYS);
  if (!e && c->wavelengths > 1) e = ts_ta_fit_global(plan, signal, c->wavelengths, NULL, NULL, &a->result, a->spectra);
  else if (!e) e = ts_ta_fit(plan, signal, 0, &a->result);
  ts_ta_plan_destroy(plan);
  return e;
}

/* The bits of a trace's result; of a matrix, which has none, every number that its sums decide. */
static bool same(const known_case *c, const answer *a, const answer *b)
{
  bool equal = !strcmp(a->result.raw, b->result.raw) && a->result.t0_s == b->result.t0_s && a->result.evaluations == b->result.evaluations;
  for (unsigned k = 0; k < c->components; k++) {
    equal = equal && a->result.lifetime_s[k] == b->result.lifetime_s[k];
    for (unsigned w = 0; w < c->wavelengths && c->wavelengths > 1; w++) equal = equal && a->spectra[w].amplitude[k] == b->spectra[w].amplitude[k];
  }
  return equal;
}

static void make(const known_case *c, unsigned number, double *delay, double *signal, double *sigma, ts_bounds_ta *bounds)
{
  double wavelength[WAVELENGTHS] = {400e-9, 500e-9, 600e-9, 700e-9}, zero[WAVELENGTHS] = {0}, offset[WAVELENGTHS], artefact[WAVELENGTHS] = {0};
  double amplitude[TS_COMPONENTS_MAX * WAVELENGTHS], peak = 0;
  ts_synthetic_ta s = {.delays = DELAYS, .wavelengths = c->wavelengths, .delay_s = delay, .wavelength_m = wavelength, .time_zero_s = zero,
                       .components = c->components, .amplitude = amplitude, .offset = offset, .artefact = artefact, .irf_fwhm_s = FWHM, .t0_s = 20e-15};
  memcpy(s.lifetime_s, c->lifetime_s, sizeof s.lifetime_s);
  memcpy(amplitude, c->amplitude, sizeof amplitude);
  for (unsigned w = 0; w < WAVELENGTHS; w++) offset[w] = 0.02;
  for (unsigned i = 0; i < DELAYS; i++) delay[i] = i < 28 ? -0.7e-12 + 0.05e-12 * i : 0.7e-12 * pow(1000, (i - 28.0) / (DELAYS - 29.0));
  for (unsigned w = 0; w < c->wavelengths; w++) ts_synthetic_ta_expected(&s, w, signal + w * DELAYS);
  for (unsigned i = 0; i < c->wavelengths * DELAYS; i++) peak = fmax(peak, fabs(signal[i]));
  *sigma = peak / SNR;
  ts_synthetic_ta_bounds(&s, *sigma, false, bounds);
  ts_random r;
  ts_random_seed(&r, SEED, number);
  for (unsigned i = 0; i < c->wavelengths * DELAYS; i++) signal[i] += *sigma * ts_random_normal(&r);
}

bool selftest_ta(ts_device *d, ts_device *model, char *detail, size_t n)
{
  static const known_case cases[] = {
    {1, 1, {8.75e-12}, {1}}, {1, 1, {6.98e-12}, {-0.01}}, {2, 1, {1e-12, 12e-12}, {1, -0.5}},
    {2, WAVELENGTHS, {1e-12, 12e-12}, {1, 0.6, -0.2, -0.7, 0.3, 0.5, 0.8, -0.4}},
  };
  double worst = 0;
  for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++) {
    const known_case *c = &cases[k];
    double delay[DELAYS], signal[WAVELENGTHS * DELAYS], sigma;
    ts_bounds_ta bounds;
    answer a, b;
    if (c->components > ts_device_get_info(d)->ta_components_max || DELAYS > ts_device_get_info(d)->ta_delays_max) continue;
    make(c, k, delay, signal, &sigma, &bounds);
    const ts_error e = fit(d, c, delay, signal, sigma, &a);
    if (e) {
      snprintf(detail, n, "%s: %s", ts_error_text(e), ts_device_message(d));
      return false;
    }
    if (a.result.status != TS_STATUS_OK || a.result.flags) {
      snprintf(detail, n, "case %u: status %s, flags %x, expected ok and none", k, ts_status_name(a.result.status), a.result.flags);
      return false;
    }
    for (unsigned i = 0; i < c->components; i++) {
      const double off = fabs(a.result.lifetime_s[i] - c->lifetime_s[i]) / bounds.lifetime_sigma_s[i];
      if (!(off < SIGMAS)) {
        snprintf(detail, n, "case %u: lifetime %u is %.6g s, expected %.6g +- %.2g s", k, i + 1, a.result.lifetime_s[i], c->lifetime_s[i], bounds.lifetime_sigma_s[i]);
        return false;
      }
      worst = fmax(worst, off);
    }
    if (model && (fit(model, c, delay, signal, sigma, &b) || !same(c, &a, &b))) {
      snprintf(detail, n, "case %u: the device's bits are not the model's", k);
      return false;
    }
  }
  snprintf(detail, n, "3 traces and a matrix, at most %.1f sigma from the truth%s", worst, model ? ", the model's bits" : "");
  return true;
}
