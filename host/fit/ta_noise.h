/* What the residuals of a transient-absorption fit say about the noise. */
#ifndef TS_FIT_TA_NOISE_H
#define TS_FIT_TA_NOISE_H
#include "../include/taustream.h"

/* NAN where it could not be determined. */
typedef struct ts_ta_noise {
  double before_t0;              /* standard deviation of signals more than 1.5 FWHM before t0 about their wavelength's mean, common to all wavelengths */
  size_t before_t0_freedom;      /* its degrees of freedom */
  double correlation;            /* of neighbouring delays' weighted residuals, mean over the wavelengths */
} ts_ta_noise;

/* signal, residual: [wavelength][delay], NAN: missing; time_zero_s: of each wavelength, or NULL; sigma_delay, sigma_wavelength: relative weights as for
 * the fit, or NULL. */
ts_ta_noise ts_ta_noise_of(const double *signal, const double *residual, size_t wavelengths, size_t delays, const double *delay_s, const double *time_zero_s,
                           const double *sigma_delay, const double *sigma_wavelength, const ts_ta_result *r);

/* Is the noise that the residuals show (standard deviation, degrees of freedom) more than what was seen before t0: beyond the 99.9 % quantile of F? */
bool ts_ta_noise_exceeds(double residual, double residual_freedom, double before, double before_freedom);
/* Are neighbouring residuals alike, beyond the 99.9 % quantile for white noise? Wavelengths may share their noise: one number a delay is counted. */
bool ts_ta_noise_is_correlated(double correlation, size_t delays);
#endif
