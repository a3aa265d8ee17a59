/* What a measured response's own counts leave open. A histogram of g_j = v_j / S with independent counts v_j moves the expected counts by
 *   dmu_i = sum_j (dv_j / S) (M_ij - sum_l g_l M_il),   M_ij: the decay's counts in bin i for a pulse in bin j,
 * and the parameters by F^-1 sum_i J_i dmu_i / mu_i. For each j that is a recursion backwards through J/mu, once a component. The background
 * that was taken off adds to the variance of v_j, and an error of its level, found in the bins before the rise, is in all v_j behind it at once. */
#include <math.h>
#include <stdlib.h>

#include "plan.h"

#define STEP 1e-3 /* of ln tau and the shift, for differences */

ts_error ts_irf_noise_prepare(ts_trpl_plan *p, const ts_irf *irf) {
  if (!irf->noise || p->gauss.sigma > 0) return TS_OK;
  double all = 0;
  for (size_t j = 0; j < irf->n; j++) all += irf->noise[j];
  const long from = irf->level_from + p->shift_bins, bins = (long)p->bins_used;
  p->irf_level_variance = irf->level_variance;
  p->irf_level_from = from < 0 ? 0 : from < bins ? (size_t)from : p->bins_used;
  const double levelled = (double)(p->bins_used - p->irf_level_from);
  p->irf_noise_counts = TS_IRF_NOISE_SEEN / (all + levelled * levelled * p->irf_level_variance);
  p->irf_noise = malloc(p->bins_used * sizeof *p->irf_noise);
  p->irf_noise_room = malloc((2 * p->options.components + 5) * p->bins_used * sizeof *p->irf_noise_room);
  if (!p->irf_noise || !p->irf_noise_room) return TS_ERROR_MEMORY;
  for (size_t i = 0; i < p->bins_used; i++) {
    const long j = (long)i - p->shift_bins - irf->first;
    p->irf_noise[i] = j >= 0 && j < (long)irf->n ? irf->noise[j] : 0;
  }
  return TS_OK;
}

/* pull[j] += sum_i y_i M_ij of one component. */
static void backwards(const ts_trpl_plan *p, const double *y, double a, double k, long shift, double *pull) {
  const long n = (long)p->bins_used;
  const double keep = exp(-k), phi = -expm1(-k) / k, own = -expm1(-k / 2) / k, after = exp(-k / 2) * phi, period = p->options.period_s / p->options.bin_width_s;
  double later = 0, first = 0; /* sum of y_i keep^(i - at) from bin at on; from bin 0 on */
  for (long i = n; i-- > 0;) first = first * keep + y[i];
  long at = n;
  double earlier = period > 0 ? after * first * exp(-k * (period - (double)(n + shift))) / -expm1(-k * period) : 0; /* by pulses of earlier periods */
  for (long j = n; j-- > 0;) {
    const long place = j + shift; /* of the pulse */
    while (at > 0 && at > place + 1) later = later * keep + y[--at];
    double sum = place >= 0 && place < n ? own * y[place] : 0;
    if (place >= -1) sum += at == place + 1 ? after * later : 0;
    else sum += after * first * exp(k * (double)(place + 1));
    pull[j] += a * (sum + earlier);
    earlier *= keep;
  }
}

double ts_irf_noise_of(const ts_trpl_plan *p, double counts, const double *amplitude, const double *rate, double shift, const double *y, double *pull) {
  if (!p->irf_noise || counts < p->irf_noise_counts) return 0;
  double mean = 0, variance = 0;
  for (size_t b = 0; b < p->bins_used; b++) pull[b] = 0;
  for (unsigned k = 0; k < p->options.components; k++) backwards(p, y, amplitude[k], rate[k], (long)rint(shift), pull);
  for (size_t b = 0; b < p->bins_used; b++) mean += p->g[b] * pull[b];
  double level = 0;
  for (size_t b = 0; b < p->bins_used; b++) variance += (pull[b] - mean) * (pull[b] - mean) * p->irf_noise[b];
  for (size_t b = p->irf_level_from; b < p->bins_used; b++) level += pull[b] - mean;
  return variance + level * level * p->irf_level_variance;
}

void ts_irf_noise_add(const ts_trpl_plan *p, double counts, const double *amplitude, const double *rate, double shift, double background, double per_bin, unsigned scale_log2,
                      ts_matrix covariance) {
  if (!p->irf_noise || counts < p->irf_noise_counts) return;
  const unsigned K = p->options.components, n = 2 * K + 2, S = 2 * K, B = S + 1;
  const size_t bins = p->bins_used;
  double *mu = p->irf_noise_room, *low = mu + bins, *y = low + bins, *pull = y + bins;
  ts_curve(p, K, amplitude, rate, shift, background, mu);
  for (unsigned i = 0; i < n; i++) {
    double *to = pull + i * bins, step = STEP;
    for (size_t b = 0; b < bins; b++) to[b] = low[b] = 0;
    if (!(covariance[i][i] > 0)) continue;
    if (i == B) {
      for (size_t b = 0; b < bins; b++) y[b] = per_bin;
    } else if (i == S) {
      ts_curve(p, K, amplitude, rate, shift - STEP, 0, low);
      ts_curve(p, K, amplitude, rate, shift + STEP, 0, y);
      step = STEP / (double)p->factor;
    } else {
      const unsigned k = i / 2;
      const double slower = rate[k] * exp(-STEP), faster = rate[k] * exp(STEP);
      if (i % 2) ts_curve(p, 1, &amplitude[k], &faster, shift, 0, low);
      ts_curve(p, 1, &amplitude[k], i % 2 ? &slower : &rate[k], shift, 0, y);
      if (i % 2 == 0) step = 0.5;
    }
    for (uint32_t g = 0; g < p->layout.groups; g++) {
      const size_t from = p->edge[g] * p->factor, to_bin = p->edge[g + 1] * p->factor;
      double slope = 0, sum = 0;
      for (size_t b = from; b < to_bin; b++) {
        slope += i == B ? y[b] : (y[b] - low[b]) / (2 * step);
        sum += mu[b];
      }
      for (size_t b = from; b < to_bin; b++) y[b] = ldexp(slope / fmax(sum, TS_BACKGROUND_MIN), -(int)scale_log2);
    }
    for (unsigned k = 0; k < K; k++) backwards(p, y, amplitude[k], rate[k], (long)rint(shift), to);
    double mean = 0;
    for (size_t b = 0; b < bins; b++) mean += p->g[b] * to[b];
    for (size_t b = 0; b < bins; b++) to[b] -= mean;
  }
  ts_matrix more = {{0}};
  double level[TS_MATRIX_MAX] = {0};
  for (size_t b = 0; b < bins; b++) {
    double move[TS_MATRIX_MAX];
    for (unsigned i = 0; i < n; i++) {
      move[i] = 0;
      for (unsigned j = 0; j < n; j++) move[i] += covariance[i][j] * pull[j * bins + b];
      if (b >= p->irf_level_from) level[i] += move[i];
    }
    for (unsigned i = 0; i < n; i++)
      for (unsigned j = 0; j < n; j++) more[i][j] += move[i] * move[j] * p->irf_noise[b];
  }
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) more[i][j] += level[i] * level[j] * p->irf_level_variance;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j < n; j++) covariance[i][j] += more[i][j];
}
