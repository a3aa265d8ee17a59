/* Standard deviations where the wavelengths' noise is not alike or not independent. A pulse that is stronger than the others shifts all wavelengths of its
 * delay together: then a matrix tells less than its number of signals promises. The covariance that the residuals show delay by delay,
 *   C (sum_n u_n u_n^T) C,   u_n = sum_w omega_w weight_n q_wn r_wn   (Liang and Zeger, Biometrika 73, 13 (1986): clusters),
 * q the derivative of a signal with respect to the shared parameters, its linear ones following, r its residual over what its linear ones leave of an error
 * (MacKinnon and White, J. Econometrics 29, 305 (1985): HC3), holds whatever the wavelengths have in common. It is
 * noisier than the usual one and so taken only where the residuals show that it is needed, and only to widen. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ta_global.h"
#include "ta_misfit.h"
#include "ta_noise.h"

#define CLEAR_SIGMAS 4.0         /* beyond chance */
#define LEFT_LEAST 0.1           /* part of its error that a signal's residual holds: its amplitudes took the rest */

/* Residuals of the plan's present trace into z, their squares' sum made 1; its part of u. */
static void take(const ts_ta_global *g, const ts_ta_site *s, double *z, double *u) {
  const ts_ta_plan *p = g->p;
  const unsigned items = 2 * (p->options.components + p->extended) + 2;
  const double origin = g->origin + s->time_zero * p->unit;
  ts_ta_columns c;
  double squares = 0;
  ts_ta_columns_of(p, &s->at, &g->order, c);
  for (size_t n = 0; n < p->delays; n++) {
    double x[TS_PARAMETERS_MAX], slope[TS_TA_PARAMETERS_MAX] = {0};
    z[n] = 0;
    if (p->masked[n]) continue;
    const double left = ts_ta_exact_at(p, &s->at, origin, n, x);
    double leverage = 0;
    for (unsigned i = 0; i < g->order.n; i++)
      for (unsigned b = 0; b < items; b++) slope[i] += c[i][b] * x[b];
    for (unsigned i = 0; i < g->linear; i++)
      for (unsigned j = 0; j < g->linear; j++) leverage += p->weight[n] * slope[g->linear_at[i]] * s->inverse[i][j] * slope[g->linear_at[j]];
    for (unsigned a = 0; a < g->shared; a++) {
      double q = slope[g->shared_at[a]];
      for (unsigned i = 0; i < g->linear; i++) q -= s->follow[i][a] * slope[g->linear_at[i]];
      u[n * g->shared + a] += s->omega * p->weight[n] * q * left / fmax(1 - leverage, LEFT_LEAST);
    }
    z[n] = left * sqrt(p->weight[n]);
    squares += z[n] * z[n];
  }
  for (size_t n = 0; squares > 0 && n < p->delays; n++) z[n] /= sqrt(squares);
}

/* Do the wavelengths' variances differ by more than chance? ln of a variance over f degrees of freedom has the variance 2/f. */
static bool is_uneven(const ts_ta_global *g) {
  double sum = 0, squares = 0, expected = 0, most = 0;
  for (size_t w = 0; w < g->count; w++) {
    const ts_ta_site *s = &g->site[w];
    const double own = (double)s->used - g->linear;
    if (!(s->omega > 0) || !(s->chi2 > 0) || own < 1) continue;
    const double x = log(s->omega * s->chi2 / own);
    sum += x;
    squares += x * x;
    expected += 2 / own;
    most = fmax(most, 2 / own);
  }
  return squares - sum * sum / g->live > expected + CLEAR_SIGMAS * sqrt(2 * g->live) * most;
}

ts_error ts_ta_global_robust(ts_ta_global *g, double variance) {
  ts_ta_plan *p = g->p;
  const unsigned N = g->shared;
  const size_t delays = p->delays, live = (size_t)g->live;
  for (unsigned a = 0; a < N; a++) g->wider[a] = 1;
  double *z = calloc(live * delays + delays * N, sizeof *z), *u = z ? z + live * delays : NULL, used = 0;
  if (!z) return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory for %zu wavelengths", g->count);
  size_t at = 0;
  ts_ta_misfit *m = ts_ta_misfit_begin(p, &g->order);
  for (size_t w = 0; w < g->count; w++) {
    if (!(g->site[w].omega > 0)) continue;
    const ts_error e = ts_ta_take(p, g->signal + w * delays);
    if (e) {
      free(z);
      ts_ta_misfit_end(m);
      return e;
    }
    take(g, &g->site[w], z + at++ * delays, u);
    if (m) ts_ta_misfit_add(m, &g->site[w].at, g->origin + g->site[w].time_zero * p->unit, p->sigma > 0 ? 1 / g->site[w].omega : 0);
    used += (double)g->site[w].used;
  }
  const double own = used / g->live - g->linear, pairs = g->live * (g->live - 1);
  const double chance = pairs / own, spread = 2 * sqrt(pairs) / own, found = own > 1 ? ts_ta_noise_pairs(z, live, delays) - g->live : 0;
  if (live > 1 && found > chance + CLEAR_SIGMAS * spread) g->r->flags |= TS_FLAG_NOISE_SHARED;
  if (m && ts_ta_misfit_seen(m, 1 + fmax(0, found - chance) / g->live)) g->r->flags |= TS_FLAG_POOR_FIT;
  ts_ta_misfit_end(m);
  g->uneven = is_uneven(g);
  if (g->uneven || g->r->flags & TS_FLAG_NOISE_SHARED)
    for (unsigned a = 0; a < N; a++) {
      double seen = 0;                           /* of C sum u u^T C */
      for (size_t n = 0; n < delays; n++) {
        double x = 0;
        for (unsigned b = 0; b < N; b++) x += g->covariance[a][b] * u[n * N + b];
        seen += x * x;
      }
      g->wider[a] = fmax(1, sqrt(seen / (variance * g->covariance[a][a])));
    }
  free(z);
  return TS_OK;
}
