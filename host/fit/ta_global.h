/* Many wavelengths with shared lifetimes, t0 and width: what ta_global.c (starts, choice), ta_descent.c (from a start to a minimum) and
 * ta_robust.c and ta_spectra.c (what is said of it) share. */
#ifndef TS_FIT_TA_GLOBAL_H
#define TS_FIT_TA_GLOBAL_H
#include "ta_plan.h"

#define TS_TA_LINEAR_MAX (TS_COMPONENTS_MAX + 3) /* amplitudes, offset, artefact, slope */
#define TS_TA_SHARED_MAX (TS_COMPONENTS_MAX + 2) /* ln tau, t0, ln s */

typedef struct ts_ta_site {      /* a wavelength */
  uint32_t place;                /* of its signals on the device */
  bool stays;                    /* they have one of their own there */
  size_t leader;                 /* the first wavelength with the same missing values and the same time_zero: the Gram matrices are the same */
  unsigned connection;           /* of p->connections: they are there since; 0: not yet */
  double time_zero;              /* units, a whole number */
  double omega;                  /* what its sums count: 1 / (scale sigma)^2; 0: it has no signal */
  double scale;
  size_t used;
  ts_ta_point at, kept, best, next;
  double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], gradient[TS_PARAMETERS_MAX], chi2;
  double solved[TS_TA_LINEAR_MAX];                            /* H_ll^-1 g_l */
  double follow[TS_TA_LINEAR_MAX][TS_TA_SHARED_MAX];          /* H_ll^-1 H_ln */
  double inverse[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX];         /* H_ll^-1 */
} ts_ta_site;

typedef struct ts_ta_global {
  ts_ta_plan *p;
  const double *signal, *zero;   /* zero: may be NULL */
  size_t count;                  /* wavelengths */
  double live;                   /* of them with a signal */
  ts_ta_site *site;
  ts_ta_order order;
  unsigned linear, shared;
  int linear_at[TS_TA_LINEAR_MAX], shared_at[TS_TA_SHARED_MAX];
  double origin;
  double floor;                  /* of chi2 over degrees of freedom in the thresholds: 1, or 0 where sigma is unknown */
  ts_matrix covariance;       /* of the shared parameters, for sigma 1 */
  double wider[TS_TA_SHARED_MAX]; /* standard deviations of the shared parameters over those of alike and independent noise, 1 or more: ta_robust.c */
  bool uneven;                    /* some wavelengths are noisier than others */
  ts_ta_result *r;
} ts_ta_global;

/* As the device's words hold it. */
double ts_ta_global_rounded(const ts_ta_global *g, double x);
/* Which parameters are a wavelength's own, which are shared. */
void ts_ta_global_list(ts_ta_global *g);
/* Where the device is to keep each wavelength's signals. */
void ts_ta_global_places(ts_ta_global *g);
/* Sums of every wavelength at its point. */
ts_error ts_ta_global_evaluate(ts_ta_global *g, double *chi2);
/* Amplitudes alone for the present lifetimes and t0, from sums at amplitudes of zero. */
bool ts_ta_global_first_amplitudes(ts_ta_global *g);
/* The damped step from the sums at `at` to `next`; false when a matrix cannot be factored. */
bool ts_ta_global_step(ts_ta_global *g, double lambda, double *decrement, double *shared);
/* From the points in `at` to a minimum. freedom: degrees of freedom; bits: of the status. */
ts_error ts_ta_global_descend(ts_ta_global *g, double freedom, double *chi2, unsigned *bits);
/* The sums in double precision, for what is said of the result: ta_exact.c. */
ts_error ts_ta_global_exact(ts_ta_global *g);
/* After ts_ta_global_step() from the exact sums: `wider`, `uneven`, TS_FLAG_NOISE_SHARED, and TS_FLAG_POOR_FIT where one more term shows. variance: of a signal whose omega was made for 1. */
ts_error ts_ta_global_robust(ts_ta_global *g, double variance);
/* Shared parameters, spectra, judgement. sigma: of each wavelength, may be NULL. */
void ts_ta_global_judge(ts_ta_global *g, double chi2, unsigned bits, double freedom, const ts_ta_rival *rivals, unsigned count, const double *sigma,
                        bool sigma_known, ts_ta_spectrum *spectra);
#endif
