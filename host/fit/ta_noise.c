#include "ta_noise.h"

#include <math.h>

#include "ta_plan.h"

#define CLEAR 1.5                /* FWHM before t0: the signal has not begun */

ts_ta_noise ts_ta_noise_of(const double *signal, const double *residual, size_t wavelengths, size_t delays, const double *delay_s, const double *time_zero_s,
                           const double *sigma_delay, const double *sigma_wavelength, const ts_ta_result *r)
{
  ts_ta_noise x = {.before_t0 = NAN, .correlation = NAN};
  double correlations = 0, before = 0;
  size_t judged = 0;
  for (size_t w = 0; w < wavelengths; w++) {
    const double end = r->t0_s + (time_zero_s ? time_zero_s[w] : 0) - CLEAR * r->irf_fwhm_s, own = sigma_wavelength ? sigma_wavelength[w] : 1;
    double sum = 0, weights = 0, last = NAN, squares = 0, products = 0;
    size_t n = 0;
    for (size_t i = 0; i < delays; i++) {
      const double y = signal[w * delays + i], s = (sigma_delay ? sigma_delay[i] : 1) * own, z = residual[w * delays + i] / s;
      if (isfinite(y) && delay_s[i] < end) {
        sum += y / (s * s);
        weights += 1 / (s * s);
        n++;
      }
      if (!isfinite(z)) continue;
      squares += z * z;
      if (isfinite(last)) products += z * last;
      last = z;
    }
    if (squares > 0) {
      correlations += products / squares;
      judged++;
    }
    if (n < 2) continue;
    for (size_t i = 0; i < delays; i++) {
      const double y = signal[w * delays + i], s = (sigma_delay ? sigma_delay[i] : 1) * own;
      if (isfinite(y) && delay_s[i] < end) before += (y - sum / weights) * (y - sum / weights) / (s * s);
    }
    x.before_t0_freedom += n - 1;
  }
  if (x.before_t0_freedom) x.before_t0 = sqrt(before / (double)x.before_t0_freedom);
  if (judged) x.correlation = correlations / (double)judged;
  return x;
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
