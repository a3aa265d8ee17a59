#include "irf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGMAS_OF_NOISE 5.0       /* a bin counts as response when it stands this far above the background */
#define SAME_GRID_BINS 0.01       /* grids that drift apart by less over the whole histogram are the same */
#define LEVEL_SIGMAS 3.0          /* bins before the rise that climb by more belong to the rise */
#define LEVEL_BINS_MIN 4u         /* fewer bins before the rise say nothing about the background */
#define LEVEL_RISES 4u            /* looked at: so many times the half rise, and a few bins: a slow drift is no foot */
#define DEAD_COUNTS 20.0          /* so many were to be expected in a run of zeros: the bins are dead */
#define LOWEST_BINS 16u           /* then it is the lowest mean of so many neighbours */
#define FALL_OFF 0.01             /* of the peak: where the response must be at the end of its histogram */
#define RISE_FROM 2e-3            /* of the peak: where it must come from at the start */
#define TAIL_PARTS 4u             /* of the bins behind the peak: the last one and the one before it tell how the response falls at its end */
#define TAIL_SIGMAS 5.0           /* above noise it is a tail */
#define PREPULSE 1e-3            /* of the peak: what may stand before the rise and be response */
#define GAUSS_HALF_WIDTH 3.0      /* in FWHM: 7 sigma */
#define MAD_TO_SIGMA 1.4826
#define PULSE_SIGMA 0.1
#define LOOKED_AT_BINS 3.0        /* a histogram of less FWHM may be one of a response of less than TS_SHARP_BINS */

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median of v, which is sorted in work. */
static double median(const double *v, size_t n, double *work) {
  memcpy(work, v, n * sizeof *v);
  qsort(work, n, sizeof *v, compare);
  return n % 2 ? work[n / 2] : (work[n / 2 - 1] + work[n / 2]) / 2;
}

static size_t peak_of(const double *v, size_t n) {
  size_t p = 0;
  for (size_t i = 1; i < n; i++)
    if (v[i] > v[p]) p = i;
  return p;
}

static double mean_of(const double *v, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += v[i];
  return sum / (double)n;
}

/* Whether the first n bins are level: the last third stands no higher than the ones before, by their own scatter from bin to bin. */
static bool is_level(const double *v, size_t n, bool counts) {
  const size_t last = n / 3 > 0 ? n / 3 : 1, first = n - last;
  const double low = mean_of(v, first), high = mean_of(v + first, last);
  double s = 0;
  for (size_t i = 1; i < first; i++) s += (v[i] - v[i - 1]) * (v[i] - v[i - 1]);
  s = sqrt(s / (2 * fmax((double)first - 1, 1)));
  if (counts) s = fmax(s, sqrt(fmax(low > 0 ? low : mean_of(v, n), 0)));
  return high - low <= LEVEL_SIGMAS * s * sqrt(1 / (double)first + 1 / (double)last);
}

static bool are_counts(const double *v, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (v[i] != rint(v[i]) || v[i] < 0) return false;
  return true;
}

/* First bin of the rise to the peak, and the noise of the bins before it. Walks back from half maximum while the bins stand
 * out of the noise, so that stray counts before the pulse do not end the background. */
static size_t find_rise(const double *v, size_t n, double *work, double *noise) {
  const size_t p = peak_of(v, n);
  size_t half = p;
  *noise = 0;
  if (p == 0) return 0;
  size_t before = p; /* bins believed to be background */
  const double low = median(v, p, work);
  while (half > 0 && v[half - 1] - low > (v[p] - low) / 2) half--;
  before = half;
  size_t rise = half;
  for (int round = 0; round < 3 && before > 0; round++) {
    const double m = median(v, before, work);
    for (size_t i = 0; i < before; i++) work[i] = fabs(v[i] - m);
    qsort(work, before, sizeof *work, compare);
    double s = MAD_TO_SIGMA * work[before / 2];
    if (s == 0) { /* few counts, most bins alike */
      double mean = 0;
      for (size_t i = 0; i < before; i++) mean += v[i];
      s = sqrt(fmax(mean, 0) / (double)before);
    }
    *noise = s;
    rise = half;
    while (rise > 0 && v[rise - 1] > m + SIGMAS_OF_NOISE * s) rise--;
    /* The foot below the threshold belongs to the response as well. */
    const size_t foot = 1 + (half - rise) / 2;
    rise = rise > foot ? rise - foot : 0;
    before = rise;
  }
  /* A foot that fills the histogram from its first bin on is no background. */
  const bool counts = are_counts(v, n);
  const size_t near = LEVEL_RISES * (p - half) + 2 * LEVEL_BINS_MIN;
  while (rise > 0 && !(rise >= LEVEL_BINS_MIN && is_level(rise > near ? v + rise - near : v, rise > near ? near : rise, counts))) rise = rise > LEVEL_BINS_MIN ? rise - 1 - rise / 8 : 0;
  return rise;
}

/* Mean of the bins before the rise but for those that stand out (a pulse before the pulse) and for dead ones at the start. *variance: of it. */
static double level_before(const double *v, size_t rise, double noise, bool counts, double *work, double *variance) {
  size_t zeros = 0;
  while (zeros < rise && v[zeros] == 0) zeros++;
  if (rise - zeros >= LEVEL_BINS_MIN && mean_of(v + zeros, rise - zeros) * (double)zeros > DEAD_COUNTS && counts) v += zeros, rise -= zeros;
  const double low = median(v, rise, work), scatter = counts ? fmax(noise, sqrt(mean_of(v, rise))) : noise;
  double sum = 0, taken = 0;
  for (size_t i = 0; i < rise; i++)
    if (v[i] - low <= SIGMAS_OF_NOISE * scatter) sum += v[i], taken++;
  *variance = taken > 0 ? fmax(sum / taken, noise * noise) / taken : 0;
  return taken > 0 ? sum / taken : low;
}

static double lowest_level(const double *v, size_t n) {
  if (n < 2 * LOWEST_BINS) return 0;
  double least = INFINITY;
  for (size_t i = 0; i + LOWEST_BINS <= n; i++) least = fmin(least, mean_of(v + i, LOWEST_BINS));
  return fmax(least, 0);
}

/* Subtracts the background in place. Behind the rise a negative bin is paid for by the bins after it, so that the sum stays right. Answers the first bin of the rise. *variance: of the level, where
 * it was found here. */
static size_t subtract(double *v, size_t n, const ts_trpl_options *o, double *work, double *variance) {
  double noise;
  const size_t rise = find_rise(v, n, work, &noise);
  double background = o->irf_background_counts_per_bin;
  if (o->irf_background == TS_FREE && rise) {
    background = level_before(v, rise, noise, are_counts(v, n), work, variance);
  } else if (o->irf_background == TS_FREE) {
    background = lowest_level(v, n);
    *variance = background / LOWEST_BINS * (1 + 2 * log(fmax((double)(n / LOWEST_BINS), 1))); /* the lowest of many is low */
  }
  const double top = v[peak_of(v, n)];
  for (size_t i = 0; i < rise; i++) {
    const double x = v[i] - background;
    /* Background by definition, but for a pulse that nobody could take for noise. */
    v[i] = x > SIGMAS_OF_NOISE * fmax(noise, sqrt(fmax(background, 0))) && x > PREPULSE * top ? x : 0;
  }
  double debt = 0;
  for (size_t i = rise; i < n; i++) {
    const double x = v[i] - background + debt;
    v[i] = x > 0 ? x : 0;
    debt = x > 0 ? 0 : x;
  }
  return rise;
}

static double width_at_half(const double *v, size_t n) {
  const size_t p = peak_of(v, n);
  const double h = v[p] / 2;
  double left = -1, right = (double)n;
  for (size_t i = p; i-- > 0;)
    if (v[i] < h) {
      left = (double)i + (h - v[i]) / (v[i + 1] - v[i]);
      break;
    }
  for (size_t i = p + 1; i < n; i++)
    if (v[i] < h) {
      right = (double)i - (h - v[i]) / (v[i - 1] - v[i]);
      break;
    }
  if (left < 0) left = -v[0] / (2 * h); /* the bin before the histogram counts as empty */
  return right - left;
}

/* Part of the response that comes between the histogram's end and `beyond` bins behind it, if it goes on falling as it does there (an afterpulse, a slow
 * detector), at least; 0 where it has ended. raw: before the background was subtracted. */
static double tail_lost(const double *v, const double *raw, size_t n, double beyond) {
  const size_t p = peak_of(v, n), m = (n - p) / TAIL_PARTS;
  if (m < LEVEL_BINS_MIN || !(beyond > 0)) return 0;
  const double *last = v + n - m;
  const double total = mean_of(v, n) * (double)n, low = mean_of(last, m) * (double)m, high = mean_of(last - m, m) * (double)m;
  double scatter = 0;
  for (size_t i = n - 2 * m + 1; i < n; i++) scatter += (raw[i] - raw[i - 1]) * (raw[i] - raw[i - 1]);
  scatter *= (double)m / (2 * (double)(2 * m - 1));
  const double noise = TAIL_SIGMAS * sqrt(scatter * (1 + (double)m / fmax((double)p, 1)));
  if (low < noise) return 0;
  const double kept = low / (fmax(high, low) + noise); /* it falls no faster */
  return low / total * kept / (1 - kept) * (1 - pow(kept, beyond / (double)m));
}

/* Density at the left edge of bin i: the mean of its neighbours, as far as the sum stays monotonic. */
static double density(const double *v, size_t n, size_t i) {
  const double before = v[i > 0 ? i - 1 : 0], after = v[i < n ? i : n - 1];
  return fmin((before + after) / 2, 3 * fmin(before, after));
}

/* Sum of v up to position x (in bins of v): a cubic within a bin, monotonic and smooth. total holds n + 1 running sums. */
static double cumulative(const double *v, const double *total, size_t n, double x) {
  if (x <= 0) return 0;
  if (x >= (double)n) return total[n];
  const size_t i = (size_t)x;
  const double t = x - (double)i, left = density(v, n, i), right = density(v, n, i + 1);
  return total[i] + t * (left + t * (3 * v[i] - 2 * left - right + t * (left + right - 2 * v[i])));
}

/* v on the data's grid. total: room for n + 1 values. */
static void resample(const double *v, double *total, size_t n, double start, double ratio, const ts_irf *irf, double *out) {
  total[0] = 0;
  for (size_t i = 0; i < n; i++) total[i + 1] = total[i] + v[i];
  for (size_t i = 0; i < irf->n; i++) {
    const double left = ((double)(irf->first + (long)i) - start) / ratio;
    out[i] = fmax(cumulative(v, total, n, left + 1 / ratio) - cumulative(v, total, n, left), 0);
  }
}

/* Three pulses with the mean and the variance of a Gauss; its bin integrals would depend on where a bin's edge falls. One that hardly ever reaches over
 * an edge is a single pulse. */
static ts_error from_pulses(ts_irf *irf, double centre, double sigma) {
  const double middle = rint(centre - 0.5), variance = sigma < PULSE_SIGMA ? 0 : sigma * sigma;
  double *g = malloc(3 * sizeof *g);
  if (!g) return TS_ERROR_MEMORY;
  free(irf->g);
  free(irf->noise);
  irf->noise = NULL; /* it is in what is told of the Gauss */
  irf->g = g;
  irf->first = (long)middle - 1;
  irf->n = 3;
  irf->offset = middle + 0.5 - centre;
  g[0] = g[2] = variance / 2;
  g[1] = 1 - variance;
  return TS_OK;
}

/* What a histogram of few filled bins tells of the response within them. */
static ts_error sharpen(ts_irf *irf, const double *v, size_t n, double removed, double start, double ratio) {
  ts_sharp g;
  if (irf->cut || !ts_sharp_find(v, n, removed, irf->level_variance * ratio * ratio, &g) || g.sigma * ratio * TS_FWHM_OF_SIGMA >= TS_SHARP_BINS) return TS_OK;
  const double centre = start + g.middle * ratio;
  ts_error e = TS_OK;
  if (g.sigma * ratio * TS_FWHM_OF_SIGMA < TS_NARROW_BINS) e = from_pulses(irf, centre, g.sigma * ratio);
  irf->gauss = (ts_sharp){.middle = centre + irf->offset, .sigma = g.sigma * ratio, .sigma_error = g.sigma_error * ratio, .middle_slope = g.middle_slope,
                          .middle_error = g.middle_error * ratio};
  return e;
}

static ts_error from_histogram(ts_irf *irf, const ts_trpl_options *o, size_t bins, double *v, double *work, char *message) {
  const size_t n = o->irf_bins;
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(o->irf[i])) {
      snprintf(message, TS_MESSAGE_BYTES, "IRF bin %zu is %g, expected a number", i, o->irf[i]);
      return TS_ERROR_INPUT;
    }
    v[i] = o->irf[i];
    sum += fabs(v[i]);
  }
  if (sum == 0) {
    snprintf(message, TS_MESSAGE_BYTES, "all %zu bins of the IRF are 0", n);
    return TS_ERROR_INPUT;
  }
  size_t rise = 0;
  if (o->irf_background != TS_ZERO) rise = subtract(v, n, o, work, &irf->level_variance);
  else
    for (size_t i = 0; i < n; i++) v[i] = v[i] > 0 ? v[i] : 0;
  const double all = sum;
  sum = 0;
  for (size_t i = 0; i < n; i++) sum += v[i];
  if (!(sum > 0)) {
    snprintf(message, TS_MESSAGE_BYTES, "nothing is left of the IRF above its background of %g counts a bin", o->irf_background_counts_per_bin);
    return TS_ERROR_INPUT;
  }
  irf->counts = sum;
  const double top = v[peak_of(v, n)];
  irf->cut = n > 2 && (v[0] + v[1]) / 2 > RISE_FROM * top;
  if (irf->cut || (n > 2 && (v[n - 1] + v[n - 2]) / 2 > FALL_OFF * top)) irf->flags |= TS_FLAG_IRF_TRUNCATED;

  const double ratio = o->irf_bin_width_s / o->bin_width_s, start = o->irf_start_s / o->bin_width_s;
  if (tail_lost(v, o->irf, n, ((double)bins - start) / ratio - (double)n) > TS_IRF_LOST) irf->flags |= TS_FLAG_IRF_TRUNCATED;
  const bool narrow = width_at_half(v, n) * ratio < LOOKED_AT_BINS;
  /* Bins far outside of the data's window cannot reach it by any shift. */
  const double low = fmax(floor(start), -2.0 * (double)bins), high = fmin(ceil(start + ratio * (double)n), 3.0 * (double)bins);
  if (high <= low) {
    snprintf(message, TS_MESSAGE_BYTES, "the IRF starts at %g s, the data's window is %g s long", o->irf_start_s, o->bin_width_s * (double)bins);
    return TS_ERROR_INPUT;
  }
  const bool same = fabs(ratio - 1) * (double)n < SAME_GRID_BINS && fabs(start - rint(start)) < SAME_GRID_BINS, counts = are_counts(o->irf, n);
  irf->first = same ? (long)rint(start) : (long)low;
  irf->n = same ? n : (size_t)(high - low);
  const long risen = (long)floor(start + ratio * (double)rise) - irf->first;
  irf->level_variance /= ratio * ratio;
  irf->level_from = irf->first + risen;
  irf->g = malloc(irf->n * sizeof *irf->g);
  irf->noise = counts ? malloc(irf->n * sizeof *irf->noise) : NULL;
  if (!irf->g || (counts && !irf->noise)) return TS_ERROR_MEMORY;
  if (same) {
    memcpy(irf->g, v, n * sizeof *v);
    if (counts) memcpy(irf->noise, o->irf, n * sizeof *v);
  } else {
    irf->flags |= TS_FLAG_IRF_RESAMPLED;
    if (counts) resample(o->irf, work, n, start, ratio, irf, irf->noise);
    resample(v, work, n, start, ratio, irf, irf->g);
  }
  for (long i = 0; counts && i < risen && i < (long)irf->n; i++)
    if (!(irf->g[i] > 0)) irf->noise[i] = 0; /* these bins were emptied */
  return narrow ? sharpen(irf, v, n, all - sum, start, ratio) : TS_OK;
}

static ts_error from_gauss(ts_irf *irf, const ts_trpl_options *o) {
  const double fwhm = o->irf_fwhm_s / o->bin_width_s, centre = o->irf_start_s / o->bin_width_s;
  if (fwhm < TS_NARROW_BINS) {
    const ts_error e = from_pulses(irf, centre, fwhm / TS_FWHM_OF_SIGMA);
    irf->gauss = (ts_sharp){.middle = centre + irf->offset, .sigma = fwhm / TS_FWHM_OF_SIGMA};
    return e;
  }
  if (fwhm < TS_SHARP_BINS) irf->gauss = (ts_sharp){.middle = centre, .sigma = fwhm / TS_FWHM_OF_SIGMA};
  const double scale = 2 * sqrt(log(2)) / fwhm; /* 1 / (sigma sqrt 2) */
  const double low = floor(centre - GAUSS_HALF_WIDTH * fwhm), high = ceil(centre + GAUSS_HALF_WIDTH * fwhm);
  irf->first = (long)low;
  irf->n = (size_t)(high - low) + 1;
  irf->g = malloc(irf->n * sizeof *irf->g);
  if (!irf->g) return TS_ERROR_MEMORY;
  for (size_t i = 0; i < irf->n; i++) {
    const double a = (low + (double)i - centre) * scale, b = a + scale;
    /* Differences of the small complements, for relative accuracy in both tails. */
    irf->g[i] = a > 0 ? (erfc(a) - erfc(b)) / 2 : (erfc(-b) - erfc(-a)) / 2;
  }
  return TS_OK;
}

ts_error ts_irf_prepare(ts_irf *irf, const ts_trpl_options *o, size_t bins, char *message) {
  *irf = (ts_irf){0};
  ts_error e;
  if (o->irf_kind == TS_IRF_HISTOGRAM) {
    if (!o->irf || o->irf_bins == 0 || !(o->irf_bin_width_s > 0) || !isfinite(o->irf_start_s)) {
      snprintf(message, TS_MESSAGE_BYTES, "IRF of %zu bins of %g s from %g s: expected a histogram with a positive bin width", o->irf_bins,
               o->irf_bin_width_s, o->irf_start_s);
      return TS_ERROR_ARGUMENT;
    }
    double *v = malloc((2 * o->irf_bins + 1) * sizeof *v);
    if (!v) return TS_ERROR_MEMORY;
    e = from_histogram(irf, o, bins, v, v + o->irf_bins, message);
    free(v);
  } else if (o->irf_kind == TS_IRF_GAUSS) {
    const double window = o->bin_width_s * (double)bins;
    if (!(o->irf_fwhm_s > 0) || !isfinite(o->irf_start_s) || fabs(o->irf_start_s) > 2 * window) {
      snprintf(message, TS_MESSAGE_BYTES, "Gaussian IRF of FWHM %g s at %g s: expected a positive width, near the window of %g s", o->irf_fwhm_s,
               o->irf_start_s, window);
      return TS_ERROR_ARGUMENT;
    }
    if (o->irf_fwhm_s > window) {
      snprintf(message, TS_MESSAGE_BYTES, "the IRF's FWHM of %g s is wider than the data's window of %g s", o->irf_fwhm_s, window);
      return TS_ERROR_INPUT;
    }
    e = from_gauss(irf, o);
  } else {
    irf->n = 1;
    irf->g = malloc(sizeof *irf->g);
    e = irf->g ? TS_OK : TS_ERROR_MEMORY;
    if (irf->g) irf->g[0] = 1;
  }
  double sum = 0;
  for (size_t i = 0; !e && i < irf->n; i++) sum += irf->g[i];
  if (!e && !(sum > 0)) {
    snprintf(message, TS_MESSAGE_BYTES, "the IRF (%zu bins of %g s from %g s) lies outside of the data's window of %g s", o->irf_bins, o->irf_bin_width_s,
             o->irf_start_s, o->bin_width_s * (double)bins);
    e = TS_ERROR_INPUT;
  }
  if (e) {
    ts_irf_free(irf);
    return e;
  }
  irf->level_variance /= sum * sum;
  for (size_t i = 0; i < irf->n; i++) {
    irf->g[i] /= sum;
    if (irf->noise) irf->noise[i] /= sum * sum;
  }
  irf->peak = (double)irf->first + (double)peak_of(irf->g, irf->n);
  irf->fwhm_bins = o->irf_kind == TS_IRF_GAUSS ? o->irf_fwhm_s / o->bin_width_s : irf->gauss.sigma > 0 ? irf->gauss.sigma * TS_FWHM_OF_SIGMA : width_at_half(irf->g, irf->n);
  if (o->irf_kind == TS_IRF_HISTOGRAM && irf->fwhm_bins * o->bin_width_s < TS_UNDERSAMPLED_BINS * o->irf_bin_width_s) irf->flags |= TS_FLAG_IRF_UNDERSAMPLED;
  if (irf->fwhm_bins > (double)bins) {
    snprintf(message, TS_MESSAGE_BYTES, "the IRF's FWHM of %g s is wider than the data's window of %g s", irf->fwhm_bins * o->bin_width_s,
             o->bin_width_s * (double)bins);
    ts_irf_free(irf);
    return TS_ERROR_INPUT;
  }
  return TS_OK;
}

void ts_irf_free(ts_irf *irf) {
  free(irf->g);
  free(irf->noise);
  irf->g = irf->noise = NULL;
}
