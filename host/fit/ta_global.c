/* Many wavelengths with shared lifetimes, t0 and width: from several starts to the best minimum. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ta_global.h"

#define STARTS_MAX 8
#define STARTS_UNKNOWN 2                         /* at least, without sigma */

/* Averages of neighbouring wavelengths on the plan's delays: what the search of starts sees. What is missing is as it was a delay before. */
static void average(ts_ta_global *g, const double *sigma) {
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

static void set_shared(ts_ta_global *g, const ts_ta_point *at, bool amplitudes) {
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_point *x = &g->site[w].at;
    memcpy(x->rate, at->rate, sizeof x->rate);
    for (unsigned k = 0; k < g->p->options.components; k++) x->rate[k] = ts_ta_global_rounded(g, x->rate[k]);
    x->t0 = rint(at->t0);
    x->width = ts_ta_global_rounded(g, at->width);
    if (amplitudes) continue;
    memset(x->amplitude, 0, sizeof x->amplitude);
    x->offset = x->artefact = x->slope = 0;
  }
}

static ts_error add_between(ts_ta_global *g, double chi2, ts_ta_rival *rival, unsigned *rivals) {
  ts_ta_plan *p = g->p;
  double beside[TS_TA_BETWEEN_MAX];
  unsigned count = 0;
  for (size_t w = 0; w < g->count; w++) {
    ts_ta_site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    const double origin = g->origin + s->time_zero * p->unit;
    const ts_error e = ts_ta_take(p, g->signal + w * p->delays);
    if (e) return e;
    if (!count) count = ts_ta_between(p, &s->at, origin, beside);
    if (!count) return TS_OK;
    for (unsigned i = 0; i < count; i++) {
      ts_ta_point at = s->at;
      const double more = s->omega * ts_ta_moved(p, &at, origin, beside[i], at.width);
      if (!(rival[*rivals + i].at.width > 0)) rival[*rivals + i] = (ts_ta_rival){at, chi2};
      rival[*rivals + i].chi2 += more;
    }
  }
  *rivals += count;
  return TS_OK;
}

/* The same for what the edge of too few delays tells of t0 and width; lifetimes stay. misfit: of chi2. */
static ts_error judge_unseen(ts_ta_global *g, double misfit) {
  ts_ta_plan *p = g->p;
  ts_ta_result *r = g->r;
  const double t0_sigma = r->t0_sigma_s / p->unit, width_sigma = r->irf_fwhm_sigma_s / r->irf_fwhm_s;
  bool unseen = false;   /* by one of them; it is for all to say whether it matters, since some have no signal */
  for (size_t w = 0; w < g->count && !unseen; w++) {
    const ts_ta_site *s = &g->site[w];
    if (!(s->omega > 0)) continue;
    const ts_error e = ts_ta_take(p, g->signal + w * p->delays);
    if (e) return e;
    unseen = ts_ta_edge_reach(p, &s->at, g->origin + s->time_zero * p->unit);
  }
  if (!unseen) return TS_OK;
  for (unsigned n = 0; n < TS_TA_PLACES && r->status == TS_STATUS_OK; n++) {
    double enough, more = 0;
    bool any = false;
    for (size_t w = 0; w < g->count; w++) {
      const ts_ta_site *s = &g->site[w];
      const double origin = g->origin + s->time_zero * p->unit;
      ts_ta_point at = s->at, place;
      if (!(s->omega > 0)) continue;
      const ts_error e = ts_ta_take(p, g->signal + w * p->delays);
      if (e) return e;
      if (!ts_ta_place(n, TS_TA_PLACES, &s->at, &g->order, t0_sigma, width_sigma, &place, &enough)) break;
      any = true;
      more += s->omega * ts_ta_moved(p, &at, origin, place.t0, place.width);
      if (more > enough * misfit) break;
    }
    if (any && more < enough * misfit) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  }
  return TS_OK;
}

static void keep(ts_ta_global *g, ts_ta_site *best) { memcpy(best, g->site, g->count * sizeof *best); }

ts_error ts_ta_fit_global(ts_ta_plan *p, const double *signal, size_t wavelengths, const double *time_zero_s, const double *sigma, ts_ta_result *r,
                          ts_ta_spectrum *spectra) {
  if (!p) return TS_ERROR_ARGUMENT;
  ts_device *d = p->device;
  if (!signal || !r || !spectra || wavelengths < 1 || wavelengths > TS_TA_WAVELENGTHS_MAX)
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "%zu wavelengths, expected 1 to %d and a place for the results", wavelengths, TS_TA_WAVELENGTHS_MAX);
  memset(r, 0, sizeof *r);
  ts_ta_nothing(r);
  r->artefact[0] = r->artefact[1] = NAN;
  r->components = p->options.components;
  r->cycles = -1;
  ts_ta_global g = {.p = p, .signal = signal, .zero = time_zero_s, .count = wavelengths, .r = r};
  g.site = calloc(2 * wavelengths, sizeof *g.site);
  if (!g.site) return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory for %zu wavelengths", wavelengths);
  ts_ta_site *best = g.site + wavelengths;
  bool held[TS_COMPONENTS_MAX] = {false};
  for (unsigned k = 0, given = 0; k < r->components; k++)
    if (p->options.lifetime_s[k] > 0) held[given++] = p->options.lifetime_held[k];
  g.order = ts_ta_order_of(p, held);
  ts_ta_global_list(&g);

  const bool known = p->sigma > 0;
  g.floor = known ? 1 : 0;
  ts_error e = TS_OK;
  double used = 0;
  for (size_t w = 0; !e && w < wavelengths; w++) {
    ts_ta_site *s = &g.site[w];
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
  ts_ta_rival rival[STARTS_MAX + 2 + TS_TA_BETWEEN_MAX];
  unsigned starts = 0, rivals = 0, bits = 0, best_bits = 0;
  double best_chi2 = INFINITY, noise2, chi2;
  if (!e) {
    ts_ta_global_places(&g);
    average(&g, sigma);
    starts = ts_ta_search(p, start, &g.origin, &noise2);
    p->traces = 1;
  }
  const unsigned tries = STARTS_MAX, least = known ? 1 : STARTS_UNKNOWN;
  const double accept = known ? freedom + TS_TA_ACCEPT_SIGMAS * sqrt(2 * freedom) : INFINITY;
  for (unsigned i = 0; !e && i < starts + 2 && i < tries + 2; i++) {
    /* the starts of the search, until one is good; then from either side of the t0 found */
    const bool side = i >= starts || i >= tries;
    if (!side && i >= least && best_bits & TS_TA_STATUS_MASK_CONVERGED && best_chi2 < accept) {
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
      if ((e = ts_ta_global_evaluate(&g, &chi2))) break;
      if (!ts_ta_global_first_amplitudes(&g)) continue;
    }
    if ((e = ts_ta_global_descend(&g, freedom, &chi2, &bits))) break;
    r->starts++;
    const bool converged = bits & TS_TA_STATUS_MASK_CONVERGED;
    if (converged && rivals < STARTS_MAX + 2) rival[rivals++] = (ts_ta_rival){g.site[0].at, chi2};
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
    e = ts_ta_global_exact(&g);
    for (unsigned i = 0; i < TS_TA_BETWEEN_MAX; i++) rival[rivals + i] = (ts_ta_rival){.chi2 = 0};
    if (!e) e = add_between(&g, best_chi2, rival, &rivals);
    if (!e && !ts_ta_global_step(&g, 0, &decrement, &shared)) best_bits |= TS_TA_STATUS_MASK_SINGULAR;
    else if (!e && !(e = ts_ta_global_robust(&g, known ? 1 : best_chi2 / freedom))) {
      ts_ta_global_judge(&g, best_chi2, best_bits, freedom, rival, rivals, sigma, known, spectra);
      e = judge_unseen(&g, fmax(best_chi2 / freedom, g.floor));
    }
  }
  if (!e && (best_chi2 == INFINITY || best_bits & TS_TA_STATUS_MASK_SINGULAR)) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  free(g.site);
  return e;
}
