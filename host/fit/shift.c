/* For a shift s the data are described by sum_k x_k h_k[n - s] + x_c with x >= 0: h_k is the IRF convolved with one of a fan of
 * fixed lifetimes, so it is made once, and every shift costs one small non-negative least-squares problem (weights 1/(y + 1)).
 * Long histograms go through a pyramid: all shifts on bins summed to at most COARSE_BINS, then a few around the best on each
 * finer level. */
#include "shift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LIFETIMES = 8, COLUMNS = LIFETIMES + 1, COARSE_BINS = 512, AROUND = 6 };
#define RIDGE 1e-9 /* neighbouring lifetimes are nearly collinear */

/* min x'Hx - 2 r'x over x >= 0 (Lawson and Hanson); returns the minimum. */
static double solve(double h[COLUMNS][COLUMNS], const double r[COLUMNS]) {
  double x[COLUMNS] = {0}, best = 0;
  bool in[COLUMNS] = {false};
  for (int round = 0; round < 3 * COLUMNS; round++) {
    int enter = -1;
    double steepest = 0;
    for (int i = 0; i < COLUMNS; i++) {
      if (in[i] || !(h[i][i] > 0)) continue;
      double g = r[i];
      for (int j = 0; j < COLUMNS; j++) g -= h[i][j] * x[j];
      g /= sqrt(h[i][i]);
      if (g > steepest) steepest = g, enter = i;
    }
    if (enter < 0) break;
    in[enter] = true;
    for (int inner = 0; inner < COLUMNS; inner++) {
      double l[COLUMNS][COLUMNS], z[COLUMNS];
      int index[COLUMNS], m = 0;
      for (int i = 0; i < COLUMNS; i++)
        if (in[i]) index[m++] = i;
      for (int i = 0; i < m; i++) {
        for (int j = 0; j <= i; j++) {
          double a = h[index[i]][index[j]] * (i == j ? 1 + RIDGE : 1);
          for (int k = 0; k < j; k++) a -= l[i][k] * l[j][k];
          if (i == j) l[i][i] = sqrt(fmax(a, RIDGE * RIDGE * h[index[i]][index[i]]));
          else l[i][j] = a / l[j][j];
        }
        double a = r[index[i]];
        for (int k = 0; k < i; k++) a -= l[i][k] * z[k];
        z[i] = a / l[i][i];
      }
      for (int i = m; i-- > 0;) {
        for (int k = i + 1; k < m; k++) z[i] -= l[k][i] * z[k];
        z[i] /= l[i][i];
      }
      double fraction = 1;
      for (int i = 0; i < m; i++)
        if (z[i] <= 0) fraction = fmin(fraction, x[index[i]] / (x[index[i]] - z[i] + 1e-300));
      for (int i = 0; i < m; i++) x[index[i]] += fraction * (z[i] - x[index[i]]);
      if (fraction == 1) break;
      for (int i = 0; i < m; i++)
        if (z[i] <= 0 && x[index[i]] <= 1e-12 * fabs(z[i])) in[index[i]] = false, x[index[i]] = 0;
    }
    double now = 0;
    for (int i = 0; i < COLUMNS; i++) {
      double hx = 0;
      for (int j = 0; j < COLUMNS; j++) hx += h[i][j] * x[j];
      now += x[i] * (hx - 2 * r[i]);
    }
    if (now > best - 1e-9 * fabs(best)) return fmin(now, best);
    best = now;
  }
  return best;
}

typedef struct level {
  size_t bins;
  long peak;       /* of the IRF on this level's grid */
  const double *y, *w;
  const double *h; /* h[(m - first) * LIFETIMES + k], first = peak - bins + 1, 2 bins - 1 positions m */
} level;

static double misfit(const level *v, long shift) {
  double h[COLUMNS][COLUMNS] = {{0}}, r[COLUMNS] = {0};
  const long first = v->peak - (long)v->bins + 1;
  for (size_t n = 0; n < v->bins; n++) {
    const double *c = v->h + ((long)n - shift - first) * LIFETIMES, w = v->w[n], wy = w * v->y[n];
    for (int i = 0; i < LIFETIMES; i++) {
      const double wc = w * c[i];
      for (int j = 0; j <= i; j++) h[i][j] += wc * c[j];
      h[LIFETIMES][i] += wc;
      r[i] += wy * c[i];
    }
    h[LIFETIMES][LIFETIMES] += w;
    r[LIFETIMES] += wy;
  }
  for (int i = 0; i < COLUMNS; i++)
    for (int j = 0; j < i; j++) h[j][i] = h[i][j];
  return solve(h, r);
}

static long floor_div(long a, long b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/* Response to each lifetime, earlier pulses included. g: the IRF on this level. */
static void respond(double *h, const double *g, long g_first, size_t g_n, long first, size_t n, double period, double tau_min, double tau_max) {
  for (int k = 0; k < LIFETIMES; k++) {
    const double tau = tau_min * pow(tau_max / tau_min, (double)k / (LIFETIMES - 1)), a = exp(-1 / tau);
    double c = 0, before = 0, top = 0;
    for (size_t j = 0; j < g_n && g_first + (long)j < first; j++) c = a * c + g[j];
    if (g_first < first && g_first + (long)g_n < first) c *= exp(-(double)(first - g_first - (long)g_n) / tau);
    const long back = lround(period);
    for (size_t j = 0; back > 0 && j < g_n; j++) {
      /* the last earlier pulse's share of this bin, or the one before it when that lies inside */
      const long at = g_first + (long)j - first - back;
      before += g[j] * exp((double)(at < 0 ? at : at - back) / tau) / (1 - exp(-(double)back / tau));
    }
    for (size_t m = 0; m < n; m++) {
      const long j = first + (long)m - g_first, earlier = j + back;
      c = a * c + (j >= 0 && j < (long)g_n ? g[j] : 0);
      if (back > 0 && earlier >= 0 && earlier < (long)g_n) c += g[earlier];
      h[m * LIFETIMES + (size_t)k] = c + before;
      before *= a;
      if (c > top) top = c;
    }
    for (size_t m = 0; top > 0 && m < n; m++) h[m * LIFETIMES + (size_t)k] /= top;
  }
}

ts_error ts_shift_search(const ts_irf *irf, const double *y, size_t bins, double period_bins, long *shift) {
  *shift = 0;
  double total = 0;
  for (size_t i = 0; i < bins; i++) total += y[i];
  if (!(total > 0)) return TS_OK;
  size_t f = 1;
  while (bins / f > COARSE_BINS) f *= 2;
  double *h = malloc(2 * bins * LIFETIMES * sizeof *h), *yw = malloc(2 * bins * sizeof *yw), *g = malloc((irf->n + 1) * sizeof *g);
  if (!h || !yw || !g) {
    free(h), free(yw), free(g);
    return TS_ERROR_MEMORY;
  }
  long best = 0;
  for (bool all = true; f > 0; f /= 2, all = false) {
    const long factor = (long)f, g_first = floor_div(irf->first, factor);
    level v = {.bins = bins / f, .peak = floor_div((long)irf->peak, factor), .y = yw, .w = yw + bins, .h = h};
    const size_t g_n = (size_t)(floor_div(irf->first + (long)irf->n - 1, factor) - g_first + 1);
    memset(g, 0, g_n * sizeof *g);
    for (size_t i = 0; i < irf->n; i++) g[floor_div(irf->first + (long)i, factor) - g_first] += irf->g[i];
    for (size_t i = 0; i < v.bins; i++) {
      double sum = 0;
      for (size_t j = 0; j < f; j++) sum += y[i * f + j];
      yw[i] = sum;
      yw[bins + i] = 1 / (sum + 1);
    }
    respond(h, g, g_first, g_n, v.peak - (long)v.bins + 1, 2 * v.bins - 1, period_bins / (double)f, 0.7, 2.0 * (double)v.bins);
    const long low = -v.peak, high = (long)v.bins - 1 - v.peak;
    long from = low, to = high;
    if (!all) {
      from = 2 * best - AROUND > low ? 2 * best - AROUND : low;
      to = 2 * best + AROUND < high ? 2 * best + AROUND : high;
    }
    double least = INFINITY;
    for (long s = from; s <= to; s++) {
      const double m = misfit(&v, s);
      if (m < least) least = m, best = s;
    }
  }
  *shift = best;
  free(h), free(yw), free(g);
  return TS_OK;
}
