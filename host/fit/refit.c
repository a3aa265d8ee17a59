/* Bins that count only a known part of their photons: y_i ~ Poisson(v_i mu_i), v_i the width of the bin (differential nonlinearity) times the part of the
 * pulses for which the detection was live. The device knows nothing of v; from where it ended the host goes on, in double precision, to the maximum of
 * the likelihood: Fisher scoring, F = sum v J J' / mu, g = sum J (y / mu - v), damped (Levenberg, Marquardt) where a step makes it worse. Errors of v (of a
 * calibration) widen the covariance by F^-1 (sum (v s)^2 J J') F^-1, s relative. The model is the host's: the response as fine as it is known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define STEPS_MAX 100
#define STEP 1e-3            /* of ln tau and the shift, for differences */
#define LN_STEP_MAX 1.0      /* of ln a, ln tau; of the shift in bins */
#define CONVERGED 1e-6       /* squared standard deviations to gain */
#define TURNED 0.2           /* of the slope along a step, against it at its end: the next one is the shorter for it */
#define BACK 0.4             /* of a step that made it worse */
#define TURN_MIN 0.1         /* then it is damped */
#define TURN_SHORT 0.5       /* below: the next step shows no more of how far it is to the maximum than a damped one */
#define CONVERGED_DAMPED 1e-4 /* where Fisher's step alone makes it worse: few counts, far from what was expected, see the narrow response's flank */
#define DAMPING_FIRST 1e-3
#define DAMPING_MAX 1e12
#define SHIFT_END 0.01       /* device's bins from the end of its range */
#define MOVED 1.5            /* device's bins: half of its range is left for the histograms' own shifts */
#define FAN 4.0              /* between the lifetimes that the fit of an example begins with */
#define EXAMPLE_MAX 1e18
#define SHARP_LOW 0.01       /* sigma of a sharp response, bins */
#define SHARP_HIGH 1.5
#define WEIGHT_MIN 1e-6      /* a bin that counts less is left out */

typedef struct work {
  ts_trpl_plan *p;
  unsigned K, n;
  const uint64_t *y;
  const double *v, *s;           /* v NULL: 1 each; s NULL: v is exact */
  double *mu, *slope, *fine, *curve;   /* bins; n x bins; of the fine response; bins */
  double prior;                  /* of the response's sigma, 1/variance */
  bool free[TS_MATRIX_MAX];
  double low[TS_MATRIX_MAX], high[TS_MATRIX_MAX];
} work;

/* What bin i counts of its photons. */
static double part_of(const work *w, size_t i) { return w->v ? w->v[i] : 1; }

/* Adds a component of this amplitude (counts a bin), rate, shift and response (bins) to w->curve. */
static void add(const work *w, double amplitude, double rate, double shift, double sigma) {
  const ts_trpl_plan *p = w->p;
  const double period = p->options.period_s / p->options.bin_width_s;
  if (p->gauss.sigma > 0) {
    const ts_response sharp = ts_sharp_response(p, sigma);
    ts_response_add(&sharp, amplitude, rate, shift, period, w->curve);
    return;
  }
  if (!p->fine.n) {
    const ts_response own = {.g = p->g, .n = p->bins_used, .nodes = p->delta ? 0 : p->taps == TS_TAPS_SHORT ? p->taps : TS_NODES_HOST, .place = p->delta == 1 ? 0.5 : 0};
    ts_response_add(&own, amplitude, rate, shift, period, w->curve);
    return;
  }
  const double parts = p->parts;
  memset(w->fine, 0, p->fine.n * sizeof *w->fine);
  ts_response_add(&p->fine, amplitude / parts, rate / parts, shift * parts - p->fine_offset, period * parts, w->fine);
  const double *from = w->fine + p->lead * p->parts;
  for (size_t i = 0; i < p->bins_used; i++)
    for (unsigned j = 0; j < p->parts; j++) w->curve[i] += *from++;
}

static void component(const work *w, double amplitude, double rate, double shift, double sigma, double *to, double factor) {
  memset(w->curve, 0, w->p->bins_used * sizeof *w->curve);
  add(w, amplitude, rate, shift, sigma);
  for (size_t i = 0; i < w->p->bins_used; i++) to[i] += factor * w->curve[i];
}

/* x: ln a_k, ln tau_k (bins), ..., shift, background, sigma of a sharp response; mu is never below the floor that the device has, too. False: it is below zero, as a polynomial through a narrow response can be, where there are counts. */
static bool expect(const work *w, const double *x) {
  const size_t bins = w->p->bins_used;
  const double floor = TS_BACKGROUND_MIN / (double)w->p->factor;
  memset(w->mu, 0, bins * sizeof *w->mu);
  for (unsigned k = 0; k < w->K; k++) component(w, exp(x[2 * k]), exp(-x[2 * k + 1]), x[2 * w->K], x[2 * w->K + 2], w->mu, 1);
  const double background = fmax(x[2 * w->K + 1], floor);
  bool possible = true;
  for (size_t i = 0; i < bins; i++) {
    possible = possible && (w->mu[i] + background > 0 || !w->y[i]);
    w->mu[i] = fmax(w->mu[i], 0) + background;
  }
  return possible;
}

static void differentiate(const work *w, const double *x) {
  const size_t bins = w->p->bins_used;
  const unsigned S = 2 * w->K, W = S + 2;
  const double sigma = x[W], part = STEP * fmin(1, sigma);
  memset(w->slope, 0, w->n * bins * sizeof *w->slope);
  for (unsigned k = 0; k < w->K; k++) {
    const double a = exp(x[2 * k]), rate = exp(-x[2 * k + 1]);
    component(w, a, rate, x[S], sigma, w->slope + 2 * k * bins, 1);
    if (w->free[2 * k + 1]) {
      component(w, a, rate * exp(-STEP), x[S], sigma, w->slope + (2 * k + 1) * bins, 0.5 / STEP);
      component(w, a, rate * exp(STEP), x[S], sigma, w->slope + (2 * k + 1) * bins, -0.5 / STEP);
    }
    if (w->free[S]) {
      component(w, a, rate, x[S] + STEP, sigma, w->slope + S * bins, 0.5 / STEP);
      component(w, a, rate, x[S] - STEP, sigma, w->slope + S * bins, -0.5 / STEP);
    }
    if (w->prior > 0) {
      component(w, a, rate, x[S], sigma + part, w->slope + W * bins, 0.5 / part);
      component(w, a, rate, x[S], sigma - part, w->slope + W * bins, -0.5 / part);
    }
  }
  for (size_t i = 0; i < bins; i++) w->slope[(S + 1) * bins + i] = 1;
}

static double deviance(const work *w) {
  double d = 0;
  for (size_t i = 0; i < w->p->bins_used; i++) {
    if (part_of(w, i) < WEIGHT_MIN) continue;
    const double y = (double)w->y[i], m = part_of(w, i) * w->mu[i];
    d += 2 * ((y > 0 ? y * log(y / m) : 0) - (y - m));
  }
  return d;
}

/* What the response's histogram says of its sigma, squared standard deviations. */
static double off_prior(const work *w, const double *x) {
  const double off = x[2 * w->K + 2] - w->p->gauss.sigma;
  return w->prior * off * off;
}

static void gather(const work *w, const double *x, ts_matrix fisher, double *gradient) {
  const size_t bins = w->p->bins_used;
  differentiate(w, x);
  for (unsigned a = 0; a < w->n; a++) {
    gradient[a] = 0;
    for (unsigned b = 0; b <= a; b++) fisher[a][b] = 0;
  }
  for (size_t i = 0; i < bins; i++) {
    const double counted = part_of(w, i);
    if (counted < WEIGHT_MIN) continue;
    const double pull = (double)w->y[i] / w->mu[i] - counted, part = counted / w->mu[i];
    for (unsigned a = 0; a < w->n; a++) {
      const double of = w->slope[a * bins + i];
      gradient[a] += of * pull;
      for (unsigned b = 0; b <= a; b++) fisher[a][b] += part * of * w->slope[b * bins + i];
    }
  }
  if (w->prior > 0) {
    const unsigned W = 2 * w->K + 2;
    gradient[W] += w->prior * (w->p->gauss.sigma - x[W]);
    fisher[W][W] += w->prior;
  }
  for (unsigned a = 0; a < w->n; a++)
    for (unsigned b = 0; b < a; b++) fisher[b][a] = fisher[a][b];
}

/* The rows and columns of `at`, m of them. */
static void choose(ts_matrix from, const unsigned *at, unsigned m, ts_matrix to) {
  for (unsigned a = 0; a < m; a++)
    for (unsigned b = 0; b < m; b++) to[a][b] = from[at[a]][at[b]];
}

/* Parameters that may move: free, and not held by the edge of their range. */
static unsigned movable(const work *w, const double *x, const double *gradient, unsigned *at) {
  unsigned m = 0;
  for (unsigned i = 0; i < w->n; i++)
    if (w->free[i] && !(x[i] <= w->low[i] && gradient[i] < 0) && !(x[i] >= w->high[i] && gradient[i] > 0)) at[m++] = i;
  return m;
}

/* Squared standard deviations that the full step promises. */
static double promised(ts_matrix fisher, const double *gradient, const unsigned *at, unsigned m) {
  ts_matrix full, inverse;
  double gain = 0;
  choose(fisher, at, m, full);
  if (!ts_matrix_invert(full, m, TS_PIVOT_MIN, inverse)) return INFINITY;
  for (unsigned a = 0; a < m; a++)
    for (unsigned b = 0; b < m; b++) gain += gradient[at[a]] * inverse[a][b] * gradient[at[b]];
  return gain;
}

static double clamp(double x, double low, double high) { return fmin(fmax(x, low), high); }

/* False: it did not come to a rest. fisher: at the end. */
static bool maximise(const work *w, double *x, ts_matrix fisher) {
  double gradient[TS_MATRIX_MAX], damping = 0, turn = 1; /* turn: part of a step that does not turn back on the last one */
  expect(w, x);
  double d = deviance(w) + off_prior(w, x);
  gather(w, x, fisher, gradient);
  for (unsigned step = 0; step < STEPS_MAX; step++) {
    unsigned at[TS_MATRIX_MAX];
    const unsigned m = movable(w, x, gradient, at);
    if ((damping > 0 || turn < TURN_SHORT) && promised(fisher, gradient, at, m) < CONVERGED_DAMPED) return true;
    ts_matrix damped, inverse;
    double move[TS_MATRIX_MAX] = {0}, next[TS_MATRIX_MAX], gain = 0, longest = 0;
    choose(fisher, at, m, damped);
    for (unsigned a = 0; a < m; a++) damped[a][a] *= 1 + damping;
    bool better = false;
    if (m && ts_matrix_invert(damped, m, TS_PIVOT_MIN, inverse)) {
      for (unsigned a = 0; a < m; a++)
        for (unsigned b = 0; b < m; b++) move[at[a]] += inverse[a][b] * gradient[at[b]];
      for (unsigned a = 0; a < m; a++) {
        gain += move[at[a]] * gradient[at[a]];
        if (at[a] != 2 * w->K + 1) longest = fmax(longest, fabs(move[at[a]]));
      }
      if (damping == 0 && gain < CONVERGED) return true;
      const double shorter = fmin(turn, longest > LN_STEP_MAX ? LN_STEP_MAX / longest : 1);
      memcpy(next, x, sizeof next);
      for (unsigned i = 0; i < w->n; i++) next[i] = clamp(x[i] + shorter * move[i], w->low[i], w->high[i]);
      expect(w, next);
      const double then = deviance(w) + off_prior(w, next);
      better = then <= d;
      if (better) {
        d = then;
        double slope = 0, slope_then = 0;
        for (unsigned i = 0; i < w->n; i++) slope += (next[i] - x[i]) * gradient[i];
        gather(w, next, fisher, gradient);
        for (unsigned i = 0; i < w->n; i++) slope_then += (next[i] - x[i]) * gradient[i];
        turn = slope_then < -TURNED * slope ? shorter * slope / (slope - slope_then) : fmin(1, 2 * turn);
        memcpy(x, next, sizeof next);
        damping = damping > DAMPING_FIRST ? damping / 10 : 0;
      }
    } else if (!m) {
      return true;
    }
    if (!better && damping == 0 && turn > TURN_MIN) {
      turn *= BACK;
    } else if (!better) {
      damping = damping > 0 ? 10 * damping : DAMPING_FIRST;
      if (damping > DAMPING_MAX) break;
    }
  }
  expect(w, x);
  gather(w, x, fisher, gradient);
  return false;
}

/* ---- from and to the result ---- */
/* The plan's component at each rank: held lifetimes are where they were given. */
static void find_ranks(const ts_trpl_plan *p, const double *lifetime_s, unsigned *from) {
  const unsigned K = p->options.components;
  bool taken[TS_COMPONENTS_MAX] = {false}, placed[TS_COMPONENTS_MAX] = {false};
  for (unsigned c = 0; c < K; c++) {
    if (!p->options.lifetime_held[c]) continue;
    unsigned best = K;
    for (unsigned k = 0; k < K; k++)
      if (!placed[k] && (best == K || fabs(log(lifetime_s[k] / p->options.lifetime_s[c])) < fabs(log(lifetime_s[best] / p->options.lifetime_s[c])))) best = k;
    from[best] = c;
    taken[c] = placed[best] = true;
  }
  for (unsigned k = 0, c = 0; k < K; k++) {
    if (placed[k]) continue;
    while (taken[c]) c++;
    from[k] = c++;
  }
}

/* Counts a bin. The device has it multiplied as often as the counts were divided. */
static double held_background(const ts_trpl_plan *p) { return p->options.background == TS_HELD ? p->options.background_counts_per_bin : 0; }

/* Where the fit begins, and the ranges. */
static void begin(work *w, const ts_trpl_result *r, const unsigned *from, double *x) {
  const ts_trpl_plan *p = w->p;
  const double factor = (double)p->factor, device_low = 1 / (TS_RATE_MIN_WINDOWS * p->layout.bins);
  double sum = 1;
  for (size_t i = 0; i < p->bins_used; i++) sum += (double)w->y[i];
  for (unsigned k = 0; k < w->K; k++) {
    const unsigned A = 2 * k, T = 2 * k + 1;
    w->free[A] = true;
    w->free[T] = p->free[2 * from[k] + 1];
    w->low[A] = log(1e-12 * sum);
    w->high[A] = log(1e6 * sum);
    w->low[T] = -log(TS_RATE_MAX / factor);
    w->high[T] = -log(device_low / factor);
    x[A] = clamp(log(fmax(r->amplitude[k], 1e-300)), w->low[A], w->high[A]);
    x[T] = log(r->lifetime_s[k] / p->options.bin_width_s);
    if (w->free[T]) x[T] = clamp(x[T], w->low[T], w->high[T]);
  }
  const unsigned S = 2 * w->K, B = S + 1;
  w->free[S] = p->free[S];
  w->free[B] = p->free[B];
  w->low[S] = p->rebin_offset - p->shift_reach;
  w->high[S] = p->rebin_offset + p->shift_reach;
  w->low[B] = TS_BACKGROUND_MIN / factor;
  w->high[B] = INFINITY;
  x[S] = p->options.irf_kind == TS_IRF_NONE ? 0 : r->shift_s / p->options.bin_width_s - (double)p->shift_bins - p->irf_offset;
  if (w->free[S]) x[S] = clamp(x[S], w->low[S], w->high[S]);
  else w->low[S] = w->high[S] = x[S];
  x[B] = fmax(w->free[B] ? r->background_per_bin : held_background(p), w->low[B]);
  const unsigned W = B + 1;
  x[W] = p->gauss.sigma;
  if (w->prior > 0) {
    w->free[W] = true;
    w->low[W] = fmin(SHARP_LOW, p->gauss.sigma);
    w->high[W] = fmax(SHARP_HIGH, p->gauss.sigma);
  }
}

static void swap_components(double *x, ts_matrix c, unsigned *from, unsigned k, unsigned n) {
  for (unsigned q = 0; q < 2; q++) {
    const unsigned i = 2 * k + q, j = i + 2;
    const double t = x[i];
    x[i] = x[j];
    x[j] = t;
    for (unsigned a = 0; a < n; a++) {
      const double u = c[i][a];
      c[i][a] = c[j][a];
      c[j][a] = u;
    }
    for (unsigned a = 0; a < n; a++) {
      const double u = c[a][i];
      c[a][i] = c[a][j];
      c[a][j] = u;
    }
  }
  const unsigned t = from[k];
  from[k] = from[k + 1];
  from[k + 1] = t;
}

/* Pearson's chi2 over the device's groups, the errors of v in the expected spread; *variance: of it; scatter: of the bins; together: of the groups. */
static double chi2_of(const work *w, double *variance, ts_scatter *scatter, ts_scatter *together) {
  const ts_trpl_plan *p = w->p;
  double chi2 = 0;
  *variance = 0;
  *scatter = *together = (ts_scatter){0};
  for (uint32_t g = 0; g < p->layout.groups; g++) {
    double y = 0, m = 0, more = 0;
    for (size_t i = p->edge[g] * p->factor; i < p->edge[g + 1] * p->factor; i++)
      if (part_of(w, i) >= WEIGHT_MIN) {
        const double own = part_of(w, i) * w->mu[i], error = w->s ? own * w->s[i] : 0;
        y += (double)w->y[i];
        m += own;
        more += error * error;
        ts_scatter_add(scatter, (double)w->y[i], own, error * error);
        if (!w->s) ts_scatter_bin(scatter, (double)w->y[i], own, (p->edge[g + 1] - p->edge[g]) * p->factor == 1);
      }
    m = fmax(m, TS_BACKGROUND_MIN);
    ts_scatter_add(together, y, m, more);
    chi2 += (y - m) * (y - m) / (m + more);
    *variance += 2 + 1 / m;
  }
  return chi2;
}

/* F^-1, widened by the errors of v. */
static void widen(const work *w, ts_matrix c) {
  ts_matrix more = {{0}}, half = {{0}};
  const size_t bins = w->p->bins_used;
  for (size_t i = 0; w->s && i < bins; i++) {
    const double part = w->v[i] * w->s[i];
    for (unsigned a = 0; part > 0 && w->v[i] >= WEIGHT_MIN && a < w->n; a++)
      for (unsigned b = 0; b < w->n; b++) more[a][b] += part * part * w->slope[a * bins + i] * w->slope[b * bins + i];
  }
  for (unsigned a = 0; a < w->n; a++)
    for (unsigned b = 0; b < w->n; b++)
      for (unsigned k = 0; k < w->n; k++) half[a][b] += c[a][k] * more[k][b];
  ts_matrix sum;
  memcpy(sum, c, sizeof sum);
  for (unsigned a = 0; a < w->n; a++)
    for (unsigned b = 0; b < w->n; b++)
      for (unsigned k = 0; k < w->n; k++) sum[a][b] += half[a][k] * c[k][b];
  memcpy(c, sum, sizeof sum);
}

static void tell(work *w, double *x, unsigned *from, ts_matrix fisher, bool converged, ts_trpl_result *r) {
  const ts_trpl_plan *p = w->p;
  const unsigned K = w->K, n = w->n, S = 2 * K, B = S + 1;
  const double factor = (double)p->factor;
  unsigned at[TS_MATRIX_MAX] = {0}, m = 0;
  ts_matrix free, inverse;
  ts_estimate e = {.per_bin = 1 / factor};
  for (unsigned i = 0; i < n; i++)
    if (w->free[i]) at[m++] = i;
  choose(fisher, at, m, free);
  bool supported = m > 0 && ts_matrix_invert(free, m, TS_PIVOT_MIN, inverse) && ts_matrix_resolved(free, m - (w->prior > 0), TS_EIGENVALUE_MIN), at_edge = false, at_limit = false;
  for (unsigned i = 0; supported && i < m; i++)
    for (unsigned j = 0; j < m; j++) e.covariance[at[i]][at[j]] = inverse[i][j];
  if (supported) widen(w, e.covariance);
  if (supported && p->gauss.sigma > 0 && w->free[S]) e.covariance[S][S] += p->gauss.middle_error * p->gauss.middle_error;
  for (unsigned k = 0; k < K; k++) at_limit = at_limit || (w->free[2 * k + 1] && (x[2 * k + 1] <= w->low[2 * k + 1] || x[2 * k + 1] >= w->high[2 * k + 1]));
  at_limit = at_limit || (w->free[S] && (x[S] <= w->low[S] || x[S] >= w->high[S]));
  /* lifetimes that passed each other on the way */
  for (unsigned i = 1; i < K; i++)
    for (unsigned k = 0; k + i < K; k++)
      if (x[2 * k + 1] > x[2 * k + 3]) swap_components(x, e.covariance, from, k, n);
  memcpy(e.from, from, sizeof e.from);
  for (unsigned k = 0; k < K; k++) {
    e.amplitude[k] = exp(x[2 * k]);
    e.rate[k] = factor * exp(-x[2 * k + 1]);
  }
  e.shift = x[S];
  e.background = x[B];
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) e.covariance[i][j] *= (i == S ? 1 / factor : i == B ? factor : 1) * (j == S ? 1 / factor : j == B ? factor : 1);

  const ts_status before = r->status;
  r->flags &= ~(unsigned)(TS_FLAG_POOR_FIT | TS_FLAG_NOT_POISSON | TS_FLAG_BACKGROUND_AT_ZERO | TS_FLAG_LIFETIME_BEYOND_WINDOW | TS_FLAG_IRF_APPROXIMATED);
  if (w->free[B] && x[B] <= w->low[B]) r->flags |= TS_FLAG_BACKGROUND_AT_ZERO;
  ts_judge_nothing(r);
  const bool vanished = ts_judge_values(p, &e, r);
  if (supported && !p->options.compact) {
    double rate[TS_COMPONENTS_MAX];
    for (unsigned k = 0; k < K; k++) rate[k] = e.rate[k] / factor;
    ts_irf_noise_add(p, r->counts, e.amplitude, rate, e.shift, e.background, e.per_bin, 0, e.covariance);
    ts_judge_errors(p, &e, r, &supported, &at_edge);
  }
  if (p->gauss.sigma > 0) {
    r->flags |= TS_FLAG_HOST_FINISHED;
    r->irf_sigma_s = x[B + 1] * p->options.bin_width_s;
  }
  r->deviance = deviance(w);
  r->bic = r->deviance + (double)p->free_parameters * log((double)p->bins_used);
  double variance;
  ts_scatter scatter, together;
  const double chi2 = chi2_of(w, &variance, &scatter, &together);
  ts_judge_chi2(r, chi2, variance);
  ts_judge_together(&together, variance, p->free_parameters, r);
  ts_judge_scatter(&scatter, p->free_parameters, r);
  if (!(r->flags & TS_FLAG_POOR_FIT) && !w->s) {
    double rate[TS_COMPONENTS_MAX];
    for (unsigned k = 0; k < K; k++) rate[k] = e.rate[k] / factor;
    const ts_misfit_data data = {.counts = w->y, .expected = w->mu, .weight = w->v, .total = r->counts};
    double left;
    if (ts_misfit(p, &data, &e, e.amplitude, rate, &left)) r->flags |= TS_FLAG_POOR_FIT;
  }
  if (before == TS_STATUS_INSUFFICIENT_DATA || before == TS_STATUS_SATURATED) return;
  r->status = !converged ? TS_STATUS_NOT_CONVERGED : at_limit || vanished || at_edge ? TS_STATUS_AT_LIMIT : !supported ? TS_STATUS_ORDER_UNSUPPORTED : TS_STATUS_OK;
}

/* False: no memory. x: where the fit begins. */
static bool set_up(work *w, ts_trpl_plan *p, const uint64_t *counts, const double *weight, const double *weight_error, const ts_trpl_result *r, unsigned *from, double *x) {
  *w = (work){.p = p, .K = p->options.components, .n = 2 * p->options.components + 2, .y = counts, .v = weight, .s = weight ? weight_error : NULL};
  if (p->gauss.sigma > 0 && p->gauss.sigma_error > 0) {
    w->n++;
    w->prior = 1 / (p->gauss.sigma_error * p->gauss.sigma_error);
  }
  if (!p->refit && !(p->refit = malloc(((TS_MATRIX_MAX + 2) * p->bins_used + p->fine.n) * sizeof *p->refit))) return false;
  w->mu = p->refit;
  w->curve = w->mu + p->bins_used;
  w->slope = w->curve + p->bins_used;
  w->fine = w->slope + w->n * p->bins_used;
  find_ranks(p, r->lifetime_s, from);
  begin(w, r, from, x);
  return true;
}

ts_error ts_trpl_refit(ts_trpl_plan *p, const uint64_t *counts, const double *weight, const double *weight_error, ts_trpl_result *r) {
  if (!p) return TS_ERROR_ARGUMENT;
  if (!counts || !r || r->components != p->options.components)
    return ts_device_fail(p->device, TS_ERROR_ARGUMENT, "a refit needs the counts, their weights and this plan's result");
  for (size_t i = 0; weight && i < p->bins_used; i++)
    if (!(weight[i] >= 0) || !isfinite(weight[i]) || (weight_error && !(weight_error[i] >= 0 && isfinite(weight_error[i]))))
      return ts_device_fail(p->device, TS_ERROR_ARGUMENT, "weight of bin %zu is %g, expected a number from 0 on with an error", i, weight[i]);
  for (unsigned k = 0; k < r->components; k++)
    if (!(r->lifetime_s[k] > 0)) return TS_OK;   /* nothing there that has a lifetime */
  work w;
  unsigned from[TS_COMPONENTS_MAX] = {0, 1, 2, 3};
  double x[TS_MATRIX_MAX] = {0};
  ts_matrix fisher;
  if (!set_up(&w, p, counts, weight, weight_error, r, from, x)) return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  const bool converged = maximise(&w, x, fisher);
  expect(&w, x);   /* of the point at the end, not of a step that was refused */
  tell(&w, x, from, fisher, converged, r);
  return TS_OK;
}

ts_error ts_refine_shift(ts_trpl_plan *p, const double *example, long *shift) {
  const ts_trpl_options *o = &p->options;
  const unsigned K = o->components;
  double total = 0, late = 0;
  size_t most = 0;
  *shift = p->shift_bins;
  for (size_t i = 0; i < p->bins_used; i++)
    if (example[i] > example[most]) most = i;
  for (size_t i = 0; i < p->bins_used; i++) total += example[i], late += i > most ? example[i] * (double)(i - most) : 0;
  if (total < TS_COUNTS_PER_PARAMETER * p->free_parameters || total > EXAMPLE_MAX || !(late > 0)) return TS_OK;
  uint64_t *counts = malloc(p->bins_used * sizeof *counts);
  if (!counts) return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  for (size_t i = 0; i < p->bins_used; i++) counts[i] = (uint64_t)rint(example[i]);
  ts_trpl_result r = {.status = TS_STATUS_OK, .components = K, .counts = total, .shift_s = ((double)p->shift_bins + p->irf_offset + p->rebin_offset) * o->bin_width_s,
                      .degrees_of_freedom = (int)p->layout.groups - (int)p->free_parameters};
  for (unsigned k = 0; k < K; k++) {
    const double tau = fmax(late / total, 1) * pow(FAN, k - (K - 1) / 2.0);
    r.lifetime_s[k] = o->lifetime_s[k] > 0 ? o->lifetime_s[k] : tau * o->bin_width_s;
    r.amplitude[k] = total / K * o->bin_width_s / r.lifetime_s[k];
  }
  const ts_error e = ts_trpl_refit(p, counts, NULL, NULL, &r);
  free(counts);
  const double moved = r.shift_s / o->bin_width_s - p->irf_offset - p->rebin_offset - (double)p->shift_bins;
  if (!e && r.status != TS_STATUS_NOT_CONVERGED && fabs(moved) > MOVED * (double)p->factor) *shift += (long)rint(moved);
  return e;
}

/* Where bins are fine the counts, and the search for the coarse shift, leave more of it open than the few bins that the device may go. */
static bool shift_stopped(const ts_trpl_plan *p, const ts_trpl_result *r) {
  const double most = TS_SHIFT_MAX_BINS * (double)p->factor;
  const double at = r->shift_s / p->options.bin_width_s - (double)p->shift_bins - p->irf_offset - p->rebin_offset;
  return p->free[2 * p->options.components] && p->shift_reach > most && (r->status == TS_STATUS_AT_LIMIT || r->status == TS_STATUS_NOT_CONVERGED) &&
         fabs(at) > most - SHIFT_END * (double)p->factor;
}

/* An answer that is told as sound, and is not where the likelihood is highest: light of the response that comes late, in groups of bins (the device's slopes know nothing of it there), words that
 * end before the counts do. Not where the host's response is itself a guess, or finer than the device's: what that costs is in the covariance (bias.c). */
static ts_error short_of_maximum(ts_trpl_plan *p, const uint64_t *counts, const ts_trpl_result *r, bool *is_short) {
  work w;
  unsigned from[TS_COMPONENTS_MAX] = {0, 1, 2, 3}, at[TS_MATRIX_MAX] = {0};
  double x[TS_MATRIX_MAX] = {0}, gradient[TS_MATRIX_MAX];
  ts_matrix fisher;
  *is_short = false;
  if (p->options.unchecked || r->status != TS_STATUS_OK || !(r->left_sigmas > TS_LEFT_SIGMAS) || p->fine.n || (p->delta == 1 && !(p->gauss.sigma > 0))) return TS_OK;
  if (!set_up(&w, p, counts, NULL, NULL, r, from, x)) return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  if (!expect(&w, x)) return TS_OK;
  gather(&w, x, fisher, gradient);
  *is_short = ldexp(promised(fisher, gradient, at, movable(&w, x, gradient, at)), -(int)r->scale_log2) > TS_LEFT_SIGMAS * TS_LEFT_SIGMAS;
  return TS_OK;
}

static ts_error go_on(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r) {
  if (r->flags & TS_FLAG_HOST_FINISHED) return TS_OK;
  const bool open = p->gauss.sigma > 0 && (p->unfinished || (p->gauss.sigma_error > 0 && (r->flags & TS_FLAG_IRF_APPROXIMATED || r->status != TS_STATUS_OK)));
  const bool stopped = shift_stopped(p, r), shrunk = r->scale_log2 > 0 && held_background(p) > 0; /* shrunk: the counts, beside a background that stayed */
  bool is_short = false;
  ts_error e = open || stopped || shrunk ? TS_OK : short_of_maximum(p, counts, r, &is_short);
  if (e || !(open || stopped || shrunk || is_short)) return e;
  const ts_trpl_result before = *r;
  e = ts_trpl_refit(p, counts, NULL, NULL, r);
  if (!e && (stopped || shrunk || is_short)) r->flags |= TS_FLAG_HOST_FINISHED;
  /* the polynomial below zero in a narrow response's foot, without background: the likelihood has kinks there, and the device's words lead on */
  if (!e && is_short && p->delta == 0 && p->taps == TS_TAPS_SHORT && r->status == TS_STATUS_NOT_CONVERGED) *r = before;
  return e;
}

ts_error ts_finish(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r) {
  const ts_error e = go_on(p, counts, r);
  return e ? e : ts_restart(p, counts, r);
}
