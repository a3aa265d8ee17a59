/* The exact expectation of a simulated transient-absorption measurement in double precision, and the Cramer-Rao bounds of what all wavelengths share. */
#ifndef TAUSTREAM_SYNTHETIC_TA_H
#define TAUSTREAM_SYNTHETIC_TA_H
#include <stdbool.h>
#include <stddef.h>

#include "../include/taustream.h"

typedef struct ts_synthetic_ta {
  size_t delays, wavelengths;
  double *delay_s;
  double *wavelength_m;            /* NAN: a trace */
  double *time_zero_s;             /* of each wavelength, on top of t0_s */
  unsigned components;
  double lifetime_s[TS_COMPONENTS_MAX];
  double *amplitude;               /* [component][wavelength] */
  double *offset, *artefact;       /* [wavelength]; artefact: c0 */
  double irf_fwhm_s, t0_s;
} ts_synthetic_ta;

/* Expected signals of one wavelength, one a delay. */
void ts_synthetic_ta_expected(const ts_synthetic_ta *s, size_t wavelength, double *signal);

typedef struct ts_bounds_ta {
  double lifetime_sigma_s[TS_COMPONENTS_MAX], t0_sigma_s;
} ts_bounds_ta;
/* Cramer-Rao bounds for noise of standard deviation sigma with lifetimes, t0 and each wavelength's amplitudes and offset (and artefact, with_artefact) free, the IRF's
 * width known. False: singular or no memory; every bound is then NAN. */
bool ts_synthetic_ta_bounds(const ts_synthetic_ta *s, double sigma, bool with_artefact, ts_bounds_ta *b);
#endif
