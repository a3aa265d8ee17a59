#include "sclc_template.h"

#include <math.h>

#define SERIES_BELOW 1e-2
#define HALVINGS 80u

/* z - ln(1+z); for small z its series. */
static double denominator(double z)
{
  if (z > SERIES_BELOW) return z - log1p(z);
  return z * z * (1.0 / 2 - z * (1.0 / 3 - z * (1.0 / 4 - z * (1.0 / 5 - z * (1.0 / 6 - z / 7)))));
}

/* z^2/2 - z + ln(1+z) */
static double numerator(double z)
{
  if (z > SERIES_BELOW) return z * z / 2 - z + log1p(z);
  return z * z * z * (1.0 / 3 - z * (1.0 / 4 - z * (1.0 / 5 - z * (1.0 / 6 - z * (1.0 / 7 - z / 8)))));
}

double ts_sclc_template(double v, double v_t, double j_0)
{
  double low = -40, high = 40;   /* of ln z; V / v_t falls from 8 / (3 z) to 1 */
  if (!(v > v_t)) return 0;
  for (unsigned i = 0; i < HALVINGS; i++) {
    const double middle = (low + high) / 2, z = exp(middle), d = denominator(z);
    if (2 * numerator(z) / (d * d) > v / v_t) low = middle;
    else high = middle;
  }
  return j_0 / denominator(exp(low));
}
