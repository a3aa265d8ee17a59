/* Starts with two lifetimes close together: what the grid of the search is too coarse for. Amplitudes of opposite signs make such a pair look like
 * t exp(-t/tau), and from starts far apart the steps end in other minima. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ta_plan.h"

#define HALF_RATIO 1.2           /* the pair: a lifetime of the grid times and over it */
#define RIDGE 1e-6
#define PLACES 3                 /* t0: of the search, of the fit at hand, one sigma earlier */
#define LINEAR_MAX (TS_COMPONENTS_MAX + 2)

typedef struct trial {
  double cost;
  unsigned place;                /* in the grid */
  ts_ta_point start;
} trial;

/* Least squares for the amplitudes, the Gaussian (which takes what a wrong t0 leaves) and the offset; what they leave of the present trace. */
static double solve(const ts_ta_plan *p, double origin, ts_ta_point *s, double *column) {
  const unsigned K = p->options.components, m = K + 1 + (p->options.offset == TS_FREE);
  const size_t n = p->delays;
  double a[LINEAR_MAX][LINEAR_MAX + 1], norm[LINEAR_MAX], x[LINEAR_MAX], left = 0;
  const double width = s->width * p->unit;
  for (size_t i = 0; i < n; i++) {
    const double u = (p->delay[i] - origin - s->t0 * p->unit) / width;
    for (unsigned k = 0; k < K; k++) column[k * n + i] = ts_ta_decay(u, s->rate[k] * s->width);
    column[K * n + i] = exp(-u * u / 2);
    if (m > K + 1) column[(K + 1) * n + i] = 1;
  }
  for (unsigned b = 0; b < m; b++)
    for (unsigned c = 0; c <= b; c++) {
      double sum = 0;
      for (size_t i = 0; i < n; i++)
        if (!p->masked[i]) sum += p->weight[i] * column[b * n + i] * column[c * n + i];
      a[b][c] = a[c][b] = sum;
    }
  for (unsigned b = 0; b < m; b++) {
    norm[b] = a[b][b] > 0 ? sqrt(a[b][b]) : 1;
    a[b][m] = 0;
    for (size_t i = 0; i < n; i++) a[b][m] += p->weight[i] * column[b * n + i] * p->signal[i];
  }
  for (unsigned b = 0; b < m; b++) {
    for (unsigned c = 0; c < m; c++) a[b][c] /= norm[b] * norm[c];
    a[b][m] /= norm[b];
    a[b][b] += RIDGE;
  }
  for (unsigned b = 0; b < m; b++)
    for (unsigned r = 0; r < m; r++) {
      if (r == b) continue;
      const double f = a[r][b] / a[b][b];
      for (unsigned c = b; c <= m; c++) a[r][c] -= f * a[b][c];
    }
  for (unsigned b = 0; b < m; b++) x[b] = a[b][m] / a[b][b] / norm[b];
  for (size_t i = 0; i < n; i++) {
    double rest = p->signal[i];
    for (unsigned b = 0; b < m; b++) rest -= x[b] * column[b * n + i];
    if (!p->masked[i]) left += p->weight[i] * rest * rest;
  }
  for (unsigned k = 0; k < K; k++) s->amplitude[k] = x[k];
  s->artefact = p->options.artefact != TS_TA_ARTEFACT_NONE ? x[K] : 0;
  s->slope = 0;
  s->offset = m > K + 1 ? x[K + 1] : 0;
  return left;
}

/* Keeps the best of each place of the grid, best first. */
static void keep(trial *list, unsigned *count, const trial *t) {
  unsigned i = 0;
  while (i < *count && list[i].place != t->place) i++;
  if (i < *count && list[i].cost <= t->cost) return;
  if (i == *count) {
    if (*count == TS_TA_PAIRS_MAX && list[i - 1].cost <= t->cost) return;
    if (*count < TS_TA_PAIRS_MAX) ++*count;
    i = *count - 1;
  }
  while (i > 0 && list[i - 1].cost > t->cost) {
    list[i] = list[i - 1];
    i--;
  }
  list[i] = *t;
}

unsigned ts_ta_close_pairs(const ts_ta_plan *p, const ts_ta_point *best, ts_ta_point start[TS_TA_PAIRS_MAX]) {
  const unsigned K = p->options.components;
  const double s = p->s / p->unit, places[PLACES] = {0, best->t0, -s};
  trial list[TS_TA_PAIRS_MAX] = {{0}};
  unsigned count = 0;
  double *column = malloc(LINEAR_MAX * p->delays * sizeof *column);
  if (!column) return 0;
  /* every pair of the lifetimes that were searched for is replaced; given ones stand first and stay */
  for (unsigned i = p->given; i < K; i++)
    for (unsigned j = i + 1; j < K; j++)
      for (unsigned g = 0; g < p->grid; g++)
        for (unsigned t = 0; t < (p->options.t0_held ? 1 : PLACES); t++) {
          trial x = {.place = g, .start = *best};
          const double rate = p->unit / p->tau[p->given + g];
          x.start.rate[i] = rate * HALF_RATIO;
          x.start.rate[j] = rate / HALF_RATIO;
          x.start.t0 = places[t];
          x.start.width = s;
          x.start.damping = TS_TA_DAMPING_FAR;
          x.cost = solve(p, p->origin, &x.start, column);
          if (isfinite(x.cost)) keep(list, &count, &x);
        }
  free(column);
  for (unsigned i = 0; i < count; i++) start[i] = list[i].start;
  return count;
}
