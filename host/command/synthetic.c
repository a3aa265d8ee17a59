#include "synthetic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FWHM_PER_SIGMA 2.3548200450309493   /* 2 sqrt(2 ln 2) */
#define EARLIER_MAX 100000

/* exp(x^2) erfc(x) for x >= 0. */
static double scaled_erfc(double x)
{
  if (x < 15) return exp(x * x) * erfc(x);
  double y = 1 / (2 * x * x);   /* asymptotic series; at x = 15 its error is below 1e-15 */
  return (1 + y * (-1 + y * (3 + y * (-15 + y * (105 + y * (-945 + y * 10395)))))) / (x * sqrt(acos(-1.0)));
}

/* Gaussian of area 1 around 0 with standard deviation s, convolved with exp(-t / tau), t >= 0. */
static double modified_gaussian(double t, double s, double tau)
{
  double x = (s / tau - t / s) / sqrt(2);
  if (x > 0) return 0.5 * exp(-0.5 * t * t / (s * s)) * scaled_erfc(x);
  return 0.5 * exp(0.5 * s * s / (tau * tau) - t / tau) * erfc(x);
}

static double normal_between(double a, double b, double s)
{
  double u = a / (s * sqrt(2)), v = b / (s * sqrt(2));
  return u > 0 ? 0.5 * (erfc(u) - erfc(v)) : 0.5 * (erfc(-v) - erfc(-u));
}

/* Integral of the response to one pulse from a to b (times from the pulse). */
static double response_between(double a, double b, double s, double tau)
{
  if (s > 0) return tau * (normal_between(a, b, s) - (modified_gaussian(b, s, tau) - modified_gaussian(a, s, tau)));
  if (b <= 0) return 0;
  if (a < 0) a = 0;
  return -tau * exp(-a / tau) * expm1(-(b - a) / tau);
}

/* The same with all earlier pulses. Far behind the IRF the rest is a geometric series. */
static double periodic_between(double a, double b, double s, double tau, double period)
{
  double sum = response_between(a, b, s, tau);
  if (!(period > 0)) return sum;
  for (int m = 1; m < EARLIER_MAX; m++) {
    double from = a + m * period, to = b + m * period;
    double term = response_between(from, to, s, tau);
    if (from > 10 * s + s * s / tau) return sum - term / expm1(-period / tau);
    sum += term;
  }
  return sum;
}

void ts_synthetic_expected(const ts_synthetic *s, double *expected)
{
  double sigma = s->irf_fwhm_s / FWHM_PER_SIGMA, zero = s->irf_position_s + s->shift_s;
  for (size_t i = 0; i < s->bins; i++) {
    double a = (double)i * s->bin_width_s - zero, b = (double)(i + 1) * s->bin_width_s - zero;
    double mu = s->background_per_bin;
    for (unsigned k = 0; k < s->components; k++)
      mu += s->amplitude[k] / s->bin_width_s * periodic_between(a, b, sigma, s->lifetime_s[k], s->period_s);
    expected[i] = mu > 0 ? mu : 0;
  }
}

void ts_synthetic_irf(const ts_synthetic *s, double *share)
{
  double sigma = s->irf_fwhm_s / FWHM_PER_SIGMA;
  for (size_t i = 0; i < s->bins; i++)
    share[i] = normal_between((double)i * s->bin_width_s - s->irf_position_s, (double)(i + 1) * s->bin_width_s - s->irf_position_s, sigma);
}

bool ts_synthetic_scale(ts_synthetic *s, double counts, double *room)
{
  ts_synthetic decay = *s;
  double sum = 0;
  decay.background_per_bin = 0;
  ts_synthetic_expected(&decay, room);
  for (size_t i = 0; i < s->bins; i++) sum += room[i];
  if (!(sum > 0)) return false;
  for (unsigned k = 0; k < s->components; k++) s->amplitude[k] *= counts / sum;
  return true;
}

/* ---- bounds ---- */
#define PARAMETERS (2 * TS_COMPONENTS_MAX + 2)

/* Parameter p of s moved by d: amplitudes and lifetimes by exp(d), the shift by d bins, the background by d counts. */
static void move(ts_synthetic *s, unsigned p, double d)
{
  unsigned k = s->components;
  if (p < k) s->amplitude[p] *= exp(d);
  else if (p < 2 * k) s->lifetime_s[p - k] *= exp(d);
  else if (p == 2 * k) s->background_per_bin += d;
  else s->shift_s += d * s->bin_width_s;
}

/* Inverse of a symmetric positive matrix by Gauss-Jordan with the diagonal scaled to 1; only its diagonal is returned. */
static bool inverse_diagonal(double h[PARAMETERS][PARAMETERS], unsigned n, double *diagonal)
{
  double scale[PARAMETERS], a[PARAMETERS][2 * PARAMETERS];
  for (unsigned i = 0; i < n; i++) {
    if (!(h[i][i] > 0)) return false;
    scale[i] = 1 / sqrt(h[i][i]);
  }
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) {
      a[i][j] = h[i][j] * scale[i] * scale[j];
      a[i][n + j] = i == j;
    }
  for (unsigned i = 0; i < n; i++) {
    double pivot = a[i][i];
    if (!(pivot > 1e-13)) return false;
    for (unsigned j = 0; j < 2 * n; j++) a[i][j] /= pivot;
    for (unsigned r = 0; r < n; r++) {
      double f = r == i ? 0 : a[r][i];
      for (unsigned j = 0; f != 0 && j < 2 * n; j++) a[r][j] -= f * a[i][j];
    }
  }
  for (unsigned i = 0; i < n; i++) diagonal[i] = a[i][n + i] * scale[i] * scale[i];
  return true;
}

bool ts_synthetic_bounds(const ts_synthetic *s, ts_bounds *b)
{
  unsigned k = s->components, n = 2 * k + 1 + (s->irf_fwhm_s > 0 ? 1u : 0u);
  double h[PARAMETERS][PARAMETERS] = {{0}}, variance[PARAMETERS];
  const double step = 1e-4;
  double *mu = malloc((n + 2) * s->bins * sizeof *mu), *minus = mu ? mu + (n + 1) * s->bins : NULL;
  for (unsigned i = 0; i < TS_COMPONENTS_MAX; i++) b->lifetime_sigma_s[i] = b->amplitude_sigma[i] = NAN;
  b->background_sigma = b->shift_sigma_s = NAN;
  if (!mu) return false;
  ts_synthetic_expected(s, mu);
  for (unsigned p = 0; p < n; p++) {
    double *plus = mu + (p + 1) * s->bins;
    ts_synthetic up = *s, down = *s;
    move(&up, p, step);
    move(&down, p, -step);
    ts_synthetic_expected(&up, plus);
    ts_synthetic_expected(&down, minus);
    for (size_t i = 0; i < s->bins; i++) plus[i] = p == 2 * k ? 1 : (plus[i] - minus[i]) / (2 * step);
  }
  for (unsigned p = 0; p < n; p++)
    for (unsigned q = 0; q <= p; q++) {
      for (size_t i = 0; i < s->bins; i++)
        if (mu[i] > 0) h[p][q] += mu[(p + 1) * s->bins + i] * mu[(q + 1) * s->bins + i] / mu[i];
      h[q][p] = h[p][q];
    }
  free(mu);
  if (!inverse_diagonal(h, n, variance)) return false;
  for (unsigned i = 0; i < k; i++) {
    b->amplitude_sigma[i] = s->amplitude[i] * sqrt(variance[i]);
    b->lifetime_sigma_s[i] = s->lifetime_s[i] * sqrt(variance[k + i]);
  }
  b->background_sigma = sqrt(variance[2 * k]);
  if (n > 2 * k + 1) b->shift_sigma_s = sqrt(variance[2 * k + 1]) * s->bin_width_s;
  return true;
}
