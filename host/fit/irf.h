/* The instrument response, from what the user gave to a normalised histogram on the data's time grid. */
#ifndef TS_FIT_IRF_H
#define TS_FIT_IRF_H
#include "sharp.h"
#include "taustream.h"

typedef struct ts_irf {
  double *g;         /* n values, sum 1; g[i] belongs to bin first + i of the data (which may lie outside of its window) */
  long first;
  size_t n;
  double peak;       /* index of the largest value, on the data's grid */
  double fwhm_bins;
  bool cut;           /* its histogram begins within the rise */
  double offset;     /* by which g stands later than what the user described, bins: a narrow Gauss is put at a bin's centre */
  ts_sharp gauss;    /* what a response of hardly a bin is within its bins (sigma 0: not known), on g's grid: its middle stands later by offset, too */
  double counts;     /* of the histogram without background; 0: not measured (Gauss, none) */
  unsigned flags;    /* TS_FLAG_IRF_... */
  double level_variance; /* of the level that was taken off g's bins from level_from on (of them), if it was found in the histogram */
  long level_from;
  double *noise;     /* variances of g by counting, n of them; NULL: not known, or not on these bins */
} ts_irf;

#define TS_IRF_LOST 1e-3         /* part of the IRF outside of the window, or behind its histogram: irf_truncated */
#define TS_UNDERSAMPLED_BINS 2.2 /* a histogram of less FWHM may be one of two bins, which do not tell its width and place: irf_undersampled */
#define TS_FWHM_OF_SIGMA 2.3548200450309493
#define TS_SHARP_BINS 2.2  /* a Gauss of less FWHM is given to the device itself; its eight taps hold no wider one */
#define TS_NARROW_BINS 1.5 /* an IRF of less FWHM is taken as pulses at the bins' centres */
#define TS_BLUR_MIN (1.0 / 1024) /* sigma of pulses in the device, bins: counts do not tell it from a smaller one */
#define TS_BLUR_REACH 5.0      /* sigmas */

/* Needs o->irf_kind other than TS_IRF_NONE for more than a single 1 in bin 0. message: TS_MESSAGE_BYTES. */
ts_error ts_irf_prepare(ts_irf *irf, const ts_trpl_options *o, size_t bins, char *message);
void ts_irf_free(ts_irf *irf);
#endif
