/* Columns of the parameters as combinations of the base columns. */
#include <string.h>

#include "ta_plan.h"

ts_ta_order ts_ta_order_of(const ts_ta_plan *p, const bool *held) {
  const ts_ta_options *o = &p->options;
  ts_ta_order l = {.offset = -1, .t0 = -1, .width = -1, .artefact = -1, .slope = -1};
  for (unsigned k = 0; k < o->components; k++) {
    l.amplitude[k] = (int)l.n++;
    l.lifetime[k] = held[k] ? -1 : (int)l.n++;
  }
  if (o->offset == TS_FREE) l.offset = (int)l.n++;
  if (!o->t0_held) l.t0 = (int)l.n++;
  if (o->irf_free) l.width = (int)l.n++;
  if (o->artefact != TS_TA_ARTEFACT_NONE) l.artefact = (int)l.n++;
  if (o->artefact == TS_TA_ARTEFACT_GAUSS2) l.slope = (int)l.n++;
  return l;
}

void ts_ta_columns_of(const ts_ta_plan *p, const ts_ta_point *at, const ts_ta_order *l, ts_ta_columns c) {
  const unsigned K = p->options.components, EG = 2 * (K + p->extended), ONE = EG + 1, VE = 2 * K, V2E = 2 * K + 1;
  const double rho = 1 / (TS_TA_B * at->width);
  memset(c, 0, sizeof(ts_ta_columns));
  for (unsigned k = 0; k < K; k++) {
    const unsigned F = 2 * k, W = 2 * k + 1;
    const double a = at->amplitude[k], r = at->rate[k] * at->width * TS_TA_B;
    c[l->amplitude[k]][F] = 1;
    if (l->lifetime[k] >= 0) {
      c[l->lifetime[k]][W] = TS_TA_G * a;
      c[l->lifetime[k]][EG] = TS_TA_G * a * TS_TA_C * r;
    }
    if (l->t0 >= 0) {
      c[l->t0][F] = rho * a * r;
      c[l->t0][EG] -= rho * TS_TA_C * a;
    }
    if (l->width >= 0) {
      c[l->width][F] = TS_TA_G * a * r * r;
      c[l->width][EG] -= TS_TA_G * TS_TA_C * a * r;
      c[l->width][VE] -= TS_TA_G * TS_TA_C * a;
    }
  }
  if (p->extended) {
    if (l->t0 >= 0) {
      c[l->t0][VE] = rho * at->artefact;
      c[l->t0][V2E] = rho * at->slope;
      c[l->t0][EG] -= rho * TS_TA_B * TS_TA_B * at->slope;
    }
    if (l->width >= 0) c[l->width][V2E] = TS_TA_G * at->artefact;
    if (l->artefact >= 0) c[l->artefact][EG] = 1;
    if (l->slope >= 0) c[l->slope][VE] = 1;
  }
  if (l->offset >= 0) c[l->offset][ONE] = 1;
}

void ts_ta_fisher(const ts_ta_plan *p, const ts_ta_point *at, const double gram[TS_PARAMETERS_MAX][TS_PARAMETERS_MAX], const ts_ta_order *l,
                  ts_matrix h) {
  const unsigned items = 2 * (p->options.components + p->extended) + 2;
  ts_ta_columns c;
  double half[TS_TA_PARAMETERS_MAX][TS_PARAMETERS_MAX];
  ts_ta_columns_of(p, at, l, c);
  for (unsigned i = 0; i < l->n; i++)
    for (unsigned b = 0; b < items; b++) {
      double sum = 0;
      for (unsigned a = 0; a < items; a++) sum += c[i][a] * gram[a][b];
      half[i][b] = sum;
    }
  for (unsigned i = 0; i < l->n; i++)
    for (unsigned j = 0; j <= i; j++) {
      double sum = 0;
      for (unsigned b = 0; b < items; b++) sum += half[i][b] * c[j][b];
      h[i][j] = h[j][i] = sum;
    }
}
