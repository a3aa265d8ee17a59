/* What the host makes of the engine's answer with the points at hand: a leak beside the device, a mobility that grows with the field, sweeps far beyond V_TFL,
 * numbers that no material has. */
#ifndef TAUSTREAM_FIT_SCLC_REFINE_H
#define TAUSTREAM_FIT_SCLC_REFINE_H
#include "taustream.h"
/* v, j: all points of the sweep as they were given. Out of memory: false, *r as it was. */
bool ts_sclc_refine(const ts_sclc_options *o, const double *v, const double *j, size_t n, ts_sclc_result *r);
/* The fit's current at v, leak and field with it; 0 at and below v_t_v. */
double ts_sclc_fit_current(const ts_sclc_options *o, const ts_sclc_result *r, double v);
#endif
