/* Where in the window the response starts: whole bins, by a linear fit at every position. */
#ifndef TS_FIT_SHIFT_H
#define TS_FIT_SHIFT_H
#include "irf.h"

/* The whole-bin shift of the IRF that describes y best. period_bins 0: none. Every shift that keeps the IRF's peak in the
 * window is a candidate. *shift is 0 when y is empty. */
ts_error ts_shift_search(const ts_irf *irf, const double *y, size_t bins, double period_bins, long *shift);
#endif
