/* t0 between delays. Where the delays are further apart than the IRF is wide, a t0 anywhere between two of them gives the same signals (with amplitudes that moved along the decay), unless the
 * IRF's edge reaches one of them. A minimum there, where the edge takes that one delay's noise, has a curvature that tells a t0 far too certain; these are the places beside it that it must be
 * compared with. */
#include <math.h>
#include <string.h>

#include "ta_plan.h"

#define WIDE 5.0                 /* IRF sigmas: a gap between delays with a dark middle */
#define EDGE 2.5                 /* from either end of it: there 0.6 % of the IRF reach the delay */
#define NEAR 4.0                 /* t0 from the gap */

unsigned ts_ta_between(const ts_ta_plan *p, const ts_ta_point *at, double origin, double t0[TS_TA_BETWEEN_MAX]) {
  unsigned count = 0;
  if (p->options.t0_held) return 0;
  for (size_t n = 0, last = p->delays; n < p->delays; n++) {
    if (p->masked[n]) continue;
    if (last < p->delays) {
      const double a = (p->delay[last] - origin) / p->unit, b = (p->delay[n] - origin) / p->unit, w = at->width;
      const double place[] = {a + EDGE * w, (a + b) / 2, b - EDGE * w};
      if (b - a > WIDE * w && at->t0 > a - NEAR * w && at->t0 < b + NEAR * w)
        for (unsigned i = 0; i < 3 && count < TS_TA_BETWEEN_MAX; i++) t0[count++] = place[i];
    }
    last = n;
  }
  return count;
}

static double squares(const ts_ta_plan *p, const ts_ta_point *at, double origin) {
  double sum = 0, x[TS_PARAMETERS_MAX];
  for (size_t n = 0; n < p->delays; n++) {
    if (p->masked[n]) continue;
    const double left = ts_ta_exact_at(p, at, origin, n, x);
    sum += p->weight[n] * left * left;
  }
  return sum;
}

double ts_ta_moved(const ts_ta_plan *p, ts_ta_point *at, double origin, double t0) {
  const ts_ta_options *o = &p->options;
  const double before = squares(p, at, origin);
  ts_ta_order l = {.offset = -1, .t0 = -1, .width = -1, .artefact = -1, .slope = -1};
  for (unsigned k = 0; k < o->components; k++) {
    l.amplitude[k] = (int)l.n++;
    l.lifetime[k] = -1;
    at->amplitude[k] *= exp((at->t0 - t0) * at->rate[k]);
  }
  if (o->offset == TS_FREE) l.offset = (int)l.n++;
  at->t0 = t0;
  ts_matrix covariance;
  double step[TS_TA_PARAMETERS_MAX];
  if (ts_ta_exact_step(p, at, origin, &l, covariance, step)) {
    for (unsigned k = 0; k < o->components; k++) at->amplitude[k] += step[l.amplitude[k]];
    if (l.offset >= 0) at->offset += step[l.offset];
  }
  return squares(p, at, origin) - before;
}
