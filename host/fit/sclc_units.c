#include "sclc_units.h"

#define CHARGE_C 1.602176634e-19
#define BOLTZMANN_J_K 1.380649e-23
#define EPS_0_F_M 8.8541878128e-12
#define PI 3.141592653589793

double ts_sclc_density(double v_tfl_v, double thickness_m, double relative_permittivity)
{
  return 2 * relative_permittivity * EPS_0_F_M * v_tfl_v / (CHARGE_C * thickness_m * thickness_m);
}

double ts_sclc_voltage(double density_m3, double thickness_m, double relative_permittivity)
{
  return density_m3 * CHARGE_C * thickness_m * thickness_m / (2 * relative_permittivity * EPS_0_F_M);
}

double ts_sclc_v_min(double temperature_k)
{
  return 2 * PI * PI * BOLTZMANN_J_K * temperature_k / CHARGE_C;
}
