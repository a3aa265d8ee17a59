#include "sclc_result.h"

#include <math.h>
#include <string.h>

#include "sclc_units.h"

#define EPS_0_F_M 8.8541878128e-12
#define PI 3.14159265358979323846
#define LN_2 0.6931471805599453
#define Z_95 1.96
#define MODEL_V 0.060          /* of V_TFL, half width: what the template itself is off by */
#define MODEL_MOBILITY 0.030   /* one sigma */
#define LEAST_OHMIC (-0.5)     /* ln, of the least ohmic conductance: by `simulate sclc`, contacts of 2.2e24 to 1e28 m^-3 (docs/sclc.md) */
#define POWER_LAW 0.3          /* the last slope is so near the steepest: a power law */

#define REFUSED (TS_SCLC_MASK_POOR | TS_SCLC_MASK_INFLECTION_HIGH | TS_SCLC_MASK_INFLECTION_LOW | TS_SCLC_MASK_TOO_STEEP | TS_SCLC_MASK_TOP_FLAT)

static double q16(uint32_t word) { return (int32_t)word / 65536.0; }
static double q28(uint32_t word) { return (int32_t)word / 268435456.0; }
static double power(uint32_t word) { return exp2(q16(word)); }

static void nothing(ts_sclc_result *r) {
  memset(r, 0, sizeof *r);
  r->v_tfl_v = r->v_tfl_low_v = r->v_tfl_high_v = NAN;
  r->trap_density_m3 = r->trap_density_low_m3 = r->trap_density_high_m3 = r->trap_density_onset_m3 = NAN;
  r->mobility_m2_vs = r->mobility_sigma_m2_vs = r->slope_max = NAN;
  r->v_max_v = r->v_onset_v = r->v_inflection_v = r->v_2_v = r->ohmic_a_m2_v = r->ohmic_over_least = NAN;
  r->tangent_slope = r->tangent_v = r->tangent_j_a_m2 = r->last_slope = r->last_v = r->last_j_a_m2 = NAN;
  r->v_t_v = r->j_0_a_m2 = r->fit_from_v = r->residual_rms = r->noise_rms = r->mark_helfrich_l = r->leak_a_m2_v = r->leak_part = r->field_gamma_sqrt_m_v = r->series_ohm_m2 = r->field_max_v_m = r->drift_velocity_m_s = NAN;
}

static ts_sclc_status judge(unsigned bits, unsigned *flags) {
  if (!(bits & TS_SCLC_MASK_ENOUGH)) return TS_SCLC_INSUFFICIENT_DATA;
  if (!(bits & TS_SCLC_MASK_STEEP)) return TS_SCLC_NO_TRAP_FILLED_LIMIT;
  if (!(bits & TS_SCLC_MASK_PASSED)) {
    *flags |= TS_SCLC_FLAG_SWEEP_TOO_SHORT;
    return TS_SCLC_NO_TRAP_FILLED_LIMIT;
  }
  if (!(bits & TS_SCLC_MASK_FITTED)) {
    *flags |= TS_SCLC_FLAG_SWEEP_TOO_SHORT;
    return TS_SCLC_INSUFFICIENT_DATA;
  }
  if (bits & TS_SCLC_MASK_POOR) *flags |= TS_SCLC_FLAG_POOR_FIT;
  if (bits & TS_SCLC_MASK_INFLECTION_HIGH) *flags |= TS_SCLC_FLAG_SHALLOW_TRAPS;
  if (bits & TS_SCLC_MASK_INFLECTION_LOW) *flags |= TS_SCLC_FLAG_INFLECTION_LOW;
  if (bits & TS_SCLC_MASK_TOO_STEEP) *flags |= TS_SCLC_FLAG_INJECTION_BARRIER;
  if (bits & TS_SCLC_MASK_TOP_FLAT) *flags |= TS_SCLC_FLAG_SERIES_RESISTANCE;
  if (bits & REFUSED) return TS_SCLC_NO_TRAP_FILLED_LIMIT;
  if (!(bits & TS_SCLC_MASK_CONVERGED)) return TS_SCLC_NOT_CONVERGED;
  return bits & TS_SCLC_MASK_UNRESOLVED ? TS_SCLC_UPPER_BOUND : TS_SCLC_OK;
}

static void curve_numbers(const uint32_t *w, unsigned bits, ts_sclc_result *r) {
  r->slope_max = q16(w[TS_SCLC_RES_SLOPE]);
  r->v_inflection_v = power(w[TS_SCLC_RES_X_INFLECTION]);
  r->tangent_slope = r->slope_max;
  r->tangent_v = power(w[TS_SCLC_RES_X_TANGENT]);
  r->tangent_j_a_m2 = power(w[TS_SCLC_RES_Y_TANGENT]);
  r->last_slope = q16(w[TS_SCLC_RES_SLOPE_TOP]);
  r->last_v = power(w[TS_SCLC_RES_X_TOP]);
  r->last_j_a_m2 = power(w[TS_SCLC_RES_Y_TOP]);
  if (!(bits & TS_SCLC_MASK_STEEP)) return;
  r->ohmic_a_m2_v = power(w[TS_SCLC_RES_OHMIC]);
  r->v_onset_v = power(w[TS_SCLC_RES_X_ONSET]);
  if (!(bits & TS_SCLC_MASK_PASSED)) return;
  r->v_2_v = power(w[TS_SCLC_RES_X_SECOND]);
}

static void fit_numbers(const ts_sclc_options *o, const uint32_t *w, ts_sclc_result *r) {
  const double fit_variance = q28(w[TS_SCLC_RES_FIT_VARIANCE]), noise_variance = q28(w[TS_SCLC_RES_NOISE_VARIANCE]);
  const double variance = fmax(fit_variance, noise_variance), information = q16(w[TS_SCLC_RES_INFORMATION]), weight = q16(w[TS_SCLC_RES_WEIGHT]);
  r->v_t_v = power(w[TS_SCLC_RES_X_TEMPLATE]);
  r->j_0_a_m2 = power(w[TS_SCLC_RES_Y_TEMPLATE]);
  r->fit_from_v = power(w[TS_SCLC_RES_X_CUT]);
  r->fit_points = (unsigned)lround(weight);
  r->residual_rms = LN_2 * sqrt(fit_variance);
  r->noise_rms = LN_2 * sqrt(noise_variance);
  const double sigma = TS_SCLC_TEMPLATE_FACTOR * r->v_t_v * LN_2 * sqrt(variance / information);
  r->v_tfl_v = power(w[TS_SCLC_RES_X_LIMIT]);
  const double half = hypot(Z_95 * sigma, MODEL_V * r->v_tfl_v);
  r->v_tfl_low_v = fmax(r->v_tfl_v - half, 0);
  r->v_tfl_high_v = r->v_tfl_v + half;
  const double l = o->thickness_m, slope = q16(w[TS_SCLC_RES_SLOPE_MEAN]) + 2;
  r->mobility_m2_vs = r->j_0_a_m2 * l * l * l / (4 * o->relative_permittivity * EPS_0_F_M * r->v_t_v * r->v_t_v);
  r->mobility_sigma_m2_vs = r->mobility_m2_vs * hypot(LN_2 * sqrt(variance * (1 / weight + slope * slope / information)), MODEL_MOBILITY);
}

/* ln of the ohmic conductance over that of diffusion alone, 4 pi^2 kT eps mu / (q L^3); thickness and permittivity cancel out. Filled traps are a barrier of
 * V_TFL / 4 in the middle, so with u = V_TFL / kT symmetric ohmic contacts leave u^1.5 exp(-u / 4) or more: less for no contact density or trap depth. */
static double ohmic_over_least(double kt_v, const ts_sclc_result *r) {
  const double u = r->v_tfl_high_v / kt_v;
  const double conductance = log(r->ohmic_a_m2_v * r->v_t_v * r->v_t_v / (PI * PI * kt_v * r->j_0_a_m2));
  return exp(conductance - (1.5 * log(u) - u / 4 + LEAST_OHMIC));
}

void ts_sclc_result_ohmic(ts_sclc_result *r) {
  r->ohmic_over_least = ohmic_over_least(r->v_min_v / (2 * PI * PI), r);
  if (r->ohmic_over_least < 1) r->flags |= TS_SCLC_FLAG_OHMIC_LOW;
}

void ts_sclc_result_publish(const ts_sclc_options *o, ts_sclc_result *r) {
  const double l = o->thickness_m, eps = o->relative_permittivity;
  if (r->status == TS_SCLC_UPPER_BOUND) {
    r->v_tfl_low_v = 0;
    r->v_tfl_high_v = fmax(r->v_tfl_high_v, r->v_min_v);
    r->v_tfl_v = NAN;
    r->trap_density_low_m3 = 0;
    r->trap_density_high_m3 = ts_sclc_density(r->v_tfl_high_v, l, eps);
  } else if (r->status == TS_SCLC_OK || r->status == TS_SCLC_NOT_CONVERGED) {
    r->trap_density_m3 = ts_sclc_density(r->v_tfl_v, l, eps);
    r->trap_density_low_m3 = ts_sclc_density(r->v_tfl_low_v, l, eps);
    r->trap_density_high_m3 = ts_sclc_density(r->v_tfl_high_v, l, eps);
  } else {
    /* the template is contradicted by the data: no number of it is an answer */
    r->v_tfl_v = r->v_tfl_low_v = r->v_tfl_high_v = r->mobility_m2_vs = r->mobility_sigma_m2_vs = NAN;
  }
}

void ts_sclc_result_from_words(const ts_sclc_options *o, const uint32_t *w, ts_sclc_result *r) {
  const unsigned bits = w[TS_SCLC_RES_STATUS];
  const double l = o->thickness_m, eps = o->relative_permittivity;
  nothing(r);
  r->status = judge(bits, &r->flags);
  r->points = w[TS_SCLC_RES_POINTS];
  r->v_min_v = ts_sclc_v_min(o->temperature_k);
  r->trap_density_min_m3 = ts_sclc_density(r->v_min_v, l, eps);
  r->cycles = w[TS_SCLC_RES_WORDS] ? (int64_t)w[TS_SCLC_RES_WORDS] : -1;
  if (!(bits & TS_SCLC_MASK_ENOUGH)) return;
  curve_numbers(w, bits, r);
  r->v_max_v = power(w[TS_SCLC_RES_X_LAST]);
  if (bits & TS_SCLC_MASK_STEEP) r->trap_density_onset_m3 = ts_sclc_density(r->v_onset_v, l, eps);
  if ((bits & TS_SCLC_MASK_STEEP) && !(bits & TS_SCLC_MASK_PASSED) && r->slope_max - r->last_slope < POWER_LAW) {
    r->flags |= TS_SCLC_FLAG_EXPONENTIAL_TRAPS;
    r->mark_helfrich_l = r->last_slope - 1;
  }
  if (!(bits & TS_SCLC_MASK_FITTED)) return;
  fit_numbers(o, w, r);
  if (r->v_max_v < TS_SCLC_REACH_MIN * r->v_tfl_v) r->flags |= TS_SCLC_FLAG_SWEEP_TOO_SHORT;
  if (r->status == TS_SCLC_OK || r->status == TS_SCLC_NOT_CONVERGED) ts_sclc_result_ohmic(r);
  ts_sclc_result_publish(o, r);
}
