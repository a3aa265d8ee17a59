/* A response of hardly a bin's width: the Gauss that its histogram of a few filled bins tells. */
#ifndef TS_FIT_SHARP_H
#define TS_FIT_SHARP_H
#include <stdbool.h>
#include <stddef.h>

/* Everything in bins of the histogram, bin i from i to i + 1. */
typedef struct ts_sharp {
  double middle, sigma;      /* most likely, or the mean over what is possible */
  double sigma_error;
  double middle_slope;       /* of the best middle with sigma */
  double middle_error;       /* sigma given */
} ts_sharp;

/* v: counts without background, n bins; removed: counts of background that were taken away, whose noise is left in v; level: variance of what was taken off each bin, one error
 * for all. False: this is no Gauss (Pearson's
 * chi2 over its bins and over what lies left and right of them), or one too wide to be looked at. Maximum likelihood; where the histogram leaves the width
 * open (one filled bin, two with the middle at their edge) mean of all widths that it allows, each as likely as the next, and how
 * far the ends are: the data are to say which. */
bool ts_sharp_find(const double *v, size_t n, double removed, double level, ts_sharp *found);
#endif
