/* A current-voltage measurement cut into its branches: one polarity, one direction, |V| strictly rising, J > 0.
 *
 * A branch ends where the voltage changes its sign or turns round by more than 0.08 decade. Measurements with hardly any order are sorted into one
 * branch a polarity. What cannot be used is left out and counted, never silently changed:
 *     V = 0 or J = 0                         excluded
 *     J against the branch's sign            excluded where |V| is small; so are all points up to 10 times the last such voltage, where an offset
 *                                            current would shape the curve (offset_v says up to where). Elsewhere: refused, see ts_sweep_cut()
 *     equal voltages                         merged, J averaged
 *     the top points at one current          clipped: compliance of the source; the first of them is kept
 */
#ifndef TAUSTREAM_FIT_SWEEP_H
#define TAUSTREAM_FIT_SWEEP_H
#include <stdbool.h>
#include <stddef.h>

#include "../include/taustream.h"

typedef enum ts_direction { TS_FORWARD, TS_REVERSE, TS_UNSORTED } ts_direction;
const char *ts_direction_name(ts_direction d);   /* `forward`: |V| rises */

typedef struct ts_sweep_point {
  double v, j;              /* volts, A/m2, with their signs */
  unsigned long line;       /* in the file */
} ts_sweep_point;

typedef struct ts_sweep_branch {
  bool negative;            /* polarity of V */
  bool inverted;            /* J has the other sign than V */
  ts_direction direction;
  size_t n;
  double *v, *j;            /* |V| strictly rising, |J| > 0 */
  size_t excluded, merged, clipped;
  double offset_v;          /* points up to here were left out, 0: none */
  double clipped_j;         /* current of the plateau, 0: none */
} ts_sweep_branch;

typedef struct ts_sweep {
  ts_sweep_branch *branch;
  size_t n;
  size_t excluded;          /* points that belong to no branch: V = 0, and turns of fewer than 4 points */
} ts_sweep;

/* name: what messages call the data. TS_ERROR_INPUT: nothing can be used, or the current changes its sign at large voltages; message (TS_MESSAGE_BYTES)
 * names line, value and what was expected. */
ts_error ts_sweep_cut(ts_sweep *s, const ts_sweep_point *p, size_t n, const char *name, char *message);
void ts_sweep_free(ts_sweep *s);

typedef struct ts_sweep_difference {
  double ratio;             /* J_a / J_b where they differ most (mean of ln over a window of 0.24 decade), NAN: no common voltages */
  double at_v;
  double sigma;             /* of ln ratio there, from the scatter about local lines */
  bool is_significant;      /* ln ratio is beyond `least` and beyond so many sigmas */
} ts_sweep_difference;
/* Compares two branches over the voltages that both have, between from_v and to_v. */
ts_sweep_difference ts_sweep_compare(const ts_sweep_branch *a, const ts_sweep_branch *b, double from_v, double to_v, double least, double sigmas);
#endif
