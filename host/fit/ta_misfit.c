/* Is there more in the residuals than noise? One more term at a time beside the model: a drift along the delays, a coherent artefact, another decay. What remains of it when the model's own
 * parameters have taken what they can, against the residuals, is a number of unit variance where there is only noise (Rao's score test). It sees what the residuals' size and their
 * likeness between neighbours do not: an effect far below the noise of one delay that many delays have in common. Of a matrix the numbers' squares are summed over the wavelengths, each of which
 * may have such a term of its own size; there every wavelength has taken what it could by lifetimes and t0 of its own, so that the numbers are independent where the noise is. */
#include "ta_misfit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ta_noise.h"

#define CLEAR 4.0                /* sigmas, of the normal distribution: less than one in 15000 a term, one in some 1000 fits for all of them */
#define OWN_LEAST 1e-3           /* of a term's squares that the parameters must leave */
#define BASIS_LEAST 1e-10        /* of a parameter's squares that those before it must leave */
#define FREEDOM_LEAST 3.0
#define TAKEN_LEAST 2.0          /* of a term's square: one that explains less changes nothing of the residuals' likeness */
#define DRIFTS 2                 /* of the signal, linear and quadratic */
#define SHAPES 6                 /* drifts of the baseline, a constant, and three terms around t0 */
#define GRID_STEP 2              /* of the search's lifetimes: their decays are much alike */
#define TERMS_MAX (DRIFTS + SHAPES + (TS_TA_GRID_MAX + GRID_STEP - 1) / GRID_STEP)

struct ts_ta_misfit {
  const ts_ta_plan *p;
  ts_ta_order order;
  double seen[TERMS_MAX], wavelengths[TERMS_MAX];       /* squares of the terms, of so many wavelengths */
  double correlations[TERMS_MAX], used;                 /* of neighbouring residuals without what the term explains; delays of the last wavelength */
  double *basis, *left, *modelled, *part, *term;        /* [parameter][delay]; [delay]: residuals, signal without offset, what a term leaves; [term][delay] */
  double origin;                                        /* for which the terms that no signal is in are made, and the delays that are missing */
  bool *masked, made;
};

ts_ta_misfit *ts_ta_misfit_begin(const ts_ta_plan *p, const ts_ta_order *order) {
  ts_ta_misfit *m = calloc(1, sizeof *m);
  if (!m) return NULL;
  m->p = p;
  m->order = *order;
  m->basis = malloc((TS_TA_PARAMETERS_MAX + 3 + TERMS_MAX) * p->delays * sizeof *m->basis);
  m->masked = malloc(p->delays * sizeof *m->masked);
  if (!m->basis || !m->masked) {
    ts_ta_misfit_end(m);
    return NULL;
  }
  m->left = m->basis + TS_TA_PARAMETERS_MAX * p->delays;
  m->modelled = m->left + p->delays;
  m->part = memset(m->modelled + p->delays, 0, p->delays * sizeof *m->part);
  m->term = m->part + p->delays;
  return m;
}

void ts_ta_misfit_end(ts_ta_misfit *m) {
  if (!m) return;
  free(m->basis);
  free(m->masked);
  free(m);
}

static double product(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* Takes `count` orthonormal vectors out of x; returns the part of its squares that is left. */
static double project(const double *basis, unsigned count, size_t n, double *x) {
  const double before = product(x, x, n);
  for (unsigned i = 0; i < count; i++) {
    const double part = product(basis + i * n, x, n);
    for (size_t k = 0; k < n; k++) x[k] -= part * basis[i * n + k];
  }
  return before > 0 ? product(x, x, n) / before : 0;
}

/* Orthonormal vectors that span the parameters' columns at `at`, and the weighted residuals less what these still explain (the step to the minimum that is left). Returns how many. */
static unsigned span(ts_ta_misfit *m, const ts_ta_point *at, double origin) {
  const ts_ta_plan *p = m->p;
  const unsigned items = 2 * (p->options.components + p->extended) + 2;
  const size_t n = p->delays;
  ts_ta_columns c;
  unsigned count = 0;
  ts_ta_columns_of(p, at, &m->order, c);
  memset(m->basis, 0, m->order.n * n * sizeof *m->basis);
  for (size_t k = 0; k < n; k++) {
    double x[TS_PARAMETERS_MAX];
    m->left[k] = m->modelled[k] = 0;
    if (p->masked[k]) continue;
    const double root = sqrt(p->weight[k]), left = ts_ta_exact_at(p, at, origin, k, x);
    m->left[k] = root * left;
    m->modelled[k] = root * (p->signal[k] - left - at->offset);
    for (unsigned i = 0; i < m->order.n; i++)
      for (unsigned b = 0; b < items; b++) m->basis[i * n + k] += root * c[i][b] * x[b];
  }
  for (unsigned i = 0; i < m->order.n; i++) {
    double *q = m->basis + i * n, *kept = m->basis + count * n;
    if (!(project(m->basis, count, n, q) > BASIS_LEAST)) continue;
    project(m->basis, count, n, q);      /* once more: what rounding left */
    const double norm = sqrt(product(q, q, n));
    for (size_t k = 0; k < n; k++) kept[k] = q[k] / norm;
    count++;
  }
  project(m->basis, count, n, m->left);
  return count;
}

static unsigned terms(const ts_ta_plan *p) { return DRIFTS + SHAPES + (p->grid + GRID_STEP - 1) / GRID_STEP; }

/* Term t >= DRIFTS at a place along the delays (-1 to 1) and a time in IRF sigmas. */
static double shape_at(const ts_ta_plan *p, const ts_ta_point *at, unsigned t, double place, double u) {
  switch (t - DRIFTS) {
    case 0: return 1;
    case 1: return place;
    case 2: return place * place;
    case 3: return exp(-u * u / 2);
    case 4: return u * exp(-u * u / 2);
    case 5: return u * u * exp(-u * u / 2);
    default: return ts_ta_decay(u, p->unit / p->tau[p->given + GRID_STEP * (t - DRIFTS - SHAPES)] * at->width);
  }
}

/* All terms at the delays of the present trace, weighted. */
static void make_terms(ts_ta_misfit *m, const ts_ta_point *at, double origin) {
  const ts_ta_plan *p = m->p;
  const size_t n = p->delays;
  const bool same = m->made && m->origin == origin && !memcmp(m->masked, p->masked, n * sizeof *m->masked);
  m->made = true;
  m->origin = origin;
  memcpy(m->masked, p->masked, n * sizeof *m->masked);
  for (size_t k = 0, i = 0; k < n; k++) {
    const double place = 2 * (double)i / (double)(p->used - 1) - 1, u = ((p->delay[k] - origin) / p->unit - at->t0) / at->width;
    m->term[k] = place * m->modelled[k];
    m->term[n + k] = place * place * m->modelled[k];
    for (unsigned t = DRIFTS; !same && t < terms(p); t++) m->term[t * n + k] = p->masked[k] ? 0 : sqrt(p->weight[k]) * shape_at(p, at, t, place, u);
    i += !p->masked[k];
  }
}

/* A Student's t of `freedom` that takes `part` of all squares, as the normal deviate that is as rare (Wallace, Ann. Math. Statist. 30, 1124). */
static double normal_of(double part, double freedom) {
  return (8 * freedom + 1) / (8 * freedom + 3) * sqrt(freedom * -log1p(-fmin(part, 1 - 1e-12)));
}

/* Correlation of neighbouring residuals without so much of the part that is left of a term. */
static double neighbours(const ts_ta_misfit *m, double part) {
  double last = NAN, products = 0, squares = 0;
  for (size_t k = 0; k < m->p->delays; k++) {
    if (m->p->masked[k]) continue;
    const double x = m->left[k] - part * m->part[k];
    if (isfinite(last)) products += last * x;
    squares += x * x;
    last = x;
  }
  return squares > 0 ? products / squares : 0;
}

void ts_ta_misfit_add(ts_ta_misfit *m, const ts_ta_point *at, double origin, double variance) {
  const ts_ta_plan *p = m->p;
  const size_t n = p->delays;
  const unsigned count = span(m, at, origin);
  const double freedom = (double)p->used - count, squares = product(m->left, m->left, n);
  if (freedom < FREEDOM_LEAST || !(squares > 0)) return;
  m->used = (double)p->used;
  make_terms(m, at, origin);
  const double alike = neighbours(m, 0);
  for (unsigned t = 0; t < terms(p); t++) {
    const double *q = m->term + t * n, all = product(q, q, n), score = product(q, m->left, n);
    double size = all;
    for (unsigned i = 0; i < count; i++) size -= pow(product(m->basis + i * n, q, n), 2);
    if (!(size > OWN_LEAST * all)) continue;
    const double part = score * score / size;
    const double z = variance > 0 ? sqrt(part / variance) : normal_of(part / squares, freedom - 1);
    m->seen[t] += z * z;
    if (z * z > TAKEN_LEAST) {
      memcpy(m->part, q, n * sizeof *m->part);
      project(m->basis, count, n, m->part);
      m->correlations[t] += neighbours(m, score / size);
    } else m->correlations[t] += alike;
    m->wavelengths[t]++;
  }
}

bool ts_ta_misfit_seen(const ts_ta_misfit *m, double sharing) {
  for (unsigned t = 0; t < terms(m->p); t++) {
    const double live = m->wavelengths[t];
    if (!(live > 0)) continue;
    const double widening = ts_ta_noise_widening(m->correlations[t] / live, m->used, m->order.n, true);
    const double c = 2 / (9 * fmax(live / sharing, 1)), root = 1 - c + CLEAR * sqrt(c);   /* Wilson and Hilferty */
    if (m->seen[t] > (live < 2 ? CLEAR * CLEAR : live * root * root * root) * widening * widening) return true;
  }
  return false;
}
