/* From options to configuration words, and from result words to units, intervals and statuses, with a device that says what it is told. */
#include "check.h"
#include "fake_device.h"
#include "fit/plan.h"
#include "session/device_private.h"

enum { BINS = 256 };
static const double width = 5e-11;
static char message[TS_MESSAGE_BYTES];

typedef struct bench {
  fake_device *fake;
  ts_device *device;
  ts_trpl_plan *plan;
  ts_trpl_options o;
  uint64_t counts[BINS];
} bench;

/* What the model makes of the first component that the fake device tells, a quarter of a bin later than the response. */
static void make_counts(bench *b, double background) {
  enum { CELLS = 16 };
  const double sigma = 5 / sqrt(8 * log(2)), keep = exp(-0.04 / CELLS);
  double level = 0, sum = 0;
  for (int i = 0; i < BINS * CELLS; i++) {
    const double z = ((i + 0.5) / CELLS - 40.25) / sigma;
    level = keep * level + exp(-z * z / 2) / (sigma * sqrt(2 * acos(-1)) * CELLS);
    sum += 1000 * level / CELLS;
    if (i % CELLS == CELLS - 1) {   /* counts scatter by their root */
      const double mu = sum + background;
      b->counts[i / CELLS] = (uint64_t)rint(mu + (i / CELLS % 2 ? sqrt(mu) : -sqrt(mu)));
      sum = 0;
    }
  }
}

static void bench_open(bench *b, unsigned engine, ts_irf_kind kind, unsigned components) {
  memset(b, 0, sizeof *b);
  b->fake = fake_create(engine);
  CHECK(ts_device_open_transport(&b->device, &b->fake->base, "fake", NULL, message) == TS_OK);
  ts_trpl_options_default(&b->o);
  b->o.bin_width_s = width;
  b->o.irf_kind = kind;
  b->o.irf_fwhm_s = 5 * width;
  b->o.irf_start_s = 40 * width;
  b->o.components = components;
  b->o.unchecked = true;   /* answers are invented */
  make_counts(b, 1.5);
  double *r = b->fake->result;
  const unsigned n = 2 * components + 2;
  r[TS_RES_STATUS] = TS_STATUS_MASK_CONVERGED;
  r[TS_RES_EVALUATIONS] = 5;
  r[TS_RES_STARTS] = 2;
  r[TS_RES_CHI2] = 80;
  for (unsigned k = 0; k < components; k++) {
    r[TS_RES_AMPLITUDE_1 + 2 * k] = 1000.0 / (k + 1);
    r[TS_RES_RATE_1 + 2 * k] = k == 0 ? 0.04 : 0.5;
  }
  r[TS_RES_SHIFT] = 0.25;
  r[TS_RES_BACKGROUND] = 1.5;
  for (unsigned i = 0; i < n; i++) r[TS_RES_FIXED_WORDS + i * (i + 1) / 2 + i] = i < 2 * components ? 1e4 : i == 2 * components ? 400 : 4;
}

static ts_trpl_result fit(bench *b) {
  ts_trpl_result r;
  bool got = false;
  if (!b->plan) CHECK(ts_trpl_plan_create(&b->plan, b->device, &b->o, BINS, NULL) == TS_OK);
  CHECK(ts_trpl_submit(b->plan, b->counts, 7) == TS_OK);
  CHECK(ts_trpl_poll(b->plan, true, &r, &got) == TS_OK && got);
  return r;
}

static void bench_close(bench *b) {
  ts_trpl_plan_destroy(b->plan);
  ts_device_close(b->device);
}

static double config_float(const bench *b, unsigned i) { return ts_f32x_to_double(ts_get_u32(b->fake->config + 4 * (TS_LAYOUT_WORDS + i))); }
static uint32_t layout_word(const bench *b, unsigned i) { return ts_get_u32(b->fake->config + 4 * i); }

static void configuration(void) {
  bench b;
  bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 2);
  b.o.lifetime_s[0] = 2e-9;
  b.o.lifetime_held[0] = true;
  b.o.lifetime_s[1] = 4e-10;
  b.o.shift = TS_HELD;
  b.o.shift_s = 10.3 * width;
  b.o.background = TS_ZERO;
  b.o.period_s = 300 * width;
  const ts_trpl_result r = fit(&b);
  CHECK(layout_word(&b, TS_LAYOUT_MODEL) == (2u | 6u << 8 | 6u << 16 | 1u << 24));
  CHECK(layout_word(&b, TS_LAYOUT_BINS) == BINS);
  const uint32_t pre = layout_word(&b, TS_LAYOUT_FINE) >> 16, fine = layout_word(&b, TS_LAYOUT_FINE) & 0xffff;
  CHECK(pre == 4); /* IRF around bin 50, starts some 7 before: 36..39 */
  CHECK(8 * pre + fine >= 49 + 10 + 16 + 3 && 8 * pre + fine <= 50 + 10 + 16 + 5);
  CHECK_NEAR(config_float(&b, TS_CFG_POST_BINS), BINS - 8 * pre, 0);
  CHECK_NEAR(config_float(&b, TS_CFG_INV_POST_BINS), 1.0 / (BINS - 8 * pre), 1e-9);
  CHECK_NEAR(config_float(&b, TS_CFG_INV_PRE_BINS), 1.0 / (8 * pre), 1e-8);
  CHECK_NEAR(config_float(&b, TS_CFG_IRF_CENTROID), 49.5 - 8 * pre, 1e-4);
  CHECK_NEAR(config_float(&b, TS_CFG_CUMULANT_1), 49.5, 1e-4);
  CHECK_NEAR(config_float(&b, TS_CFG_CUMULANT_2), 25 / (8 * log(2)) + 1 / 12.0, 1e-4);
  CHECK_NEAR(config_float(&b, TS_CFG_CUMULANT_3), 0, 1e-3);
  CHECK_NEAR(config_float(&b, TS_CFG_CUMULANT_4), 0, 2e-2);
  CHECK_NEAR(config_float(&b, TS_CFG_PERIOD), 300, 1e-4);
  CHECK(config_float(&b, TS_CFG_HELD_RATE_1) == 1 && config_float(&b, TS_CFG_HELD_RATE_2) == 0);
  CHECK_NEAR(config_float(&b, TS_CFG_START_RATE_1), 0.025, 1e-8);
  CHECK_NEAR(config_float(&b, TS_CFG_START_RATE_2), 0.125, 1e-8);
  CHECK(config_float(&b, TS_CFG_HELD_SHIFT) == 1 && config_float(&b, TS_CFG_HELD_BACKGROUND) == 1);
  CHECK_NEAR(config_float(&b, TS_CFG_START_SHIFT), 0.3, 1e-6);
  CHECK(config_float(&b, TS_CFG_START_BACKGROUND) == TS_BACKGROUND_MIN && config_float(&b, TS_CFG_BACKGROUND_MIN) == TS_BACKGROUND_MIN);
  CHECK_NEAR(config_float(&b, TS_CFG_RATE_MIN), 1.0 / (50 * BINS), 1e-10);
  CHECK(config_float(&b, TS_CFG_RATE_MAX) == 2 && config_float(&b, TS_CFG_STARTS_MAX) == 8 && config_float(&b, TS_CFG_GAUSS_SIGMA) == 0);
  /* The IRF words: scaled as far as they go, with sum 1. */
  const double lsb = config_float(&b, TS_CFG_IRF_SCALE);
  double sum = 0, top = 0;
  for (size_t i = 0; i < fine + TS_IRF_MARGIN; i++) {
    const double w = ts_get_u32(b.fake->irf + 4 * i);
    if (i >= TS_IRF_BEFORE && i < TS_IRF_BEFORE + fine) sum += w * lsb;
    top = fmax(top, w);
  }
  CHECK_NEAR(sum, 1, 1e-4);
  CHECK(top >= 1 << 17 && top < 1 << 18);
  /* Held parameters have no sigma. */
  CHECK(r.status == TS_STATUS_OK);
  CHECK(isnan(r.shift_sigma_s) && isnan(r.background_sigma) && isnan(r.lifetime_sigma_s[1]) && isfinite(r.lifetime_sigma_s[0]));
  CHECK(r.background_per_bin == 0);
  CHECK_NEAR(r.shift_s, 10.25 * width, 1e-16); /* whole bins of the host + what the device says */
  /* The groups add up to the counts. */
  uint64_t total = 0, groups = 0;
  for (size_t at = 0, k; at < b.fake->counts_bytes; at += k, groups++) {
    uint32_t v = 0;
    k = ts_leb128_get(b.fake->counts + at, b.fake->counts_bytes - at, &v);
    if (!k) break;
    total += v;
  }
  CHECK(groups == layout_word(&b, TS_LAYOUT_GROUPS) && (double)total == r.counts);
  bench_close(&b);
}

static void tail_fit(void) {
  bench b;
  bench_open(&b, TS_ENGINE_U16, TS_IRF_NONE, 1);
  b.fake->result[TS_RES_SHIFT] = 0;
  const ts_trpl_result r = fit(&b);
  CHECK(layout_word(&b, TS_LAYOUT_MODEL) == (1u | 2u << 8 | 1u << 16));
  CHECK(layout_word(&b, TS_LAYOUT_FINE) >> 16 == 0 && (layout_word(&b, TS_LAYOUT_FINE) & 0xffff) <= 17);
  CHECK(config_float(&b, TS_CFG_GAUSS_SIGMA) == 0 && config_float(&b, TS_CFG_HELD_SHIFT) == 1 && config_float(&b, TS_CFG_INV_PRE_BINS) == 0);
  CHECK(config_float(&b, TS_CFG_IRF_CENTROID) == 0);
  CHECK(ts_get_u32(b.fake->irf + 4 * 16) * config_float(&b, TS_CFG_IRF_SCALE) == 1);
  CHECK(ts_get_u32(b.fake->irf + 4 * 15) == 0 && ts_get_u32(b.fake->irf + 4 * 17) == 0);
  CHECK(r.shift_s == 0 && isnan(r.shift_sigma_s) && r.degrees_of_freedom == (int)layout_word(&b, TS_LAYOUT_GROUPS) - 3);
  bench_close(&b);
}

/* A Gauss of hardly a bin is one pulse and its sigma, at a bin's centre wherever it stands; of summed bins, too. Its own end the host has only where the window begins in it. */
static void blurred(void) {
  for (int summed = 0; summed < 2; summed++)
    for (double from = 40; from < 41; from += 0.3) {
      const double fwhm = summed ? 5 : 2, per_bin = summed ? 4 : 1; /* a device's bin is so many of these */
      bench b;
      bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 1);
      b.o.irf_fwhm_s = fwhm * width;
      b.o.irf_start_s = from * per_bin * width;
      const size_t bins = summed ? 16384 : BINS;
      uint64_t *counts = calloc(bins, sizeof *counts);
      for (size_t i = 0; i < bins; i++) counts[i] = 10;
      ts_trpl_result r;
      bool got = false;
      CHECK(ts_trpl_plan_create(&b.plan, b.device, &b.o, bins, NULL) == TS_OK);
      CHECK(ts_trpl_submit(b.plan, counts, 0) == TS_OK && ts_trpl_poll(b.plan, true, &r, &got) == TS_OK && got);
      CHECK(layout_word(&b, TS_LAYOUT_MODEL) == (1u | 8u << 8 | 8u << 16));
      CHECK_NEAR(config_float(&b, TS_CFG_GAUSS_SIGMA), fwhm / per_bin / sqrt(8 * log(2)), 1e-6);
      const uint32_t pre = layout_word(&b, TS_LAYOUT_FINE) >> 16, fine = layout_word(&b, TS_LAYOUT_FINE) & 0xffff;
      unsigned filled = 0;
      for (size_t i = 0; i < fine + TS_IRF_MARGIN; i++) filled += ts_get_u32(b.fake->irf + 4 * i) > 0;
      CHECK(filled == 1 && ts_get_u32(b.fake->irf + 4 * (TS_IRF_BEFORE + 40 - 8 * pre)) * config_float(&b, TS_CFG_IRF_SCALE) == 1);
      CHECK_NEAR(config_float(&b, TS_CFG_CUMULANT_1), 40, 1e-6);
      /* the device's shift of 0.25 is that of its pulse, which stands at 40.5 */
      CHECK_NEAR(r.shift_s / width, (40.75 - from) * per_bin, 1e-6);
      CHECK(!(r.flags & TS_FLAG_HOST_FINISHED));
      free(counts);
      bench_close(&b);
    }
  bench b;
  bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 1);
  b.o.irf_fwhm_s = 1.5 * width;
  b.o.irf_start_s = 1.2 * width;
  CHECK(fit(&b).flags & TS_FLAG_HOST_FINISHED);
  bench_close(&b);
}

/* An invented answer is far from what the counts say: the host goes where they do, unless it is told not to look. */
static void short_of_the_maximum(void) {
  for (int unchecked = 0; unchecked <= 1; unchecked++) {
    bench b;
    bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 1);
    b.o.unchecked = unchecked;
    b.fake->result[TS_RES_RATE_1] = 0.045;
    const ts_trpl_result r = fit(&b);
    CHECK(r.status == TS_STATUS_OK && (r.flags & TS_FLAG_HOST_FINISHED ? !unchecked : unchecked));
    CHECK_NEAR(r.lifetime_s[0], width / (unchecked ? 0.045 : 0.04), unchecked ? 1e-16 : 4 * r.lifetime_sigma_s[0]);
    CHECK(isfinite(r.left_sigmas) == unchecked && (!unchecked || r.left_sigmas > 10));
    bench_close(&b);
  }
}

static void units_and_intervals(void) {
  bench b;
  bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 2);
  const ts_trpl_result r = fit(&b);
  CHECK(r.status == TS_STATUS_OK && r.index == 7 && r.components == 2 && r.evaluations == 5 && r.starts == 2 && r.cycles == -1);
  /* Sorted: the device's second component is the faster one. */
  CHECK_NEAR(r.lifetime_s[0], width / 0.5, 1e-18);
  CHECK_NEAR(r.lifetime_s[1], width / 0.04, 1e-16);
  CHECK_NEAR(r.amplitude[0], 500, 1e-3);
  CHECK_NEAR(r.amplitude_fraction[1], 2 / 3.0, 1e-6);
  for (int k = 0; k < 2; k++) {
    const double rate = k ? 0.04 : 0.5, chain = rate * exp(-rate) / (1 - exp(-rate)), s = 0.01 / chain; /* of ln tau */
    CHECK_NEAR(r.lifetime_sigma_s[k] / r.lifetime_s[k], s, 1e-6);
    CHECK_NEAR(r.lifetime_low_s[k] / r.lifetime_s[k], exp(-1.96 * s), 1e-6);
    CHECK_NEAR(r.lifetime_high_s[k] / r.lifetime_s[k], exp(1.96 * s), 1e-6);
    CHECK_NEAR(r.amplitude_sigma[k], r.amplitude[k] * 0.01, 1e-4);
  }
  const double t1 = r.lifetime_s[0], t2 = r.lifetime_s[1], a1 = 500, a2 = 1000, m = (a1 * t1 + a2 * t2) / (a1 + a2), i = (a1 * t1 * t1 + a2 * t2 * t2) / (a1 * t1 + a2 * t2);
  CHECK_NEAR(r.lifetime_mean_amplitude_s / m, 1, 1e-6);
  CHECK_NEAR(r.lifetime_mean_intensity_s / i, 1, 1e-6);
  /* Their sigmas by finite differences. */
  const double s1 = r.lifetime_sigma_s[0] / t1, s2 = r.lifetime_sigma_s[1] / t2, sigma[4] = {0.01, s1, 0.01, s2};
  double va = 0, vi = 0;
  for (int k = 0; k < 4; k++) {
    double x[4] = {a1, t1, a2, t2};
    x[k] *= exp(1e-6);
    const double dm = ((x[0] * x[1] + x[2] * x[3]) / (x[0] + x[2]) - m) / 1e-6;
    const double di = ((x[0] * x[1] * x[1] + x[2] * x[3] * x[3]) / (x[0] * x[1] + x[2] * x[3]) - i) / 1e-6;
    va += dm * dm * sigma[k] * sigma[k];
    vi += di * di * sigma[k] * sigma[k];
  }
  CHECK_NEAR(r.lifetime_mean_amplitude_sigma_s / sqrt(va), 1, 1e-4);
  CHECK_NEAR(r.lifetime_mean_intensity_sigma_s / sqrt(vi), 1, 1e-4);
  CHECK_NEAR(r.shift_s, 0.25 * width, 1e-17);
  CHECK_NEAR(r.shift_sigma_s, width / 20, 1e-17);
  CHECK_NEAR(r.background_sigma, 0.5, 1e-6);
  CHECK_NEAR(r.chi2_reduced, 80.0 / r.degrees_of_freedom, 1e-6);
  CHECK(isfinite(r.deviance) && r.bic > r.deviance);
  CHECK_NEAR(r.bic - r.deviance, 6 * log(BINS), 1e-6);
  CHECK(strlen(r.raw) == 8 * (15 + 21) && strncmp(r.raw, "01000000", 8) == 0);
  bench_close(&b);

  /* With correlations: the inverse of the whole matrix. Fisher of (ln a, ln eps): [4 1; 1 2] * 1e4, the rest apart. */
  bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 1);
  double *f = b.fake->result + TS_RES_FIXED_WORDS;
  f[0] = 4e4, f[1] = 1e4, f[2] = 2e4;
  b.fake->cycles = 1234;
  const ts_trpl_result one = fit(&b);
  const double chain = 0.04 * exp(-0.04) / (1 - exp(-0.04));
  CHECK_NEAR(one.lifetime_sigma_s[0] / one.lifetime_s[0], sqrt(4 / 7e4) / chain, 1e-6);
  CHECK_NEAR(one.amplitude_sigma[0] / one.amplitude[0], sqrt(2 / 7e4), 1e-6);
  CHECK(one.cycles == 1234 && one.lifetime_mean_amplitude_s == one.lifetime_s[0]);
  CHECK_NEAR(one.lifetime_mean_intensity_sigma_s / one.lifetime_sigma_s[0], 1, 1e-9);
  bench_close(&b);
}

/* A background at zero has no sigma: the expected counts there, and with them the Fisher matrix, are those of the device's floor. */
static void background_at_zero(void) {
  bench b;
  bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 1);
  b.fake->result[TS_RES_BACKGROUND] = TS_BACKGROUND_MIN;
  CHECK(isfinite(fit(&b).background_sigma));
  b.fake->result[TS_RES_STATUS] = TS_STATUS_MASK_CONVERGED | TS_STATUS_MASK_BACKGROUND_AT_FLOOR;
  const ts_trpl_result r = fit(&b);
  CHECK(isnan(r.background_sigma) && isfinite(r.lifetime_sigma_s[0]) && r.status == TS_STATUS_OK);
  bench_close(&b);
}

static ts_status status_with(unsigned components, unsigned bits, void (*change)(bench *), unsigned *flags) {
  bench b;
  bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, components);
  b.fake->result[TS_RES_STATUS] = bits;
  if (change) change(&b);
  const ts_trpl_result r = fit(&b);
  if (flags) *flags = r.flags;
  if (r.status == TS_STATUS_INSUFFICIENT_DATA && bits & TS_STATUS_MASK_NO_COUNTS) CHECK(isnan(r.lifetime_s[0]) && isnan(r.chi2_reduced));
  bench_close(&b);
  return r.status;
}

static double *diagonal(bench *b, unsigned i) { return &b->fake->result[TS_RES_FIXED_WORDS + i * (i + 1) / 2 + i]; }
static void weak_amplitude(bench *b) { *diagonal(b, 2) = 8; }
static void no_amplitude(bench *b) { *diagonal(b, 0) = 8; }
static void no_rate(bench *b) { *diagonal(b, 1) = 8; }
static void at_short_edge(bench *b) { b->fake->result[TS_RES_RATE_1] = 1.9, *diagonal(b, 1) = 2e3; }
static void at_long_edge(bench *b) { b->fake->result[TS_RES_RATE_1] = 1.0 / (45 * BINS), *diagonal(b, 1) = 100; }
/* The short component (the device's second): Fisher matrix of its ln a and ln eps. */
static void short_block(bench *b, double aa, double ae, double ee) { *diagonal(b, 2) = aa, *diagonal(b, 3) = ee, b->fake->result[TS_RES_FIXED_WORDS + 6 + 2] = ae; }
static void short_certain(bench *b) { short_block(b, 100, 96, 100); }                                                /* 0.36 each, 10 with the other known */
static void short_faint(bench *b) { short_block(b, 20, 19.2, 20); }                                                  /* 4.5 with the other known */
static void short_near(bench *b) { short_certain(b), b->fake->result[TS_RES_RATE_1] = 0.1; }                         /* lifetimes 3.5 sigma apart */
static void short_is_long(bench *b) { short_block(b, 100, 98.5, 100), b->fake->result[TS_RES_RATE_2] = 0.02, b->fake->result[TS_RES_RATE_1] = 0.0016; }
static void long_certain(bench *b) { *diagonal(b, 0) = *diagonal(b, 1) = 100, b->fake->result[TS_RES_FIXED_WORDS + 1] = 96; }
static void equal_lifetimes(bench *b) { b->fake->result[TS_RES_RATE_2] = 0.0401; }
static void indefinite(bench *b) { b->fake->result[TS_RES_FIXED_WORDS + 1] = 2e4; }
static void no_diagonal(bench *b) { *diagonal(b, 0) = 0; }
static void vanished(bench *b) { b->fake->result[TS_RES_AMPLITUDE_2] = 1e-5; }
static void few(bench *b) { memset(b->counts, 0, sizeof b->counts); b->counts[41] = 12; b->counts[50] = 20; }
static void full_16(bench *b) { b->counts[41] = b->counts[42] = 65535; }
static void full_17(bench *b) { b->counts[41] = 131071; }
static void full_24(bench *b) { b->counts[41] = 16777215; }
static void full_32(bench *b) { b->counts[41] = 4294967295; }
static void above_16(bench *b) { b->counts[41] = 65535, b->counts[42] = 65536; }
static void one_bin(bench *b) { memset(b->counts, 0, sizeof b->counts); b->counts[41] = 100000; }
static void nonsense(bench *b) { b->fake->result[TS_RES_RATE_1] = -3; }
static void zero_amplitudes(bench *b) { b->fake->result[TS_RES_AMPLITUDE_1] = 0; }
static void large_chi2(bench *b) { b->fake->result[TS_RES_CHI2] = 300; }
/* Nothing before the response, as it is with the background held at zero: the variance of chi2 is then beyond any normal form. */
static void no_background(bench *b) { make_counts(b, 0), b->o.background = TS_ZERO, b->o.period_s = 1000 * width; }
static void no_period(bench *b) { make_counts(b, 0), b->o.background = TS_ZERO; } /* what the window leaves out would be seen before the response */
static void long_lifetime(bench *b) { b->fake->result[TS_RES_RATE_1] = 1.0 / 400; }
static void pulses_given(bench *b) { b->o.pulses = 1e5; }
static void held_shift(bench *b) { b->o.shift = TS_ZERO; }

static void statuses(void) {
  const unsigned good = TS_STATUS_MASK_CONVERGED;
  unsigned flags = 0;
  CHECK(status_with(1, good, NULL, &flags) == TS_STATUS_OK && flags == 0);
  CHECK(status_with(2, good, NULL, NULL) == TS_STATUS_OK);
  CHECK(status_with(4, good, NULL, NULL) == TS_STATUS_ORDER_UNSUPPORTED); /* three equal lifetimes */
  CHECK(status_with(1, good | TS_STATUS_MASK_NO_COUNTS, NULL, NULL) == TS_STATUS_INSUFFICIENT_DATA);
  CHECK(status_with(1, good, few, NULL) == TS_STATUS_INSUFFICIENT_DATA);
  CHECK(status_with(1, good, one_bin, NULL) == TS_STATUS_INSUFFICIENT_DATA);
  CHECK(status_with(1, TS_STATUS_MASK_COUNT_SATURATED, NULL, NULL) == TS_STATUS_SATURATED);
  CHECK(status_with(1, good, full_17, NULL) == TS_STATUS_SATURATED && status_with(1, good, full_24, NULL) == TS_STATUS_SATURATED); /* of a device's bins */
  CHECK(status_with(1, good, full_16, NULL) == TS_STATUS_SATURATED); /* a counter's maximum, whatever the device's words hold */
  CHECK(status_with(1, 0, full_32, NULL) == TS_STATUS_SATURATED);
  CHECK(status_with(1, good, above_16, NULL) == TS_STATUS_OK);
  CHECK(status_with(1, TS_STATUS_MASK_EVALUATION_LIMIT, NULL, NULL) == TS_STATUS_NOT_CONVERGED);
  CHECK(status_with(1, TS_STATUS_MASK_RATE_AT_LIMIT, NULL, NULL) == TS_STATUS_NOT_CONVERGED);
  CHECK(status_with(1, good | TS_STATUS_MASK_RATE_AT_LIMIT, NULL, NULL) == TS_STATUS_AT_LIMIT);
  CHECK(status_with(1, good | TS_STATUS_MASK_SHIFT_AT_LIMIT, NULL, NULL) == TS_STATUS_AT_LIMIT);
  CHECK(status_with(1, good | TS_STATUS_MASK_SHIFT_AT_LIMIT, held_shift, NULL) == TS_STATUS_OK);
  CHECK(status_with(2, good, vanished, NULL) == TS_STATUS_AT_LIMIT);
  CHECK(status_with(2, good, weak_amplitude, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(1, good, no_amplitude, NULL) == TS_STATUS_ORDER_UNSUPPORTED); /* a flat histogram */
  CHECK(status_with(1, good, no_rate, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(1, good, at_short_edge, NULL) == TS_STATUS_AT_LIMIT); /* the interval reaches over the edge of what is searched */
  CHECK(status_with(1, good, at_long_edge, NULL) == TS_STATUS_AT_LIMIT);
  CHECK(status_with(2, good, short_certain, NULL) == TS_STATUS_OK);
  CHECK(status_with(2, good, short_faint, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(2, good, short_near, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(2, good, short_is_long, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(2, good, long_certain, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(1, good, long_certain, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(2, good, equal_lifetimes, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(1, good, indefinite, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(1, good, no_diagonal, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(1, good | TS_STATUS_MASK_SINGULAR, NULL, NULL) == TS_STATUS_ORDER_UNSUPPORTED);
  CHECK(status_with(1, good, nonsense, NULL) == TS_STATUS_NOT_CONVERGED);
  CHECK(status_with(1, good, zero_amplitudes, NULL) == TS_STATUS_NOT_CONVERGED);
  CHECK(status_with(1, good | TS_STATUS_MASK_BACKGROUND_AT_FLOOR, NULL, &flags) == TS_STATUS_OK && flags == TS_FLAG_BACKGROUND_AT_ZERO);
  CHECK(status_with(1, good, large_chi2, &flags) == TS_STATUS_OK && flags == TS_FLAG_POOR_FIT);
  CHECK(status_with(1, good, no_background, &flags) == TS_STATUS_OK && flags == 0);
  CHECK(status_with(1, good, no_period, &flags) == TS_STATUS_OK && flags == TS_FLAG_PERIOD_UNKNOWN);
  CHECK(status_with(1, good, long_lifetime, &flags) == TS_STATUS_OK && flags & TS_FLAG_LIFETIME_BEYOND_WINDOW);
  CHECK(status_with(1, good, pulses_given, &flags) == TS_STATUS_OK && flags == TS_FLAG_PILE_UP);
  for (unsigned s = TS_STATUS_OK; s <= TS_STATUS_ORDER_UNSUPPORTED; s++) CHECK(strcmp(ts_status_name((ts_status)s), "unknown") != 0);
  for (unsigned bit = 0; bit < 18; bit++) CHECK(ts_flag_name(1u << bit) != NULL);
  CHECK(ts_flag_name(3) == NULL && ts_flag_name(0) == NULL);
}

/* Counts beyond the words: divided for the device, multiplied in the result. */
static void scaling(void) {
  bench b;
  bench_open(&b, TS_ENGINE_U16, TS_IRF_GAUSS, 1);
  for (int i = 0; i < BINS; i++) b.counts[i] *= 2001;
  const ts_trpl_result r = fit(&b); /* largest about 2e6, which has 21 bits */
  const double by = ldexp(1, 21 - TS_ENGINE_U16_COUNT_BITS);
  CHECK(r.flags & TS_FLAG_PRECISION_LIMITED);
  CHECK_NEAR(r.amplitude[0], 1000 * by, 0.01);
  CHECK_NEAR(r.background_per_bin, 1.5 * by, 1e-6);
  CHECK_NEAR(r.background_sigma, 0.5 * by, 1e-6);
  CHECK_NEAR(r.chi2_reduced * r.degrees_of_freedom, 80 * by, 1e-4);
  uint32_t top = 0;
  for (size_t at = 0, k = 1, n = 0; at < b.fake->counts_bytes && k; at += k, n++) {
    uint32_t v = 0;
    k = ts_leb128_get(b.fake->counts + at, b.fake->counts_bytes - at, &v);
    if (v > top) top = v;
  }
  CHECK(top < 1u << TS_ENGINE_U16_COUNT_BITS && top >= 1u << (TS_ENGINE_U16_COUNT_BITS - 1));
  b.counts[100] = UINT64_MAX; /* no overflow of the sums */
  b.counts[101] = UINT64_MAX;
  const ts_trpl_result huge = fit(&b);
  CHECK(huge.flags & TS_FLAG_PRECISION_LIMITED && isfinite(huge.amplitude[0]));
  bench_close(&b);
}

static void rebinning_and_refusals(void) {
  bench b;
  bench_open(&b, TS_ENGINE_U16, TS_IRF_GAUSS, 1);
  b.o.irf_fwhm_s = 20 * width;
  b.o.irf_start_s = 400 * width;
  ts_trpl_plan *p = NULL;
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 4095, NULL) == TS_OK);
  CHECK(ts_trpl_plan_flags(p) & TS_FLAG_REBINNED);
  static uint64_t counts[4095];
  static double mu[4095];
  for (int i = 0; i < 4095; i++) counts[i] = 50;
  ts_trpl_result r;
  bool got = false;
  CHECK(ts_trpl_submit(p, counts, 0) == TS_OK && ts_trpl_poll(p, true, &r, &got) == TS_OK && got);
  CHECK(layout_word(&b, TS_LAYOUT_BINS) == 1023 && (layout_word(&b, TS_LAYOUT_MODEL) >> 8 & 15) == 4);
  CHECK_NEAR(r.amplitude[0], 250, 1e-3); /* counts of one of the user's bins */
  CHECK_NEAR(r.background_per_bin, 1.5 / 4, 1e-6);
  CHECK_NEAR(r.lifetime_s[0], 4 * width / 0.04, 1e-15);
  CHECK_NEAR(r.shift_s, width, 1e-17);
  CHECK(r.counts == 50.0 * 4092 && ts_trpl_curve(p, &r, mu) == TS_OK && isfinite(mu[4091]) && isnan(mu[4092]));
  ts_trpl_plan_destroy(p);

  b.o.components = 4;
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 512, NULL) == TS_ERROR_UNSUPPORTED && strstr(ts_device_message(b.device), "u16 holds 3"));
  b.o.components = 1;
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 256, NULL) == TS_ERROR_INPUT && strstr(ts_device_message(b.device), "within the data's window"));
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 3, NULL) == TS_ERROR_INPUT);
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 100000, NULL) == TS_ERROR_UNSUPPORTED);
  b.o.irf_start_s = 40 * width;
  b.o.period_s = 100 * width;
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 256, NULL) == TS_ERROR_INPUT && strstr(ts_device_message(b.device), "period"));
  b.o.period_s = 0;
  b.o.lifetime_s[0] = width / 10;
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 256, NULL) == TS_ERROR_INPUT && strstr(ts_device_message(b.device), "lifetime 1"));
  b.o.lifetime_s[0] = 0;
  b.o.lifetime_held[0] = true;
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 256, NULL) == TS_ERROR_INPUT);
  b.o.lifetime_held[0] = false;
  b.o.bin_width_s = NAN;
  CHECK(ts_trpl_plan_create(&p, b.device, &b.o, 256, NULL) == TS_ERROR_ARGUMENT);
  CHECK(p == NULL);
  bench_close(&b);
}

/* Without a Fisher matrix: the same numbers, no errors, said so; the device's own word on a singular matrix counts. */
static void compact(void) {
  for (unsigned components = 1; components <= 4; components++) {
    bench full, small;
    bench_open(&full, TS_ENGINE_E18, TS_IRF_GAUSS, components);
    bench_open(&small, TS_ENGINE_E18, TS_IRF_GAUSS, components);
    small.o.compact = true;
    full.fake->result[TS_RES_SHIFT] = small.fake->result[TS_RES_SHIFT] = 0.125 * components;
    full.fake->result[TS_RES_BACKGROUND] = small.fake->result[TS_RES_BACKGROUND] = 3.0 + components;
    const ts_trpl_result b = fit(&small), a = fit(&full);
    CHECK((layout_word(&small, TS_LAYOUT_MODEL) ^ layout_word(&full, TS_LAYOUT_MODEL)) == 1u << 25);
    CHECK(b.flags == (a.flags | TS_FLAG_COMPACT) && strlen(b.raw) == 8 * (4 + 2 * components));
    for (unsigned k = 0; k < components; k++) {
      CHECK(b.lifetime_s[k] == a.lifetime_s[k] && b.amplitude[k] == a.amplitude[k]);
      CHECK(isnan(b.lifetime_sigma_s[k]) && isnan(b.lifetime_low_s[k]) && isnan(b.lifetime_high_s[k]) && isnan(b.amplitude_sigma[k]));
    }
    CHECK(b.shift_s == a.shift_s && b.background_per_bin == a.background_per_bin && b.chi2_reduced == a.chi2_reduced);
    CHECK(isnan(b.shift_sigma_s) && isnan(b.background_sigma) && isnan(b.lifetime_mean_amplitude_sigma_s) && isnan(b.lifetime_mean_intensity_sigma_s));
    CHECK(b.status == TS_STATUS_OK && b.cycles == -1 && b.evaluations == 0);
    small.fake->result[TS_RES_STATUS] = TS_STATUS_MASK_CONVERGED | TS_STATUS_MASK_SINGULAR;
    CHECK(fit(&small).status == TS_STATUS_ORDER_UNSUPPORTED);
    small.fake->result[TS_RES_STATUS] = 0;
    CHECK(fit(&small).status == TS_STATUS_NOT_CONVERGED);
    bench_close(&full);
    bench_close(&small);
  }
}

/* Any bits for an answer: no crash, no number that is not one of the allowed kinds. */
static void random_words(void) {
  uint64_t s = 1234567;
  for (int round = 0; round < 300; round++) {
    bench b;
    bench_open(&b, TS_ENGINE_E18, TS_IRF_GAUSS, 1 + (unsigned)round % 4);
    b.o.compact = round % 5 == 4;
    for (int i = 0; i < TS_RESULT_WORDS_MAX; i++) {
      s = s * 6364136223846793005u + 1442695040888963407u;
      b.fake->result[i] = ts_f32x_to_double((uint32_t)(s >> 32));
      if (round % 3 == 0) b.fake->result[i] = fabs(b.fake->result[i]);
    }
    const ts_trpl_result r = fit(&b);
    CHECK(r.status != TS_STATUS_OK || (r.lifetime_s[0] > 0 && (b.o.compact ? isnan(r.lifetime_sigma_s[0]) : r.lifetime_sigma_s[0] > 0)));
    bench_close(&b);
  }
}

int main(void) {
  configuration();
  tail_fit();
  blurred();
  short_of_the_maximum();
  units_and_intervals();
  background_at_zero();
  statuses();
  scaling();
  rebinning_and_refusals();
  compact();
  random_words();
  return check_end();
}
