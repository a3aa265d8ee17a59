/* The sums of the device in double precision, at the point that it reports: where its words hold the Fisher matrix of near-lying components, and the
 * place of the minimum, only roughly, these tell by how much. */
#include <math.h>
#include <string.h>

#include "ta_plan.h"

double ts_ta_exact_at(const ts_ta_plan *p, const ts_ta_point *at, double origin, size_t n, double x[TS_PARAMETERS_MAX]) {
  const unsigned K = p->options.components, EG = 2 * (K + p->extended);
  const double u = ((p->delay[n] - origin) / p->unit - at->t0) / at->width, v = u * TS_TA_B, gauss = exp(-u * u / 2);
  double left = p->signal[n] - at->offset - (at->artefact + at->slope * v) * gauss;
  for (unsigned k = 0; k < K; k++) {
    const double rate = at->rate[k] * at->width * TS_TA_B;
    x[2 * k] = ts_ta_decay(u, at->rate[k] * at->width);
    x[2 * k + 1] = rate * (v - rate) * x[2 * k];
    left -= at->amplitude[k] * x[2 * k];
  }
  if (p->extended) {
    x[2 * K] = v * gauss;
    x[2 * K + 1] = v * v * gauss;
  }
  x[EG] = gauss;
  x[EG + 1] = 1;
  return left;
}

void ts_ta_exact(const ts_ta_plan *p, const ts_ta_point *at, double origin, double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], double gradient[TS_PARAMETERS_MAX]) {
  const unsigned items = 2 * (p->options.components + p->extended) + 2;
  memset(gram, 0, sizeof(double[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX]));
  memset(gradient, 0, sizeof(double[TS_PARAMETERS_MAX]));
  for (size_t n = 0; n < p->delays; n++) {
    double x[TS_PARAMETERS_MAX];
    if (p->masked[n]) continue;
    const double left = ts_ta_exact_at(p, at, origin, n, x);
    for (unsigned i = 0; i < items; i++) {
      gradient[i] += p->weight[n] * x[i] * left;
      for (unsigned j = 0; j <= i; j++) gram[i][j] += p->weight[n] * x[i] * x[j];
    }
  }
  for (unsigned i = 0; i < items; i++)
    for (unsigned j = 0; j < i; j++) gram[j][i] = gram[i][j];
}

bool ts_ta_exact_step(const ts_ta_plan *p, const ts_ta_point *at, double origin, const ts_ta_order *l, ts_matrix covariance, double step[TS_TA_PARAMETERS_MAX]) {
  double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], gradient[TS_PARAMETERS_MAX], slope[TS_TA_PARAMETERS_MAX] = {0};
  const unsigned items = 2 * (p->options.components + p->extended) + 2;
  ts_matrix h;
  ts_ta_columns c;
  ts_ta_exact(p, at, origin, gram, gradient);
  ts_ta_fisher(p, at, gram, l, h);
  ts_ta_columns_of(p, at, l, c);
  memset(step, 0, TS_TA_PARAMETERS_MAX * sizeof *step);
  if (!ts_matrix_invert(h, l->n, TS_TA_PIVOT_MIN, covariance)) return false;
  for (unsigned i = 0; i < l->n; i++)
    for (unsigned b = 0; b < items; b++) slope[i] += c[i][b] * gradient[b];
  for (unsigned i = 0; i < l->n; i++)
    for (unsigned j = 0; j < l->n; j++) step[i] += covariance[i][j] * slope[j];
  return true;
}
