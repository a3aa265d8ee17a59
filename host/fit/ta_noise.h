/* What the residuals of a transient-absorption fit say about the noise. */
#ifndef TS_FIT_TA_NOISE_H
#define TS_FIT_TA_NOISE_H
#include "../include/taustream.h"

/* NAN where it could not be determined. */
typedef struct ts_ta_noise {
  double before_t0;              /* standard deviation of signals more than 1.5 FWHM before t0 about their wavelength's mean, common to all wavelengths */
  size_t before_t0_freedom;      /* its degrees of freedom */
  double sharing;                /* by so much more do variances of all wavelengths scatter than of independent ones: 1 and more; from the signals before t0 */
  double correlation;            /* of neighbouring delays' weighted residuals, mean over the wavelengths */
} ts_ta_noise;

/* signal, residual: [wavelength][delay], NAN: missing; time_zero_s: of each wavelength, or NULL; sigma_delay, sigma_wavelength: relative weights as for
 * the fit, or NULL. */
ts_ta_noise ts_ta_noise_of(const double *signal, const double *residual, size_t wavelengths, size_t delays, const double *delay_s, const double *time_zero_s,
                           const double *sigma_delay, const double *sigma_wavelength, const ts_ta_result *r);

/* Wavelengths that the pump's scattered light, or a dead pixel, drowns: with equal weights they would decide what all wavelengths share. One is when the standard deviation s of its
 * signals before t0 (as above, at least 10 of them) is more than the root of (mean square of its signals between from_s and to_s about the mean before t0) - s^2, what stands above
 * the noise there, and more than 3 times the median s of all wavelengths, so that a wavelength at which the signal crosses zero, and a matrix that is noisy throughout, stay whole.
 * signal: [wavelength][delay], of which row index[w] is meant; times are each wavelength's own. drowned[w]; returns how many. */
size_t ts_ta_noise_drowned(const double *signal, const size_t *index, size_t wavelengths, size_t delays, const double *delay_s, const double *time_zero_s, double from_s, double to_s,
                           const ts_ta_result *r, bool *drowned);

/* z: [wavelength][delay], of each wavelength with squares that sum to 1: the sum over all pairs of wavelengths (each with itself, too) of their squared correlation; by way of the
 * delays, since there are fewer of them. */
double ts_ta_noise_pairs(const double *z, size_t wavelengths, size_t delays);
/* Is the noise that the residuals show (standard deviation, degrees of freedom) more than what was seen before t0: beyond the 99.9 % quantile of F? */
bool ts_ta_noise_exceeds(double residual, double residual_freedom, double before, double before_freedom);
/* Do residuals scatter less than the sigmas that were given say: chi2_reduced below its 1e-5 quantile (Wilson and Hilferty, never more in the lower tail), for so many independent signals? Noise
 * whose neighbours correlate by rho makes chi2 scatter as (1 - rho^2) / (1 + rho^2) times as many do. */
bool ts_ta_noise_is_overstated(double chi2_reduced, double freedom, double rho);
/* Noise whose neighbours correlate by rho (first order: rho^n at n delays) tells less than its number: by so much are the standard deviations of parameters too small that count it as white,
 * sqrt((1 + rho) / (1 - rho)), for a model that changes slowly from delay to delay (less where it does not: then it is too careful). found: of the residuals, of which the parameters (so many a
 * wavelength) have taken a part that was more alike than the rest; that is put back, and with sigma_known false what it is missing in the noise too. 1 where rho is within 1/sqrt(delays) of 0, one
 * standard deviation of it. */
double ts_ta_noise_widening(double found, double delays, double parameters, bool sigma_known);
/* Widens what is told of a result and its spectra, and judges it by that: order_unsupported where a lifetime or an amplitude is no longer distinct. */
void ts_ta_noise_widen(double factor, ts_ta_result *r, ts_ta_spectrum *spectra, size_t wavelengths);
/* Are neighbouring residuals alike, beyond the 99.9 % quantile for white noise? Wavelengths may share their noise: one number a delay is counted. */
bool ts_ta_noise_is_correlated(double correlation, size_t delays);
#endif
