/* t0 between delays. Where the delays are further apart than the IRF is wide, a t0 anywhere between two of them gives the same signals (with amplitudes that moved along the decay), unless the
 * IRF's edge reaches one of them. A minimum there, where the edge takes that one delay's noise, has a curvature that tells a t0 far too certain; these are the places beside it that it must be
 * compared with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ta_plan.h"

#define WIDE 5.0                 /* IRF sigmas: a gap between delays with a dark middle */
#define EDGE 2.5                 /* from either end of it: there 0.6 % of the IRF reach the delay */
#define NEAR 4.0                 /* t0 from the gap */
#define SEEN 3u                  /* delays within EDGE, on both sides, that tell t0; twice as many tell the width, too */
#define BLURRED_PLACES 11u       /* beside an artefact, which is the edge's own slope */
#define HIDDEN 0.5               /* lifetimes below two IRF sigmas, and amplitudes whose sum is less than this of the largest, leave little of the edge */
#define FAINT 0.01               /* part of the largest weight: a delay that tells little */
#define PLACES (TS_TA_PLACES / 4)/* on either side, of t0 and of the width */
#define T0_STEP 0.1              /* IRF sigmas to the first of them */
#define T0_NEXT 1.4              /* and the next one, of this one's */
#define WIDTH_STEP 0.1           /* of ln width */
#define FOLLOWING 3u             /* steps of the other parameters */
#define HOPELESS 30.0            /* times what would do: one step is enough */
#define SHORT 0.5                /* of these */
#define FLATTER 0.4              /* chi2 that grows by less of the square of the sigmas: these are too small by 1.6 and more */

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

/* The order of the parameters without the one at `held`. */
static ts_ta_order without(const ts_ta_order *l, int held) {
  ts_ta_order x = *l;
  int *place[2 * TS_COMPONENTS_MAX + 5] = {&x.offset, &x.t0, &x.width, &x.artefact, &x.slope};
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) {
    place[5 + 2 * k] = &x.amplitude[k];
    place[6 + 2 * k] = &x.lifetime[k];
  }
  for (unsigned i = 0; i < sizeof place / sizeof *place; i++) *place[i] = *place[i] == held ? -1 : *place[i] - (*place[i] > held);
  x.n--;
  return x;
}

/* A Gauss-Newton step of the parameters of l, short in lifetimes, t0 and width. An artefact that no delay sees stays. */
static void relax(const ts_ta_plan *p, ts_ta_point *at, double origin, const ts_ta_order *all) {
  ts_matrix covariance;
  double step[TS_TA_PARAMETERS_MAX];
  ts_ta_order l = *all;
  if (!ts_ta_exact_step(p, at, origin, &l, covariance, step)) {
    if (l.artefact < 0) return;
    if (l.slope >= 0) l = without(&l, l.slope);
    l = without(&l, l.artefact);
    if (!ts_ta_exact_step(p, at, origin, &l, covariance, step)) return;
  }
  for (unsigned k = 0; k < p->options.components; k++) {
    at->amplitude[k] += step[l.amplitude[k]];
    if (l.lifetime[k] >= 0) at->rate[k] *= exp(-fmax(-SHORT, fmin(SHORT, step[l.lifetime[k]])));
  }
  if (l.offset >= 0) at->offset += step[l.offset];
  if (l.t0 >= 0) at->t0 += fmax(-SHORT, fmin(SHORT, step[l.t0] / at->width)) * at->width;
  if (l.width >= 0) at->width *= exp(fmax(-SHORT, fmin(SHORT, step[l.width])));
  if (l.artefact >= 0) at->artefact += step[l.artefact];
  if (l.slope >= 0) at->slope += step[l.slope];
}

double ts_ta_moved(const ts_ta_plan *p, ts_ta_point *at, double origin, double t0, double width) {
  const ts_ta_options *o = &p->options;
  const double before = squares(p, at, origin);
  ts_ta_order l = {.offset = -1, .t0 = -1, .width = -1, .artefact = -1, .slope = -1};
  for (unsigned k = 0; k < o->components; k++) {
    l.amplitude[k] = (int)l.n++;
    l.lifetime[k] = -1;
    at->amplitude[k] *= exp((at->t0 - t0) * at->rate[k]);
  }
  if (o->offset == TS_FREE) l.offset = (int)l.n++;
  if (o->artefact != TS_TA_ARTEFACT_NONE) l.artefact = (int)l.n++;
  if (o->artefact == TS_TA_ARTEFACT_GAUSS2) l.slope = (int)l.n++;
  at->t0 = t0;
  at->width = width;
  relax(p, at, origin, &l);
  return squares(p, at, origin) - before;
}

/* What the signals rise by at t0 is little beside the amplitudes, or gone before the IRF is over: the edge may as well be elsewhere, with other ones. */
static bool is_hidden(const ts_ta_plan *p, const ts_ta_point *at) {
  double sum = 0, largest = 0, fastest = 0;
  for (unsigned k = 0; k < p->options.components; k++) {
    sum += at->amplitude[k];
    largest = fmax(largest, fabs(at->amplitude[k]));
    fastest = fmax(fastest, at->rate[k]);
  }
  return fabs(sum) < HIDDEN * largest || fastest * at->width > HIDDEN;
}

unsigned ts_ta_edge_reach(const ts_ta_plan *p, const ts_ta_point *at, double origin) {
  unsigned before = 0, behind = 0;
  for (size_t n = 0; n < p->delays; n++) {
    if (p->masked[n] || p->weight[n] < FAINT) continue;
    const double u = ((p->delay[n] - origin) / p->unit - at->t0) / at->width;
    before += u < 0 && u > -EDGE;
    behind += u >= 0 && u < EDGE;
  }
  const unsigned each = p->options.irf_free ? 2 : 1;
  if (before < each || behind < each || before + behind < SEEN * each) return PLACES;
  if (is_hidden(p, at)) return PLACES;
  return p->options.artefact != TS_TA_ARTEFACT_NONE ? BLURRED_PLACES : 0;
}

/* By how much the squares grow where t0 (place.t0) or the width is held elsewhere and all others follow. */
static double grown(const ts_ta_plan *p, ts_ta_point place, double t0_before, double origin, const ts_ta_order *l, double before, double enough) {
  for (unsigned k = 0; k < p->options.components; k++) place.amplitude[k] *= exp((t0_before - place.t0) * place.rate[k]);
  double least = squares(p, &place, origin) - before;
  for (unsigned i = 0; i < FOLLOWING && !(least < enough) && (!i || least < HOPELESS * enough); i++) {
    relax(p, &place, origin, l);
    least = fmin(least, squares(p, &place, origin) - before);
  }
  return least;
}

bool ts_ta_place(unsigned n, unsigned reach, const ts_ta_point *at, const ts_ta_order *l, double t0_sigma, double width_sigma, ts_ta_point *place, double *enough) {
  const bool of_width = n >= 2 * PLACES;
  const int i = (int)(of_width ? n - 2 * PLACES : n), steps = i < (int)PLACES ? i - (int)PLACES : i - (int)PLACES + 1;
  const double widths = copysign(T0_STEP * pow(T0_NEXT, abs(steps) - 1), steps);
  const double far = of_width ? steps * WIDTH_STEP / width_sigma : widths * at->width / t0_sigma;
  *place = *at;
  if (of_width) place->width *= exp(steps * WIDTH_STEP);
  else place->t0 += widths * at->width;
  *enough = fmin(TS_TA_RIVAL_CHI2, FLATTER * far * far);
  return (of_width ? l->width : l->t0) >= 0 && (unsigned)abs(steps) <= reach && far * far >= TS_TA_RIVAL_CHI2;
}

bool ts_ta_elsewhere(const ts_ta_plan *p, const ts_ta_point *at, double origin, const ts_ta_order *l, double t0_sigma, double width_sigma, double variance) {
  const unsigned reach = l->t0 < 0 && l->width < 0 ? 0 : ts_ta_edge_reach(p, at, origin);
  if (!reach) return false;
  const double before = squares(p, at, origin);
  for (unsigned n = 0; n < TS_TA_PLACES; n++) {
    ts_ta_point place;
    double enough;
    if (!ts_ta_place(n, reach, at, l, t0_sigma, width_sigma, &place, &enough)) continue;
    const ts_ta_order others = without(l, n < 2 * PLACES ? l->t0 : l->width);
    if (grown(p, place, at->t0, origin, &others, before, variance * enough) < variance * enough) return true;
  }
  return false;
}
