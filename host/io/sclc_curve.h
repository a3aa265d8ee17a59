/* Points of sclc branches with their template, as CSV. */
#ifndef TAUSTREAM_IO_SCLC_CURVE_H
#define TAUSTREAM_IO_SCLC_CURVE_H
#include <stdio.h>

#include "sclc_record.h"

/* False: out of memory. Columns: source, index, direction, polarity, v_v, j_a_m2, fit_a_m2 (the template, where the voltage is above its limit), weighted_residual (ln J - ln fit over the
 * noise of ln J, where the template was fitted), slope (of the line over +-0.12 decade). */
void ts_sclc_curve_header(FILE *f);
bool ts_sclc_curve(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r);

/* Slope of ln J over ln V through the points within +-0.12 decade of every point, each weighted by the ln V it stands for; NAN: fewer than 3. NULL: out of
 * memory; else b->n numbers to be freed. */
double *ts_sclc_local_slopes(const ts_sweep_branch *b);
#endif
