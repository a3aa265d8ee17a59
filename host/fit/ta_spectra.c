/* What a minimum of many wavelengths tells: shared parameters, decay-associated spectra, their errors, a judgement. */
#include <math.h>

#include "ta_global.h"

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
void ts_ta_global_judge(ts_ta_global *g, double chi2, unsigned bits, double freedom, const ts_ta_rival *rivals, unsigned count, const double *sigma,
                  bool sigma_known, ts_ta_spectrum *spectra) {
  ts_ta_plan *p = g->p;
  ts_ta_result *r = g->r;
  const unsigned K = p->options.components;
  const ts_ta_point *at = &g->site[0].at;
  unsigned from[TS_COMPONENTS_MAX];
  ts_ta_by_rate(at, K, from);
  if (p->precision_limited) r->flags |= TS_FLAG_PRECISION_LIMITED;
  const double window = p->delay[p->delays - 1] - p->delay[0], variance = sigma_known ? 1 : chi2 / freedom,
               spread = sigma_known ? 1 : ts_ta_student(freedom), told = variance * spread * spread,
               clear = sigma_known ? TS_TA_LIFETIME_SIGMAS : ts_ta_clear(freedom);
  ts_matrix covariance;          /* of the shared parameters */
  for (unsigned a = 0; a < g->shared; a++)
    for (unsigned b = 0; b < g->shared; b++) covariance[a][b] = told * g->wider[a] * g->wider[b] * g->covariance[a][b];
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
  for (unsigned a = 0; a < g->shared; a++) off = off || fabs(left[a]) > TS_TA_STEP_LEFT * sqrt(covariance[a][a]);
  for (unsigned a = 0; a < g->shared; a++) sd_of[a] = sqrt(covariance[a][a] + (off ? left[a] * left[a] : 0));
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
    if (sigma_ln[k] * clear > 1) supported = false;
    if (r->lifetime_low_s[k] * TS_TA_RATE_MAX < p->s || r->lifetime_high_s[k] > TS_TA_RATE_MIN_WINDOWS * window) at_edge = true;
    const int before = k ? g->order.lifetime[from[k - 1]] : -1;
    if (before < 0) continue;
    const int b = shared_of[before];
    const double v = covariance[a][a] + covariance[b][b] - 2 * covariance[a][b] + (off ? pow(left[a] - left[b], 2) : 0);
    if (v > 0 && log(r->lifetime_s[k] / r->lifetime_s[k - 1]) < clear * sqrt(v)) supported = false;
  }
  if (g->order.t0 >= 0) r->t0_sigma_s = sd_of[shared_of[g->order.t0]] * p->unit;
  if (g->order.width >= 0) r->irf_fwhm_sigma_s = r->irf_fwhm_s * sd_of[shared_of[g->order.width]];

  double strength[TS_COMPONENTS_MAX] = {0};
  for (size_t w = 0; w < g->count; w++) {
    const ts_ta_site *s = &g->site[w];
    ts_ta_spectrum *x = &spectra[w];
    if (!(s->omega > 0)) continue;
    const double own = (double)s->used - g->linear;
    double one = told / s->omega;                    /* of a scaled signal of the largest weight */
    if (g->uneven) one = fmax(one, s->chi2 / fmax(own, 1));
    double sd[TS_TA_LINEAR_MAX];
    for (unsigned i = 0; i < g->linear; i++) {
      double v = s->inverse[i][i] * one;
      for (unsigned a = 0; a < g->shared; a++)
        for (unsigned b = 0; b < g->shared; b++) v += s->follow[i][a] * covariance[a][b] * s->follow[i][b];
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
    x->noise = sigma_known ? p->sigma * (sigma ? sigma[w] : 1) : sqrt(fmax(s->chi2, 0) / fmax(own, 1)) / s->scale;
    if (ts_ta_beyond_words(p, s->scale, x->noise)) r->flags |= TS_FLAG_PRECISION_LIMITED;
    if (sigma_known && own > 0) x->chi2_reduced = s->omega * s->chi2 / own;
  }
  for (unsigned k = 0; k < K; k++)
    if (strength[k] < g->live + 5 * sqrt(2 * g->live)) supported = false;
  supported = supported && !ts_ta_rivalled(p, &(ts_ta_rival){*at, chi2}, rivals, count, r, fmax(chi2 / freedom, g->floor) * spread * spread);
  const double s0 = p->s / p->unit, range = p->options.irf_free ? TS_TA_WIDTH_RANGE : 1;
  if (g->order.t0 >= 0 && fabs(at->t0) > TS_TA_T0_MAX * s0 * 0.999) at_edge = true;
  if (g->order.width >= 0 && (at->width < s0 / range * 65 / 64 || at->width > s0 * range * 63 / 64)) at_edge = true;
  if (bits & TS_TA_STATUS_MASK_RATE_AT_LIMIT || at_edge) r->status = TS_STATUS_AT_LIMIT;
  else if (bits & (TS_TA_STATUS_MASK_MERGED | TS_TA_STATUS_MASK_SINGULAR)) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  else if (!(bits & TS_TA_STATUS_MASK_CONVERGED)) r->status = TS_STATUS_NOT_CONVERGED;
  else if (!supported) r->status = TS_STATUS_ORDER_UNSUPPORTED;
}

/* The sums in double precision, for what is said of the result: ta_exact.c. */
ts_error ts_ta_global_exact(ts_ta_global *g) {
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    const ts_error e = ts_ta_take(g->p, g->signal + w * g->p->delays);
    if (e) return e;
    ts_ta_exact(g->p, &s->at, g->origin + s->time_zero * g->p->unit, s->gram, s->gradient);
  }
  return TS_OK;
}
