#include "ta_basis.h"

#include <math.h>

/* exp(x^2) erfc(x), x >= 0; the continued fraction where the factors would leave the range (relative error below 1e-10 there) */
static double erfcx(double x) {
  if (x < 6) return exp(x * x) * erfc(x);
  double f = x;
  for (int n = 24; n > 0; n--) f = x + n / (2 * f);
  return 0.56418958354775629 / f;
}

double ts_ta_decay(double u, double k) {
  const double z = u - k;
  if (z > 0) return exp(-k * u + k * k / 2) * 0.5 * erfc(-z / sqrt(2));
  return 0.5 * exp(-u * u / 2) * erfcx(-z / sqrt(2));
}
