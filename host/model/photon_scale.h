/* Amplitudes and background of a frame's result as the start of the next one's fit: rtl/photon/photon_scale.v.
 *
 * q = floor(2^16 x (2^a photons)/(2^b before)), both numbers with bit 31; mantissa -> floor(mantissa x q/2^16), exponent -> exponent + b - a.
 */
#ifndef TS_MODEL_PHOTON_SCALE_H
#define TS_MODEL_PHOTON_SCALE_H
#include <stdint.h>

typedef struct ts_photon_ratio {
  uint32_t quotient;
  int power;
} ts_photon_ratio;

/* Both from 1. */
ts_photon_ratio ts_photon_ratio_make(uint32_t photons, uint32_t before);
/* f32x, mantissa not negative. */
uint32_t ts_photon_ratio_apply(ts_photon_ratio r, uint32_t word);
#endif
