/* Variable projection (Golub and Pereyra 1973) in Gauss-Newton form. The device gives each wavelength's sums for the shared parameters; the linear
 * parameters are eliminated here, wavelength by wavelength (Schur complement). */
#include <math.h>
#include <string.h>

#include "ta_global.h"

#define RIDGE 1e-3                               /* of the first amplitudes */
#define GAUSS_SEEN 1e-3
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

/* As the device's words hold it. */
double ts_ta_global_rounded(const ts_ta_global *g, double x) {
  const int bits = (int)g->p->device->info.ta_word_bits;
  int e;
  const double m = frexp(x, &e);
  return ldexp(rint(ldexp(m, bits)), e - bits);
}

void ts_ta_global_list(ts_ta_global *g) {
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

static bool same_gaps(const ts_ta_global *g, size_t a, size_t b) {
  const size_t delays = g->p->delays;
  for (size_t n = 0; n < delays; n++)
    if (isnan(g->signal[a * delays + n]) != isnan(g->signal[b * delays + n])) return false;
  return true;
}

static void find_leader(ts_ta_global *g, size_t w) {
  ts_ta_site *s = &g->site[w];
  s->leader = w;
  for (size_t v = 0; v < w && s->leader == w; v++) {
    const ts_ta_site *of = &g->site[v];
    if (of->omega > 0 && of->leader == v && of->time_zero == s->time_zero && same_gaps(g, v, w)) s->leader = v;
  }
}

/* Where the device is to keep each wavelength's signals: as many as it holds, the others one after another in the last place. */
void ts_ta_global_places(ts_ta_global *g) {
  const ts_ta_plan *p = g->p;
  const size_t places = p->device->info.ta_signals_max / p->delays;
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_site *s = &g->site[w];
    s->stays = w + 1 < places || (w + 1 == places && places == g->count);
    s->place = (uint32_t)((s->stays || places < 1 ? w * (places > 0) : places - 1) * p->delays);
    s->connection = 0;
    s->time_zero = g->zero ? rint(g->zero[w] / p->unit) : 0;
    find_leader(g, w);
  }
  g->p->connections++;
}

/* A wavelength's own zero is in its start's t0, or in the delays where it is too far for that. */
static bool is_far(const ts_ta_site *s) { return fabs(s->time_zero) > T0_SENT_MAX; }
static double origin_of(const ts_ta_global *g, const ts_ta_site *s) { return g->origin + (is_far(s) ? s->time_zero * g->p->unit : 0); }

/* Makes wavelength w the plan's present trace. brief: its Gram matrix is its leader's. */
static ts_error load(ts_ta_global *g, size_t w, bool brief, ts_ta_point *start) {
  ts_ta_plan *p = g->p;
  const ts_ta_site *s = &g->site[w];
  const ts_error e = ts_ta_take(p, g->signal + w * p->delays);
  p->place = s->place;
  p->stays = s->stays && s->connection == p->connections;
  p->brief = brief;
  *start = s->at;
  if (!is_far(s)) start->t0 += s->time_zero;
  return e;
}

static void take_sums(ts_ta_global *g, ts_ta_site *s, bool brief, const ts_ta_outcome *x, const ts_ta_result *one, double *chi2) {
  s->connection = g->p->connections;
  if (one->cycles >= 0) g->r->cycles = (g->r->cycles < 0 ? 0 : g->r->cycles) + one->cycles;
  memcpy(s->gram, brief ? g->site[s->leader].gram : x->gram, sizeof s->gram);
  memcpy(s->gradient, x->gradient, sizeof s->gradient);
  s->chi2 = x->chi2;
  *chi2 += s->omega * x->chi2;
}

/* The next wavelength with a signal, from w on. */
static size_t live_from(const ts_ta_global *g, size_t w) {
  while (w < g->count && !(g->site[w].omega > 0)) w++;
  return w;
}

/* Wavelengths from *w on, several on their way at a time so that the link's latency is waited for once: until all are done, or until one needs other
 * delays on the device. *w: the first without an answer. */
static ts_error run_together(ts_ta_global *g, size_t *w, double *chi2) {
  ts_ta_plan *p = g->p;
  size_t next = *w, flying = 0;
  ts_error e = TS_OK;
  while (!e && *w < g->count) {
    bool sent = next < g->count && origin_of(g, &g->site[next]) == p->origin;
    ts_ta_point start;
    if (sent && !(e = load(g, next, g->site[next].leader < next, &start))) e = ts_ta_submit(p, &start, &sent);
    if (e) break;
    if (sent) {
      next = live_from(g, next + 1);
      flying++;
      continue;
    }
    if (!flying) break;
    ts_ta_outcome x;
    ts_ta_result one = {.cycles = -1};
    if ((e = ts_ta_next(p, &x, &one))) break;
    take_sums(g, &g->site[*w], g->site[*w].leader < *w, &x, &one, chi2);
    *w = live_from(g, *w + 1);
    flying--;
  }
  if (e) ts_session_disown(p->device->session, p);
  return e;
}

/* Sums of every wavelength at its point. */
ts_error ts_ta_global_evaluate(ts_ta_global *g, double *chi2) {
  ts_ta_plan *p = g->p;
  *chi2 = 0;
  if (p->device->stop && p->device->stop()) return ts_device_fail(p->device, TS_ERROR_DEVICE, "stopped");
  for (size_t w = live_from(g, 0); w < g->count;) {
    const size_t first = w;
    ts_error e = ts_ta_configure(p, origin_of(g, &g->site[w]), 1, 0, 0);
    if (!e) e = run_together(g, &w, chi2);
    if (e && ts_session_broken(p->device->session)) {
      /* a new connection's device holds nothing */
      if ((e = ts_device_recover(p->device, e))) return e;
      p->connections++;
      continue;
    }
    if (e) return e;
    if (w > first) continue;
    /* another plan has every place of the session: one at a time */
    ts_ta_outcome x;
    ts_ta_point start;
    ts_ta_result one = {.cycles = -1};
    if (!e) e = load(g, w, false, &start);
    if (!e) e = ts_ta_run(p, &start, &x, &one);
    if (e) return e;
    take_sums(g, &g->site[w], false, &x, &one, chi2);
    w = live_from(g, w + 1);
  }
  g->r->evaluations++;
  return TS_OK;
}

/* Cholesky inverse of a small positive definite matrix scaled to a unit diagonal. */
static bool invert_linear(double a[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX], unsigned n, double inverse[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX]) {
  ts_matrix wide, out;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) wide[i][j] = a[i][j];
  if (!ts_matrix_invert(wide, n, TS_TA_PIVOT_MIN, out)) return false;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) inverse[i][j] = out[i][j];
  return true;
}

/* Amplitudes alone for the present lifetimes and t0, from sums at amplitudes of zero; the Gaussian takes what a wrong t0 leaves. */
bool ts_ta_global_first_amplitudes(ts_ta_global *g) {
  const ts_ta_plan *p = g->p;
  const unsigned K = p->options.components, EG = 2 * (K + p->extended);
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    unsigned item[TS_TA_LINEAR_MAX], n = 0;
    for (unsigned k = 0; k < K; k++) item[n++] = 2 * k;
    if (g->order.offset >= 0) item[n++] = EG + 1;
    /* where no delay lies under it the Gaussian has nothing to take */
    const bool gauss = s->gram[EG][EG] > GAUSS_SEEN;
    if (gauss) item[n++] = EG;
    double h[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX], inverse[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX], x[TS_TA_LINEAR_MAX] = {0};
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++) h[i][j] = s->gram[item[i]][item[j]] * (i == j ? 1 + RIDGE : 1);
    if (!invert_linear(h, n, inverse)) return false;
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++) x[i] += inverse[i][j] * s->gradient[item[j]];
    for (unsigned k = 0; k < K; k++) s->at.amplitude[k] = ts_ta_global_rounded(g, x[k]);
    if (g->order.offset >= 0) s->at.offset = ts_ta_global_rounded(g, x[K]);
    if (g->order.artefact >= 0 && gauss) s->at.artefact = ts_ta_global_rounded(g, x[n - 1]);
  }
  return true;
}

/* The items of the linear parameters' columns, in their order. */
static unsigned linear_items(const ts_ta_global *g, unsigned item[TS_TA_LINEAR_MAX]) {
  const unsigned K = g->p->options.components, EG = 2 * (K + g->p->extended);
  unsigned n = 0;
  for (unsigned k = 0; k < K; k++) item[n++] = 2 * k;
  if (g->order.offset >= 0) item[n++] = EG + 1;
  if (g->order.artefact >= 0) item[n++] = EG;
  if (g->order.slope >= 0) item[n++] = 2 * K;
  return n;
}

static double *linear_parameter(const ts_ta_global *g, ts_ta_point *at, unsigned i) {
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
static void settle(ts_ta_global *g, double *chi2) {
  const unsigned items = 2 * (g->p->options.components + g->p->extended) + 2;
  unsigned item[TS_TA_LINEAR_MAX];
  const unsigned n = linear_items(g, item);
  *chi2 = 0;
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    double h[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX], inverse[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX], move[TS_TA_LINEAR_MAX], less = 0;
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++) h[i][j] = s->gram[item[i]][item[j]];
    bool sound = invert_linear(h, n, inverse);
    for (unsigned i = 0; sound && i < n; i++) {
      double x = 0;
      for (unsigned j = 0; j < n; j++) x += inverse[i][j] * s->gradient[item[j]];
      const double at = *linear_parameter(g, &s->at, i);
      move[i] = ts_ta_global_rounded(g, at + x) - at;
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
bool ts_ta_global_step(ts_ta_global *g, double lambda, double *decrement, double *shared) {
  const ts_ta_plan *p = g->p;
  const unsigned L = g->linear, N = g->shared, items = 2 * (p->options.components + p->extended) + 2;
  ts_matrix schur = {{0}};
  double right[TS_TA_SHARED_MAX] = {0};
  *decrement = *shared = 0;
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    ts_ta_columns c;
    ts_matrix h;
    ts_ta_columns_of(p, &s->at, &g->order, c);
    ts_ta_fisher(p, &s->at, s->gram, &g->order, h);
    double slope[TS_TA_PARAMETERS_MAX], ll[TS_TA_LINEAR_MAX][TS_TA_LINEAR_MAX];
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
  if (N && !ts_matrix_invert(schur, N, TS_TA_PIVOT_MIN, g->covariance)) return false;
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
    ts_ta_site *s = &g->site[w];
    s->next = s->at;
    for (unsigned k = 0; k < p->options.components; k++)
      if (g->order.lifetime[k] >= 0) s->next.rate[k] = ts_ta_global_rounded(g, fmin(fmax(s->at.rate[k] * exp(-move[g->order.lifetime[k]]), rate_min), rate_max));
    if (g->order.t0 >= 0) s->next.t0 = rint(fmin(fmax(s->at.t0 + move[g->order.t0], -limit), limit));
    if (g->order.width >= 0) s->next.width = ts_ta_global_rounded(g, fmin(fmax(s->at.width * exp(move[g->order.width]), s0 / range), s0 * range));
    if (!(s->omega > 0)) continue;
    double x[TS_TA_LINEAR_MAX];
    for (unsigned i = 0; i < L; i++) {
      x[i] = s->solved[i];
      for (unsigned a = 0; a < N; a++) x[i] -= s->follow[i][a] * move[g->shared_at[a]];
    }
    unsigned i = 0;
    for (unsigned k = 0; k < p->options.components; k++) s->next.amplitude[k] = ts_ta_global_rounded(g, s->at.amplitude[k] + x[i++]);
    if (g->order.offset >= 0) s->next.offset = ts_ta_global_rounded(g, s->at.offset + x[i++]);
    if (g->order.artefact >= 0) s->next.artefact = ts_ta_global_rounded(g, s->at.artefact + x[i++]);
    if (g->order.slope >= 0) s->next.slope = ts_ta_global_rounded(g, s->at.slope + x[i++]);
  }
  return true;
}

enum { AT_TO_KEPT, KEPT_TO_AT, NEXT_TO_AT, NEXT_TO_BEST, BEST_TO_AT };
static void move_all(ts_ta_global *g, int which) {
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_site *s = &g->site[w];
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
static unsigned astray(const ts_ta_global *g) {
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
ts_error ts_ta_global_descend(ts_ta_global *g, double freedom, double *chi2, unsigned *bits) {
  double lambda = LAMBDA_START, before = INFINITY, lowest = INFINITY, decrement, shared, trial;
  bool ending = false;
  const double times = fmax(g->live, 1);
  *bits = TS_TA_STATUS_MASK_EVALUATION_LIMIT;
  ts_error e = ts_ta_global_evaluate(g, chi2);
  if (!e) settle(g, chi2);
  move_all(g, AT_TO_KEPT);
  for (unsigned n = 0; !e && n < STEPS_MAX; n++) {
    const double misfit = fmax(*chi2 / freedom, g->floor) * times;
    while (!ts_ta_global_step(g, lambda, &decrement, &shared)) {
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
    e = ts_ta_global_evaluate(g, &trial);
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
    e = ts_ta_global_evaluate(g, chi2);
    if (!e) settle(g, chi2);
  }
  return e;
}
