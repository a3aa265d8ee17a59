#include "sclc_refine.h"

#include <math.h>
#include <stdlib.h>

#include "sclc_field.h"
#include "sclc_refit.h"
#include "sclc_result.h"
#include "sclc_template.h"

#define HALVINGS 50u
#define EPS_0_F_M 8.8541878128e-12
#define Z_95 1.96
#define MODEL_V 0.060            /* of V_TFL, half width, as for the engine's fit */
#define MODEL_MOBILITY 0.030
#define RESOLVED 1.45            /* V_TFL over V_min, as for the engine */
#define OWN 2.2                  /* ohmic conductance of sound devices over the least at v_tfl_high_v, */
#define OWN_SIGMA 0.5            /* and how far that is off, of itself */
#define LEAK_LEAST 0.01          /* of the current where the fit begins: below, a leak moves V_TFL by less than the model is off */
#define CLEAR 40.0               /* ohmic conductance over the least: less may be that of levels of 0.25 eV, which is not beside the device */
#define LEAK_TOLD 0.015          /* from here on it is told */
#define FAR 12.0                 /* V_max over V_TFL: the fit's points are those below TOP V_TFL */
#define ONSET_LEAST 0.10         /* v_onset_v over V_TFL: of 1572 sweeps of sound devices without a flag none had less; levels that stay partly empty, and ions, carry current before */
#define SECOND_LEAST 0.60        /* v_2_v over V_TFL: less is a template that was pulled up by what rises beyond it, */
#define SECOND_V_TFL 1.2         /* and V_TFL may be as low as this times v_2_v */
#define FIELD_SIGMAS 3.5
#define SERIES_SIGMAS 3.5
#define SERIES_DOUBT 1.5         /* sigmas from which on the interval takes in the answer with it */
#define MODEL_SERIES 0.35        /* half width of V_TFL over the part of the last voltage that the resistance takes */
#define SERIES_LEAST 0.01        /* of the highest voltage: less moves V_TFL by less than the model is off */
#define SERIES_REACH 4.0         /* V_max over V_TFL from which on it is fitted: before, contacts with hardly more carriers than traps look like it (N_t 10 to 28 % too high) */
#define FREE 4.0                 /* parameters */
#define FIELD_LEAST 0.05         /* of p */
#define FIELD_DOUBT 2.5          /* sigmas from which on the interval takes in the other answer */
#define MENDED 1.3               /* the field's part leaves no more than this times the noise */
#define MODEL_FIELD 0.10         /* of V_TFL, half width, with a mobility that grows with the field */

/* The points that the device would use. */
static size_t usable(const double *v, const double *j, size_t n, double *v_out, double *j_out) {
  size_t m = 0;
  for (size_t i = 0; i < n; i++)
    if (v[i] > 0 && j[i] > 0 && (!m || v[i] > v_out[m - 1])) {
      v_out[m] = v[i];
      j_out[m++] = j[i];
    }
  return m;
}

static double part_of(double leak, double v, const ts_sclc_result *r) {
  return leak * v / (ts_sclc_template(v, r->v_t_v, r->j_0_a_m2) + leak * v);
}

static void take(const ts_sclc_options *o, const ts_sclc_refit *f, double model_v, ts_sclc_result *r) {
  const double l = o->thickness_m;
  r->v_t_v = f->v_t_v;
  r->j_0_a_m2 = f->j_0_a_m2;
  r->fit_from_v = f->from_v;
  r->fit_points = (unsigned)lround(f->weight);
  r->residual_rms = f->residual_rms;
  r->v_tfl_v = f->v_tfl_v;
  const double half = hypot(Z_95 * TS_SCLC_TEMPLATE_FACTOR * f->v_t_v * f->v_t_sigma, model_v * f->v_tfl_v);
  r->v_tfl_low_v = fmax(r->v_tfl_v - half, 0);
  r->v_tfl_high_v = r->v_tfl_v + half;
  r->mobility_m2_vs = f->j_0_a_m2 * l * l * l / (4 * o->relative_permittivity * EPS_0_F_M * f->v_t_v * f->v_t_v);
  r->mobility_sigma_m2_vs = r->mobility_m2_vs * hypot(f->mobility_sigma, MODEL_MOBILITY);
}

/* A resistance beyond so many sigmas, and not so little. */
static bool resists(const ts_sclc_data *d, const ts_sclc_refit *f, double sigmas) {
  const double free = fmax(f->weight - FREE, 1), ohm = f->series_ohm_m2;
  return ohm * d->j[d->n - 1] > SERIES_LEAST * d->v[d->n - 1] && ohm > sigmas * (1 + 4 / free) * f->series_sigma;
}

/* And no other thing that bends a short sweep's end. */
static bool is_series(const ts_sclc_data *d, const ts_sclc_refit *f) { return resists(d, f, SERIES_SIGMAS) && d->v[d->n - 1] >= SERIES_REACH * f->v_tfl_v; }

static void take_series(const ts_sclc_options *o, const ts_sclc_data *d, const ts_sclc_refit *f, ts_sclc_result *r) {
  take(o, f, hypot(MODEL_V, MODEL_SERIES * f->series_ohm_m2 * d->j[d->n - 1] / d->v[d->n - 1]), r);
  r->series_ohm_m2 = f->series_ohm_m2;
  r->flags |= TS_SCLC_FLAG_SERIES_RESISTANCE;
  r->status = TS_SCLC_OK;
}

static void take_field(const ts_sclc_options *o, const ts_sclc_refit *f, ts_sclc_result *r) {
  take(o, f, MODEL_FIELD, r);
  r->field_gamma_sqrt_m_v = f->p / sqrt(f->v_t_v / o->thickness_m);
  r->flags |= TS_SCLC_FLAG_FIELD_MOBILITY;
  r->status = TS_SCLC_OK;
}

/* What shows beside the filled traps at the engine's answer. */
typedef struct leak_seen { bool any, clear; double a_m2_v, sigma; } leak_seen;

static leak_seen look_for_leak(const ts_sclc_data *d, const ts_sclc_result *r) {
  const ts_sclc_ohmic level = ts_sclc_ohmic_level(d);
  const double own = OWN * r->ohmic_a_m2_v / r->ohmic_over_least, excess = level.a_m2_v - own;
  leak_seen s = {.any = excess > 0 && part_of(excess, r->fit_from_v, r) > LEAK_LEAST, .clear = level.a_m2_v > CLEAR * own / OWN};
  s.a_m2_v = level.flat ? excess : excess / 2;
  s.sigma = level.flat ? hypot(level.sigma * level.a_m2_v, OWN_SIGMA * own) : excess / 2;
  return s;
}

static void widen(ts_sclc_result *r, double v_tfl_v) {
  r->v_tfl_low_v = fmin(r->v_tfl_low_v, v_tfl_v * (1 - MODEL_V));
  r->v_tfl_high_v = fmax(r->v_tfl_high_v, v_tfl_v * (1 + MODEL_V));
}

/* p by so many sigmas above 0; Student's quantile, by and large. */
static bool grows_with_field(const ts_sclc_refit *f, double sigmas) {
  const double free = fmax(f->weight - FREE, 1);
  return f->p > FIELD_LEAST && f->p > sigmas * (1 + 4 / free) * f->p_sigma;
}

/* The engine's fit misses the curve, and nothing else speaks against filled traps: it may have had no steps left for so long a sweep, or the mobility grows. */
static bool only_poor(const ts_sclc_result *r) {
  const unsigned others = TS_SCLC_FLAG_SERIES_RESISTANCE | TS_SCLC_FLAG_INJECTION_BARRIER | TS_SCLC_FLAG_SHALLOW_TRAPS | TS_SCLC_FLAG_INFLECTION_LOW;
  return r->status == TS_SCLC_NO_TRAP_FILLED_LIMIT && (r->flags & TS_SCLC_FLAG_POOR_FIT) && !(r->flags & others);
}

static void mend(const ts_sclc_options *o, const ts_sclc_data *d, ts_sclc_result *r) {
  ts_sclc_refit f = {.v_t_v = r->v_t_v, .j_0_a_m2 = r->j_0_a_m2}, field = f, series = f;
  field.with_field = series.with_series = true;
  if (ts_sclc_refit_run(d, &f) && f.residual_free < MENDED * d->noise && r->v_max_v > FAR * f.v_tfl_v) take(o, &f, MODEL_V, r);
  else if (ts_sclc_refit_run(d, &field) && grows_with_field(&field, FIELD_SIGMAS) && field.residual_free < MENDED * d->noise) take_field(o, &field, r);
  else if (ts_sclc_refit_run(d, &series) && is_series(d, &series) && series.residual_free < MENDED * d->noise) take_series(o, d, &series, r);
  else return;
  r->status = r->v_tfl_v < RESOLVED * r->v_min_v ? TS_SCLC_UPPER_BOUND : TS_SCLC_OK;
  r->flags &= ~(unsigned)TS_SCLC_FLAG_POOR_FIT;
  ts_sclc_result_ohmic(r);
  if (r->v_max_v >= TS_SCLC_REACH_MIN * r->v_tfl_v) r->flags &= ~(unsigned)TS_SCLC_FLAG_SWEEP_TOO_SHORT;
}

static void refine(const ts_sclc_options *o, const ts_sclc_data *d, ts_sclc_result *r) {
  const leak_seen leak = look_for_leak(d, r);
  ts_sclc_refit f = {.v_t_v = r->v_t_v, .j_0_a_m2 = r->j_0_a_m2};
  if (leak.any) {
    f.leak_prior = f.leak_a_m2_v = leak.a_m2_v;
    f.leak_sigma = leak.sigma;
  }
  ts_sclc_refit field = f, series = f;
  field.with_field = series.with_series = true;
  const bool fitted = ts_sclc_refit_run(d, &f), with_field = ts_sclc_refit_run(d, &field), with_series = ts_sclc_refit_run(d, &series);
  const bool grows = with_field && grows_with_field(&field, FIELD_SIGMAS);
  bool taken = grows;
  if (grows) {
    take_field(o, &field, r);
    f = field;
  } else if (with_series && is_series(d, &series)) {
    taken = true;
    take_series(o, d, &series, r);
    f = series;
  } else {
    if (fitted && ((leak.any && leak.clear) || r->status == TS_SCLC_NOT_CONVERGED || r->v_max_v > FAR * r->v_tfl_v)) {
      taken = true;
      take(o, &f, MODEL_V, r);
      r->status = TS_SCLC_OK;
    } else if (fitted && leak.any) widen(r, f.v_tfl_v);
    if (with_field && grows_with_field(&field, FIELD_DOUBT)) widen(r, field.v_tfl_v);
    if (with_series && resists(d, &series, SERIES_DOUBT)) {
      widen(r, series.v_tfl_v);
      if (resists(d, &series, SERIES_SIGMAS)) r->flags |= TS_SCLC_FLAG_SERIES_RESISTANCE;
    }
    if (r->v_2_v < SECOND_LEAST * r->v_tfl_v) {
      r->flags |= TS_SCLC_FLAG_FIELD_MOBILITY;
      widen(r, SECOND_V_TFL * r->v_2_v);
    }
    if (r->v_onset_v < ONSET_LEAST * r->v_tfl_v) r->flags |= TS_SCLC_FLAG_SHALLOW_TRAPS;
  }
  if (r->status == TS_SCLC_OK && r->v_tfl_v < RESOLVED * r->v_min_v) r->status = TS_SCLC_UPPER_BOUND;
  if (leak.any && (fitted || grows)) {
    if (taken) r->leak_a_m2_v = f.leak_a_m2_v;
    r->leak_part = part_of(f.leak_a_m2_v, r->fit_from_v, r);
    if (r->leak_part > LEAK_TOLD && f.leak_a_m2_v > Z_95 * f.leak_after) r->flags |= TS_SCLC_FLAG_LEAK;
  }
}

/* Beyond these no semiconductor film is known: what was typed (thickness, permittivity, area, units) is likelier than the answer. */
static void doubt_geometry(const ts_sclc_options *o, ts_sclc_result *r) {
  r->field_max_v_m = r->v_max_v / o->thickness_m;
  r->drift_velocity_m_s = r->mobility_m2_vs * r->field_max_v_m;
  if (r->trap_density_m3 > TS_SCLC_DENSITY_PLAUSIBLE_M3 || r->mobility_m2_vs > TS_SCLC_MOBILITY_PLAUSIBLE_M2_VS || r->field_max_v_m > TS_SCLC_FIELD_PLAUSIBLE_V_M ||
      r->mobility_m2_vs < TS_SCLC_MOBILITY_LEAST_M2_VS || r->drift_velocity_m_s > TS_SCLC_VELOCITY_PLAUSIBLE_M_S)
    r->flags |= TS_SCLC_FLAG_IMPLAUSIBLE;
}

static double fit_current(const ts_sclc_options *o, const ts_sclc_result *r, double v) {
  if (!(v > r->v_t_v)) return 0;
  const double leak = isfinite(r->leak_a_m2_v) ? r->leak_a_m2_v * v : 0;
  if (!isfinite(r->field_gamma_sqrt_m_v)) return ts_sclc_template(v, r->v_t_v, r->j_0_a_m2) + leak;
  ts_sclc_field f;
  double slope;
  ts_sclc_field_make(&f, r->field_gamma_sqrt_m_v * sqrt(r->v_t_v / o->thickness_m));
  return r->j_0_a_m2 * exp(ts_sclc_field_at(&f, log(v / r->v_t_v), &slope)) + leak;
}

double ts_sclc_fit_current(const ts_sclc_options *o, const ts_sclc_result *r, double v) {
  if (!isfinite(r->series_ohm_m2)) return fit_current(o, r, v);
  double low = 0, high = v;        /* of the device's voltage */
  for (unsigned i = 0; i < HALVINGS; i++) {
    const double inside = (low + high) / 2;
    if (inside + r->series_ohm_m2 * fit_current(o, r, inside) < v) low = inside;
    else high = inside;
  }
  return fit_current(o, r, low);
}

bool ts_sclc_refine(const ts_sclc_options *o, const double *v, const double *j, size_t n, ts_sclc_result *r) {
  if (r->status != TS_SCLC_OK && r->status != TS_SCLC_NOT_CONVERGED && !only_poor(r)) {
    doubt_geometry(o, r);
    return true;
  }
  double *copy = malloc(2 * n * sizeof *copy);
  if (!copy) return false;
  const size_t m = usable(v, j, n, copy, copy + n);
  const double averaged = fmax(1, (double)m / r->points);   /* the device had means of so many points */
  const ts_sclc_data d = {copy, copy + n, m, r->v_min_v / TS_SCLC_V_MIN_KT, r->noise_rms * sqrt(averaged), r->v_inflection_v * sqrt(2)};
  if (only_poor(r)) mend(o, &d, r);
  else refine(o, &d, r);
  ts_sclc_result_publish(o, r);
  doubt_geometry(o, r);
  free(copy);
  return true;
}
