/* Starts: every choice of lifetimes from a grid, solved linearly, ranked by what it leaves unexplained. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ta_plan.h"

#define RIDGE 1e-3               /* of a choice: keeps neighbouring lifetimes from huge amplitudes */
#define RIDGE_GRID 1e-9          /* of the whole grid: for the candidate of t0 and the noise */
#define APART 2                  /* two starts differ by as many grid places in one lifetime */

typedef double square[TS_TA_COLUMNS_MAX][TS_TA_COLUMNS_MAX];
typedef double projections[TS_TA_TRACES_MAX][TS_TA_COLUMNS_MAX];   /* of each trace */

typedef ts_ta_choice choice;

static const double *column_of(const ts_ta_plan *p, unsigned candidate, unsigned column) {
  return p->column + ((size_t)candidate * p->columns + column) * p->delays;
}

/* Gram matrices for the present mask, all candidates. */
static void prepare(ts_ta_plan *p) {
  if (p->gram_ready && memcmp(p->gram_mask, p->masked, p->delays * sizeof *p->masked) == 0) return;
  memcpy(p->gram_mask, p->masked, p->delays * sizeof *p->masked);
  p->gram_ready = true;
  for (unsigned c = 0; c < p->candidates; c++)
    for (unsigned i = 0; i < p->columns; i++)
      for (unsigned j = 0; j <= i; j++) {
        const double *a = column_of(p, c, i), *b = column_of(p, c, j);
        double sum = 0;
        for (size_t n = 0; n < p->delays; n++)
          if (!p->masked[n]) sum += p->weight[n] * a[n] * b[n];
        p->gram[((size_t)c * p->columns + i) * p->columns + j] = p->gram[((size_t)c * p->columns + j) * p->columns + i] = sum;
      }
}

static double explained(const projections g, unsigned traces, unsigned i, double d) {
  double sum = 0;
  for (unsigned t = 0; t < traces; t++) sum += g[t][i] * g[t][i];
  return sum / d;
}

/* Eliminates column i from a (m columns, and the projections g): what is left of the others. Returns what i explains. */
static double eliminate(square a, projections g, unsigned traces, unsigned m, unsigned i, double ridge) {
  const double d = a[i][i] * (1 + ridge);
  if (!(d > 0)) return 0;
  for (unsigned r = 0; r < m; r++) {
    if (r == i) continue;
    const double f = a[r][i] / d;
    for (unsigned t = 0; t < traces; t++) g[t][r] -= f * g[t][i];
    for (unsigned c = 0; c < m; c++)
      if (c != i) a[r][c] -= f * a[i][c];
  }
  return explained(g, traces, i, d);
}

/* Scaled to a unit diagonal; *norm[i]: what column i was divided by. */
static void load(const ts_ta_plan *p, unsigned candidate, square a, projections g, double *norm) {
  const double *gram = p->gram + (size_t)candidate * p->columns * p->columns;
  for (unsigned i = 0; i < p->columns; i++) {
    const double own = gram[i * p->columns + i], *column = column_of(p, candidate, i);
    norm[i] = own > 0 ? sqrt(own) : 1;
    for (unsigned t = 0; t < p->traces; t++) {
      const double *signal = p->signal + t * p->delays;
      double sum = 0;
      for (size_t n = 0; n < p->delays; n++) sum += p->weight[n] * column[n] * signal[n];
      g[t][i] = sum / norm[i];
    }
  }
  for (unsigned i = 0; i < p->columns; i++)
    for (unsigned j = 0; j < p->columns; j++) a[i][j] = gram[i * p->columns + j] / (norm[i] * norm[j]);
}

/* What is left when everything is in: a pivot that has vanished is skipped. */
static double unexplained(const ts_ta_plan *p, unsigned candidate, double total) {
  square a;
  projections g;
  double norm[TS_TA_COLUMNS_MAX];
  load(p, candidate, a, g, norm);
  bool done[TS_TA_COLUMNS_MAX] = {false};
  if (p->options.offset != TS_FREE) done[p->columns - 1] = true;
  for (;;) {
    unsigned best = p->columns;
    for (unsigned i = 0; i < p->columns; i++)
      if (!done[i] && a[i][i] > 1e-7 && (best == p->columns || a[i][i] > a[best][best])) best = i;
    if (best == p->columns) return total > 0 ? total : 0;
    done[best] = true;
    total -= eliminate(a, g, p->traces, p->columns, best, RIDGE_GRID);
  }
}

static void choose(square a, const projections g, unsigned traces, unsigned first, unsigned grid_end, unsigned left, double cost, uint8_t *place,
                   unsigned depth, choice *list, unsigned *count) {
  for (unsigned i = first; i + left <= grid_end; i++) {
    place[depth] = (uint8_t)i;
    const double d = a[i][i] * (1 + RIDGE);
    if (!(d > 1e-12)) continue;
    if (left == 1) {
      if (*count == TS_TA_CHOICES_MAX) return;
      choice *c = &list[(*count)++];
      c->cost = cost - explained(g, traces, i, d);
      memcpy(c->place, place, sizeof c->place);
      continue;
    }
    square b;
    projections h;
    for (unsigned r = i + 1; r < grid_end; r++) {
      const double f = a[r][i] / d;
      for (unsigned t = 0; t < traces; t++) h[t][r] = g[t][r] - f * g[t][i];
      for (unsigned c = i + 1; c < grid_end; c++) b[r][c] = a[r][c] - f * a[i][c];
    }
    choose(b, h, traces, i + 1, grid_end, left - 1, cost - explained(g, traces, i, d), place, depth + 1, list, count);
  }
}

static int by_cost(const void *a, const void *b) {
  const double x = ((const choice *)a)->cost, y = ((const choice *)b)->cost;
  if (x != y) return x < y ? -1 : 1;
  return memcmp(((const choice *)a)->place, ((const choice *)b)->place, TS_COMPONENTS_MAX);
}

/* Amplitudes of the columns in list, by Gauss-Jordan on the ridged normal matrix. */
static void solve(square all, const double *projection, const unsigned *list, unsigned m, double *x) {
  double a[TS_COMPONENTS_MAX + 2][TS_COMPONENTS_MAX + 3];
  for (unsigned i = 0; i < m; i++) {
    for (unsigned j = 0; j < m; j++) a[i][j] = all[list[i]][list[j]] * (i == j ? 1 + RIDGE : 1);
    a[i][m] = projection[list[i]];
  }
  for (unsigned i = 0; i < m; i++)
    for (unsigned r = 0; r < m; r++) {
      if (r == i || !(a[i][i] > 0)) continue;
      const double f = a[r][i] / a[i][i];
      for (unsigned c = i; c <= m; c++) a[r][c] -= f * a[i][c];
    }
  for (unsigned i = 0; i < m; i++) x[i] = a[i][i] > 0 ? a[i][m] / a[i][i] : 0;
}

/* Every choice of lifetimes for one candidate of t0, best first. Returns how many. */
static unsigned rank(const ts_ta_plan *p, unsigned candidate, double total, choice *list) {
  const unsigned m = p->columns, searched = p->options.components - p->given;
  square a;
  projections g;
  double norm[TS_TA_COLUMNS_MAX], cost = total;
  load(p, candidate, a, g, norm);
  if (p->options.offset == TS_FREE) cost -= eliminate(a, g, p->traces, m, m - 1, RIDGE);
  cost -= eliminate(a, g, p->traces, m, m - 2, RIDGE);
  for (unsigned k = 0; k < p->given; k++) cost -= eliminate(a, g, p->traces, m, k, RIDGE);
  unsigned count = 0;
  uint8_t place[TS_COMPONENTS_MAX] = {0};
  if (searched) {
    choose(a, g, p->traces, p->given, p->given + p->grid, searched, cost, place, 0, list, &count);
  } else {
    memcpy(list[0].place, place, sizeof place);
    list[count++].cost = cost;
  }
  qsort(list, count, sizeof *list, by_cost);
  return count;
}

unsigned ts_ta_search(ts_ta_plan *p, ts_ta_point start[TS_TA_STARTS_MAX], double *candidate_s, double *noise2) {
  const unsigned K = p->options.components, m = p->columns, EG = m - 2, ONE = m - 1, searched = K - p->given;
  prepare(p);
  double total = 0;
  for (unsigned t = 0; t < p->traces; t++)
    for (size_t n = 0; n < p->delays; n++) total += p->weight[n] * p->signal[t * p->delays + n] * p->signal[t * p->delays + n];
  unsigned at = 0;
  double least = INFINITY;
  for (unsigned c = 0; c < p->candidates; c++) {
    const double left = unexplained(p, c, total);
    if (left < least) {
      least = left;
      at = c;
    }
  }
  *noise2 = least / (fmax((double)p->used - (double)m, 1) * p->traces);

  /* the whole grid bends to a neighbouring t0, a choice of K does not: the candidates beside it are ranked, too */
  choice *list = p->choices, *other = list + TS_TA_CHOICES_MAX;
  unsigned count = rank(p, at, total, list), starts = 0;
  const double near = 1.5 * p->s, middle = p->t0[at];
  for (unsigned c = 0; c < p->candidates; c++) {
    if (c == at || fabs(p->t0[c] - middle) > near) continue;
    const unsigned n = rank(p, c, total, other);
    if (n == 0 || (count && other[0].cost >= list[0].cost)) continue;
    memcpy(list, other, n * sizeof *list);
    count = n;
    at = c;
  }
  *candidate_s = p->t0[at];
  square first;
  projections projection;
  double norm[TS_TA_COLUMNS_MAX];
  load(p, at, first, projection, norm);
  unsigned taken[TS_TA_STARTS_MAX];
  for (unsigned i = 0; i < count && starts < TS_TA_STARTS_MAX; i++) {
    bool apart = true;
    for (unsigned j = 0; j < starts; j++) {
      unsigned most = 0;
      for (unsigned k = 0; k < searched; k++) {
        const unsigned d = (unsigned)abs((int)list[i].place[k] - (int)list[taken[j]].place[k]);
        if (d > most) most = d;
      }
      apart = apart && most >= APART;
    }
    if (!apart) continue;
    taken[starts] = i;
    unsigned chosen[TS_COMPONENTS_MAX + 2], n = 0;
    for (unsigned k = 0; k < p->given; k++) chosen[n++] = k;
    for (unsigned k = 0; k < searched; k++) chosen[n++] = list[i].place[k];
    chosen[n++] = EG;
    if (p->options.offset == TS_FREE) chosen[n++] = ONE;
    double x[TS_COMPONENTS_MAX + 2];
    solve(first, projection[0], chosen, n, x);
    ts_ta_point *s = &start[starts++];
    memset(s, 0, sizeof *s);
    for (unsigned k = 0; k < K; k++) {
      s->rate[k] = p->unit / p->tau[chosen[k]];
      s->amplitude[k] = x[k] / norm[chosen[k]];
    }
    s->width = p->s / p->unit;
    s->damping = TS_TA_DAMPING_NEAR;
    if (p->options.artefact != TS_TA_ARTEFACT_NONE) s->artefact = x[K] / norm[EG];
    if (p->options.offset == TS_FREE) s->offset = x[K + 1] / norm[ONE];
  }
  return starts;
}
