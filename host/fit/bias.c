/* What the device's picture of the response costs. The device has the IRF on its own bins: as pulses when it is narrow or many bins were
 * summed, through a polynomial of a few bins otherwise, and nothing of it before the window. Where the host knows better (a Gauss, bins that were
 * summed, an IRF that begins before the window) or no worse (a narrow histogram that is no Gauss), the difference of the two models makes a bias of the parameters,
 *   F^-1 sum J (better - own) / own  over the groups,
 * which is added to the covariance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define SMOOTH_BINS 3.0      /* from this FWHM on the device's polynomial is as good as any */
#define NODES_FINE 10
#define NEGLIGIBLE 1e-6      /* part of the IRF */
#define CUT_RATIO_MAX 0.8    /* of neighbouring bins in a rise that is continued to before its histogram */
#define STEP 1e-3            /* of ln tau and the shift, for differences */
#define KINK_FACTOR 2.0
#define SWING_PART 0.1       /* the device's model counts for the weight unless it is below this part of the better one */

/* How far before the window the response reaches, our bins. */
static size_t reach(const ts_irf *irf, long shift, size_t bins) {
  double sum = 0;
  long first = irf->first;
  for (size_t j = 0; j < irf->n && sum + irf->g[j] < NEGLIGIBLE; j++) sum += irf->g[j], first++;
  if (irf->cut) first = irf->first - (long)ceil(log(NEGLIGIBLE) / log(CUT_RATIO_MAX));
  first += shift;
  return first >= 0 ? 0 : (size_t)-first < bins ? (size_t)-first : bins;
}

/* A rise that its histogram cut off goes on as its first bins do; nobody knows, but it is about what is missing. */
static double continued(const ts_irf *irf, long before) {
  if (!irf->cut || irf->n < 2) return 0;
  const double ratio = irf->g[1] > 0 ? fmin(irf->g[0] / irf->g[1], CUT_RATIO_MAX) : CUT_RATIO_MAX;
  return irf->g[0] * pow(ratio, (double)before);
}

/* The device's own response, and room to work in. */
static ts_error make_room(ts_trpl_plan *p, const double *g) {
  p->own = (ts_response){.n = p->layout.bins, .nodes = p->delta ? 0 : p->taps, .place = 0.5};
  /* one that reaches before the window: about as far off as pulses */
  if (ts_blurred(p) && !p->unfinished) p->own.sigma = p->blur, p->own.place = (p->gauss.middle + p->rebin_offset) / (double)p->factor;
  p->own.g = malloc(p->own.n * sizeof *p->own.g);
  p->scratch = malloc((p->fine.n + 2 * p->own.n + (TS_PARAMETERS_MAX + 2) * (size_t)p->layout.groups) * sizeof *p->scratch);
  if (!p->own.g || !p->scratch) return TS_ERROR_MEMORY;
  memcpy(p->own.g, g, p->own.n * sizeof *g);
  return TS_OK;
}

ts_error ts_bias_prepare(ts_trpl_plan *p, const ts_irf *irf, const double *g) {
  const ts_trpl_options *o = &p->options;
  if (o->irf_kind == TS_IRF_NONE) return TS_OK;
  p->lead = reach(irf, p->shift_bins, p->bins);
  if (p->gauss.sigma > 0) {
    p->lead = 0;
    p->parts = 1;
    if (!p->unfinished && !(p->gauss.sigma_error > 0)) return TS_OK;
    p->fine = ts_sharp_response(p, p->gauss.sigma + p->gauss.sigma_error);
    return make_room(p, g);
  }
  /* Of a histogram that is no Gauss a smooth curve with its sums is as good a guess as the device's pulses. */
  const bool guessed = p->delta == 1 && irf->flags & TS_FLAG_IRF_UNDERSAMPLED, narrow = guessed || (o->irf_kind == TS_IRF_GAUSS && irf->fwhm_bins < SMOOTH_BINS);
  if (!narrow && p->factor == 1 && p->lead == 0) return TS_OK;
  if (p->lead) p->lead += NODES_FINE;
  p->parts = narrow && p->factor < 4 ? (irf->fwhm_bins < SMOOTH_BINS / 4 ? 8 : 4) : 1;
  const ts_irf *from = irf;
  ts_irf divided = {0};
  if (p->parts > 1) {
    char message[TS_MESSAGE_BYTES];
    ts_trpl_options part = *o;
    part.bin_width_s /= p->parts;
    if (ts_irf_prepare(&divided, &part, p->bins * p->parts, message)) return TS_ERROR_MEMORY;
    from = &divided;
    p->fine_offset = divided.offset - irf->offset * p->parts;
  }
  p->fine = (ts_response){.n = (p->lead + p->bins_used) * p->parts, .nodes = from->fwhm_bins < TS_NARROW_BINS ? 0 : NODES_FINE, .place = 0.5};
  p->fine.g = malloc(p->fine.n * sizeof *p->fine.g);
  const ts_error e = p->fine.g ? make_room(p, g) : TS_ERROR_MEMORY;
  if (!e) {
    const long before = ((long)p->lead + p->shift_bins) * (long)p->parts;
    for (size_t i = 0; i < p->fine.n; i++) {
      const long j = (long)i - before - from->first;
      p->fine.g[i] = j < 0 ? (p->parts == 1 ? continued(irf, -j) : 0) : j < (long)from->n ? from->g[j] : 0;
    }
  }
  ts_irf_free(&divided);
  return e;
}

/* sum[j] of a curve on the device's bins, of which each holds `parts` values. */
static void group_sums(const ts_trpl_plan *p, const double *curve, size_t parts, double *sum) {
  for (uint32_t j = 0; j < p->layout.groups; j++) {
    sum[j] = 0;
    for (size_t i = p->edge[j] * parts; i < p->edge[j + 1] * parts; i++) sum[j] += curve[i];
  }
}

void ts_bias(ts_trpl_plan *p, const double *amplitude, const double *rate, double shift, double background,
             ts_matrix covariance, double *bias, double *held) {
  const unsigned K = p->options.components, n = 2 * K + 2;
  const size_t groups = p->layout.groups, parts = p->parts * p->factor; /* of the fine grid to one of the device */
  const double period = p->options.period_s / p->options.bin_width_s / (double)p->factor;
  double *fine = p->scratch, *low = fine + p->fine.n, *high = low + p->own.n, *better = high + p->own.n, *mu = better + groups, *slope = mu + groups;
  memset(fine, 0, p->fine.n * sizeof *fine);
  memset(low, 0, p->own.n * sizeof *low);
  for (unsigned k = 0; k < K; k++) {
    ts_response_add(&p->fine, amplitude[k] / (double)parts, rate[k] / (double)parts,
                    (shift * (double)p->factor + p->rebin_offset) * p->parts - p->fine_offset, period * (double)parts, fine);
    ts_response_add(&p->own, amplitude[k], rate[k], shift, period, low);
  }
  group_sums(p, fine + p->lead * p->parts, parts, better);
  group_sums(p, low, 1, mu);
  for (unsigned i = 0; i < n; i++) {
    double *of = slope + i * groups, step = STEP;
    memset(low, 0, p->own.n * sizeof *low);
    memset(high, 0, p->own.n * sizeof *high);
    for (unsigned k = 0; k < K; k++) {
      if (i == 2 * k + 1) { /* ln tau: rate falls */
        ts_response_add(&p->own, amplitude[k], rate[k] * exp(STEP), shift, period, low);
        ts_response_add(&p->own, amplitude[k], rate[k] * exp(-STEP), shift, period, high);
      } else if (i == 2 * k) {
        ts_response_add(&p->own, amplitude[k], rate[k], shift, period, high);
        step = 0.5;
      } else if (i == 2 * K) {
        ts_response_add(&p->own, amplitude[k], rate[k], shift - STEP, period, low);
        ts_response_add(&p->own, amplitude[k], rate[k], shift + STEP, period, high);
      }
    }
    for (size_t b = 0; b < p->own.n; b++) high[b] = i == 2 * K + 1 ? 1 : (high[b] - low[b]) / (2 * step);
    group_sums(p, high, 1, of);
  }
  double pull[TS_PARAMETERS_MAX] = {0};
  for (size_t j = 0; j < groups; j++) {
    const double width = p->edge[j + 1] - p->edge[j];
    /* the polynomial can swing below zero in a steep rise */
    const double expected = fmax(fmax(mu[j], better[j] * SWING_PART) + background * width, TS_BACKGROUND_MIN);
    for (unsigned i = 0; i < n; i++) pull[i] += slope[i * groups + j] * (better[j] - mu[j]) / expected;
  }
  /* Pulses make a kink where one comes to a bin's edge, and the shift may stick there: then it is as if held. Up to twice the first
   * order was measured then. */
  const unsigned S = 2 * K;
  const bool kinks = p->own.nodes == 0 && !(p->own.sigma > 0);
  const double factor = kinks ? KINK_FACTOR : 1;
  const double stuck = kinks && covariance[S][S] > 0 ? 1 / covariance[S][S] : 0;
  for (unsigned i = 0; i < n; i++) {
    double moving = 0, sticking = 0;
    for (unsigned j = 0; j < n; j++) {
      moving += covariance[i][j] * pull[j];
      sticking += (covariance[i][j] - stuck * covariance[i][S] * covariance[S][j]) * pull[j];
    }
    bias[i] = factor * moving;
    held[i] = factor * sticking;
  }
}
