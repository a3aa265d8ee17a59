/* From an estimate to units and a judgement. */
#include "judge.h"

#include <math.h>

/* Quantile of a sum of squares that has the given mean and variance, as a scaled chi-squared (Wilson and Hilferty). Where a few rare
 * counts make up the variance it stays at the largest that this formula gives for any variance. */
static double upper_quantile(double mean, double variance, double z) {
  const double dof = 2 * mean * mean / variance, scale = mean / dof, c = fmin(2 / (9 * dof), z * z / 4);
  const double root = 1 - c + z * sqrt(c);
  return scale * dof * root * root * root;
}

static double standard_deviation(const ts_matrix c, const double *gradient, unsigned n) {
  double v = 0;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) v += gradient[i] * c[i][j] * gradient[j];
  return v > 0 ? sqrt(v) : NAN;
}

/* Whether the shortest of several components is there however badly its amplitude and lifetime are known by themselves, and is no background.
 * c: covariance, its first two rows those of ln a and ln tau. */
static bool certain(const ts_matrix c, double tau, double window) {
  const double given = c[0][0] - c[0][1] * c[0][1] / c[1][1]; /* variance of ln a with the lifetime as it is */
  return c[1][1] > 0 && given * TS_COMPONENT_SIGMAS * TS_COMPONENT_SIGMAS <= 1 && tau * exp(TS_LIFETIME_SIGMAS * sqrt(c[1][1])) <= window;
}

double ts_measured(const ts_trpl_plan *p, double rate, double shift) {
  const double window = (double)p->bins_used, period = p->options.period_s / p->options.bin_width_s;
  if (period > 0 && (period - window) * rate < 1) return window;
  return fmin(fmax(window - p->pulse - shift, 1), window);
}

void ts_judge_nothing(ts_trpl_result *r) {
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++)
    r->lifetime_s[k] = r->lifetime_sigma_s[k] = r->lifetime_low_s[k] = r->lifetime_high_s[k] = r->amplitude[k] = r->amplitude_sigma[k] =
        r->amplitude_fraction[k] = NAN;
  r->lifetime_mean_amplitude_s = r->lifetime_mean_amplitude_sigma_s = r->lifetime_mean_intensity_s = r->lifetime_mean_intensity_sigma_s = NAN;
  r->background_per_bin = r->background_sigma = r->shift_s = r->shift_sigma_s = r->chi2_reduced = r->deviance = r->bic = r->left_sigmas = NAN;
}

unsigned ts_estimate_index(const ts_trpl_plan *p, const ts_estimate *e, unsigned sorted) {
  return sorted < 2 * p->options.components ? 2 * e->from[sorted / 2] + sorted % 2 : sorted;
}

bool ts_judge_values(const ts_trpl_plan *p, const ts_estimate *e, ts_trpl_result *r) {
  const unsigned K = p->options.components;
  const double width = p->options.bin_width_s * (double)p->factor; /* of a device bin */
  double sum_a = 0, sum_at = 0, sum_att = 0;
  bool beyond = false, vanished = false;
  for (unsigned k = 0; k < K; k++) sum_a += e->amplitude[k];
  r->shift_s = p->options.irf_kind == TS_IRF_NONE ? 0 : (e->shift + (double)p->shift_bins + p->irf_offset) * p->options.bin_width_s;
  r->background_per_bin = p->options.background == TS_ZERO ? 0 : e->background;
  for (unsigned k = 0; k < K; k++) {
    const double a = e->amplitude[k], tau = width / e->rate[k];
    r->lifetime_s[k] = tau;
    r->amplitude[k] = a;
    r->amplitude_fraction[k] = a / sum_a;
    sum_at += a * tau;
    sum_att += a * tau * tau;
    const double bin_rate = e->rate[k] / (double)p->factor;
    beyond = beyond || bin_rate * ts_measured(p, bin_rate, e->shift) < 1;
    vanished = vanished || a < TS_AMPLITUDE_ZERO * sum_a;
  }
  r->lifetime_mean_amplitude_s = sum_at / sum_a;
  r->lifetime_mean_intensity_s = sum_att / sum_at;
  if (beyond) r->flags |= TS_FLAG_LIFETIME_BEYOND_WINDOW;
  return vanished;
}

void ts_judge_errors(const ts_trpl_plan *p, const ts_estimate *e, ts_trpl_result *r, bool *supported, bool *at_edge) {
  const unsigned K = p->options.components, n = 2 * K + 2, SHIFT = 2 * K, BACKGROUND = 2 * K + 1;
  const double width = p->options.bin_width_s * (double)p->factor;
  const double(*c)[TS_MATRIX_MAX] = e->covariance;
  double sum_a = 0, sum_at = 0, ga[TS_PARAMETERS_MAX] = {0}, gi[TS_PARAMETERS_MAX] = {0};
  bool any_lifetime = false;
  double apart = TS_LIFETIME_SIGMAS;
  for (unsigned k = 0; k < K; k++) {
    sum_a += r->amplitude[k];
    sum_at += r->amplitude[k] * r->lifetime_s[k];
  }
  for (unsigned k = 0; k < K; k++) {
    const unsigned A = 2 * k, T = 2 * k + 1;
    const double a = r->amplitude[k], tau = r->lifetime_s[k];
    const bool free_a = p->free[ts_estimate_index(p, e, A)], free_tau = p->free[ts_estimate_index(p, e, T)];
    bool known = true;
    if (free_a) {
      r->amplitude_sigma[k] = a * sqrt(c[A][A]);
      if (sqrt(c[A][A]) * TS_AMPLITUDE_SIGMAS > 1) known = false;
    }
    if (free_tau) {
      const double s = sqrt(c[T][T]);
      any_lifetime = true;
      r->lifetime_sigma_s[k] = tau * s;
      r->lifetime_low_s[k] = tau * exp(-TS_INTERVAL_SIGMAS * s);
      r->lifetime_high_s[k] = tau * exp(TS_INTERVAL_SIGMAS * s);
      /* A rate that may as well be zero: the component may as well be background. */
      if (s * TS_LIFETIME_SIGMAS > 1) known = false;
    }
    if (!known && k == 0 && K > 1 && free_a && free_tau && certain(c, tau, p->options.bin_width_s * ts_measured(p, p->options.bin_width_s / tau, e->shift))) {
      known = true;
      apart = TS_COMPONENT_LIFETIME_SIGMAS;
    }
    if (!known) *supported = false;
    else if (free_tau && (r->lifetime_low_s[k] * TS_RATE_MAX < width || r->lifetime_high_s[k] > TS_RATE_MIN_WINDOWS * width * p->layout.bins)) *at_edge = true;
    if (k > 0) {
      const double v = c[T][T] + c[T - 2][T - 2] - 2 * c[T][T - 2];
      if (v > 0 && log(tau / r->lifetime_s[k - 1]) < apart * sqrt(v)) *supported = false;
    }
    ga[A] = a * (tau - r->lifetime_mean_amplitude_s) / sum_a;
    ga[T] = a * tau / sum_a;
    gi[A] = a * tau * (tau - r->lifetime_mean_intensity_s) / sum_at;
    gi[T] = a * tau * (2 * tau - r->lifetime_mean_intensity_s) / sum_at;
  }
  if (any_lifetime || K > 1) {
    r->lifetime_mean_amplitude_sigma_s = standard_deviation(c, ga, n);
    r->lifetime_mean_intensity_sigma_s = standard_deviation(c, gi, n);
  }
  if (p->free[SHIFT]) r->shift_sigma_s = sqrt(c[SHIFT][SHIFT]) * width;
  /* At zero the Fisher matrix promises far too much. */
  if (p->free[BACKGROUND] && !(r->flags & TS_FLAG_BACKGROUND_AT_ZERO)) r->background_sigma = sqrt(c[BACKGROUND][BACKGROUND]) * e->per_bin;
}

void ts_judge_chi2(ts_trpl_result *r, double chi2, double variance) {
  if (r->degrees_of_freedom <= 0) return;
  r->chi2_reduced = chi2 / r->degrees_of_freedom;
  if (chi2 > upper_quantile(r->degrees_of_freedom, fmax(variance, 2.0 * r->degrees_of_freedom), TS_POOR_FIT_Z)) r->flags |= TS_FLAG_POOR_FIT;
}

void ts_judge_together(const ts_scatter *s, double variance, unsigned free_parameters, ts_trpl_result *r) {
  const double mean = (double)s->cells - free_parameters + (r->flags & TS_FLAG_BACKGROUND_AT_ZERO ? 1 : 0);   /* one that is at zero took nothing of chi2 */
  if (variance < TS_RARE_VARIANCE * r->degrees_of_freedom || mean <= 0 || r->flags & TS_FLAG_IRF_APPROXIMATED) return;   /* what the device's response costs is in the sigmas */
  if (s->chi2 > upper_quantile(mean, fmax(s->variance, 2 * mean), TS_TOGETHER_Z)) r->flags |= TS_FLAG_POOR_FIT;
}

void ts_scatter_add(ts_scatter *s, double y, double mu, double more) {
  s->y += y;
  s->mu += mu;
  s->more += more;
  if (s->mu < TS_SCATTER_COUNTS) return;
  s->chi2 += (s->y - s->mu) * (s->y - s->mu) / (s->mu + s->more);
  s->variance += 2 + 1 / s->mu;
  s->cells++;
  s->y = s->mu = s->more = 0;
}

void ts_scatter_bin(ts_scatter *s, double y, double mu, bool alone) {
  const double least = fmax(mu, TS_BACKGROUND_MIN);
  s->run = y > 0 ? 0 : s->run + least;
  const double d = 2 * (y > 0 ? y * log(y / least) - y + least : s->run);
  if ((alone && y > 0) || d <= s->odd) return;
  s->odd = d;
  s->odd_chi2 = y > 0 ? (y - least) * (y - least) / least : s->run;
}

/* Bins of unequal widths (a converter's nonlinearity) scatter more, and none of them stands out. */
void ts_judge_scatter(const ts_scatter *s, unsigned free_parameters, ts_trpl_result *r) {
  const double usual = s->cells > 0 ? fmax((s->chi2 - s->odd_chi2) / s->cells, 1) : 1;
  if (s->odd > TS_ODD_DEVIANCE * usual) r->flags |= TS_FLAG_POOR_FIT;
  if (s->cells <= free_parameters) return;
  const double mean = s->cells - free_parameters, c = s->variance / (9 * mean * mean), root = 1 - c - TS_NOT_POISSON_Z * sqrt(c);   /* Wilson and Hilferty */
  if (root > 0 && s->chi2 < mean * root * root * root) r->flags |= TS_FLAG_NOT_POISSON;
}

/* In sigmas of the counts before the pulse; no parameter is off by more. Behind the pulse earlier tails are more of the same exponentials. */
void ts_judge_tails(const ts_trpl_plan *p, const double *amplitude, const double *rate, double shift, ts_trpl_result *r) {
  const double period = (double)p->bins_used;
  double squares = 0;
  if (p->options.period_s > 0) return;
  const double pulse = p->pulse + shift;
  for (size_t i = 0; i < p->bins_used && (double)i + 1 < pulse; i++) {
    double tails = 0;
    for (unsigned k = 0; k < r->components; k++) tails += amplitude[k] * exp(-rate[k] * (period + (double)i - pulse)) / -expm1(-rate[k] * period);
    squares += tails * tails / fmax(p->expected[i] + tails, TS_BACKGROUND_MIN);
  }
  if (squares > TS_TAILS_SIGMAS * TS_TAILS_SIGMAS) r->flags |= TS_FLAG_PERIOD_UNKNOWN;
}
