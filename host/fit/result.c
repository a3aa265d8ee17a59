/* Result words -> units, standard deviations, judgement. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../session/words.h"
#include "judge.h"

static double deviance_of(double y, double mu) { return 2 * ((y > 0 ? y * log(y / mu) : 0) - (y - mu)); }

/* Deviance over the bins, or over the groups where only these are known, or NAN; *variance: of Pearson's chi2 over the groups when the model is true (2 + 1/mu each);
 * scatter: of the same bins or groups; together: of the groups. */
static double deviance(const ts_trpl_plan *p, const ts_slot *slot, double *variance, ts_scatter *scatter, ts_scatter *together) {
  double d = 0, sum = 0, raw = 0, y = 0;
  *variance = 0;
  *scatter = *together = (ts_scatter){0};
  size_t group = 0;
  for (size_t i = 0; i < p->bins_used; i++) {
    const double mu = fmax(p->expected[i], 1e-12);
    if (slot->counts) {
      d += deviance_of((double)slot->counts[i], mu);
      ts_scatter_add(scatter, (double)slot->counts[i], mu, 0);
      ts_scatter_bin(scatter, (double)slot->counts[i], mu, (p->edge[group + 1] - p->edge[group]) * p->factor == 1);
    }
    if (slot->counts) y += (double)slot->counts[i];
    sum += mu;
    raw += p->expected[i];
    if (i + 1 == p->edge[group + 1] * p->factor) {
      *variance += 2 + 1 / fmax(fabs(raw), TS_BACKGROUND_MIN); /* the device has no less; a polynomial far below zero is no small expectation */
      if (slot->groups) {
        d += deviance_of(slot->groups[group], sum);
        ts_scatter_add(scatter, slot->groups[group], sum, 0);
        y = slot->groups[group];
      }
      if (slot->counts || slot->groups) ts_scatter_add(together, y, sum, 0);
      sum = raw = y = 0;
      group++;
    }
  }
  return slot->counts || slot->groups ? d : NAN;
}

void ts_result_make(ts_trpl_plan *p, const ts_slot *slot, const uint8_t *payload, size_t bytes, ts_trpl_result *r) {
  const unsigned K = p->options.components, n = 2 * K + 2, SHIFT = 2 * K, BACKGROUND = 2 * K + 1;
  double value[TS_RESULT_WORDS_MAX] = {0};
  const size_t words = bytes / 4 - !p->options.compact; /* of the fit: a compact result has no `cycles` */
  memset(r, 0, sizeof *r);
  ts_judge_nothing(r);
  for (size_t i = 0; i < words; i++) {
    size_t place = p->options.compact && i > TS_RES_STATUS ? i + 1 : i; /* no `evaluations` there, nor components that are not used */
    if (p->options.compact && place >= TS_RES_AMPLITUDE_1 + 2 * K) place += TS_RES_SHIFT - TS_RES_AMPLITUDE_1 - 2 * K;
    value[place] = ts_f32x_to_double(ts_get_u32(payload + 4 * i));
  }
  for (size_t i = 0; i < 4 * words; i++) snprintf(r->raw + 2 * i, 3, "%02x", payload[i]);
  const uint32_t cycles = p->options.compact ? 0 : ts_get_u32(payload + 4 * words);
  const unsigned bits = value[TS_RES_STATUS] >= 0 && value[TS_RES_STATUS] < 65536 ? (unsigned)value[TS_RES_STATUS] : 0;

  r->index = slot->index;
  r->components = K;
  r->counts = slot->total;
  r->flags = p->flags;
  r->cycles = cycles ? (int64_t)cycles : -1;
  r->evaluations = (unsigned)fmin(fmax(value[TS_RES_EVALUATIONS], 0), 1e9);
  r->starts = (unsigned)fmin(fmax(value[TS_RES_STARTS], 0), 1e9);
  r->degrees_of_freedom = (int)p->layout.groups - (int)p->free_parameters;
  if (p->options.compact) r->flags |= TS_FLAG_COMPACT;
  r->scale_log2 = slot->scale_log2;
  if (slot->scale_log2) r->flags |= TS_FLAG_PRECISION_LIMITED;
  if (p->options.irf_kind == TS_IRF_HISTOGRAM && p->irf_counts < slot->total) r->flags |= TS_FLAG_IRF_NOISE;
  if (p->options.pulses > 0 && slot->total / p->options.pulses > TS_PILE_UP_RATE) r->flags |= TS_FLAG_PILE_UP;
  if (bits & TS_STATUS_MASK_BACKGROUND_AT_FLOOR && p->free[BACKGROUND]) r->flags |= TS_FLAG_BACKGROUND_AT_ZERO;
  if (bits & TS_STATUS_MASK_NO_COUNTS || slot->total < TS_COUNTS_PER_PARAMETER * p->free_parameters || slot->filled < 2) {
    r->status = TS_STATUS_INSUFFICIENT_DATA;
    if (bits & TS_STATUS_MASK_NO_COUNTS || slot->filled < 2) return; /* nothing there that has a lifetime */
  }

  /* Order of rising lifetime: rank k is the device's component from[k]. */
  unsigned from[TS_COMPONENTS_MAX] = {0, 1, 2, 3};
  double rate[TS_COMPONENTS_MAX] = {0}, a[TS_COMPONENTS_MAX] = {0}, sum_a = 0;
  bool sound = fabs(value[TS_RES_SHIFT]) <= TS_SHIFT_MAX_BINS + 1;
  for (unsigned i = 1; i < K; i++)
    for (unsigned j = i; j > 0 && value[TS_RES_RATE_1 + 2 * from[j]] > value[TS_RES_RATE_1 + 2 * from[j - 1]]; j--) {
      const unsigned t = from[j];
      from[j] = from[j - 1];
      from[j - 1] = t;
    }
  const double per_bin = ldexp(1, (int)slot->scale_log2) / (double)p->factor; /* device's counts a bin -> ours */
  for (unsigned k = 0; k < K; k++) {
    rate[k] = value[TS_RES_RATE_1 + 2 * from[k]];
    a[k] = value[TS_RES_AMPLITUDE_1 + 2 * from[k]] * per_bin;
    sound = sound && rate[k] > 0 && a[k] >= 0;
    sum_a += a[k];
  }
  if (!sound || !(sum_a > 0)) {
    /* No model to speak of: nothing but the status is told. */
    if (r->status == TS_STATUS_OK) r->status = TS_STATUS_NOT_CONVERGED;
    return;
  }
  const double shift = value[TS_RES_SHIFT] * (double)p->factor + p->rebin_offset; /* in our bins, relative to p->g */
  ts_estimate e = {.shift = shift, .background = value[TS_RES_BACKGROUND] * per_bin, .per_bin = per_bin};
  memcpy(e.from, from, sizeof from);
  memcpy(e.amplitude, a, sizeof a);
  memcpy(e.rate, rate, sizeof rate);
  const bool vanished = ts_judge_values(p, &e, r);
  double bin_rate[TS_COMPONENTS_MAX];
  for (unsigned k = 0; k < K; k++) bin_rate[k] = rate[k] / (double)p->factor;

  /* Covariance of the free parameters, in sorted order: ln a_k, ln tau_k, ..., shift, background, in bins and counts of the device. */
  ts_matrix fisher;
  unsigned at[TS_PARAMETERS_MAX], device[TS_PARAMETERS_MAX], m = 0;
  double factor[TS_PARAMETERS_MAX];
  for (unsigned i = 0; i < n; i++) {
    device[i] = ts_estimate_index(p, &e, i);
    factor[i] = i < SHIFT && i % 2 ? -rate[i / 2] / expm1(rate[i / 2]) : 1; /* d ln eps / d ln tau */
    if (p->free[device[i]]) at[m++] = i;
  }
  for (unsigned i = 0; !p->options.compact && i < m; i++)
    for (unsigned j = 0; j < m; j++) {
      const unsigned x = device[at[i]], y = device[at[j]], row = x > y ? x : y, column = x > y ? y : x;
      fisher[i][j] = value[TS_RES_FIXED_WORDS + row * (row + 1) / 2 + column] * factor[at[i]] * factor[at[j]];
    }
  ts_matrix inverse;
  const bool singular = bits & TS_STATUS_MASK_SINGULAR, definite = !p->options.compact && m > 0 && !singular && ts_matrix_invert(fisher, m, TS_PIVOT_MIN, inverse) && ts_matrix_resolved(fisher, m, TS_EIGENVALUE_MIN);
  bool supported = p->options.compact ? !singular : definite, at_edge = false; /* compact: as far as the device says */
  if (definite) {
    double(*c)[TS_MATRIX_MAX] = e.covariance;
    for (unsigned i = 0; i < m; i++)
      for (unsigned j = 0; j < m; j++) c[at[i]][at[j]] = inverse[i][j];
    if (ts_blurred(p) && p->free[SHIFT]) c[SHIFT][SHIFT] += pow(p->gauss.middle_error / (double)p->factor, 2);
    if (p->fine.n) {
      double amplitude[TS_COMPONENTS_MAX], bias[TS_PARAMETERS_MAX], held[TS_PARAMETERS_MAX];
      for (unsigned k = 0; k < K; k++) amplitude[k] = a[k] / per_bin;
      ts_bias(p, amplitude, rate, value[TS_RES_SHIFT], value[TS_RES_BACKGROUND], c, bias, held);
      for (unsigned k = 0; k < K; k++)
        if (fmax(fabs(bias[2 * k + 1]), fabs(held[2 * k + 1])) > TS_BIAS_SIGMAS * sqrt(c[2 * k + 1][2 * k + 1])) r->flags |= TS_FLAG_IRF_APPROXIMATED;
      for (unsigned i = 0; i < n; i++) supported = supported && isfinite(bias[i]) && isfinite(held[i]);
      for (unsigned i = 0; supported && i < n; i++)
        for (unsigned j = 0; j < n; j++) c[i][j] += bias[i] * bias[j] + (p->own.nodes || p->own.sigma > 0 ? 0 : held[i] * held[j]);
    }
    ts_irf_noise_add(p, slot->total, a, bin_rate, shift, r->background_per_bin, per_bin, slot->scale_log2, c);
    ts_judge_errors(p, &e, r, &supported, &at_edge);
  }

  /* How well the model describes the data. Counts that were divided have less variance than the device believed. */
  const double chi2 = ldexp(value[TS_RES_CHI2], (int)slot->scale_log2);
  double variance;
  ts_scatter scatter, together;
  ts_curve(p, K, a, bin_rate, shift, r->background_per_bin, p->expected);
  r->deviance = deviance(p, slot, &variance, &scatter, &together);
  r->bic = r->deviance + (double)p->free_parameters * log((double)p->bins_used);
  ts_judge_chi2(r, chi2, variance);
  ts_judge_together(&together, variance, p->free_parameters, r);
  ts_judge_scatter(&scatter, p->free_parameters, r);
  ts_judge_tails(p, a, bin_rate, shift, r);
  if (slot->counts || slot->groups) {
    const ts_misfit_data data = {.counts = slot->counts, .groups = slot->groups, .expected = p->expected, .total = slot->total};
    if (ts_misfit(p, &data, &e, a, bin_rate, &r->left_sigmas)) r->flags |= TS_FLAG_POOR_FIT;
    r->left_sigmas = r->left_sigmas / sqrt(ldexp(1, (int)slot->scale_log2));
  }

  if (r->status != TS_STATUS_OK) return;
  const bool at_limit = bits & TS_STATUS_MASK_RATE_AT_LIMIT || (bits & TS_STATUS_MASK_SHIFT_AT_LIMIT && p->free[SHIFT]) || vanished || at_edge;
  const bool full = ts_counter_is_full(slot->largest);
  if (full || bits & TS_STATUS_MASK_COUNT_SATURATED) r->status = TS_STATUS_SATURATED;
  else if (!(bits & TS_STATUS_MASK_CONVERGED)) r->status = TS_STATUS_NOT_CONVERGED;
  else if (at_limit) r->status = TS_STATUS_AT_LIMIT;
  else if (!supported) r->status = TS_STATUS_ORDER_UNSUPPORTED;
}

ts_error ts_result_judge(ts_trpl_plan *p, const ts_slot *slot, const uint8_t *payload, size_t bytes, bool full, ts_trpl_result *r) {
  ts_result_make(p, slot, payload, bytes, r);
  if (full && r->status != TS_STATUS_INSUFFICIENT_DATA) r->status = TS_STATUS_SATURATED;
  if (!slot->counts) return TS_OK;
  const ts_error e = ts_finish(p, slot->counts, r);
  return e ? e : ts_rival(p, slot->counts, r);
}
