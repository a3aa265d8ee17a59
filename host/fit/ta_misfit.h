/* What a fit of transient absorption leaves in its residuals, against one more term beside the model: drifts along the delays (of the signal, of the baseline; linear, quadratic), a constant, a
 * coherent artefact, another decay. */
#ifndef TS_FIT_TA_MISFIT_H
#define TS_FIT_TA_MISFIT_H
#include "ta_plan.h"

typedef struct ts_ta_misfit ts_ta_misfit;
/* NULL: out of memory. */
ts_ta_misfit *ts_ta_misfit_begin(const ts_ta_plan *p, const ts_ta_order *order);
/* The plan's present trace at its minimum, seen from `origin` (s). variance: of a scaled signal of the largest weight; 0: it comes from the residuals. */
void ts_ta_misfit_add(ts_ta_misfit *m, const ts_ta_point *at, double origin, double variance);
/* Is a term beyond 4 standard deviations (of noise that is as alike between neighbours as the residuals)? sharing: by so much more do sums of squares over the wavelengths scatter than those
 * of independent ones, 1 and more. */
bool ts_ta_misfit_seen(const ts_ta_misfit *m, double sharing);
void ts_ta_misfit_end(ts_ta_misfit *m);
#endif
