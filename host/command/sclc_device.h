/* Steady-state current of a single-carrier device: drift and diffusion in one dimension, solved in double precision.
 *
 *     d/dx (eps dpsi/dx) = q (n + n_t(n) - N_D),     J = -q mu n dphi/dx = constant,     n = N_c exp((psi - phi) q/kT)
 *
 * psi: potential, phi: quasi-Fermi potential (electrons; holes are the same with signs turned). A trap is neutral when empty; in the steady state
 * with one kind of carrier its filling follows n alone: n_t = N_t n / (n + N_c exp(-depth q/kT)), or the same integrated over an exponential
 * distribution of depths. Contacts hold n = N_c exp(-barrier q/kT). Series and shunt resistance are outside:
 * V = V_device + J R_s, J = J_device + V_device / R_sh.
 * Scharfetter-Gummel fluxes (Scharfetter, Gummel 1969) between the nodes of a grid that is dense at both contacts, Newton's method on (psi, phi)
 * with the block-tridiagonal Jacobian, voltages reached step by step. No ions, no recombination, no field-dependent mobility. */
#ifndef TAUSTREAM_SCLC_DEVICE_H
#define TAUSTREAM_SCLC_DEVICE_H
#include <stdbool.h>

typedef struct ts_sclc_device_options {
  double thickness_m, relative_permittivity, mobility_m2_vs, temperature_k;
  double trap_density_m3, trap_depth_v;      /* one level, so far below the band */
  double trap_energy_v;                      /* > 0: depths distributed as exp(-depth / trap_energy) from the band down instead */
  double barrier_inject_v, barrier_extract_v;
  double density_of_states_m3, doping_m3;
  double series_ohm_m2, shunt_ohm_m2;        /* shunt 0: none */
} ts_sclc_device_options;

typedef struct ts_sclc_device ts_sclc_device;
/* NULL when out of memory or when the equilibrium is not found. */
ts_sclc_device *ts_sclc_device_new(const ts_sclc_device_options *o);
void ts_sclc_device_free(ts_sclc_device *d);
/* Current density at the voltage over the terminals (injecting contact negative for electrons: J > 0 for V > 0). Successive voltages near to each
 * other are fast. False: not converged. Not for a device used by two threads. */
bool ts_sclc_device_current(ts_sclc_device *d, double voltage_v, double *current_density_a_m2);
#endif
