/* The host's own fit of filled traps to a sweep, in double precision, with what the engine's does not have: a leak beside the device, a mobility that grows with
 * the field or a resistance in series, a range that ends at some V_TFL. The engine's answer is where it begins. */
#ifndef TAUSTREAM_FIT_SCLC_REFIT_H
#define TAUSTREAM_FIT_SCLC_REFIT_H
#include <stdbool.h>
#include <stddef.h>

/* Points in order, V rising, J > 0; noise: of ln J, one point. */
typedef struct ts_sclc_data {
  const double *v, *j;
  size_t n;
  double kt_v, noise, behind_v;     /* the fit takes no points below behind_v */
} ts_sclc_data;

/* J/V of the first points, one sigma of ln of it; flat: they are ohmic, else the level is only an upper bound of a leak. */
typedef struct ts_sclc_ohmic { double a_m2_v, sigma; bool flat; } ts_sclc_ohmic;
ts_sclc_ohmic ts_sclc_ohmic_level(const ts_sclc_data *d);

typedef struct ts_sclc_refit {
  double v_t_v, j_0_a_m2, leak_a_m2_v, p;   /* in: where to begin; p = gamma sqrt(V_t / L) */
  double leak_prior, leak_sigma;            /* in: of leak_a_m2_v; sigma 0: it stays as it is */
  bool with_field;                          /* in: p is free, else it stays as it is */
  bool with_series;                         /* in, without with_field: series_ohm_m2 is free, else it stays as it is (p 0) */
  double series_ohm_m2, series_sigma;       /* V of the device is V - series_ohm_m2 J; sigma absolute */
  double v_tfl_v, from_v, to_v, weight, residual_rms, residual_free;   /* residual_free: over the degrees of freedom */
  double v_t_sigma, j_0_sigma, mobility_sigma, p_sigma, leak_after;   /* relative, of the noise; p and leak absolute. mobility: of J_0 / V_t^2 */
} ts_sclc_refit;
/* False: too few points, or it does not converge. */
bool ts_sclc_refit_run(const ts_sclc_data *d, ts_sclc_refit *f);
#endif
