#include "photon_scale.h"

ts_photon_ratio ts_photon_ratio_make(uint32_t photons, uint32_t before) {
  ts_photon_ratio r = {0, 0};
  for (; !(photons >> 31); photons <<= 1) r.power--;
  for (; !(before >> 31); before <<= 1) r.power++;
  r.quotient = (uint32_t)(((uint64_t)photons << 16) / before);
  return r;
}

uint32_t ts_photon_ratio_apply(ts_photon_ratio r, uint32_t word) {
  const uint64_t mantissa = ((uint64_t)(word & 0xffffffu) * r.quotient >> 16) & 0xffffffu;
  return ((word >> 24) + (uint32_t)r.power) << 24 | (uint32_t)mantissa;
}
