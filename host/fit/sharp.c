#include "sharp.h"

#include <math.h>

#define SIGMA_LOW 0.01        /* bins */
#define SIGMA_HIGH 1.5
#define REACH 7.0             /* sigmas */
#define WIDTHS 100            /* of the scan */
#define SHARPENINGS 60        /* of an interval by golden section */
#define MIDDLE_ROUNDS 45
#define SURE 0.05             /* a relative error of the width below: the likelihood is a parabola there */
#define BESIDE 4.0            /* errors from the most likely width, and so much of its likelihood there */
#define BESIDE_PART 0.01
#define FLAT 1.7320508075688772 /* of a width that may be anywhere in an interval: so many standard deviations to its ends */
#define SHARE_MIN 1e-9        /* of all counts: noise of a bin that is not the response's */
#define CELL_MIN 5.0          /* counts to be expected in a cell of chi2 */
#define CHI2_SIGMAS 4.0

typedef struct histogram {
  const double *v;
  size_t n, peak;
  double sum, noise, level;   /* noise: part of the counts that any bin may hold besides; level: counts of background that were taken off each */
} histogram;

/* Part of a Gauss from a to b, in sigmas, from the side that keeps the digits. */
static double between(double a, double b) {
  const double s = sqrt(0.5);
  return a > 0 ? (erfc(a * s) - erfc(b * s)) / 2 : (erfc(-b * s) - erfc(-a * s)) / 2;
}

/* ln of the likelihood; far from the Gauss only the noise is there, whatever its middle and width. */
static double likelihood(const histogram *h, double middle, double sigma) {
  const double low = floor(middle - REACH * sigma), high = ceil(middle + REACH * sigma);
  double sum = 0;
  for (double i = fmax(low, 0); i < fmin(high, (double)h->n); i++) {
    const double y = h->v[(size_t)i] + h->level;
    if (y > 0) sum += y * log(1 + between((i - middle) / sigma, (i + 1 - middle) / sigma) / h->noise);
  }
  return sum;
}

/* The likelihood has one peak in the middle: of three parts of the interval an outer one falls away; both where they are alike. */
static double best_middle(const histogram *h, double sigma, double *middle) {
  double low = (double)h->peak - 0.5, high = (double)h->peak + 1.5;
  for (int i = 0; i < MIDDLE_ROUNDS; i++) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3, at_a = likelihood(h, a, sigma), at_b = likelihood(h, b, sigma);
    if (at_a <= at_b) low = a;
    if (at_b <= at_a) high = b;
  }
  *middle = (low + high) / 2;
  return likelihood(h, *middle, sigma);
}

/* The width of the most likely Gauss between low and high. */
static double best_width(const histogram *h, double low, double high) {
  const double golden = (sqrt(5) - 1) / 2;
  double middle, a = high - golden * (high - low), b = low + golden * (high - low);
  double at_a = best_middle(h, a, &middle), at_b = best_middle(h, b, &middle);
  for (int i = 0; i < SHARPENINGS && high - low > 1e-9 * high; i++)
    if (at_a >= at_b) {
      high = b, b = a, at_b = at_a, a = high - golden * (high - low);
      at_a = best_middle(h, a, &middle);
    } else {
      low = a, a = b, at_a = at_b, b = low + golden * (high - low);
      at_b = best_middle(h, b, &middle);
    }
  return (low + high) / 2;
}

static void find_width(const histogram *h, ts_sharp *found) {
  double top[WIDTHS], middle[WIDTHS], most = -INFINITY;
  int best = 0;
  const double step = (SIGMA_HIGH - SIGMA_LOW) / (WIDTHS - 1);
  for (int i = 0; i < WIDTHS; i++) {
    top[i] = best_middle(h, SIGMA_LOW + step * i, &middle[i]);
    if (top[i] > most) most = top[i], best = i;
  }
  found->sigma = best_width(h, fmax(SIGMA_LOW, SIGMA_LOW + step * (best - 1)), SIGMA_LOW + step * (best + 1));
  /* The likelihood's width where it has fallen by a half or so, by its curvature there. */
  double error = SURE * found->sigma, m;
  const double here = best_middle(h, found->sigma, &m);
  for (int i = 0; i < 40; i++) {
    const double fall = here - fmax(best_middle(h, found->sigma - error, &m), best_middle(h, found->sigma + error, &m)); /* where it is less steep */
    if (!(fall > 0.6)) {
      found->sigma_error = fall > 0 ? error / sqrt(2 * fall) : INFINITY;
      break;
    }
    error /= 2;
  }
  /* A narrow peak beside a wide plateau that is hardly lower (a few counts of background more in the next bin) is not sure. */
  double beside = 0;
  for (int i = 0; i < WIDTHS; i++)
    if (fabs(SIGMA_LOW + step * i - found->sigma) > BESIDE * found->sigma_error) beside += step * exp(top[i] - here);
  if (!(found->sigma_error < SURE * found->sigma) || beside > BESIDE_PART * sqrt(2 * 3.14159265358979324) * found->sigma_error) {
    double sum = 0, mean = 0, square = 0;
    for (int i = 0; i < WIDTHS; i++) {
      const double sigma = SIGMA_LOW + step * i, likely = exp(top[i] - most);
      sum += likely;
      mean += likely * sigma;
      square += likely * sigma * sigma;
    }
    found->sigma = mean / sum;
    found->sigma_error = FLAT * sqrt(fmax(square / sum - found->sigma * found->sigma, 0) + step * step / 12);
  }
}

static void find_middle(const histogram *h, ts_sharp *found) {
  double low, high;
  const double most = best_middle(h, found->sigma, &found->middle), aside = fmin(found->sigma_error, found->sigma / 2);
  best_middle(h, found->sigma - aside, &low);
  best_middle(h, found->sigma + aside, &high);
  found->middle_slope = (high - low) / (2 * aside);
  found->middle_error = sqrt(1.0 / 12);   /* anywhere in its bin */
  for (double by = 0.25; by > 1e-6; by /= 2) {
    const double fall = most - (likelihood(h, found->middle - by, found->sigma) + likelihood(h, found->middle + by, found->sigma)) / 2;
    if (fall > 0) found->middle_error = fmin(found->middle_error, by / sqrt(2 * fall));
    if (fall < 0.6) break;
  }
}

static bool is_gauss(const histogram *h, const ts_sharp *g, double removed, double level) {
  double rest[2] = {0, 0}, expected[2] = {0, 0}, bins[2] = {0, 0}, chi2 = 0, cells = 0;
  for (size_t i = 0; i < h->n; i++) {
    const double m = h->sum * between(((double)i - g->middle) / g->sigma, ((double)i + 1 - g->middle) / g->sigma), y = h->v[i];
    const int side = (double)i + 0.5 > g->middle;
    if (m < CELL_MIN) rest[side] += y, expected[side] += m, bins[side]++;
    else chi2 += (y - m) * (y - m) / (m + removed / (double)h->n + level), cells++;
  }
  for (int side = 0; side < 2; side++) {
    const double off = rest[side] - expected[side];
    chi2 += off * off / (fmax(expected[side], 1) + removed + level * bins[side] * bins[side]);
  }
  const double free = fmax(cells + 2 - 3, 1);
  return chi2 < free + CHI2_SIGMAS * sqrt(2 * free) + CHI2_SIGMAS * CHI2_SIGMAS;
}

bool ts_sharp_find(const double *v, size_t n, double removed, double level, ts_sharp *found) {
  histogram h = {.v = v, .n = n};
  for (size_t i = 0; i < n; i++) {
    h.sum += v[i];
    if (v[i] > v[h.peak]) h.peak = i;
  }
  if (!(h.sum > 1)) return false;
  h.level = fmax(removed, 0) / (double)n;
  h.noise = fmax((1 / (double)n + h.level) / h.sum, SHARE_MIN);
  find_width(&h, found);
  find_middle(&h, found);
  return found->sigma < SIGMA_HIGH / 1.1 && is_gauss(&h, found, fmax(removed, 0), level);
}
