#include "ta_noise.h"

#include <math.h>
#include <stdlib.h>

#include "ta_plan.h"

#define CLEAR 1.5                /* FWHM before t0: the signal has not begun */
#define DROWNED_LEAST 10         /* signals before t0 that tell a wavelength's noise */
#define STANDS_OUT 3.0           /* times the median */
#define ALIKE_MOST 0.9           /* correlation */
#define TAKEN_MOST 0.5           /* part of the noise that the parameters can have taken */
#define PASSES 30
#define OVERSTATED_Z 4.2649      /* 1e-5 quantile of the normal distribution, below */

double ts_ta_noise_pairs(const double *z, size_t wavelengths, size_t delays)
{
  double sum = 0;
  for (size_t i = 0; i < delays; i++)
    for (size_t j = 0; j <= i; j++) {
      double product = 0;
      for (size_t w = 0; w < wavelengths; w++) product += z[w * delays + i] * z[w * delays + j];
      sum += (i == j ? 1 : 2) * product * product;
    }
  return sum;
}

/* Variances of noise that wavelengths share scatter as those of fewer wavelengths: by 1 + (mean over w of the sum over v of their squared correlations). z: [wavelength][delay],
 * deviations before t0, 0 elsewhere; of `most` signals each. */
static double sharing_of(double *z, size_t wavelengths, size_t delays, size_t most)
{
  size_t live = 0;
  for (size_t w = 0; w < wavelengths; w++) {
    double squares = 0;
    for (size_t i = 0; i < delays; i++) squares += z[w * delays + i] * z[w * delays + i];
    for (size_t i = 0; squares > 0 && i < delays; i++) z[w * delays + i] /= sqrt(squares);
    live += squares > 0;
  }
  if (live < 2 || most < 3) return 1;
  const double found = ts_ta_noise_pairs(z, wavelengths, delays) - (double)live, chance = (double)live * (double)(live - 1) / (double)(most - 1);
  return 1 + fmax(0, found - chance) / (double)live;
}

ts_ta_noise ts_ta_noise_of(const double *signal, const double *residual, size_t wavelengths, size_t delays, const double *delay_s, const double *time_zero_s,
                           const double *sigma_delay, const double *sigma_wavelength, const ts_ta_result *r)
{
  ts_ta_noise x = {.before_t0 = NAN, .correlation = NAN, .sharing = 1};
  double correlations = 0, before = 0, *z = calloc(wavelengths * delays, sizeof *z);   /* without room for z they count as independent */
  size_t judged = 0, most = 0;
  for (size_t w = 0; w < wavelengths; w++) {
    const double end = r->t0_s + (time_zero_s ? time_zero_s[w] : 0) - CLEAR * r->irf_fwhm_s, own = sigma_wavelength ? sigma_wavelength[w] : 1;
    double sum = 0, weights = 0, last = NAN, squares = 0, products = 0;
    size_t n = 0;
    for (size_t i = 0; i < delays; i++) {
      const double y = signal[w * delays + i], s = (sigma_delay ? sigma_delay[i] : 1) * own, left = residual[w * delays + i] / s;
      if (isfinite(y) && delay_s[i] < end) {
        sum += y / (s * s);
        weights += 1 / (s * s);
        n++;
      }
      if (!isfinite(left)) continue;
      squares += left * left;
      if (isfinite(last)) products += left * last;
      last = left;
    }
    if (squares > 0) {
      correlations += products / squares;
      judged++;
    }
    if (n < 2) continue;
    for (size_t i = 0; i < delays; i++) {
      const double y = signal[w * delays + i], s = (sigma_delay ? sigma_delay[i] : 1) * own;
      if (!isfinite(y) || !(delay_s[i] < end)) continue;
      before += (y - sum / weights) * (y - sum / weights) / (s * s);
      if (z) z[w * delays + i] = (y - sum / weights) / s;
    }
    x.before_t0_freedom += n - 1;
    if (n > most) most = n;
  }
  if (z) x.sharing = sharing_of(z, wavelengths, delays, most);
  free(z);
  if (x.before_t0_freedom) x.before_t0 = sqrt(before / (double)x.before_t0_freedom);
  if (judged) x.correlation = correlations / (double)judged;
  return x;
}

static int rising(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Standard deviation before `end`, NAN where too few tell it; *above: the mean square behind it about the same mean. */
static double own_noise(const double *y, size_t delays, const double *delay_s, double zero, double end, double from_s, double to_s, double *above)
{
  double sum = 0, squares = 0, power = 0;
  size_t n = 0, m = 0;
  for (size_t i = 0; i < delays; i++)
    if (isfinite(y[i]) && delay_s[i] - zero < end) {
      sum += y[i];
      n++;
    }
  if (n < DROWNED_LEAST) return NAN;
  for (size_t i = 0; i < delays; i++) {
    const double own = delay_s[i] - zero, d = y[i] - sum / (double)n;
    if (!isfinite(y[i])) continue;
    if (own < end) squares += d * d;
    if (own >= end && own >= from_s && own <= to_s) {
      power += d * d;
      m++;
    }
  }
  *above = m ? power / (double)m : 0;
  return sqrt(squares / (double)(n - 1));
}

size_t ts_ta_noise_drowned(const double *signal, const size_t *index, size_t wavelengths, size_t delays, const double *delay_s, const double *time_zero_s, double from_s, double to_s,
                           const ts_ta_result *r, bool *drowned)
{
  double *s = malloc(3 * wavelengths * sizeof *s), *above = s ? s + wavelengths : NULL, *order = s ? above + wavelengths : NULL;
  size_t known = 0, count = 0;
  if (!s) return 0;
  for (size_t w = 0; w < wavelengths; w++) {
    s[w] = own_noise(signal + index[w] * delays, delays, delay_s, time_zero_s ? time_zero_s[w] : 0, r->t0_s - CLEAR * r->irf_fwhm_s, from_s, to_s, &above[w]);
    if (isfinite(s[w])) order[known++] = s[w];
  }
  qsort(order, known, sizeof *order, rising);
  for (size_t w = 0; w < wavelengths; w++) {
    drowned[w] = isfinite(s[w]) && above[w] < 2 * s[w] * s[w] && s[w] > STANDS_OUT * order[known / 2];
    count += drowned[w];
  }
  free(s);
  return count;
}

bool ts_ta_noise_exceeds(double residual, double residual_freedom, double before, double before_freedom)
{
  if (!(before > 0) || !(residual > 0)) return false;
  /* Paulson's approximation: the cube root of F is nearly normal */
  const double root = cbrt(residual / before * (residual / before)), a = 2 / (9 * residual_freedom), b = 2 / (9 * before_freedom);
  return ((1 - b) * root - (1 - a)) / sqrt(b * root * root + a) > TS_TA_POOR_FIT_Z;
}

bool ts_ta_noise_is_correlated(double correlation, size_t delays)
{
  return delays > 0 && correlation > TS_TA_POOR_FIT_Z / sqrt((double)delays);
}

bool ts_ta_noise_is_overstated(double chi2_reduced, double freedom, double rho)
{
  const double alike = isfinite(rho) ? fmax(0, fmin(rho, ALIKE_MOST)) : 0, c = 2 / (9 * freedom) * (1 + alike * alike) / (1 - alike * alike);
  const double root = 1 - c - OVERSTATED_Z * sqrt(c);
  return root > 0 && chi2_reduced < root * root * root;
}

double ts_ta_noise_widening(double found, double delays, double parameters, bool sigma_known)
{
  double rho = found, inflation = 1, taken = 0;
  for (unsigned i = 0; i < PASSES; i++) {
    rho = fmax(-ALIKE_MOST, fmin(rho, ALIKE_MOST));
    inflation = (1 + rho) / (1 - rho);
    taken = fmin(parameters * inflation, TAKEN_MOST * delays);   /* squares that a slow column takes, and as much of the products of neighbours */
    rho = (found * (delays - taken) + taken) / delays;
  }
  if (!(rho * sqrt(delays) > 1)) return 1;
  return sqrt(inflation * (sigma_known ? 1 : fmax(1, (delays - parameters) / (delays - taken))));
}

static void widen(double *sigma, size_t n, double factor)
{
  for (size_t i = 0; i < n; i++) sigma[i] *= factor;
}

void ts_ta_noise_widen(double factor, ts_ta_result *r, ts_ta_spectrum *spectra, size_t wavelengths)
{
  if (!(factor > 1)) return;
  double strength[TS_COMPONENTS_MAX] = {0}, live = 0;
  widen(r->lifetime_sigma_s, TS_COMPONENTS_MAX, factor);
  widen(r->amplitude_sigma, TS_COMPONENTS_MAX, factor);
  widen(r->artefact_sigma, 2, factor);
  widen(&r->offset_sigma, 1, factor);
  widen(&r->t0_sigma_s, 1, factor);
  widen(&r->irf_fwhm_sigma_s, 1, factor);
  for (size_t w = 0; w < wavelengths; w++) {
    ts_ta_spectrum *x = &spectra[w];
    widen(x->amplitude_sigma, TS_COMPONENTS_MAX, factor);
    widen(x->artefact_sigma, 2, factor);
    widen(&x->offset_sigma, 1, factor);
    if (!(x->amplitude_sigma[0] > 0)) continue;
    live++;
    for (unsigned k = 0; k < r->components; k++) strength[k] += pow(x->amplitude[k] / x->amplitude_sigma[k], 2);
  }
  bool supported = true;
  for (unsigned k = 0; k < r->components; k++) {
    const double sigma_ln = r->lifetime_sigma_s[k] / r->lifetime_s[k];
    if (wavelengths > 1 ? strength[k] < live + 5 * sqrt(2 * live) : strength[k] < TS_TA_AMPLITUDE_SIGMAS * TS_TA_AMPLITUDE_SIGMAS) supported = false;
    if (!(r->lifetime_sigma_s[k] > 0)) continue;
    r->lifetime_low_s[k] = r->lifetime_s[k] * exp(-TS_TA_INTERVAL_SIGMAS * sigma_ln);
    r->lifetime_high_s[k] = r->lifetime_s[k] * exp(TS_TA_INTERVAL_SIGMAS * sigma_ln);
    if (sigma_ln * TS_TA_LIFETIME_SIGMAS > 1) supported = false;
  }
  if (r->status == TS_STATUS_OK && !supported) r->status = TS_STATUS_ORDER_UNSUPPORTED;
}
