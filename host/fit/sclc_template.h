/* The current of a device whose traps are all filled, without diffusion: a = q N_t / eps, E* = J / (q mu N_t), z = E_L / E*:
 *     V = v_t 2 (z^2/2 - z + ln(1+z)) / (z - ln(1+z))^2,    J = j_0 / (z - ln(1+z)). */
#ifndef TAUSTREAM_FIT_SCLC_TEMPLATE_H
#define TAUSTREAM_FIT_SCLC_TEMPLATE_H
/* J at V > v_t; 0 at and below v_t. */
double ts_sclc_template(double v, double v_t, double j_0);
#endif
