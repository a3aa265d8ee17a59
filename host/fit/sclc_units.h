/* Conversions of a trap-filled-limit voltage: N_t = 2 eps V_TFL / (q L^2). Thickness in m, temperature in K, density in m^-3.
 * The smallest resolvable voltage is V_min = 2 pi^2 kT/q whatever the device (Le Corre et al., ACS Energy Lett. 6, 1087 (2021)). */
#ifndef TAUSTREAM_FIT_SCLC_UNITS_H
#define TAUSTREAM_FIT_SCLC_UNITS_H
double ts_sclc_density(double v_tfl_v, double thickness_m, double relative_permittivity);
double ts_sclc_voltage(double density_m3, double thickness_m, double relative_permittivity);
double ts_sclc_v_min(double temperature_k);
#endif
