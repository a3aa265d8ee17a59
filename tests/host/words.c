/* LEB128 and f32x: round trips and edges. */
#include "check.h"
#include "session/protocol.h"
#include "session/words.h"

static void leb128(void) {
  uint8_t b[8];
  uint32_t v = 0;
  for (unsigned bit = 0; bit < 32; bit++)
    for (int d = -1; d <= 1; d++) {
      const uint32_t x = (1u << bit) + (uint32_t)d;
      const size_t n = ts_leb128_put(b, x);
      CHECK(n >= 1 && n <= TS_LEB128_BYTES_MAX);
      CHECK(ts_leb128_get(b, n, &v) == n && v == x);
      CHECK(ts_leb128_get(b, n - 1, &v) == 0);
    }
  CHECK(ts_leb128_put(b, 0xffffffffu) == 5 && b[4] == 0x0f);
  const uint8_t wide[5] = {0xff, 0xff, 0xff, 0xff, 0x1f}, endless[6] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x01};
  CHECK(ts_leb128_get(wide, 5, &v) == 0);
  CHECK(ts_leb128_get(endless, 6, &v) == 0);
}

static void f32x(void) {
  CHECK(ts_f32x_from_double(0) == 0);
  CHECK(ts_f32x_from_double(NAN) == 0);
  CHECK(ts_f32x_from_double(120) == 120);
  CHECK(ts_f32x_from_double(-1) == 0x00ffffffu);
  CHECK(ts_f32x_to_double(0x80800000u) == ldexp(-8388608.0, -128));
  CHECK(ts_f32x_to_double(0x7f000000u) == 0);
  for (int e = -100; e < 120; e++)
    for (int s = -1; s <= 1; s += 2)
      for (double m = 1; m < 2; m += 0.0625 + 1e-3) {
        const double x = s * ldexp(m, e), y = ts_f32x_to_double(ts_f32x_from_double(x));
        CHECK(fabs(y - x) <= ldexp(fabs(x), -23));
      }
  CHECK_NEAR(ts_f32x_to_double(ts_f32x_from_double(1 - 1e-12)), 1, 1e-12); /* rounds into the next binade */
  CHECK(ts_f32x_to_double(ts_f32x_from_double(1e300)) == ldexp(8388607.0, 127));
  CHECK(ts_f32x_to_double(ts_f32x_from_double(-INFINITY)) == -ldexp(8388607.0, 127));
  CHECK(ts_f32x_from_double(1e-300) == 0);
  for (uint32_t w = 1; w < 0x01000000u; w += 65537) CHECK(ts_f32x_to_double(w) == (w & 0x800000u ? (double)w - 16777216.0 : (double)w));
}

int main(void) {
  leb128();
  f32x();
  return check_end();
}
