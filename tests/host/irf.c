/* IRF preparation, the search for the shift, and the double-precision curve against closed forms. */
#include <stdlib.h>

#include "check.h"
#include "fake_device.h"
#include "fit/irf.h"
#include "fit/plan.h"
#include "fit/shift.h"
#include "session/device_private.h"

static const double width = 1e-10;
static char message[TS_MESSAGE_BYTES];
static uint64_t state = 88172645463325252u;

static double uniform(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static double poisson(double mean) {
  if (mean > 50) return floor(fmax(0, mean + sqrt(mean) * sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform())) + 0.5);
  double p = uniform(), n = 0;
  for (const double limit = exp(-mean); p > limit; n++) p *= uniform();
  return n;
}

static double gauss_bin(double i, double centre, double fwhm) {
  const double s = 2 * sqrt(log(2)) / fwhm;
  return (erf((i + 1 - centre) * s) - erf((i - centre) * s)) / 2;
}

static ts_trpl_options options(ts_irf_kind kind) {
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = width;
  o.irf_kind = kind;
  return o;
}

static double sum_of(const ts_irf *irf) {
  double s = 0;
  for (size_t i = 0; i < irf->n; i++) s += irf->g[i];
  return s;
}

static double mean_of(const ts_irf *irf) {
  double s = 0;
  for (size_t i = 0; i < irf->n; i++) s += ((double)irf->first + (double)i) * irf->g[i];
  return s;
}

static void gauss(void) {
  for (double fwhm = 0.3; fwhm < 30; fwhm *= 1.7) {
    ts_trpl_options o = options(TS_IRF_GAUSS);
    o.irf_fwhm_s = fwhm * width;
    o.irf_start_s = 20.3 * width;
    ts_irf irf;
    CHECK(ts_irf_prepare(&irf, &o, 200, message) == TS_OK);
    CHECK_NEAR(sum_of(&irf), 1, 1e-12);
    CHECK_NEAR(mean_of(&irf) - irf.offset, 19.8, 1e-6);
    CHECK_NEAR(irf.fwhm_bins, fwhm, 1e-9);
    CHECK(irf.flags == 0);
    ts_irf_free(&irf);
  }
  ts_trpl_options o = options(TS_IRF_GAUSS);
  o.irf_fwhm_s = 300 * width;
  ts_irf irf;
  CHECK(ts_irf_prepare(&irf, &o, 200, message) == TS_ERROR_INPUT && strstr(message, "wider"));
}

static void histogram(void) {
  enum { N = 300 };
  double v[N];
  ts_irf irf;
  ts_trpl_options o = options(TS_IRF_HISTOGRAM);
  o.irf = v;
  o.irf_bins = N;
  o.irf_bin_width_s = width;
  for (int i = 0; i < N; i++) v[i] = 0;
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_ERROR_INPUT && strstr(message, "all 300 bins"));
  v[3] = NAN;
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_ERROR_INPUT && strstr(message, "bin 3"));
  /* A noisy background is found and taken off, and the bins before the rise are empty. */
  for (double background = 0; background < 3000; background = background * 9 + 0.05) {
    for (int i = 0; i < N; i++) v[i] = poisson(background + 3e5 * gauss_bin(i, 100.5, 6));
    CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
    CHECK_NEAR(sum_of(&irf), 1, 1e-12);
    CHECK_NEAR(irf.counts, 3e5, 5 * sqrt(3e5 + 4 * N * background * (1 + N / 80.0)));
    CHECK_NEAR(mean_of(&irf), 100, 1 + background * 0.02);
    CHECK_NEAR(irf.fwhm_bins, 6, 0.25);
    double before = 0;
    for (int i = 0; i < 80; i++) before += irf.g[i];
    CHECK(before == 0);
    CHECK((irf.flags & TS_FLAG_IRF_RESAMPLED) == 0);
    ts_irf_free(&irf);
  }
  for (int i = 0; i < N; i++) v[i] = 50 + 1e4 * gauss_bin(i, 100.5, 6);
  o.irf_background = TS_HELD;
  o.irf_background_counts_per_bin = 50;
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
  CHECK_NEAR(irf.counts, 1e4, 1);
  CHECK(irf.flags == 0);
  ts_irf_free(&irf);
  o.irf_background_counts_per_bin = 1e5;
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_ERROR_INPUT && strstr(message, "nothing is left"));
  o.irf_background = TS_ZERO;
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
  CHECK_NEAR(irf.counts, 1e4 + 50 * N, 1);
  ts_irf_free(&irf);
  /* Cut off at its end. */
  o.irf_background = TS_FREE;
  o.irf_bins = 101;
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && irf.flags & TS_FLAG_IRF_TRUNCATED);
  ts_irf_free(&irf);
  /* Another grid: half the width, starting between two bins of the data. */
  o.irf_bins = N;
  o.irf_bin_width_s = width / 2;
  o.irf_start_s = 10.25 * width;
  for (int i = 0; i < N; i++) v[i] = 1e6 * gauss_bin(i, 100.5, 12);
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && irf.flags == TS_FLAG_IRF_RESAMPLED);
  CHECK_NEAR(sum_of(&irf), 1, 1e-12);
  CHECK_NEAR(mean_of(&irf), 10.25 + 100.5 / 2 - 0.5, 1e-3);
  CHECK_NEAR(irf.fwhm_bins, 6, 0.1);
  ts_irf_free(&irf);
  o.irf_start_s = width; /* the same grid, whole bins later: no resampling */
  o.irf_bin_width_s = width;
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && irf.flags == 0 && irf.first == 1);
  ts_irf_free(&irf);
}

/* A response on coarser bins, and on bins between those of the data, keeps its place and its width. */
static void resampling(void) {
  enum { N = 200 };
  double v[N];
  ts_irf irf;
  ts_trpl_options o = options(TS_IRF_HISTOGRAM);
  o.irf = v;
  o.irf_bins = N;
  for (double ratio = 0.5; ratio < 2.5; ratio += 0.5) {
    o.irf_bin_width_s = ratio * width;
    o.irf_start_s = 0.3 * width;
    for (int i = 0; i < N; i++) v[i] = 1e6 * gauss_bin(i, (60.5 - 0.3) / ratio, 6 / ratio);
    CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && irf.flags == TS_FLAG_IRF_RESAMPLED);
    CHECK_NEAR(mean_of(&irf), 60, 1e-3);
    double worst = 0;
    for (size_t i = 0; i < irf.n; i++) worst = fmax(worst, fabs(irf.g[i] - gauss_bin((double)irf.first + (double)i, 60.5, 6)));
    CHECK_NEAR(worst, 0, ratio < 1.1 ? 1e-3 : ratio < 1.6 ? 2.5e-3 : 7e-3); /* of a peak of 0.155; straight lines: about twice to three times that */
    ts_irf_free(&irf);
  }
}

/* A histogram of one or two bins does not say what the response is within them. */
static void undersampled(void) {
  enum { N = 200 };
  double v[N];
  ts_irf irf;
  ts_trpl_options o = options(TS_IRF_HISTOGRAM);
  o.irf = v;
  o.irf_bins = N;
  o.irf_bin_width_s = width;
  for (double fwhm = 0.3; fwhm < 6; fwhm += 0.35)
    for (double at = 60; at < 61; at += 0.2) {
      for (int i = 0; i < N; i++) v[i] = rint(1e6 * gauss_bin(i, at, fwhm));
      CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
      CHECK((fwhm > 1.2 && fwhm < 2.5) || !!(irf.flags & TS_FLAG_IRF_UNDERSAMPLED) == (fwhm < 2));
      ts_irf_free(&irf);
    }
}

/* Two-sided exponential of this FWHM. */
static double laplace_bin(double i, double centre, double fwhm) {
  const double t = fwhm / (2 * log(2)), a = i - centre, b = a + 1;
  if (a < 0 && b > 0) return 1 - (exp(a / t) + exp(-b / t)) / 2;
  return a >= 0 ? (exp(-a / t) - exp(-b / t)) / 2 : (exp(b / t) - exp(a / t)) / 2;
}

/* What few filled bins tell: a Gauss with its place and width where it is one, nothing where it is none; a width that they leave open is not told as known. */
static void sharp(void) {
  enum { N = 200 };
  double v[N];
  ts_irf irf;
  ts_trpl_options o = options(TS_IRF_HISTOGRAM);
  o.irf = v;
  o.irf_bins = N;
  o.irf_bin_width_s = width;
  for (double fwhm = 0.5; fwhm < 2; fwhm += 0.45)
    for (double at = 60; at < 61; at += 0.37) {
      const double sigma = fwhm / 2.3548200450309493;
      for (int kind = 0; kind < 2; kind++) { /* expected counts, random ones */
        for (int i = 0; i < N; i++) v[i] = kind ? poisson(3e6 * gauss_bin(i, at, fwhm)) : rint(3e7 * gauss_bin(i, at, fwhm));
        CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
        CHECK_NEAR(irf.gauss.sigma, sigma, kind ? 6 * irf.gauss.sigma_error : fmax(1e-3, irf.gauss.sigma_error));
        CHECK(irf.gauss.sigma_error < 0.2 * sigma && irf.gauss.sigma_error > 0);
        if (irf.gauss.sigma_error < 0.02 * sigma) CHECK_NEAR(irf.gauss.middle - irf.offset, at, kind ? 0.01 : 2e-3);
        ts_irf_free(&irf);
      }
      for (int i = 0; i < N; i++) v[i] = rint(3e7 * laplace_bin(i, at, fwhm));
      CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && irf.gauss.sigma == 0);
      ts_irf_free(&irf);
      for (int i = 0; i < N; i++) v[i] = rint(3e7 * (0.98 * gauss_bin(i, at, fwhm) + (i > 60 ? 0.02 / 8 * exp((60 - i) / 8.0) : 0)));
      CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && irf.gauss.sigma == 0);
      ts_irf_free(&irf);
    }
  for (int filled = 1; filled < 3; filled++) { /* the middle within a bin, or at an edge */
    memset(v, 0, sizeof v);
    v[60] = 1e6;
    if (filled == 2) v[61] = 1e6;
    CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
    CHECK(irf.gauss.sigma > 0.02 && irf.gauss.sigma < 0.2 && irf.gauss.sigma_error > 0.5 * irf.gauss.sigma);
    CHECK_NEAR(irf.gauss.middle - irf.offset, filled == 1 ? 60.5 : 61, 1e-3);
    ts_irf_free(&irf);
  }
}

/* Few bins or none before the rise, and a pulse before the pulse: what is response stays, what is background goes. */
static void early_rise(void) {
  enum { N = 256 };
  double v[N];
  ts_irf irf;
  ts_trpl_options o = options(TS_IRF_HISTOGRAM);
  o.irf = v;
  o.irf_bins = N;
  o.irf_bin_width_s = width;
  for (double centre = 3.4; centre < 16; centre += 1)
    for (double background = 0; background < 4000; background = background * 30 + 100) {
      const double photons = background > 1000 ? 3e7 : 1e6;
      double inside = 0;
      for (int i = 0; i < N; i++) v[i] = poisson(background + photons * gauss_bin(i, centre, 5)), inside += gauss_bin(i, centre, 5);
      CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
      CHECK(centre > 6 && centre < 10 ? true : ((irf.flags & TS_FLAG_IRF_TRUNCATED) != 0) == (centre < 8));
      CHECK_NEAR(irf.counts / (photons * inside), 1, 5e-3);
      double worst = 0;
      for (int i = 0; i < N; i++) worst = fmax(worst, fabs(irf.g[i] - gauss_bin(i, centre, 5) / inside));
      CHECK_NEAR(worst, 0, 2e-3);
      ts_irf_free(&irf);
    }
  for (double part = 0.01; part < 0.3; part *= 3) {
    for (int i = 0; i < N; i++) v[i] = poisson(20 + 1e6 * gauss_bin(i, 60.5, 5) + 1e6 * part * gauss_bin(i, 24.2, 3));
    CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
    double before = 0;
    for (int i = 0; i < 40; i++) before += irf.g[i];
    CHECK_NEAR(before, part / (1 + part), 1e-3);
    CHECK_NEAR(irf.counts / (1e6 * (1 + part)), 1, 5e-3);
    ts_irf_free(&irf);
  }
}

/* Dead bins first, then a background that drifts a little: it is a background all the same. */
static void drifting_background(void) {
  enum { N = 2000 };
  double *v = calloc(N, sizeof *v);
  ts_irf irf;
  ts_trpl_options o = options(TS_IRF_HISTOGRAM);
  o.irf = v;
  o.irf_bins = N;
  o.irf_bin_width_s = width;
  for (int i = 200; i < N; i++) v[i] = poisson(0.6 + 0.4 * i / N + 1e5 * gauss_bin(i, 1000.5, 10));
  CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK);
  CHECK_NEAR(irf.counts, 1e5, 5 * sqrt(1e5));
  double before = 0;
  for (int i = 0; i < 900; i++) before += irf.g[i];
  CHECK(before == 0 && !(irf.flags & TS_FLAG_IRF_TRUNCATED));
  ts_irf_free(&irf);
  free(v);
}

/* The whole window is searched, for every length. */
static void shift(void) {
  for (size_t n = 64; n <= 16384; n *= 4)
    for (int place = 0; place < 4; place++) {
      const double fwhm = 4, tau = (double)n / 15, from = 12, at = 12 + ((double)n - 40) * place / 4 - (place == 0 ? 6 : 0);
      ts_trpl_options o = options(TS_IRF_GAUSS);
      o.irf_fwhm_s = fwhm * width;
      o.irf_start_s = from * width;
      ts_irf irf;
      CHECK(ts_irf_prepare(&irf, &o, n, message) == TS_OK);
      double *y = malloc(n * sizeof *y), c = 0;
      for (size_t i = 0; i < n; i++) {
        c = c * exp(-1 / tau) + gauss_bin((double)i, at, fwhm);
        y[i] = poisson(1 + 1e5 / tau * c);
      }
      long s = 0;
      CHECK(ts_shift_search(&irf, y, n, 0, &s) == TS_OK);
      CHECK_NEAR(s, at - from, 2);
      memset(y, 0, n * sizeof *y);
      CHECK(ts_shift_search(&irf, y, n, 0, &s) == TS_OK && s == 0);
      free(y);
      ts_irf_free(&irf);
    }
}

/* Expected counts of a bin by brute force: Gauss convolved with an exponential, earlier pulses added. */
static double truth(double i, double centre, double fwhm, double k, double period) {
  const double s = fwhm / (2 * sqrt(2 * log(2)));
  double sum = 0;
  for (int q = 0; q < 200; q++) {
    const double x = i + (q + 0.5) / 200 - centre;
    sum += 0.5 * exp(k * k * s * s / 2 - k * x) * erfc((k * s - x / s) / sqrt(2));
    if (period > 0) sum += exp(k * k * s * s / 2 - k * (x + period)) / (1 - exp(-k * period));
  }
  return sum / 200;
}

static void curve(void) {
  enum { N = 256 };
  for (int with_period = 0; with_period < 2; with_period++)
    for (double fwhm = 2; fwhm < 12; fwhm *= 1.5)
      for (double extra = -0.8; extra < 1.3; extra += 0.35) {
        fake_device *f = fake_create(TS_ENGINE_E18);
        ts_device *d = NULL;
        CHECK(ts_device_open_transport(&d, &f->base, "fake", NULL, message) == TS_OK);
        ts_trpl_options o = options(TS_IRF_GAUSS);
        o.irf_fwhm_s = fwhm * width;
        o.irf_start_s = 40 * width;
        o.components = 2;
        o.period_s = with_period ? 300 * width : 0;
        ts_trpl_plan *p = NULL;
        CHECK(ts_trpl_plan_create(&p, d, &o, N, NULL) == TS_OK);
        ts_trpl_result r = {.components = 2, .amplitude = {1000, 500}, .lifetime_s = {3 * width, 60 * width}, .shift_s = extra * width, .background_per_bin = 2};
        double mu[N], worst = 0;
        CHECK(ts_trpl_curve(p, &r, mu) == TS_OK);
        for (int i = 0; i < N; i++) {
          const double t = 2 + 1000 * truth(i, 40 + extra, fwhm, 1 / 3.0, with_period ? 300 : 0) + 500 * truth(i, 40 + extra, fwhm, 1 / 60.0, with_period ? 300 : 0);
          worst = fmax(worst, fabs(mu[i] - t));
        }
        CHECK_NEAR(worst, 0, fwhm < 2.5 ? 6 : fwhm < 4 ? 0.6 : 0.05); /* of some 2000: what whole-bin samples of such an IRF carry */
        ts_trpl_plan_destroy(p);
        ts_device_close(d);
      }
}

/* Tail fit, a response of no width, and a histogram of few bins that is no Gauss (pulses at its bins' centres): closed forms. */
static void pulses(void) {
  enum { N = 100, KINDS = 3 };
  const ts_irf_kind irf[KINDS] = {TS_IRF_NONE, TS_IRF_GAUSS, TS_IRF_HISTOGRAM};
  double mu[N], v[N] = {0};
  v[30] = 1e6, v[31] = 1e5, v[34] = 3e5;
  for (int kind = 0; kind < KINDS; kind++)
    for (double extra = -2.35; extra < 2.5; extra += kind ? 0.4 : 10) {
      fake_device *f = fake_create(TS_ENGINE_E18);
      ts_device *d = NULL;
      CHECK(ts_device_open_transport(&d, &f->base, "fake", NULL, message) == TS_OK);
      ts_trpl_options o = options(irf[kind]);
      o.irf = v;
      o.irf_bins = N;
      o.irf_bin_width_s = width;
      o.irf_background = TS_ZERO;
      o.irf_fwhm_s = 1e-5 * width;
      o.irf_start_s = kind == 1 ? 30.5 * width : 0;
      o.period_s = 200 * width;
      ts_trpl_plan *p = NULL;
      CHECK(ts_trpl_plan_create(&p, d, &o, N, NULL) == TS_OK);
      const double tau = 40, pile = exp(-200 / tau) / (1 - exp(-200 / tau));
      ts_trpl_result r = {.components = 1, .amplitude = {1000}, .lifetime_s = {tau * width}, .shift_s = kind ? extra * width : 0, .background_per_bin = 2};
      CHECK(ts_trpl_curve(p, &r, mu) == TS_OK);
      for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < (kind == 2 ? N : 1); j++) {
          const double at = kind == 2 ? j + 0.5 + extra : kind ? 30.5 + extra : 0, part = kind == 2 ? v[j] / 1.4e6 : 1;
          const double left = fmax(i - at, 0), right = fmax(i + 1 - at, 0);
          sum += part * (tau * (exp(-left / tau) - exp(-right / tau)) + pile * tau * (exp(-(i - at) / tau) - exp(-(i + 1 - at) / tau)));
        }
        CHECK_NEAR(mu[i], 2 + 1000 * sum, 1e-8);
      }
      ts_trpl_plan_destroy(p);
      ts_device_close(d);
    }
}

/* A tail that goes on behind the histogram's end, far below the peak, is missing in a longer window: 0.03 of the response, 100 bins long (an afterpulse). */
static void cut_tail(void) {
  enum { N = 512 };
  double v[N];
  ts_trpl_options o = options(TS_IRF_HISTOGRAM);
  o.irf = v;
  o.irf_bin_width_s = width;
  for (int round = 0; round < 200; round++) {
    const double part = round % 2 ? 0.03 : 0, background = round % 4 < 2 ? 0 : 30, counts = round % 8 < 4 ? 1e6 : 1e5;
    double tail = 0;
    for (int i = 0; i < N; i++) {
      const double pulse = gauss_bin(i, 46, 6);
      tail = tail * exp(-0.01) + part * pulse * 0.01;
      v[i] = poisson(background + counts * ((1 - part) * pulse + tail));
    }
    ts_irf irf;
    o.irf_bins = 150;
    CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && !(irf.flags & TS_FLAG_IRF_TRUNCATED) == !(part > 0));
    ts_irf_free(&irf);
    CHECK(ts_irf_prepare(&irf, &o, 150, message) == TS_OK && !(irf.flags & TS_FLAG_IRF_TRUNCATED)); /* the window ends there, too */
    ts_irf_free(&irf);
    o.irf_bins = N;
    CHECK(ts_irf_prepare(&irf, &o, N, message) == TS_OK && !(irf.flags & TS_FLAG_IRF_TRUNCATED));
    ts_irf_free(&irf);
  }
}

int main(void) {
  gauss();
  histogram();
  resampling();
  undersampled();
  sharp();
  early_rise();
  drifting_background();
  cut_tail();
  shift();
  curve();
  pulses();
  return check_end();
}
