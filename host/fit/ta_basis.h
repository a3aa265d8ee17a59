/* The columns of transient absorption in double precision. */
#ifndef TS_FIT_TA_BASIS_H
#define TS_FIT_TA_BASIS_H

#define TS_FWHM_PER_SIGMA 2.3548200450309493   /* 2 sqrt(2 ln 2) */
#define TS_TA_B 0.84932180028801904            /* sqrt(log2(e) / 2) */
#define TS_TA_C 0.33883046                     /* TS_TA_B / sqrt(2 pi) */
#define TS_TA_G 1.3862943611198906             /* 2 ln 2 */

/* exp(-x), x >= 0, convolved with a Gaussian: u = (t - t0)/s, k = s/tau. */
double ts_ta_decay(double u, double k);
#endif
