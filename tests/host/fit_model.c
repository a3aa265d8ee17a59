/* End to end over the integer model: simulated photons with known truth go in, lifetimes within their sigmas come out. */
#include <stdlib.h>

#include "check.h"
#include "taustream.h"

static const double width = 5e-11;
static uint64_t state = 0x9e3779b97f4a7c15u;

static double uniform(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static uint64_t poisson(double mean) {
  if (mean > 50) return (uint64_t)fmax(0, floor(mean + sqrt(mean) * sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()) + 0.5));
  double p = uniform();
  uint64_t n = 0;
  for (const double limit = exp(-mean); p > limit; n++) p *= uniform();
  return n;
}

typedef struct scene {
  const char *name, *engine;
  unsigned components;      /* simulated */
  size_t bins;
  double fwhm, shift, tau[3], amplitude[3], counts, background, period; /* bins; fwhm 0: tail from bin 0 */
  unsigned fitted;          /* components, 0: as simulated */
  double irf_counts;        /* 0: the fit gets the Gauss itself */
  unsigned held;            /* bit k: lifetime k, bit 4: shift, bit 5: background */
  ts_status expected;
} scene;

/* Expected counts by brute force, independent of the library. */
static void expect(const scene *s, double *mu, double *scale) {
  const double sg = s->fwhm / (2 * sqrt(2 * log(2)));
  double total = 0;
  for (size_t i = 0; i < s->bins; i++) {
    mu[i] = 0;
    for (int q = 0; q < 40; q++)
      for (unsigned c = 0; c < s->components; c++) {
        const double x = (double)i + (q + 0.5) / 40 - s->shift, k = 1 / s->tau[c];
        double v = s->fwhm > 0 ? 0.5 * exp(k * k * sg * sg / 2 - k * x) * erfc((k * sg - x / sg) / sqrt(2)) : exp(-k * x);
        if (s->period > 0) v += exp(k * k * sg * sg / 2 - k * (x + s->period)) / (1 - exp(-k * s->period));
        mu[i] += s->amplitude[c] * v / 40;
      }
    total += mu[i];
  }
  *scale = s->counts * (1 - s->background) / total;
  for (size_t i = 0; i < s->bins; i++) mu[i] = mu[i] * *scale + s->counts * s->background / (double)s->bins;
}

static void run(const scene *s, unsigned histograms) {
  const unsigned K = s->fitted ? s->fitted : s->components;
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  if (ts_device_open(&d, "model", s->engine, message) != TS_OK) {
    printf("%s\n", message);
    CHECK(0);
    return;
  }
  double *mu = malloc(s->bins * sizeof *mu), *example = malloc(s->bins * sizeof *example), *irf = malloc(s->bins * sizeof *irf);
  uint64_t *counts = malloc(s->bins * sizeof *counts);
  double scale;
  expect(s, mu, &scale);
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = width;
  o.components = K;
  o.period_s = s->period * width;
  o.irf_kind = s->fwhm == 0 ? TS_IRF_NONE : s->irf_counts > 0 ? TS_IRF_HISTOGRAM : TS_IRF_GAUSS;
  o.irf_fwhm_s = s->fwhm * width;
  const double irf_at = s->irf_counts > 0 ? 60.4 : 0;
  if (s->irf_counts > 0) {
    const double g = 2 * sqrt(log(2)) / s->fwhm;
    for (size_t i = 0; i < s->bins; i++)
      irf[i] = (double)poisson(2 + s->irf_counts / 2 * (erf(((double)i + 1 - irf_at) * g) - erf(((double)i - irf_at) * g)));
    o.irf = irf;
    o.irf_bins = s->bins;
    o.irf_bin_width_s = width;
  }
  for (unsigned k = 0; k < K; k++)
    if (s->held >> k & 1u) {
      o.lifetime_s[k] = s->tau[k] * width;
      o.lifetime_held[k] = true;
    }
  if (s->held & 16u) {
    o.shift = TS_HELD;
    o.shift_s = (s->shift - irf_at) * width;
  }
  if (s->held & 32u) {
    o.background = TS_HELD;
    o.background_counts_per_bin = s->counts * s->background / (double)s->bins;
  }
  for (size_t i = 0; i < s->bins; i++) example[i] = (double)poisson(mu[i]);
  ts_trpl_plan *p = NULL;
  ts_error e = ts_trpl_plan_create(&p, d, &o, s->bins, example);
  if (e) printf("%s: %s\n", s->name, ts_device_message(d));
  CHECK(e == TS_OK);
  unsigned expected = 0, sound = 0, done = 0, poor = 0;
  double z[3] = {0}, zs = 0;
  for (unsigned submitted = 0; !e && done < histograms;) {
    if (submitted < histograms && submitted - done < ts_trpl_in_flight_max(p)) {
      for (size_t i = 0; i < s->bins; i++) counts[i] = poisson(mu[i]);
      e = ts_trpl_submit(p, counts, submitted++);
      CHECK(e == TS_OK);
      continue;
    }
    ts_trpl_result r;
    bool got = false;
    e = ts_trpl_poll(p, true, &r, &got);
    CHECK(e == TS_OK && got && r.index == done);
    done++;
    /* One component too many may also vanish, or keep the fit from settling; it must never pass for a result. */
    expected += r.status == s->expected || (K > s->components && r.status != TS_STATUS_OK);
    poor += (r.flags & TS_FLAG_POOR_FIT) != 0;
    if (r.status != TS_STATUS_OK || K != s->components) continue;
    sound++;
    for (unsigned k = 0; k < K; k++)
      if (!(s->held >> k & 1u)) z[k] += pow((r.lifetime_s[k] / width - s->tau[k]) / (r.lifetime_sigma_s[k] / width), 2);
    if (s->fwhm > 0 && !(s->held & 16u)) zs += pow((r.shift_s / width - (s->shift - irf_at)) / (r.shift_sigma_s / width), 2);
    if (s->held & 16u) CHECK_NEAR(r.shift_s / width, s->shift - irf_at, 1e-3);
    CHECK(fabs(r.amplitude[0] / (s->amplitude[0] * scale) - 1) < fmax(0.05, 6 * r.amplitude_sigma[0] / r.amplitude[0]));
  }
  if (expected < 0.95 * histograms) printf("%s: only %u of %u have the status %s\n", s->name, expected, histograms, ts_status_name(s->expected));
  CHECK(expected >= 0.95 * histograms);
  if (K == s->components && s->expected == TS_STATUS_OK) {
    CHECK(poor <= 0.02 * histograms + 2);
    for (unsigned k = 0; k < K; k++) {
      if (s->held >> k & 1u) continue;
      const double rms = sqrt(z[k] / sound);
      if (rms < 0.7 || rms > 1.35) printf("%s: lifetime %u errs by %.2f of its sigma\n", s->name, k + 1, rms);
      CHECK(rms > 0.7 && rms < 1.35);
    }
    if (s->fwhm > 0 && !(s->held & 16u)) {
      if (sqrt(zs / sound) > 1.4) printf("%s: shift errs by %.2f of its sigma\n", s->name, sqrt(zs / sound));
      CHECK(sqrt(zs / sound) < 1.4);
    }
  }
  ts_trpl_plan_destroy(p);
  ts_device_close(d);
  free(mu), free(example), free(irf), free(counts);
}

int main(void) {
  const scene scenes[] = {
      {.name = "mono", .engine = "e18", .components = 1, .bins = 256, .fwhm = 5, .shift = 40.3, .tau = {30}, .amplitude = {1}, .counts = 1e5, .background = 0.01},
      {.name = "mono u16", .engine = "u16", .components = 1, .bins = 1000, .fwhm = 3, .shift = 140.7, .tau = {90}, .amplitude = {1}, .counts = 1e5, .background = 0.01},
      {.name = "late", .engine = "e18", .components = 1, .bins = 512, .fwhm = 6, .shift = 350.2, .tau = {20}, .amplitude = {1}, .counts = 1e5, .background = 0.02},
      {.name = "bi", .engine = "e18", .components = 2, .bins = 512, .fwhm = 5, .shift = 60.6, .tau = {12, 80}, .amplitude = {0.7, 0.3}, .counts = 1e5, .background = 0.01},
      {.name = "bi u16", .engine = "u16", .components = 2, .bins = 512, .fwhm = 2.2, .shift = 60.6, .tau = {12, 80}, .amplitude = {0.7, 0.3}, .counts = 1e5, .background = 0.01},
      {.name = "tri", .engine = "e18", .components = 3, .bins = 1024, .fwhm = 5, .shift = 60, .tau = {15, 60, 240}, .amplitude = {0.6, 0.3, 0.1}, .counts = 1e6, .background = 0.01},
      {.name = "period", .engine = "e18", .components = 2, .bins = 512, .fwhm = 5, .shift = 60.6, .tau = {12, 150}, .amplitude = {0.7, 0.3}, .counts = 2e5, .background = 0.02, .period = 540},
      {.name = "narrow", .engine = "e18", .components = 1, .bins = 256, .fwhm = 0.3, .shift = 40.3, .tau = {30}, .amplitude = {1}, .counts = 1e5, .background = 0.01},
      {.name = "tail", .engine = "e18", .components = 2, .bins = 400, .tau = {12, 80}, .amplitude = {0.7, 0.3}, .counts = 2e5, .background = 0.05},
      {.name = "tail u16", .engine = "u16", .components = 1, .bins = 200, .tau = {25}, .amplitude = {1}, .counts = 1e4, .background = 0.05},
      {.name = "measured IRF", .engine = "e18", .components = 2, .bins = 512, .fwhm = 6, .shift = 75.6, .tau = {12, 80}, .amplitude = {0.7, 0.3}, .counts = 1e5, .background = 0.01, .irf_counts = 3e6},
      {.name = "held", .engine = "e18", .components = 2, .bins = 512, .fwhm = 6, .shift = 75.6, .tau = {12, 80}, .amplitude = {0.7, 0.3}, .counts = 1e5, .background = 0.01, .held = 1 | 16 | 32},
      {.name = "few", .engine = "e18", .components = 1, .bins = 256, .fwhm = 5, .shift = 40.3, .tau = {30}, .amplitude = {1}, .counts = 30, .expected = TS_STATUS_INSUFFICIENT_DATA},
      {.name = "one too many", .engine = "e18", .components = 1, .bins = 256, .fwhm = 5, .shift = 40.3, .tau = {30}, .amplitude = {1}, .counts = 1e5, .background = 0.01, .fitted = 2, .expected = TS_STATUS_ORDER_UNSUPPORTED},
      {.name = "summed bins", .engine = "u16", .components = 1, .bins = 4000, .fwhm = 40, .shift = 500.6, .tau = {300}, .amplitude = {1}, .counts = 1e5, .background = 0.01},
  };
  for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) run(&scenes[i], 60);
  return check_end();
}
