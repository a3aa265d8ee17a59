/* From the best outcome of a trace to units, standard deviations and a judgement. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ta_misfit.h"
#include "ta_noise.h"
#include "ta_plan.h"

/* Three lifetimes and more bend to what few residuals there are by more than the degrees of freedom count: 2, 3, 4, 5 of them needed sigmas 1.7, 1.2, 1.2, 1.1 times as wide. */
#define BENT 2.5

void ts_ta_nothing(ts_ta_result *r) {
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++)
    r->lifetime_s[k] = r->lifetime_sigma_s[k] = r->lifetime_low_s[k] = r->lifetime_high_s[k] = r->amplitude[k] = r->amplitude_sigma[k] = NAN;
  r->t0_s = r->t0_sigma_s = r->irf_fwhm_s = r->irf_fwhm_sigma_s = r->offset = r->offset_sigma = r->chi2_reduced = r->noise = NAN;
  r->artefact[0] = r->artefact[1] = 0;
  r->artefact_sigma[0] = r->artefact_sigma[1] = NAN;
}

double ts_ta_student(double freedom) {
  if (!(freedom >= 1)) return INFINITY;
  if (freedom < 1.5) return 12.7062 / TS_TA_INTERVAL_SIGMAS;
  if (freedom < 2.5) return 4.3027 / TS_TA_INTERVAL_SIGMAS;
  /* Cornish and Fisher's expansion of the 97.5 % quantile: 0.1 % short at 3 */
  const double q = 1 / freedom;
  return (1.959964 + q * (2.37228 + q * (2.82250 + q * (2.55585 + q * 1.58953)))) / TS_TA_INTERVAL_SIGMAS;
}

double ts_ta_clear(double freedom) {
  const double q = 1 / fmax(freedom, 1);
  return TS_TA_LIFETIME_SIGMAS * (1 + q * (1.29 + q * (2.9 + q * (3.3 + q * q * 3.6))));
}

bool ts_ta_beyond_words(const ts_ta_plan *p, double scale, double noise) {
  return TS_TA_SIGNAL_PEAK / scale > noise * (p->device->info.ta_word_bits < 20 ? TS_TA_SNR_18 : TS_TA_SNR_20);
}

void ts_ta_by_rate(const ts_ta_point *at, unsigned n, unsigned *from) {
  for (unsigned i = 0; i < n; i++) from[i] = i;
  for (unsigned i = 1; i < n; i++)
    for (unsigned j = i; j > 0 && at->rate[from[j]] > at->rate[from[j - 1]]; j--) {
      const unsigned t = from[j];
      from[j] = from[j - 1];
      from[j - 1] = t;
    }
}

bool ts_ta_rivalled(const ts_ta_plan *p, const ts_ta_rival *best, const ts_ta_rival *rivals, unsigned count, const ts_ta_result *r,
                    double misfit) {
  for (unsigned i = 0; i < count; i++) {
    const double excess = (rivals[i].chi2 - best->chi2) / misfit;
    if (excess > TS_TA_RIVAL_CHI2) continue;
    unsigned from[TS_COMPONENTS_MAX];
    ts_ta_by_rate(&rivals[i].at, r->components, from);
    double far = 0;
    for (unsigned k = 0; k < r->components; k++) {
      const double tau = p->unit / rivals[i].at.rate[from[k]];
      if (r->lifetime_sigma_s[k] > 0) far = fmax(far, fabs(log(tau / r->lifetime_s[k])) / (r->lifetime_sigma_s[k] / r->lifetime_s[k]));
    }
    if (r->t0_sigma_s > 0) far = fmax(far, fabs(rivals[i].at.t0 - best->at.t0) * p->unit / r->t0_sigma_s);
    if (far > sqrt(TS_TA_RIVAL_CHI2)) return true;
  }
  return false;
}

void ts_ta_judge(const ts_ta_plan *p, const ts_ta_outcome *best, const ts_ta_rival *rivals, unsigned count, bool sigma_known, double noise2,
                 ts_ta_result *r) {
  const ts_ta_options *o = &p->options;
  const unsigned K = o->components;
  ts_ta_nothing(r);
  r->degrees_of_freedom = (int)p->used - (int)p->parameters;
  if (!best->bytes) {
    r->status = TS_STATUS_INSUFFICIENT_DATA;
    return;
  }
  for (size_t i = 0; i + 4 < best->bytes; i++) snprintf(r->raw + 2 * i, 3, "%02x", best->payload[i]);
  const double s = p->s / p->unit;
  bool sound = best->at.width > 0 && fabs(best->at.t0) <= 2 * TS_TA_T0_MAX * s && isfinite(best->chi2);
  for (unsigned k = 0; k < K; k++) sound = sound && best->at.rate[k] > 0;
  if (!sound) {
    r->status = TS_STATUS_NOT_CONVERGED;
    return;
  }
  if (p->precision_limited) r->flags |= TS_FLAG_PRECISION_LIMITED;

  /* rank k is the device's component from[k] */
  unsigned from[TS_COMPONENTS_MAX];
  ts_ta_by_rate(&best->at, K, from);
  bool held[TS_COMPONENTS_MAX] = {false};
  for (unsigned k = 0, given = 0; k < K; k++)
    if (o->lifetime_s[k] > 0) held[given++] = o->lifetime_held[k];
  for (unsigned k = 0; k < K; k++) {
    r->lifetime_s[k] = p->unit / best->at.rate[from[k]];
    r->amplitude[k] = best->at.amplitude[from[k]] / p->scale;
    if (r->lifetime_s[k] > p->delay[p->delays - 1] - p->delay[0]) r->flags |= TS_FLAG_LIFETIME_BEYOND_WINDOW;
  }
  r->t0_s = p->origin + best->at.t0 * p->unit;
  r->irf_fwhm_s = best->at.width * p->unit * TS_FWHM_PER_SIGMA;
  r->offset = best->at.offset / p->scale;
  r->artefact[0] = best->at.artefact / p->scale;
  r->artefact[1] = best->at.slope / p->scale;

  /* variance of a signal of the largest weight, on the device's scale */
  const double dof = r->degrees_of_freedom, residual2 = best->chi2 / p->inv_sigma2 / dof;
  const double sigma2 = sigma_known ? 1 / p->inv_sigma2 : residual2;
  /* what is told of the parameters: a noise from few residuals is itself uncertain */
  const double bent = K > 2 ? 1 + (K - 2) * BENT / (dof * dof) : 1, spread = sigma_known ? 1 : ts_ta_student(dof) * bent, told2 = sigma2 * spread * spread,
               clear = sigma_known ? TS_TA_LIFETIME_SIGMAS : ts_ta_clear(dof) / bent;
  r->noise = sqrt(sigma2) / p->scale;
  if (ts_ta_beyond_words(p, p->scale, r->noise)) r->flags |= TS_FLAG_PRECISION_LIMITED;
  if (sigma_known) {
    r->chi2_reduced = best->chi2 / dof;
    const double c = 2 / (9 * dof), root = 1 - c + TS_TA_POOR_FIT_Z * sqrt(c);   /* Wilson and Hilferty */
    if (r->chi2_reduced > root * root * root) r->flags |= TS_FLAG_POOR_FIT;
  } else if (residual2 > 2 * noise2 && p->used > p->columns &&
             ts_ta_noise_exceeds(sqrt(residual2), dof, sqrt(noise2), (double)(p->used - p->columns))) {
    r->flags |= TS_FLAG_POOR_FIT;              /* a richer model of the same kind leaves less than half of it, and not by having a column a delay */
  }

  const ts_ta_order l = ts_ta_order_of(p, held);
  ts_ta_misfit *m = ts_ta_misfit_begin(p, &l);
  if (m) {
    ts_ta_misfit_add(m, &best->at, p->origin, sigma_known ? 1 / p->inv_sigma2 : 0);
    if (ts_ta_misfit_seen(m, 1)) r->flags |= TS_FLAG_POOR_FIT;
    ts_ta_misfit_end(m);
  }
  ts_matrix c;
  double step[TS_TA_PARAMETERS_MAX];
  bool supported = ts_ta_exact_step(p, &best->at, p->origin, &l, c, step), at_edge = false;
  if (supported) {
    double sigma_ln[TS_COMPONENTS_MAX] = {0}, sd[TS_TA_PARAMETERS_MAX];
    bool off = false;
    for (unsigned i = 0; i < l.n; i++) off = off || fabs(step[i]) > TS_TA_STEP_LEFT * sqrt(sigma2 * c[i][i]);
    if (off) r->flags |= TS_FLAG_PRECISION_LIMITED;
    for (unsigned i = 0; i < l.n; i++) sd[i] = sqrt(told2 * c[i][i] + (off ? step[i] * step[i] : 0));
    for (unsigned k = 0; k < K; k++) {
      const int A = l.amplitude[from[k]], T = l.lifetime[from[k]];
      r->amplitude_sigma[k] = sd[A] / p->scale;
      if (fabs(r->amplitude[k]) < clear * r->amplitude_sigma[k]) supported = false;
      if (T < 0) continue;
      sigma_ln[k] = sd[T];
      r->lifetime_sigma_s[k] = r->lifetime_s[k] * sigma_ln[k];
      r->lifetime_low_s[k] = r->lifetime_s[k] * exp(-TS_TA_INTERVAL_SIGMAS * sigma_ln[k]);
      r->lifetime_high_s[k] = r->lifetime_s[k] * exp(TS_TA_INTERVAL_SIGMAS * sigma_ln[k]);
      if (sigma_ln[k] * clear > 1) supported = false;
      const double low = p->unit / (TS_TA_RATE_MAX / s), high = TS_TA_RATE_MIN_WINDOWS * (p->delay[p->delays - 1] - p->delay[0]);
      if (r->lifetime_low_s[k] < low || r->lifetime_high_s[k] > high) at_edge = true;
    }
    for (unsigned k = 1; k < K; k++) {
      const int a = l.lifetime[from[k]], b = l.lifetime[from[k - 1]];
      double v = 0, apart = 0;
      if (a >= 0) v += c[a][a], apart += step[a];
      if (b >= 0) v += c[b][b], apart -= step[b];
      if (a >= 0 && b >= 0) v -= 2 * c[a][b];
      v = told2 * v + (off ? apart * apart : 0);
      if (v > 0 && log(r->lifetime_s[k] / r->lifetime_s[k - 1]) < clear * sqrt(v)) supported = false;
    }
    if (l.offset >= 0) r->offset_sigma = sd[l.offset] / p->scale;
    if (l.t0 >= 0) r->t0_sigma_s = sd[l.t0] * p->unit;
    if (l.width >= 0) r->irf_fwhm_sigma_s = r->irf_fwhm_s * sd[l.width];
    if (l.artefact >= 0) r->artefact_sigma[0] = sd[l.artefact] / p->scale;
    if (l.slope >= 0) r->artefact_sigma[1] = sd[l.slope] / p->scale;
  }
  supported = supported && !ts_ta_rivalled(p, &(ts_ta_rival){best->at, best->chi2}, rivals, count, r, fmax(best->chi2 / dof, 1) * spread * spread);
  supported = supported && !ts_ta_elsewhere(p, &best->at, p->origin, &l, r->t0_sigma_s / p->unit, r->irf_fwhm_sigma_s / r->irf_fwhm_s, sigma_known ? sigma2 * fmax(best->chi2 / dof, 1) : told2);
  const unsigned edges = TS_TA_STATUS_MASK_RATE_AT_LIMIT | TS_TA_STATUS_MASK_T0_AT_LIMIT | TS_TA_STATUS_MASK_WIDTH_AT_LIMIT;
  if (best->bits & edges || at_edge) r->status = TS_STATUS_AT_LIMIT;
  else if (best->bits & (TS_TA_STATUS_MASK_MERGED | TS_TA_STATUS_MASK_SINGULAR)) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  else if (!(best->bits & TS_TA_STATUS_MASK_CONVERGED)) r->status = TS_STATUS_NOT_CONVERGED;
  else if (!supported) r->status = TS_STATUS_ORDER_UNSUPPORTED;
}
