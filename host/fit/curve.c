/* The model in double precision.
 *
 * With G(x) the response integrated from x to x + 1 (G at whole x is the IRF histogram), a component's expected counts are
 *   c[n] = integral_0^inf exp(-k u) G(n - shift - u) du = exp(-k) c[n-1] + integral_0^1 exp(-k u) G(n - shift - u) du.
 * G between the bins is a polynomial through its neighbours; the integral is Gauss-Legendre on both sides of the
 * point where the polynomial changes. An IRF narrower than a bin is a row of pulses instead, or a Gauss, and then everything is exact.
 */
#include <math.h>

#include "plan.h"

#define BEND (1.0 / 64)
#define GAUSS_REACH 6.5 /* sigmas */

enum { NODES_MAX = TS_NODES_HOST, FIR_MAX = NODES_MAX + 1 };

static const double gauss_x[4] = {0.06943184420297371, 0.33000947820757187, 0.66999052179242813, 0.93056815579702629};
static const double gauss_w[4] = {0.17392742256872693, 0.32607257743127307, 0.32607257743127307, 0.17392742256872693};

/* Values at x on nodes -(nodes/2 - 1)..nodes/2. With four and eight nodes it is the device's, which is Lagrange's but for a part of the second or
 * fourth difference (docs/decay_engine.md). */
static void interpolation(double x, int nodes, double value[NODES_MAX]) {
  for (int i = 0; i < nodes; i++) {
    value[i] = 1;
    for (int j = 0; j < nodes; j++)
      if (j != i) value[i] *= (x - (double)(j - (nodes / 2 - 1))) / (double)(i - j);
  }
  if (nodes == 4) {
    const double here = BEND * (1 - x) * x * (x - 2) / 6, there = BEND * x * (x - 1) * (x + 1) / 6;
    const double more[4] = {here, there - 2 * here, here - 2 * there, there};
    for (int i = 0; i < 4; i++) value[i] += more[i];
  } else if (nodes == 8) {
    const double part = (0.5 * x * (1 - x) - 0.4) * x * (1 - x) * (x + 1) * (x - 2) / 120, here = part * (x - 3), there = -part * (x + 2);
    const double more[8] = {0, here, there - 4 * here, 6 * here - 4 * there, 6 * there - 4 * here, here - 4 * there, there, 0};
    for (int i = 0; i < 8; i++) value[i] += more[i];
  }
}

/* weight[i] belongs to g[n + *base + i]; i to nodes. */
static void fir(double k, double shift, int nodes, long *base, double weight[FIR_MAX]) {
  const double f = ceil(-shift) + shift; /* -shift - u crosses a whole number at u = 1 - f (f in [0, 1)) */
  const long low = (long)floor(-shift - 1);
  *base = low - (nodes / 2 - 1);
  for (int i = 0; i < FIR_MAX; i++) weight[i] = 0;
  const double cut = f > 0 ? 1 - f : 1;
  for (int part = 0; part < 2; part++) {
    const double from = part ? cut : 0, length = part ? 1 - cut : cut;
    if (length <= 0) continue;
    const long cell = (long)floor(-shift - (from + length / 2));
    for (int q = 0; q < 4; q++) {
      const double u = from + length * gauss_x[q], x = -shift - u - (double)cell, scale = length * gauss_w[q] * exp(-k * u);
      double value[NODES_MAX];
      interpolation(x, nodes, value);
      for (int i = 0; i < nodes; i++) weight[cell - low + i] += scale * value[i];
    }
  }
}

static void smooth(const ts_response *p, double a, double k, double shift, double period, double *expected) {
  const long n = (long)p->n;
  double weight[FIR_MAX], c = 0;
  long base;
  fir(k, shift, (int)p->nodes, &base, weight);
  if (period > 0) {
    double sum = 0;
    for (long j = 0; j < n; j++) sum += p->g[j] * exp(k * ((double)j + 1 + shift - period));
    c = sum / -expm1(-k * period);
  }
  const double keep = exp(-k);
  const long nodes = (long)p->nodes;
  for (long i = 0; i < n; i++) {
    const long from = i + base;
    double x = 0;
    if (from >= 0 && from + nodes < n) {
      for (long j = 0; j <= nodes; j++) x += weight[j] * p->g[from + j];
    } else {
      for (long j = 0; j <= nodes; j++)
        if (from + j >= 0 && from + j < n) x += weight[j] * p->g[from + j];
    }
    c = keep * c + x;
    expected[i] += a * c;
  }
}

static void pulses(const ts_response *p, double a, double k, double shift, double period, double *expected) {
  const long n = (long)p->n;
  const double place = p->place + shift, whole = floor(place), fraction = place - whole;
  const double keep = exp(-k), phi = -expm1(-k) / k;
  const double own = -expm1(-k * (1 - fraction)) / k, after = exp(-k * (1 - fraction));
  double level = 0; /* at the left edge of the bin */
  if (period > 0) {
    for (long j = 0; j < n; j++) level += p->g[j] * exp(k * ((double)j + place - period));
    level /= -expm1(-k * period);
  }
  for (long i = 0; i < n; i++) {
    const long at = i - (long)whole;
    const double g = at >= 0 && at < n ? p->g[at] : 0;
    expected[i] += a * (level * phi + g * own);
    level = level * keep + g * after;
  }
}

/* With z in sigmas from the middle and C = exp(k^2 s^2/2 - k s z) erfc((k s - z)/sqrt 2)/2 the decay at an edge, a bin holds (dPhi - dC)/k. */
static void gauss(const ts_response *p, double a, double k, double shift, double period, double *expected) {
  const double s = p->sigma, m = p->place + shift, keep = exp(-k), phi = -expm1(-k) / k, late = k * k * s * s / 2;
  const long n = (long)p->n, first = (long)fmin(fmax(floor(m - GAUSS_REACH * s), 0), (double)n);
  const long last = (long)fmin(fmax(ceil(m + GAUSS_REACH * s), (double)first), (double)n);
  double level = period > 0 ? exp(late + k * (m - period)) / -expm1(-k * period) : 0; /* what is past of it, at the left edge of the bin */
  for (long i = 0; i < first; i++, level *= keep) expected[i] += a * level * phi;
  double low = 0, before = 0;
  for (long i = first; i <= last; i++) {
    const double z = ((double)i - m) / s, above = erfc(fabs(z) * sqrt(0.5)) / 2, c = exp(late - k * s * z) * erfc((k * s - z) * sqrt(0.5)) / 2;
    const double below = z > 0 ? 1 - above : above;
    if (i > first) {
      expected[i - 1] += a * (level * phi + fmax(below - low - c + before, 0) / k);
      level *= keep;
    }
    low = below;
    before = c;
  }
  level += exp(late - k * ((double)last - m));
  for (long i = last; i < n; i++, level *= keep) expected[i] += a * level * phi;
}

ts_response ts_sharp_response(const ts_trpl_plan *p, double sigma) {
  return (ts_response){.n = p->bins_used, .sigma = sigma, .place = p->gauss.middle + p->gauss.middle_slope * (sigma - p->gauss.sigma)};
}

void ts_response_add(const ts_response *p, double amplitude, double rate, double shift, double period, double *expected) {
  if (p->sigma > 0) gauss(p, amplitude, rate, shift, period, expected);
  else if (p->nodes) smooth(p, amplitude, rate, shift, period, expected);
  else pulses(p, amplitude, rate, shift, period, expected);
}

void ts_curve(const ts_trpl_plan *p, unsigned components, const double *amplitude, const double *rate, double shift, double background,
              double *expected) {
  const double period = p->options.period_s / p->options.bin_width_s;
  for (size_t i = 0; i < p->bins_used; i++) expected[i] = background;
  const ts_response r = ts_blurred(p) ? ts_sharp_response(p, p->gauss.sigma)
                                      : (ts_response){.g = p->g, .n = p->bins_used, .nodes = p->delta ? 0 : NODES_MAX, .place = p->delta == 1 ? 0.5 : 0};
  for (unsigned k = 0; k < components; k++) ts_response_add(&r, amplitude[k], rate[k], shift, period, expected);
}

ts_error ts_trpl_curve(const ts_trpl_plan *p, const ts_trpl_result *r, double *expected) {
  if (!p || !r || !expected || r->components < 1 || r->components > TS_COMPONENTS_MAX) return TS_ERROR_ARGUMENT;
  double rate[TS_COMPONENTS_MAX];
  for (unsigned k = 0; k < r->components; k++) {
    rate[k] = p->options.bin_width_s / r->lifetime_s[k];
    if (!(rate[k] > 0) || !isfinite(rate[k]) || !isfinite(r->amplitude[k])) return TS_ERROR_ARGUMENT;
  }
  const double shift = r->shift_s / p->options.bin_width_s - (double)p->shift_bins - p->irf_offset;
  if (!isfinite(shift) || fabs(shift) > (double)p->bins || !isfinite(r->background_per_bin)) return TS_ERROR_ARGUMENT;
  if (p->gauss.sigma > 0 && r->flags & TS_FLAG_HOST_FINISHED) {
    const ts_response sharp = ts_sharp_response(p, r->irf_sigma_s / p->options.bin_width_s);
    for (size_t i = 0; i < p->bins_used; i++) expected[i] = r->background_per_bin;
    for (unsigned k = 0; k < r->components; k++) ts_response_add(&sharp, r->amplitude[k], rate[k], shift, p->options.period_s / p->options.bin_width_s, expected);
  } else {
    ts_curve(p, r->components, r->amplitude, rate, shift, r->background_per_bin, expected);
  }
  /* Bins behind the last whole group of summed bins were not fitted. */
  for (size_t i = p->bins_used; i < p->bins; i++) expected[i] = NAN;
  return TS_OK;
}
