#include "synthetic_ta.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fit/ta_plan.h"

#define SHARED_MAX (TS_COMPONENTS_MAX + 1)       /* ln tau, t0 */
#define COLUMNS_MAX (SHARED_MAX + TS_COMPONENTS_MAX + 2)
#define STEP 1e-4                                /* of ln tau, and of t0 in IRF widths, for derivatives */

static ts_ta_result result_of(const ts_synthetic_ta *s, size_t w)
{
  ts_ta_result r = {.components = s->components, .t0_s = s->t0_s + s->time_zero_s[w], .irf_fwhm_s = s->irf_fwhm_s, .offset = s->offset[w],
                    .artefact = {s->artefact[w], 0}};
  for (unsigned k = 0; k < s->components; k++) {
    r.lifetime_s[k] = s->lifetime_s[k];
    r.amplitude[k] = s->amplitude[k * s->wavelengths + w];
  }
  return r;
}

void ts_synthetic_ta_expected(const ts_synthetic_ta *s, size_t w, double *signal)
{
  const ts_ta_result r = result_of(s, w);
  ts_ta_curve(&r, s->delay_s, s->delays, signal);
}

/* Derivative of the signal by one of the shared parameters, by central differences. */
static void shared_column(const ts_synthetic_ta *s, size_t w, unsigned which, double *column, double *room)
{
  ts_ta_result up = result_of(s, w), down = up;
  double step = STEP;
  if (which < s->components) {
    up.lifetime_s[which] *= exp(STEP);
    down.lifetime_s[which] *= exp(-STEP);
  } else {
    step = STEP * s->irf_fwhm_s;
    up.t0_s += step;
    down.t0_s -= step;
  }
  ts_ta_curve(&up, s->delay_s, s->delays, column);
  ts_ta_curve(&down, s->delay_s, s->delays, room);
  for (size_t i = 0; i < s->delays; i++) column[i] = (column[i] - room[i]) / (2 * step);
}

/* Signal of one unit of a linear parameter. */
static void linear_column(const ts_synthetic_ta *s, size_t w, unsigned which, double *column)
{
  ts_ta_result r = result_of(s, w);
  memset(r.amplitude, 0, sizeof r.amplitude);
  r.offset = r.artefact[0] = 0;
  if (which < s->components) r.amplitude[which] = 1;
  else if (which == s->components) r.offset = 1;
  else r.artefact[0] = 1;
  ts_ta_curve(&r, s->delay_s, s->delays, column);
}

/* Adds one wavelength's information on the shared parameters, its linear parameters eliminated. */
static bool add(const ts_synthetic_ta *s, size_t w, unsigned linear, double *column, ts_matrix information)
{
  const unsigned shared = s->components + 1, all = shared + linear;
  const size_t n = s->delays;
  double gram[COLUMNS_MAX][COLUMNS_MAX];
  ts_matrix ll, inverse;
  for (unsigned a = 0; a < shared; a++) shared_column(s, w, a, column + a * n, column + all * n);
  for (unsigned a = 0; a < linear; a++) linear_column(s, w, a, column + (shared + a) * n);
  for (unsigned a = 0; a < all; a++)
    for (unsigned b = 0; b < all; b++) {
      gram[a][b] = 0;
      for (size_t i = 0; i < n; i++) gram[a][b] += column[a * n + i] * column[b * n + i];
    }
  for (unsigned a = 0; a < linear; a++)
    for (unsigned b = 0; b < linear; b++) ll[a][b] = gram[shared + a][shared + b];
  if (!ts_matrix_invert(ll, linear, TS_TA_PIVOT_MIN, inverse)) return false;
  for (unsigned a = 0; a < shared; a++)
    for (unsigned b = 0; b < shared; b++) {
      double rest = gram[a][b];
      for (unsigned i = 0; i < linear; i++)
        for (unsigned j = 0; j < linear; j++) rest -= gram[a][shared + i] * inverse[i][j] * gram[shared + j][b];
      information[a][b] += rest;
    }
  return true;
}

bool ts_synthetic_ta_bounds(const ts_synthetic_ta *s, double sigma, bool with_artefact, ts_bounds_ta *b)
{
  const unsigned shared = s->components + 1, linear = s->components + 1 + with_artefact;
  double *column = malloc((shared + linear + 1) * s->delays * sizeof *column);
  ts_matrix information = {{0}}, covariance;
  bool good = column != NULL;
  for (size_t w = 0; w < s->wavelengths && good; w++) good = add(s, w, linear, column, information);
  good = good && ts_matrix_invert(information, shared, TS_TA_PIVOT_MIN, covariance);
  free(column);
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) b->lifetime_sigma_s[k] = good && k < s->components ? s->lifetime_s[k] * sigma * sqrt(covariance[k][k]) : NAN;
  b->t0_sigma_s = good ? sigma * sqrt(covariance[s->components][s->components]) : NAN;
  return good;
}
