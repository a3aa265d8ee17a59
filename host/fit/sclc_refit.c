#include "sclc_refit.h"

#include <math.h>
#include <string.h>

#include "sclc_field.h"
#include "sclc_result.h"

#define CUT 1.2              /* V_TFL: below, the weight is 0; it is full a quarter octave further */
#define RAMP 0.1732867951
#define TOP 8.0              /* V_TFL: what lies beyond tells nothing of it, and must not outweigh what does */
#define FREE_STEPS 6u        /* the range follows the fit for so many steps, then stands */
#define STEPS 30u
#define STOP 1e-4
#define POINTS_LEAST 5u
#define P_LEAST (-0.5)
#define P_MOST 4.0
#define STEP_P 0.01
#define SERIES_MOST 0.6      /* of the highest voltage: what a resistance may take of it */
#define FLAT_SPAN 1.8        /* of voltage: points that are no steeper than ohmic over this are ohmic */
#define FALLING 0.1                /* of ln (J/V), between the halves of the level */
#define FLAT_SIGMAS 3.0
#define FLAT_POINTS 3u
#define NOISE_LEAST 0.002

enum { LN_V_T, LN_J_0, LEAK, P, PARAMETERS };
typedef struct normal { double a[PARAMETERS][PARAMETERS], b[PARAMETERS]; } normal;

ts_sclc_ohmic ts_sclc_ohmic_level(const ts_sclc_data *d) {
  ts_sclc_ohmic o = {0, 0, false};
  const double noise = fmax(d->noise, NOISE_LEAST);
  double sum = 0, mean = 0, spread = noise;
  size_t n = 0;
  /* as long as the next three points together do not rise above the level so far */
  for (; n < d->n; n++) {
    const size_t last = n + FLAT_POINTS < d->n ? n + FLAT_POINTS : d->n;
    double next = 0;
    for (size_t i = n; i < last; i++) next += log(d->j[i] / d->v[i]);
    next /= (double)(last - n);
    if (n && next > mean + FLAT_SIGMAS * noise * sqrt(1 / (double)(last - n) + 1 / (double)n)) break;
    sum += log(d->j[n] / d->v[n]);
    mean = sum / (double)(n + 1);
  }
  if (!n) return o;
  /* J/V that falls is the current's own offset, not a conductance: of that the end alone tells, and bounds it */
  const size_t half = n / 2;
  double early = 0, late = 0, end = 0;
  for (size_t i = 0; i < n; i++) {
    const double y = log(d->j[i] / d->v[i]);
    if (i < half) early += y;
    else late += y;
    if (i + FLAT_POINTS >= n) end += y;
  }
  const bool falls = half >= FLAT_POINTS && early / (double)half - late / (double)(n - half) > FALLING + FLAT_SIGMAS * noise * sqrt(1 / (double)half + 1 / (double)(n - half));
  if (falls) {
    mean = end / FLAT_POINTS;
    n = FLAT_POINTS;
  }
  spread /= sqrt((double)n);
  o.a_m2_v = exp(mean);
  o.sigma = spread;
  o.flat = !falls && n >= FLAT_POINTS && d->v[n - 1] >= FLAT_SPAN * d->v[0];
  return o;
}

/* Gauss elimination of a symmetric positive system; the columns of `inverse` are its inverse. Parameters that are not free have a unit diagonal. */
static bool solve(normal *s, double inverse[PARAMETERS][PARAMETERS]) {
  double a[PARAMETERS][2 * PARAMETERS] = {{0}};
  for (int i = 0; i < PARAMETERS; i++) {
    memcpy(a[i], s->a[i], sizeof s->a[i]);
    a[i][PARAMETERS + i] = 1;
  }
  for (int k = 0; k < PARAMETERS; k++) {
    const double pivot = a[k][k];
    if (!(pivot > 0) || !isfinite(pivot)) return false;
    for (int c = 0; c < 2 * PARAMETERS; c++) a[k][c] /= pivot;
    for (int i = 0; i < PARAMETERS; i++) {
      const double by = a[i][k];
      if (i == k || by == 0) continue;
      for (int c = 0; c < 2 * PARAMETERS; c++) a[i][c] -= by * a[k][c];
    }
  }
  for (int i = 0; i < PARAMETERS; i++) memcpy(inverse[i], a[i] + PARAMETERS, sizeof inverse[i]);
  double x[PARAMETERS] = {0};
  for (int i = 0; i < PARAMETERS; i++)
    for (int k = 0; k < PARAMETERS; k++) x[i] += inverse[i][k] * s->b[k];
  memcpy(s->b, x, sizeof x);
  return true;
}

static double limit_of(const ts_sclc_data *d, double v_t) {
  return TS_SCLC_DIFFUSION * d->kt_v + TS_SCLC_TEMPLATE_FACTOR * v_t;
}

/* Of a resistance: at the last point it takes all of the voltage. */
static double series_unit(const ts_sclc_data *d) { return d->v[d->n - 1] / d->j[d->n - 1]; }

/* Normal equations at f's values. Leak in units of its prior; P, where it is no field's, the resistance in its unit. */
static bool assemble(const ts_sclc_data *d, ts_sclc_refit *f, normal *s, bool with_leak) {
  ts_sclc_field table, beside;
  const double unit = with_leak ? f->leak_prior : 1, variance = fmax(d->noise, NOISE_LEAST) * fmax(d->noise, NOISE_LEAST);
  size_t used = 0;
  double squares = 0;
  memset(s, 0, sizeof *s);
  f->weight = 0;
  ts_sclc_field_make(&table, f->p);
  if (f->with_field) ts_sclc_field_make(&beside, f->p + STEP_P);
  const double ohm = series_unit(d);
  for (size_t i = 0; i < d->n; i++) {
    if (d->v[i] <= f->from_v || d->v[i] > f->to_v) continue;
    const double inside = fmax(d->v[i] - f->series_ohm_m2 * d->j[i], (1 - SERIES_MOST) * d->v[i]);
    const double weight = fmin(log(d->v[i] / f->from_v) / RAMP, 1), u = log(inside / f->v_t_v);
    double slope, other;
    const double shape = ts_sclc_field_at(&table, u, &slope), device = f->j_0_a_m2 * exp(shape), all = device + f->leak_a_m2_v * d->v[i], part = device / all;
    const double by[PARAMETERS] = {-slope * part, part, with_leak ? unit * d->v[i] / all : 0,
                                   f->with_field ? (ts_sclc_field_at(&beside, u, &other) - shape) / STEP_P * part : f->with_series ? -slope * part * ohm * d->j[i] / inside : 0};
    const double r = log(d->j[i] / all);
    for (int k = 0; k < PARAMETERS; k++) {
      for (int l = 0; l < PARAMETERS; l++) s->a[k][l] += weight / variance * by[k] * by[l];
      s->b[k] += weight / variance * by[k] * r;
    }
    f->weight += weight;
    squares += weight * r * r;
    used++;
  }
  if (used < POINTS_LEAST) return false;
  f->residual_rms = sqrt(squares / f->weight);
  f->residual_free = sqrt(squares / fmax(f->weight - 2 - (with_leak ? 1 : 0) - (f->with_field || f->with_series ? 1 : 0), 1));
  if (with_leak) {
    const double sigma = f->leak_sigma / unit;
    s->a[LEAK][LEAK] += 1 / (sigma * sigma);
    s->b[LEAK] += (f->leak_prior - f->leak_a_m2_v) / unit / (sigma * sigma);
  } else s->a[LEAK][LEAK] = 1;
  if (!f->with_field && !f->with_series) s->a[P][P] = 1;
  return true;
}

bool ts_sclc_refit_run(const ts_sclc_data *d, ts_sclc_refit *f) {
  const bool with_leak = f->leak_sigma > 0;
  normal s;
  double inverse[PARAMETERS][PARAMETERS];
  for (unsigned step = 0; step < STEPS; step++) {
    if (step < FREE_STEPS) {
      const double limit = limit_of(d, f->v_t_v);
      f->from_v = fmax(CUT * limit, d->behind_v);
      f->to_v = fmax(TOP * limit, 2 * f->from_v);
    }
    if (!assemble(d, f, &s, with_leak) || !solve(&s, inverse)) return false;
    const double *x = s.b;
    const double part = fmin(1, fmin(0.3 / fmax(fabs(x[LN_V_T]), 1e-9), 0.5 / fmax(fabs(x[P]), 1e-9)));
    f->v_t_v *= exp(part * x[LN_V_T]);
    f->j_0_a_m2 *= exp(part * x[LN_J_0]);
    if (with_leak) f->leak_a_m2_v = fmax(f->leak_a_m2_v + part * f->leak_prior * x[LEAK], 0);
    if (f->with_field) f->p = fmin(fmax(f->p + part * x[P], P_LEAST), P_MOST);
    if (f->with_series) f->series_ohm_m2 = fmin(fmax(f->series_ohm_m2 / series_unit(d) + part * x[P], -SERIES_MOST), SERIES_MOST) * series_unit(d);
    if (!(f->v_t_v > 0) || !isfinite(f->v_t_v) || !isfinite(f->j_0_a_m2) || f->v_t_v > d->v[d->n - 1]) return false;
    if (step < FREE_STEPS || fabs(x[LN_V_T]) > STOP || fabs(x[P]) > STOP) continue;
    const double chi = fmax(1, f->residual_free / fmax(d->noise, NOISE_LEAST));   /* a misfit is noise of another kind */
    f->v_tfl_v = limit_of(d, f->v_t_v);
    f->v_t_sigma = chi * sqrt(inverse[LN_V_T][LN_V_T]);
    f->j_0_sigma = chi * sqrt(inverse[LN_J_0][LN_J_0]);
    f->mobility_sigma = chi * sqrt(fmax(inverse[LN_J_0][LN_J_0] + 4 * inverse[LN_V_T][LN_V_T] - 4 * inverse[LN_J_0][LN_V_T], 0));
    f->p_sigma = f->with_field ? chi * sqrt(inverse[P][P]) : 0;
    f->series_sigma = f->with_series ? chi * sqrt(inverse[P][P]) * series_unit(d) : 0;
    f->leak_after = with_leak ? chi * f->leak_prior * sqrt(inverse[LEAK][LEAK]) : 0;
    return true;
  }
  return false;
}
