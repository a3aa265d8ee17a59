/* Many wavelengths with shared lifetimes, t0 and width: variable projection (Golub and Pereyra 1973) in Gauss-Newton form. The device gives each
 * wavelength's sums for the shared parameters; the linear parameters are eliminated here, wavelength by wavelength (Schur complement). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ta_plan.h"

#define LINEAR_MAX (TS_COMPONENTS_MAX + 3)       /* amplitudes, offset, artefact, slope */
#define SHARED_MAX (TS_COMPONENTS_MAX + 2)       /* ln tau, t0, ln s */
#define RIDGE 1e-3                               /* of the first amplitudes */
#define GAUSS_SEEN 1e-3
#define STARTS_KNOWN 8                           /* at most, sigma given */
#define STARTS_UNKNOWN 2
/* Rules of the device's fit (docs/ta_engine.md), thresholds times the number of wavelengths; the shared parameters' part of the decrement must
 * be below STOP by itself. */
#define T0_SENT_MAX 0x1p22                       /* units: with t0 itself a number of 24 bits */
#define STEPS_MAX 60
#define LAMBDA_START 1e-2
#define STOP 1e-4
#define STALLED 0.05
#define END 0.5
#define ACCEPT 0.02
#define RATIO_MIN 1.25

typedef struct site {            /* a wavelength */
  uint32_t place;                /* of its signals on the device */
  bool stays;                    /* they have one of their own there */
  unsigned connection;           /* of p->connections: they are there since; 0: not yet */
  double time_zero;              /* units, a whole number */
  double omega;                  /* what its sums count: 1 / (scale sigma)^2; 0: it has no signal */
  double scale;
  size_t used;
  ts_ta_point at, kept, best, next;
  double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], gradient[TS_PARAMETERS_MAX], chi2;
  double solved[LINEAR_MAX];                       /* H_ll^-1 g_l */
  double follow[LINEAR_MAX][SHARED_MAX];           /* H_ll^-1 H_ln */
  double inverse[LINEAR_MAX][LINEAR_MAX];          /* H_ll^-1 */
} site;

typedef struct global {
  ts_ta_plan *p;
  const double *signal, *zero;   /* zero: may be NULL */
  size_t count;                  /* wavelengths */
  double live;                   /* of them with a signal */
  site *site;
  ts_ta_order order;
  unsigned linear, shared;
  int linear_at[LINEAR_MAX], shared_at[SHARED_MAX];
  double origin;
  double floor;                  /* of chi2 over degrees of freedom in the thresholds: 1, or 0 where sigma is unknown */
  ts_ta_matrix covariance;       /* of the shared parameters, for sigma 1 */
  ts_ta_result *r;
} global;

/* As the device's words hold it. */
static double rounded(const global *g, double x) {
  const int bits = (int)g->p->device->info.ta_word_bits;
  int e;
  const double m = frexp(x, &e);
  return ldexp(rint(ldexp(m, bits)), e - bits);
}

static void list(global *g) {
  const unsigned K = g->p->options.components;
  const ts_ta_order *l = &g->order;
  for (unsigned k = 0; k < K; k++) g->linear_at[g->linear++] = l->amplitude[k];
  const int linear[] = {l->offset, l->artefact, l->slope}, bent[] = {l->t0, l->width};
  for (unsigned i = 0; i < 3; i++)
    if (linear[i] >= 0) g->linear_at[g->linear++] = linear[i];
  for (unsigned k = 0; k < K; k++)
    if (l->lifetime[k] >= 0) g->shared_at[g->shared++] = l->lifetime[k];
  for (unsigned i = 0; i < 2; i++)
    if (bent[i] >= 0) g->shared_at[g->shared++] = bent[i];
}

/* Where the device is to keep each wavelength's signals: as many as it holds, the others one after another in the last place. */
static void find_places(global *g) {
  const ts_ta_plan *p = g->p;
  const size_t places = p->device->info.ta_signals_max / p->delays;
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    s->stays = w + 1 < places || (w + 1 == places && places == g->count);
    s->place = (uint32_t)((s->stays || places < 1 ? w * (places > 0) : places - 1) * p->delays);
    s->connection = 0;
    s->time_zero = g->zero ? rint(g->zero[w] / p->unit) : 0;
  }
  g->p->connections++;
}

/* Sums of every wavelength at its point. */
static ts_error evaluate(global *g, double *chi2) {
  ts_ta_plan *p = g->p;
  *chi2 = 0;
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    ts_error e = ts_ta_take(p, g->signal + w * p->delays);
    /* a wavelength's own zero is in its start's t0, or in the delays where it is too far for that */
    const bool far = fabs(s->time_zero) > T0_SENT_MAX;
    if (!e) e = ts_ta_configure(p, g->origin + (far ? s->time_zero * p->unit : 0), 1, 0, 0);
    p->place = s->place;
    p->stays = s->stays && s->connection == p->connections;
    ts_ta_point start = s->at;
    if (!far) start.t0 += s->time_zero;
    ts_ta_outcome x;
    ts_ta_result one = {.cycles = -1};
    if (!e) e = ts_ta_run(p, &start, &x, &one);
    if (e) return e;
    s->connection = p->connections;
    if (one.cycles >= 0) g->r->cycles = (g->r->cycles < 0 ? 0 : g->r->cycles) + one.cycles;
    memcpy(s->gram, x.gram, sizeof s->gram);
    memcpy(s->gradient, x.gradient, sizeof s->gradient);
    s->chi2 = x.chi2;
    *chi2 += s->omega * x.chi2;
  }
  g->r->evaluations++;
  return TS_OK;
}

/* Cholesky inverse of a small positive definite matrix scaled to a unit diagonal. */
static bool invert_linear(double a[LINEAR_MAX][LINEAR_MAX], unsigned n, double inverse[LINEAR_MAX][LINEAR_MAX]) {
  ts_ta_matrix wide, out;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) wide[i][j] = a[i][j];
  if (!ts_ta_invert(wide, n, out)) return false;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) inverse[i][j] = out[i][j];
  return true;
}

/* Amplitudes alone for the present lifetimes and t0, from sums at amplitudes of zero; the Gaussian takes what a wrong t0 leaves. */
static bool first_amplitudes(global *g) {
  const ts_ta_plan *p = g->p;
  const unsigned K = p->options.components, EG = 2 * (K + p->extended);
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    unsigned item[LINEAR_MAX], n = 0;
    for (unsigned k = 0; k < K; k++) item[n++] = 2 * k;
    if (g->order.offset >= 0) item[n++] = EG + 1;
    /* where no delay lies under it the Gaussian has nothing to take */
    const bool gauss = s->gram[EG][EG] > GAUSS_SEEN;
    if (gauss) item[n++] = EG;
    double h[LINEAR_MAX][LINEAR_MAX], inverse[LINEAR_MAX][LINEAR_MAX], x[LINEAR_MAX] = {0};
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++) h[i][j] = s->gram[item[i]][item[j]] * (i == j ? 1 + RIDGE : 1);
    if (!invert_linear(h, n, inverse)) return false;
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++) x[i] += inverse[i][j] * s->gradient[item[j]];
    for (unsigned k = 0; k < K; k++) s->at.amplitude[k] = rounded(g, x[k]);
    if (g->order.offset >= 0) s->at.offset = rounded(g, x[K]);
    if (g->order.artefact >= 0 && gauss) s->at.artefact = rounded(g, x[n - 1]);
  }
  return true;
}

/* The items of the linear parameters' columns, in their order. */
static unsigned linear_items(const global *g, unsigned item[LINEAR_MAX]) {
  const unsigned K = g->p->options.components, EG = 2 * (K + g->p->extended);
  unsigned n = 0;
  for (unsigned k = 0; k < K; k++) item[n++] = 2 * k;
  if (g->order.offset >= 0) item[n++] = EG + 1;
  if (g->order.artefact >= 0) item[n++] = EG;
  if (g->order.slope >= 0) item[n++] = 2 * K;
  return n;
}

static double *linear_parameter(const global *g, ts_ta_point *at, unsigned i) {
  const unsigned K = g->p->options.components;
  double *more[3];
  unsigned n = 0;
  if (g->order.offset >= 0) more[n++] = &at->offset;
  if (g->order.artefact >= 0) more[n++] = &at->artefact;
  if (g->order.slope >= 0) more[n++] = &at->slope;
  return i < K ? &at->amplitude[i] : more[i - K];
}

/* Every wavelength's linear parameters to their best for the present shared ones, and its sums with them: no evaluation is needed for that, since
 * the residual is linear in them. */
static void settle(global *g, double *chi2) {
  const unsigned items = 2 * (g->p->options.components + g->p->extended) + 2;
  unsigned item[LINEAR_MAX];
  const unsigned n = linear_items(g, item);
  *chi2 = 0;
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    double h[LINEAR_MAX][LINEAR_MAX], inverse[LINEAR_MAX][LINEAR_MAX], move[LINEAR_MAX], less = 0;
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++) h[i][j] = s->gram[item[i]][item[j]];
    bool sound = invert_linear(h, n, inverse);
    for (unsigned i = 0; sound && i < n; i++) {
      double x = 0;
      for (unsigned j = 0; j < n; j++) x += inverse[i][j] * s->gradient[item[j]];
      const double at = *linear_parameter(g, &s->at, i);
      move[i] = rounded(g, at + x) - at;
    }
    for (unsigned i = 0; sound && i < n; i++) {
      less += 2 * move[i] * s->gradient[item[i]];
      for (unsigned j = 0; j < n; j++) less -= move[i] * move[j] * s->gram[item[i]][item[j]];
    }
    /* columns so alike that the sums' rounding decides may promise more than there is */
    sound = sound && less < s->chi2;
    for (unsigned i = 0; sound && i < n; i++) {
      *linear_parameter(g, &s->at, i) += move[i];
      for (unsigned b = 0; b < items; b++) s->gradient[b] -= s->gram[b][item[i]] * move[i];
    }
    if (sound) s->chi2 -= less;
    *chi2 += s->omega * s->chi2;
  }
}

/* The damped step from the sums at `at` to `next`; false when a matrix cannot be factored. */
static bool step(global *g, double lambda, double *decrement, double *shared) {
  const ts_ta_plan *p = g->p;
  const unsigned L = g->linear, N = g->shared, items = 2 * (p->options.components + p->extended) + 2;
  ts_ta_matrix schur = {{0}};
  double right[SHARED_MAX] = {0};
  *decrement = *shared = 0;
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    ts_ta_columns c;
    ts_ta_matrix h;
    ts_ta_columns_of(p, &s->at, &g->order, c);
    ts_ta_fisher(p, &s->at, s->gram, &g->order, h);
    double slope[TS_TA_PARAMETERS_MAX], ll[LINEAR_MAX][LINEAR_MAX];
    for (unsigned i = 0; i < g->order.n; i++) {
      slope[i] = 0;
      for (unsigned b = 0; b < items; b++) slope[i] += c[i][b] * s->gradient[b];
    }
    for (unsigned i = 0; i < L; i++)
      for (unsigned j = 0; j < L; j++) ll[i][j] = h[g->linear_at[i]][g->linear_at[j]];
    if (!invert_linear(ll, L, s->inverse)) return false;
    for (unsigned i = 0; i < L; i++) {
      s->solved[i] = 0;
      for (unsigned j = 0; j < L; j++) s->solved[i] += s->inverse[i][j] * slope[g->linear_at[j]];
      *decrement += s->omega * s->solved[i] * slope[g->linear_at[i]];
      for (unsigned a = 0; a < N; a++) {
        s->follow[i][a] = 0;
        for (unsigned j = 0; j < L; j++) s->follow[i][a] += s->inverse[i][j] * h[g->linear_at[j]][g->shared_at[a]];
      }
    }
    for (unsigned a = 0; a < N; a++) {
      double rest = slope[g->shared_at[a]];
      for (unsigned i = 0; i < L; i++) rest -= h[g->linear_at[i]][g->shared_at[a]] * s->solved[i];
      right[a] += s->omega * rest;
      for (unsigned b = 0; b < N; b++) {
        double x = h[g->shared_at[a]][g->shared_at[b]];
        for (unsigned i = 0; i < L; i++) x -= h[g->linear_at[i]][g->shared_at[a]] * s->follow[i][b];
        schur[a][b] += s->omega * x;
      }
    }
  }
  double move[TS_TA_PARAMETERS_MAX] = {0};
  for (unsigned a = 0; a < N; a++) schur[a][a] += lambda * schur[a][a];
  if (N && !ts_ta_invert(schur, N, g->covariance)) return false;
  const double width = g->site[0].at.width;
  for (unsigned a = 0; a < N; a++) {
    double d = 0;
    for (unsigned b = 0; b < N; b++) d += g->covariance[a][b] * right[b];
    *shared += d * right[a];
    const int at = g->shared_at[a];
    const double most = at == g->order.t0 ? 0.6 * width : at == g->order.width ? 0.3 : 0.7;
    move[at] = fmax(-most, fmin(most, d));
  }
  *decrement += *shared;
  const double s0 = p->s / p->unit, range = p->options.irf_free ? TS_TA_WIDTH_RANGE : 1, limit = TS_TA_T0_MAX * s0;
  const double rate_min = p->unit / (TS_TA_RATE_MIN_WINDOWS * (p->delay[p->delays - 1] - p->delay[0])), rate_max = TS_TA_RATE_MAX / s0 / range;
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    s->next = s->at;
    for (unsigned k = 0; k < p->options.components; k++)
      if (g->order.lifetime[k] >= 0) s->next.rate[k] = rounded(g, fmin(fmax(s->at.rate[k] * exp(-move[g->order.lifetime[k]]), rate_min), rate_max));
    if (g->order.t0 >= 0) s->next.t0 = rint(fmin(fmax(s->at.t0 + move[g->order.t0], -limit), limit));
    if (g->order.width >= 0) s->next.width = rounded(g, fmin(fmax(s->at.width * exp(move[g->order.width]), s0 / range), s0 * range));
    if (!(s->omega > 0)) continue;
    double x[LINEAR_MAX];
    for (unsigned i = 0; i < L; i++) {
      x[i] = s->solved[i];
      for (unsigned a = 0; a < N; a++) x[i] -= s->follow[i][a] * move[g->shared_at[a]];
    }
    unsigned i = 0;
    for (unsigned k = 0; k < p->options.components; k++) s->next.amplitude[k] = rounded(g, s->at.amplitude[k] + x[i++]);
    if (g->order.offset >= 0) s->next.offset = rounded(g, s->at.offset + x[i++]);
    if (g->order.artefact >= 0) s->next.artefact = rounded(g, s->at.artefact + x[i++]);
    if (g->order.slope >= 0) s->next.slope = rounded(g, s->at.slope + x[i++]);
  }
  return true;
}

enum { AT_TO_KEPT, KEPT_TO_AT, NEXT_TO_AT, NEXT_TO_BEST, BEST_TO_AT };
static void move_all(global *g, int which) {
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    switch (which) {
      case AT_TO_KEPT: s->kept = s->at; break;
      case KEPT_TO_AT: s->at = s->kept; break;
      case NEXT_TO_AT: s->at = s->next; break;
      case NEXT_TO_BEST: s->best = s->next; break;
      default: s->at = s->best;
    }
  }
}

/* Two free lifetimes that have met, or one at its limit: status bits. */
static unsigned astray(const global *g) {
  const ts_ta_plan *p = g->p;
  const ts_ta_point *at = &g->site[0].at;
  const double s0 = p->s / p->unit, range = p->options.irf_free ? TS_TA_WIDTH_RANGE : 1;
  const double low = p->unit / (TS_TA_RATE_MIN_WINDOWS * (p->delay[p->delays - 1] - p->delay[0])), high = TS_TA_RATE_MAX / s0 / range;
  unsigned bits = 0;
  for (unsigned k = 0; k < p->options.components; k++) {
    if (g->order.lifetime[k] < 0) continue;
    if (at->rate[k] <= low * 65 / 64 || at->rate[k] >= high * 63 / 64) bits |= TS_TA_STATUS_MASK_RATE_AT_LIMIT;
    for (unsigned j = 0; j < k; j++) {
      const double ratio = at->rate[k] / at->rate[j];
      if (g->order.lifetime[j] >= 0 && ratio < RATIO_MIN && ratio > 1 / RATIO_MIN) bits |= TS_TA_STATUS_MASK_MERGED;
    }
  }
  return bits;
}

/* From the points in `at` to a minimum. freedom: degrees of freedom. */
static ts_error descend(global *g, double freedom, double *chi2, unsigned *bits) {
  double lambda = LAMBDA_START, before = INFINITY, lowest = INFINITY, decrement, shared, trial;
  bool ending = false;
  const double times = fmax(g->live, 1);
  *bits = TS_TA_STATUS_MASK_EVALUATION_LIMIT;
  ts_error e = evaluate(g, chi2);
  if (!e) settle(g, chi2);
  move_all(g, AT_TO_KEPT);
  for (unsigned n = 0; !e && n < STEPS_MAX; n++) {
    const double misfit = fmax(*chi2 / freedom, g->floor) * times;
    while (!step(g, lambda, &decrement, &shared)) {
      lambda = lambda * 8 + 1e-4;
      *bits = TS_TA_STATUS_MASK_SINGULAR;
      if (lambda > 1e6) return TS_OK;
    }
    *bits = TS_TA_STATUS_MASK_EVALUATION_LIMIT;
    const bool done = decrement < STOP * misfit && shared < STOP * misfit / times && lambda <= LAMBDA_START;
    if (!ending && before < STALLED * misfit && decrement > before / 2 && lambda <= 1e-4) ending = true;
    if (ending) {
      const bool halved = decrement < lowest / 2;
      if (decrement < lowest) {
        lowest = decrement;
        move_all(g, NEXT_TO_BEST);
      }
      if (!halved) {
        move_all(g, BEST_TO_AT);
        *bits = TS_TA_STATUS_MASK_CONVERGED;
        return TS_OK;
      }
      lambda = 0;
    }
    move_all(g, NEXT_TO_AT);
    if (done) {
      *bits = TS_TA_STATUS_MASK_CONVERGED;
      return TS_OK;
    }
    if (n > 2 && (*bits = astray(g))) return TS_OK;
    *bits = TS_TA_STATUS_MASK_EVALUATION_LIMIT;
    e = evaluate(g, &trial);
    if (e) return e;
    settle(g, &trial);
    if (ending || trial <= *chi2 * (1 + 1.0 / 4096) + ACCEPT * misfit) {
      *chi2 = trial;
      before = decrement;
      lambda = lambda > 1e-6 ? lambda * 0.1 : 0;
      move_all(g, AT_TO_KEPT);
      continue;
    }
    /* back, with more damping or into the end phase */
    move_all(g, KEPT_TO_AT);
    if (decrement < END * misfit && lambda <= LAMBDA_START) ending = true;
    else lambda = fmax(lambda, 1e-4) * 8;
    if (lambda > 1e6) return TS_OK;
    e = evaluate(g, chi2);
    if (!e) settle(g, chi2);
  }
  return e;
}

/* Averages of neighbouring wavelengths on the plan's delays: what the search of starts sees. What is missing is as it was a delay before. */
static void average(global *g, const double *sigma) {
  ts_ta_plan *p = g->p;
  const size_t live = (size_t)g->live, traces = live < TS_TA_TRACES_MAX ? live : TS_TA_TRACES_MAX;
  double peak = 0;
  p->traces = (unsigned)traces;
  p->used = p->delays;
  memset(p->masked, 0, p->delays * sizeof *p->masked);
  for (size_t t = 0, w0 = 0; t < traces; t++) {
    const size_t members = (t + 1) * live / traces - t * live / traces;
    size_t end = w0;
    for (size_t n = 0; n < p->delays; n++) {
      double sum = 0, weight = 0;
      size_t w = w0;
      for (size_t member = 0; member < members; w++) {
        if (!(g->site[w].omega > 0)) continue;
        member++;
        const double *y = g->signal + w * p->delays, time = p->delay[n] + (g->zero ? g->zero[w] : 0);
        /* the signal at the wavelength's own time, linear between its delays */
        size_t i = n;
        while (i > 0 && p->delay[i] > time) i--;
        while (i + 2 < p->delays && p->delay[i + 1] < time) i++;
        const size_t j = i + 1 < p->delays ? i + 1 : i;
        const double part = j > i ? fmin(fmax((time - p->delay[i]) / (p->delay[j] - p->delay[i]), 0), 1) : 0;
        const double value = part > 0 ? y[i] + part * (y[j] - y[i]) : y[i], a = sigma ? 1 / sigma[w] : 1;
        if (!isfinite(value)) continue;
        sum += a * value;
        weight += a;
      }
      end = w;
      double *x = p->signal + t * p->delays + n;
      *x = weight > 0 ? sum / weight : n ? x[-1] : 0;
      peak = fmax(peak, fabs(*x));
    }
    w0 = end;
  }
  for (size_t i = 0; i < traces * p->delays; i++) p->signal[i] /= peak > 0 ? peak : 1;
}

static void set_shared(global *g, const ts_ta_point *at, bool amplitudes) {
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_point *x = &g->site[w].at;
    memcpy(x->rate, at->rate, sizeof x->rate);
    for (unsigned k = 0; k < g->p->options.components; k++) x->rate[k] = rounded(g, x->rate[k]);
    x->t0 = rint(at->t0);
    x->width = rounded(g, at->width);
    if (amplitudes) continue;
    memset(x->amplitude, 0, sizeof x->amplitude);
    x->offset = x->artefact = x->slope = 0;
  }
}

/* Linear parameter i of a point: amplitudes, then what is free of offset, artefact, slope. */
static double linear_of(const ts_ta_point *x, unsigned i, const ts_ta_order *l, unsigned components) {
  const double more[] = {x->offset, x->artefact, x->slope};
  const int place[] = {l->offset, l->artefact, l->slope};
  if (i < components) return x->amplitude[i];
  i -= components;
  for (unsigned k = 0; k < 3; k++)
    if (place[k] >= 0 && i-- == 0) return more[k];
  return 0;
}

/* Shared parameters, spectra, judgement. sigma2: variance of a signal whose omega was made for 1. */
static void judge(global *g, double chi2, unsigned bits, double freedom, const ts_ta_rival *rivals, unsigned count, const double *sigma,
                  bool sigma_known, ts_ta_spectrum *spectra) {
  ts_ta_plan *p = g->p;
  ts_ta_result *r = g->r;
  const unsigned K = p->options.components;
  const ts_ta_point *at = &g->site[0].at;
  unsigned from[TS_COMPONENTS_MAX];
  ts_ta_by_rate(at, K, from);
  if (p->precision_limited) r->flags |= TS_FLAG_PRECISION_LIMITED;
  const double window = p->delay[p->delays - 1] - p->delay[0], variance = sigma_known ? 1 : chi2 / freedom;
  r->t0_s = g->origin + at->t0 * p->unit;
  r->irf_fwhm_s = at->width * p->unit * TS_FWHM_PER_SIGMA;
  r->noise = sqrt(variance) * (p->sigma > 0 ? p->sigma : 1);
  if (sigma_known) {
    r->chi2_reduced = chi2 / freedom;
    const double c = 2 / (9 * freedom), root = 1 - c + TS_TA_POOR_FIT_Z * sqrt(c);
    if (r->chi2_reduced > root * root * root) r->flags |= TS_FLAG_POOR_FIT;
  }
  bool supported = true, at_edge = false, off = false;
  /* the step that is left: how far the device's words let the point lie off the minimum */
  const ts_ta_point *next = &g->site[0].next;
  double left[TS_TA_PARAMETERS_MAX] = {0}, sd_of[TS_TA_PARAMETERS_MAX] = {0};
  int shared_of[TS_TA_PARAMETERS_MAX];
  for (unsigned i = 0; i < TS_TA_PARAMETERS_MAX; i++) shared_of[i] = -1;
  for (unsigned a = 0; a < g->shared; a++) shared_of[g->shared_at[a]] = (int)a;
  for (unsigned k = 0; k < K; k++)
    if (g->order.lifetime[k] >= 0) left[shared_of[g->order.lifetime[k]]] = log(at->rate[k] / next->rate[k]);
  if (g->order.t0 >= 0) left[shared_of[g->order.t0]] = next->t0 - at->t0;
  if (g->order.width >= 0) left[shared_of[g->order.width]] = log(next->width / at->width);
  for (unsigned a = 0; a < g->shared; a++) off = off || fabs(left[a]) > TS_TA_STEP_LEFT * sqrt(variance * g->covariance[a][a]);
  for (unsigned a = 0; a < g->shared; a++) sd_of[a] = sqrt(variance * g->covariance[a][a] + (off ? left[a] * left[a] : 0));
  if (off) r->flags |= TS_FLAG_PRECISION_LIMITED;
  double sigma_ln[TS_COMPONENTS_MAX] = {0};
  for (unsigned k = 0; k < K; k++) {
    r->lifetime_s[k] = p->unit / at->rate[from[k]];
    if (r->lifetime_s[k] > window) r->flags |= TS_FLAG_LIFETIME_BEYOND_WINDOW;
    const int place = g->order.lifetime[from[k]];
    if (place < 0) continue;
    const int a = shared_of[place];
    sigma_ln[k] = sd_of[a];
    r->lifetime_sigma_s[k] = r->lifetime_s[k] * sigma_ln[k];
    r->lifetime_low_s[k] = r->lifetime_s[k] * exp(-TS_TA_INTERVAL_SIGMAS * sigma_ln[k]);
    r->lifetime_high_s[k] = r->lifetime_s[k] * exp(TS_TA_INTERVAL_SIGMAS * sigma_ln[k]);
    if (sigma_ln[k] * TS_TA_LIFETIME_SIGMAS > 1) supported = false;
    if (r->lifetime_low_s[k] * TS_TA_RATE_MAX < p->s || r->lifetime_high_s[k] > TS_TA_RATE_MIN_WINDOWS * window) at_edge = true;
    const int before = k ? g->order.lifetime[from[k - 1]] : -1;
    if (before < 0) continue;
    const int b = shared_of[before];
    const double v = variance * (g->covariance[a][a] + g->covariance[b][b] - 2 * g->covariance[a][b]) + (off ? pow(left[a] - left[b], 2) : 0);
    if (v > 0 && log(r->lifetime_s[k] / r->lifetime_s[k - 1]) < TS_TA_LIFETIME_SIGMAS * sqrt(v)) supported = false;
  }
  if (g->order.t0 >= 0) r->t0_sigma_s = sd_of[shared_of[g->order.t0]] * p->unit;
  if (g->order.width >= 0) r->irf_fwhm_sigma_s = r->irf_fwhm_s * sd_of[shared_of[g->order.width]];

  double strength[TS_COMPONENTS_MAX] = {0};
  for (size_t w = 0; w < g->count; w++) {
    const site *s = &g->site[w];
    ts_ta_spectrum *x = &spectra[w];
    if (!(s->omega > 0)) continue;
    const double one = variance / s->omega;              /* of a scaled signal of the largest weight */
    double sd[LINEAR_MAX];
    for (unsigned i = 0; i < g->linear; i++) {
      double v = s->inverse[i][i] * one;
      for (unsigned a = 0; a < g->shared; a++)
        for (unsigned b = 0; b < g->shared; b++) v += variance * s->follow[i][a] * g->covariance[a][b] * s->follow[i][b];
      if (off) v += pow(linear_of(&s->next, i, &g->order, K) - linear_of(&s->at, i, &g->order, K), 2);
      sd[i] = sqrt(v) / s->scale;
    }
    unsigned i = K;
    for (unsigned k = 0; k < K; k++) {
      x->amplitude[k] = s->at.amplitude[from[k]] / s->scale;
      x->amplitude_sigma[k] = sd[from[k]];
      strength[k] += (x->amplitude[k] / sd[from[k]]) * (x->amplitude[k] / sd[from[k]]);
    }
    x->offset = s->at.offset / s->scale;
    if (g->order.offset >= 0) x->offset_sigma = sd[i++];
    x->artefact[0] = s->at.artefact / s->scale;
    if (g->order.artefact >= 0) x->artefact_sigma[0] = sd[i++];
    x->artefact[1] = s->at.slope / s->scale;
    if (g->order.slope >= 0) x->artefact_sigma[1] = sd[i++];
    const double own = (double)s->used - g->linear;
    x->noise = sigma_known ? p->sigma * (sigma ? sigma[w] : 1) : sqrt(fmax(s->chi2, 0) / fmax(own, 1)) / s->scale;
    if (sigma_known && own > 0) x->chi2_reduced = s->omega * s->chi2 / own;
  }
  for (unsigned k = 0; k < K; k++)
    if (strength[k] < g->live + 5 * sqrt(2 * g->live)) supported = false;
  supported = supported && !ts_ta_rivalled(p, &(ts_ta_rival){*at, chi2}, rivals, count, r, fmax(chi2 / freedom, g->floor));
  const double s0 = p->s / p->unit, range = p->options.irf_free ? TS_TA_WIDTH_RANGE : 1;
  if (g->order.t0 >= 0 && fabs(at->t0) > TS_TA_T0_MAX * s0 * 0.999) at_edge = true;
  if (g->order.width >= 0 && (at->width < s0 / range * 65 / 64 || at->width > s0 * range * 63 / 64)) at_edge = true;
  if (bits & TS_TA_STATUS_MASK_RATE_AT_LIMIT || at_edge) r->status = TS_STATUS_AT_LIMIT;
  else if (bits & (TS_TA_STATUS_MASK_MERGED | TS_TA_STATUS_MASK_SINGULAR)) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  else if (!(bits & TS_TA_STATUS_MASK_CONVERGED)) r->status = TS_STATUS_NOT_CONVERGED;
  else if (!supported) r->status = TS_STATUS_ORDER_UNSUPPORTED;
}

/* The sums in double precision, for what is said of the result: ta_exact.c. */
static ts_error take_exact(global *g) {
  for (size_t w = 0; w < g->count; w++) {
    site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    const ts_error e = ts_ta_take(g->p, g->signal + w * g->p->delays);
    if (e) return e;
    ts_ta_exact(g->p, &s->at, g->origin + s->time_zero * g->p->unit, s->gram, s->gradient);
  }
  return TS_OK;
}

static void keep(global *g, site *best) { memcpy(best, g->site, g->count * sizeof *best); }

ts_error ts_ta_fit_global(ts_ta_plan *p, const double *signal, size_t wavelengths, const double *time_zero_s, const double *sigma, ts_ta_result *r,
                          ts_ta_spectrum *spectra) {
  ts_device *d = p->device;
  if (!signal || !r || !spectra || wavelengths < 1 || wavelengths > TS_TA_WAVELENGTHS_MAX)
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "%zu wavelengths, expected 1 to %d and a place for the results", wavelengths, TS_TA_WAVELENGTHS_MAX);
  memset(r, 0, sizeof *r);
  ts_ta_nothing(r);
  r->artefact[0] = r->artefact[1] = NAN;
  r->components = p->options.components;
  r->cycles = -1;
  global g = {.p = p, .signal = signal, .zero = time_zero_s, .count = wavelengths, .r = r};
  g.site = calloc(2 * wavelengths, sizeof *g.site);
  if (!g.site) return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory for %zu wavelengths", wavelengths);
  site *best = g.site + wavelengths;
  bool held[TS_COMPONENTS_MAX] = {false};
  for (unsigned k = 0, given = 0; k < r->components; k++)
    if (p->options.lifetime_s[k] > 0) held[given++] = p->options.lifetime_held[k];
  g.order = ts_ta_order_of(p, held);
  list(&g);

  const bool known = p->sigma > 0;
  g.floor = known ? 1 : 0;
  ts_error e = TS_OK;
  double used = 0;
  for (size_t w = 0; !e && w < wavelengths; w++) {
    site *s = &g.site[w];
    ts_ta_spectrum *x = &spectra[w];
    for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) x->amplitude[k] = x->amplitude_sigma[k] = NAN;
    x->offset = x->offset_sigma = x->artefact[0] = x->artefact[1] = x->artefact_sigma[0] = x->artefact_sigma[1] = x->chi2_reduced = x->noise = NAN;
    e = ts_ta_take(p, signal + w * p->delays);
    if (!e && ((time_zero_s && !isfinite(time_zero_s[w])) || (sigma && !(sigma[w] > 0 && isfinite(sigma[w])))))
      e = ts_device_fail(d, TS_ERROR_INPUT, "wavelength %zu: its t0 or sigma is not a number that can be used", w + 1);
    x->masked = p->delays - p->used;
    r->masked += x->masked;
    s->scale = p->scale;
    s->used = p->used;
    const double own = (known ? p->sigma : 1) * (sigma ? sigma[w] : 1) * p->scale;
    s->omega = p->scale > 0 && p->used > g.linear ? 1 / (own * own) : 0;
    if (!(s->omega > 0)) continue;
    g.live++;
    used += (double)p->used - g.linear;
  }
  const double freedom = used - g.shared;
  r->degrees_of_freedom = (int)freedom;
  if (!e && (g.live < 1 || freedom < 1)) {
    r->status = TS_STATUS_INSUFFICIENT_DATA;
    free(g.site);
    return TS_OK;
  }

  ts_ta_point start[TS_TA_STARTS_MAX];
  ts_ta_rival rival[STARTS_KNOWN + 2];
  unsigned starts = 0, rivals = 0, bits = 0, best_bits = 0;
  double best_chi2 = INFINITY, noise2, chi2;
  if (!e) {
    find_places(&g);
    average(&g, sigma);
    starts = ts_ta_search(p, start, &g.origin, &noise2);
    p->traces = 1;
  }
  const unsigned tries = known ? STARTS_KNOWN : STARTS_UNKNOWN;
  const double accept = known ? freedom + TS_TA_ACCEPT_SIGMAS * sqrt(2 * freedom) : 0;
  for (unsigned i = 0; !e && i < starts + 2 && i < tries + 2; i++) {
    /* the starts of the search, until one is good; then from either side of the t0 found */
    const bool side = i >= starts || i >= tries;
    if (!side && i && best_bits & TS_TA_STATUS_MASK_CONVERGED && best_chi2 < accept) {
      i = (starts < tries ? starts : tries) - 1;
      continue;
    }
    if (side) {
      if (p->options.t0_held || !(best_bits & TS_TA_STATUS_MASK_CONVERGED)) break;
      const unsigned first = starts < tries ? starts : tries;
      ts_ta_point at = rival[0].at;
      for (unsigned n = 1; n < rivals; n++)
        if (rival[n].chi2 == best_chi2) at = rival[n].at;
      at.t0 += (i == first ? -1 : 1) * TS_TA_T0_SIDE * at.width;
      if (fabs(at.t0) > TS_TA_T0_MAX * p->s / p->unit) continue;
      memcpy(g.site, best, wavelengths * sizeof *best);
      set_shared(&g, &at, true);
    } else {
      set_shared(&g, &start[i], false);
      if ((e = evaluate(&g, &chi2))) break;
      if (!first_amplitudes(&g)) continue;
    }
    if ((e = descend(&g, freedom, &chi2, &bits))) break;
    r->starts++;
    const bool converged = bits & TS_TA_STATUS_MASK_CONVERGED;
    if (converged && rivals < STARTS_KNOWN + 2) rival[rivals++] = (ts_ta_rival){g.site[0].at, chi2};
    if (best_chi2 == INFINITY || (converged && !(best_bits & TS_TA_STATUS_MASK_CONVERGED)) ||
        (converged && chi2 < best_chi2 - 0.01 * fmax(best_chi2 / freedom, g.floor))) {
      best_chi2 = chi2;
      best_bits = bits;
      keep(&g, best);
    }
  }
  if (!e && best_chi2 < INFINITY) {
    /* covariances for the point that is reported */
    double decrement, shared;
    memcpy(g.site, best, wavelengths * sizeof *best);
    e = take_exact(&g);
    if (!e && !step(&g, 0, &decrement, &shared)) best_bits |= TS_TA_STATUS_MASK_SINGULAR;
    else if (!e) judge(&g, best_chi2, best_bits, freedom, rival, rivals, sigma, known, spectra);
  }
  if (!e && (best_chi2 == INFINITY || best_bits & TS_TA_STATUS_MASK_SINGULAR)) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  free(g.site);
  return e;
}
