/* Result words -> units, standard deviations, judgement. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../session/words.h"
#include "plan.h"

typedef double matrix[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX];

/* Inverse of the positive definite n x n matrix a, by Cholesky on a scaled to a unit diagonal. */
static bool invert(matrix a, unsigned n, matrix inverse) {
  double scale[TS_PARAMETERS_MAX];
  matrix l, m; /* L, and L^-1 */
  for (unsigned i = 0; i < n; i++) {
    if (!(a[i][i] > 0) || !isfinite(a[i][i])) return false;
    scale[i] = 1 / sqrt(a[i][i]);
  }
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j <= i; j++) {
      double s = a[i][j] * scale[i] * scale[j];
      for (unsigned k = 0; k < j; k++) s -= l[i][k] * l[j][k];
      if (i != j) l[i][j] = s / l[j][j];
      else if (s > 1e-9) l[i][i] = sqrt(s); /* less is rounding of the device's 24-bit words */
      else return false;
    }
  for (unsigned j = 0; j < n; j++)
    for (unsigned i = j; i < n; i++) {
      double s = i == j ? 1 : 0;
      for (unsigned k = j; k < i; k++) s -= l[i][k] * m[k][j];
      m[i][j] = s / l[i][i];
    }
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j <= i; j++) {
      double s = 0;
      for (unsigned k = i; k < n; k++) s += m[k][i] * m[k][j];
      inverse[i][j] = inverse[j][i] = s * scale[i] * scale[j];
    }
  return true;
}

/* Whether every direction stands out of the device's rounding: the smallest eigenvalue of the correlation matrix is above the floor. */
static bool resolved(matrix a, unsigned n) {
  matrix l;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j <= i; j++) {
      double s = i == j ? 1 - TS_EIGENVALUE_MIN : a[i][j] / sqrt(a[i][i] * a[j][j]);
      for (unsigned k = 0; k < j; k++) s -= l[i][k] * l[j][k];
      if (i != j) l[i][j] = s / l[j][j];
      else if (s > 0) l[i][i] = sqrt(s);
      else return false;
    }
  return true;
}

/* Quantile of a sum of squares that has the given mean and variance, as a scaled chi-squared (Wilson and Hilferty). Where a few rare
 * counts make up the variance it stays at the largest that this formula gives for any variance. */
static double upper_quantile(double mean, double variance, double z) {
  const double dof = 2 * mean * mean / variance, scale = mean / dof, c = fmin(2 / (9 * dof), z * z / 4);
  const double root = 1 - c + z * sqrt(c);
  return scale * dof * root * root * root;
}

static double standard_deviation(matrix c, const double *gradient, unsigned n) {
  double v = 0;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) v += gradient[i] * c[i][j] * gradient[j];
  return v > 0 ? sqrt(v) : NAN;
}

/* Whether the shortest of several components is there however badly its amplitude and lifetime are known by themselves, and is no background.
 * c: covariance, its first two rows those of ln a and ln tau. */
static bool certain(matrix c, double tau, double window) {
  const double given = c[0][0] - c[0][1] * c[0][1] / c[1][1]; /* variance of ln a with the lifetime as it is */
  return c[1][1] > 0 && given * TS_COMPONENT_SIGMAS * TS_COMPONENT_SIGMAS <= 1 && tau * exp(TS_LIFETIME_SIGMAS * sqrt(c[1][1])) <= window;
}

static void nothing(ts_trpl_result *r) {
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++)
    r->lifetime_s[k] = r->lifetime_sigma_s[k] = r->lifetime_low_s[k] = r->lifetime_high_s[k] = r->amplitude[k] = r->amplitude_sigma[k] =
        r->amplitude_fraction[k] = NAN;
  r->lifetime_mean_amplitude_s = r->lifetime_mean_amplitude_sigma_s = r->lifetime_mean_intensity_s = r->lifetime_mean_intensity_sigma_s = NAN;
  r->background_per_bin = r->background_sigma = r->shift_s = r->shift_sigma_s = r->chi2_reduced = r->deviance = r->bic = NAN;
}

static double deviance_of(double y, double mu) { return 2 * ((y > 0 ? y * log(y / mu) : 0) - (y - mu)); }

/* Deviance over the bins, or over the groups where only these are known, or NAN; *variance: of Pearson's chi2 over the groups when the model is true (2 + 1/mu each). */
static double deviance(const ts_trpl_plan *p, const ts_slot *slot, double *variance) {
  double d = 0, sum = 0;
  *variance = 0;
  size_t group = 0;
  for (size_t i = 0; i < p->bins_used; i++) {
    const double mu = fmax(p->expected[i], 1e-12);
    if (slot->counts) d += deviance_of((double)slot->counts[i], mu);
    sum += mu;
    if (i + 1 == p->edge[group + 1] * p->factor) {
      *variance += 2 + 1 / fmax(sum, TS_BACKGROUND_MIN); /* the device has no less */
      if (slot->groups) d += deviance_of(slot->groups[group], sum);
      sum = 0;
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
  nothing(r);
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
  double rate[TS_COMPONENTS_MAX], a[TS_COMPONENTS_MAX], tau[TS_COMPONENTS_MAX], sum_a = 0;
  bool sound = fabs(value[TS_RES_SHIFT]) <= TS_SHIFT_MAX_BINS + 1;
  for (unsigned i = 1; i < K; i++)
    for (unsigned j = i; j > 0 && value[TS_RES_RATE_1 + 2 * from[j]] > value[TS_RES_RATE_1 + 2 * from[j - 1]]; j--) {
      const unsigned t = from[j];
      from[j] = from[j - 1];
      from[j - 1] = t;
    }
  const double width = p->options.bin_width_s * (double)p->factor; /* of a device bin */
  const double per_bin = ldexp(1, (int)slot->scale_log2) / (double)p->factor; /* device's counts a bin -> ours */
  for (unsigned k = 0; k < K; k++) {
    rate[k] = value[TS_RES_RATE_1 + 2 * from[k]];
    a[k] = value[TS_RES_AMPLITUDE_1 + 2 * from[k]] * per_bin;
    sound = sound && rate[k] > 0 && a[k] >= 0;
    tau[k] = width / rate[k];
    sum_a += a[k];
  }
  if (!sound || !(sum_a > 0)) {
    /* No model to speak of: nothing but the status is told. */
    if (r->status == TS_STATUS_OK) r->status = TS_STATUS_NOT_CONVERGED;
    return;
  }
  const double shift = value[TS_RES_SHIFT] * (double)p->factor + p->rebin_offset; /* in our bins, relative to p->g */
  r->shift_s = p->options.irf_kind == TS_IRF_NONE ? 0 : (shift + (double)p->shift_bins + p->irf_offset) * p->options.bin_width_s;
  r->background_per_bin = p->options.background == TS_ZERO ? 0 : value[TS_RES_BACKGROUND] * per_bin;
  double sum_at = 0, sum_att = 0;
  bool beyond = false, vanished = false;
  for (unsigned k = 0; k < K; k++) {
    r->lifetime_s[k] = tau[k];
    r->amplitude[k] = a[k];
    r->amplitude_fraction[k] = a[k] / sum_a;
    sum_at += a[k] * tau[k];
    sum_att += a[k] * tau[k] * tau[k];
    beyond = beyond || rate[k] * (double)p->layout.bins < 1;
    vanished = vanished || a[k] < TS_AMPLITUDE_ZERO * sum_a;
  }
  r->lifetime_mean_amplitude_s = sum_at / sum_a;
  r->lifetime_mean_intensity_s = sum_att / sum_at;
  if (beyond) r->flags |= TS_FLAG_LIFETIME_BEYOND_WINDOW;

  /* Covariance of the free parameters, in sorted order: ln a_k, ln tau_k, ..., shift, background, in bins and counts of the device. */
  matrix fisher, c = {{0}};
  unsigned at[TS_PARAMETERS_MAX], device[TS_PARAMETERS_MAX], m = 0;
  double factor[TS_PARAMETERS_MAX];
  for (unsigned i = 0; i < n; i++) {
    device[i] = i < SHIFT ? 2 * from[i / 2] + i % 2 : i;
    factor[i] = i < SHIFT && i % 2 ? -rate[i / 2] / expm1(rate[i / 2]) : 1; /* d ln eps / d ln tau */
    if (p->free[device[i]]) at[m++] = i;
  }
  for (unsigned i = 0; !p->options.compact && i < m; i++)
    for (unsigned j = 0; j < m; j++) {
      const unsigned x = device[at[i]], y = device[at[j]], row = x > y ? x : y, column = x > y ? y : x;
      fisher[i][j] = value[TS_RES_FIXED_WORDS + row * (row + 1) / 2 + column] * factor[at[i]] * factor[at[j]];
    }
  matrix inverse;
  const bool singular = bits & TS_STATUS_MASK_SINGULAR, definite = !p->options.compact && m > 0 && !singular && invert(fisher, m, inverse) && resolved(fisher, m);
  bool supported = p->options.compact ? !singular : definite, at_edge = false; /* compact: as far as the device says */
  if (definite) {
    double ga[TS_PARAMETERS_MAX] = {0}, gi[TS_PARAMETERS_MAX] = {0};
    for (unsigned i = 0; i < m; i++)
      for (unsigned j = 0; j < m; j++) c[at[i]][at[j]] = inverse[i][j];
    if (p->fine.g) {
      double amplitude[TS_COMPONENTS_MAX], bias[TS_PARAMETERS_MAX], held[TS_PARAMETERS_MAX];
      for (unsigned k = 0; k < K; k++) amplitude[k] = a[k] / per_bin;
      ts_bias(p, amplitude, rate, value[TS_RES_SHIFT], value[TS_RES_BACKGROUND], c, bias, held);
      for (unsigned k = 0; k < K; k++)
        if (fmax(fabs(bias[2 * k + 1]), fabs(held[2 * k + 1])) > TS_BIAS_SIGMAS * sqrt(c[2 * k + 1][2 * k + 1])) r->flags |= TS_FLAG_IRF_APPROXIMATED;
      for (unsigned i = 0; i < n; i++) supported = supported && isfinite(bias[i]) && isfinite(held[i]);
      for (unsigned i = 0; supported && i < n; i++)
        for (unsigned j = 0; j < n; j++) c[i][j] += bias[i] * bias[j] + (p->own.nodes ? 0 : held[i] * held[j]);
    }
    bool any_lifetime = false;
    double apart = TS_LIFETIME_SIGMAS;
    for (unsigned k = 0; k < K; k++) {
      const unsigned A = 2 * k, T = 2 * k + 1;
      bool known = true;
      if (p->free[device[A]]) {
        r->amplitude_sigma[k] = a[k] * sqrt(c[A][A]);
        if (sqrt(c[A][A]) * TS_AMPLITUDE_SIGMAS > 1) known = false;
      }
      if (p->free[device[T]]) {
        const double s = sqrt(c[T][T]);
        any_lifetime = true;
        r->lifetime_sigma_s[k] = tau[k] * s;
        r->lifetime_low_s[k] = tau[k] * exp(-TS_INTERVAL_SIGMAS * s);
        r->lifetime_high_s[k] = tau[k] * exp(TS_INTERVAL_SIGMAS * s);
        /* A rate that may as well be zero: the component may as well be background. */
        if (s * TS_LIFETIME_SIGMAS > 1) known = false;
      }
      if (!known && k == 0 && K > 1 && p->free[device[A]] && p->free[device[T]] && certain(c, tau[0], width * (double)p->layout.bins)) {
        known = true;
        apart = TS_COMPONENT_LIFETIME_SIGMAS;
      }
      if (!known) supported = false;
      else if (p->free[device[T]] && (r->lifetime_low_s[k] * TS_RATE_MAX < width || r->lifetime_high_s[k] > TS_RATE_MIN_WINDOWS * width * p->layout.bins)) at_edge = true;
      if (k > 0) {
        const double v = c[T][T] + c[T - 2][T - 2] - 2 * c[T][T - 2];
        if (v > 0 && log(tau[k] / tau[k - 1]) < apart * sqrt(v)) supported = false;
      }
      ga[A] = a[k] * (tau[k] - r->lifetime_mean_amplitude_s) / sum_a;
      ga[T] = a[k] * tau[k] / sum_a;
      gi[A] = a[k] * tau[k] * (tau[k] - r->lifetime_mean_intensity_s) / sum_at;
      gi[T] = a[k] * tau[k] * (2 * tau[k] - r->lifetime_mean_intensity_s) / sum_at;
    }
    if (any_lifetime || K > 1) {
      r->lifetime_mean_amplitude_sigma_s = standard_deviation(c, ga, n);
      r->lifetime_mean_intensity_sigma_s = standard_deviation(c, gi, n);
    }
    if (p->free[SHIFT]) r->shift_sigma_s = sqrt(c[SHIFT][SHIFT]) * width;
    /* At zero the Fisher matrix promises far too much. */
    if (p->free[BACKGROUND] && !(r->flags & TS_FLAG_BACKGROUND_AT_ZERO)) r->background_sigma = sqrt(c[BACKGROUND][BACKGROUND]) * per_bin;
  }

  /* How well the model describes the data. Counts that were divided have less variance than the device believed. */
  const double chi2 = ldexp(value[TS_RES_CHI2], (int)slot->scale_log2);
  double variance;
  double bin_rate[TS_COMPONENTS_MAX];
  for (unsigned k = 0; k < K; k++) bin_rate[k] = rate[k] / (double)p->factor;
  ts_curve(p, K, a, bin_rate, shift, r->background_per_bin, p->expected);
  r->deviance = deviance(p, slot, &variance);
  r->bic = r->deviance + (double)p->free_parameters * log((double)p->bins_used);
  if (r->degrees_of_freedom > 0) {
    r->chi2_reduced = chi2 / r->degrees_of_freedom;
    if (chi2 > upper_quantile(r->degrees_of_freedom, fmax(variance, 2.0 * r->degrees_of_freedom), TS_POOR_FIT_Z)) r->flags |= TS_FLAG_POOR_FIT;
  }

  if (r->status != TS_STATUS_OK) return;
  const bool at_limit = bits & TS_STATUS_MASK_RATE_AT_LIMIT || (bits & TS_STATUS_MASK_SHIFT_AT_LIMIT && p->free[SHIFT]) || vanished || at_edge;
  /* A histogram whose highest bin stands exactly at what a counter of 16 or 32 bits holds was cut there. */
  const bool full = slot->largest == UINT16_MAX || slot->largest == UINT32_MAX;
  if (full || bits & TS_STATUS_MASK_COUNT_SATURATED) r->status = TS_STATUS_SATURATED;
  else if (!(bits & TS_STATUS_MASK_CONVERGED)) r->status = TS_STATUS_NOT_CONVERGED;
  else if (at_limit) r->status = TS_STATUS_AT_LIMIT;
  else if (!supported) r->status = TS_STATUS_ORDER_UNSUPPORTED;
}
