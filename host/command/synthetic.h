/* The exact expectation of a simulated decay in double precision, and the Cramer-Rao bounds that go with it.
 *
 * mu_i = b + sum_k a_k (1/w) integral over bin i of (G * exp(-t / tau_k))(t - position - shift) dt, t >= 0 for the exponential; G a Gaussian of
 * area 1 (or a pulse). With a period T the same for t + T, t + 2T, ... on top. The integral is
 * tau (Phi(z) - f(t)) between the bin's edges, f the exponentially modified Gaussian, so nothing is sampled. */
#ifndef TAUSTREAM_SYNTHETIC_H
#define TAUSTREAM_SYNTHETIC_H
#include <stdbool.h>
#include <stddef.h>

#include "../include/taustream.h"

typedef struct ts_synthetic {
  size_t bins;
  double bin_width_s;
  unsigned components;
  double lifetime_s[TS_COMPONENTS_MAX], amplitude[TS_COMPONENTS_MAX];  /* amplitude: a_k, counts per bin */
  double background_per_bin;
  double irf_fwhm_s;           /* 0: a pulse */
  double irf_position_s, shift_s, period_s;   /* period 0: a single pulse */
} ts_synthetic;

void ts_synthetic_expected(const ts_synthetic *s, double *expected);
/* The IRF's share of every bin (without the shift); their sum is 1 less what lies outside the window. */
void ts_synthetic_irf(const ts_synthetic *s, double *share);
/* Scales the amplitudes so that the decay (without background) has this many expected counts in the window. False: it has none. */
bool ts_synthetic_scale(ts_synthetic *s, double counts, double *room);

typedef struct ts_bounds {
  double lifetime_sigma_s[TS_COMPONENTS_MAX], amplitude_sigma[TS_COMPONENTS_MAX], background_sigma, shift_sigma_s;
} ts_bounds;
/* Cramer-Rao bounds with every parameter free (the shift only with a Gaussian IRF), the IRF known, all bins. False: singular or no
 * memory; every bound is then NAN. */
bool ts_synthetic_bounds(const ts_synthetic *s, ts_bounds *b);
#endif
