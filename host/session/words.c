#include "words.h"

#include <math.h>

#include "protocol.h"

void ts_put_u16(uint8_t *p, uint32_t v) {
  p[0] = (uint8_t)v;
  p[1] = (uint8_t)(v >> 8);
}

void ts_put_u32(uint8_t *p, uint32_t v) {
  ts_put_u16(p, v);
  ts_put_u16(p + 2, v >> 16);
}

uint32_t ts_get_u16(const uint8_t *p) { return (uint32_t)p[0] | (uint32_t)p[1] << 8; }

uint32_t ts_get_u32(const uint8_t *p) { return ts_get_u16(p) | ts_get_u16(p + 2) << 16; }

uint32_t ts_f32x_from_double(double v) {
  const double largest = (1 << (TS_F32X_MANTISSA_BITS - 1)) - 1; /* of the mantissa */
  const int e_max = (1 << (TS_F32X_EXPONENT_BITS - 1)) - 1;
  if (!(v != 0)) return 0;
  if (isnan(v)) return 0;
  double m = v;
  int e = 0;
  if (fabs(v) > largest || v != floor(v)) {
    if (isinf(v)) {
      m = v > 0 ? largest : -largest;
      e = e_max;
    } else {
      m = frexp(v, &e);
      m = rint(ldexp(m, TS_F32X_MANTISSA_BITS - 1));
      e -= TS_F32X_MANTISSA_BITS - 1;
      if (fabs(m) > largest) { /* rounded up to the next binade */
        m /= 2;
        e++;
      }
      if (e > e_max) {
        m = m > 0 ? largest : -largest;
        e = e_max;
      }
      if (e < -e_max - 1) return 0;
    }
  }
  const uint32_t mantissa = (uint32_t)(int32_t)m & ((1u << TS_F32X_MANTISSA_BITS) - 1);
  return mantissa | (uint32_t)e << TS_F32X_MANTISSA_BITS;
}

double ts_f32x_to_double(uint32_t word) {
  int32_t m = (int32_t)(word & ((1u << TS_F32X_MANTISSA_BITS) - 1));
  int32_t e = (int32_t)(word >> TS_F32X_MANTISSA_BITS);
  if (m >= 1 << (TS_F32X_MANTISSA_BITS - 1)) m -= 1 << TS_F32X_MANTISSA_BITS;
  if (e >= 1 << (TS_F32X_EXPONENT_BITS - 1)) e -= 1 << TS_F32X_EXPONENT_BITS;
  return ldexp(m, e);
}

size_t ts_leb128_put(uint8_t *p, uint32_t v) {
  size_t n = 0;
  while (v >= 0x80) {
    p[n++] = (uint8_t)(v | 0x80);
    v >>= 7;
  }
  p[n++] = (uint8_t)v;
  return n;
}

size_t ts_leb128_get(const uint8_t *p, size_t n, uint32_t *v) {
  uint64_t x = 0;
  for (size_t i = 0; i < n && i < TS_LEB128_BYTES_MAX; i++) {
    x |= (uint64_t)(p[i] & 0x7f) << (7 * i);
    if (!(p[i] & 0x80)) {
      if (x >> 32) return 0;
      *v = (uint32_t)x;
      return i + 1;
    }
  }
  return 0;
}
