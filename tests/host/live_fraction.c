/* ts_live_fraction() against a sum over stops at many places of their bins; what it refuses. */
#include <math.h>
#include <stdlib.h>

#include "check.h"
#include "taustream.h"

enum { BINS = 40, PLACES = 2000 };

/* Part of [a, a + 1) that [from, from + length) covers. */
static double covered(double a, double from, double length)
{
  const double low = fmax(a, from), high = fmin(a + 1, from + length);
  return high > low ? high - low : 0;
}

static double dead_of(const uint64_t *counts, double period, double dead, size_t bin)
{
  double sum = 0;
  for (size_t j = 0; j < BINS; j++)
    for (unsigned k = 0; counts[j] && k < PLACES; k++) {
      const double at = (double)j + (k + 0.5) / PLACES;
      if (dead < 0) sum += (double)counts[j] / PLACES * covered((double)bin, at, period - at);
      else
        for (double later = 0; later < dead + period; later += period) sum += (double)counts[j] / PLACES * covered((double)bin + later, at, dead);
    }
  return sum;
}

static void compare(const uint64_t *counts, double pulses, double period, double dead)
{
  double weight[BINS];
  for (size_t i = 0; i < BINS; i++) weight[i] = 0.5;
  CHECK(!ts_live_fraction(counts, BINS, pulses, period, dead, weight));
  for (size_t i = 0; i < BINS; i++) CHECK_NEAR(weight[i], 0.5 * (1 - dead_of(counts, period, dead, i) / pulses), 1e-6);
}

int main(void)
{
  uint64_t counts[BINS];
  double weight[BINS];
  srand(3);
  for (size_t i = 0; i < BINS; i++) counts[i] = (uint64_t)(rand() % 200);
  for (size_t i = 0; i < 8; i++) counts[i] = 0;
  compare(counts, 20000, 45.5, -1);
  static const double dead[] = {0, 0.3, 1, 2.75, 20, 44, 45.5, 60.2, 130};
  for (size_t i = 0; i < sizeof dead / sizeof *dead; i++) compare(counts, 20000, 45.5, dead[i]);
  compare(counts, 20000, BINS, 7);

  for (size_t i = 0; i < BINS; i++) weight[i] = 1;
  CHECK(ts_live_fraction(counts, BINS, 1000, 45.5, -1, weight) == TS_ERROR_INPUT);
  CHECK(weight[0] == 1 && weight[BINS - 1] == 0);   /* more stops than pulses */
  CHECK(ts_live_fraction(counts, BINS, 0, 45.5, -1, weight) == TS_ERROR_ARGUMENT);
  CHECK(ts_live_fraction(counts, BINS, 1000, 0, 3, weight) == TS_ERROR_ARGUMENT);
  CHECK(ts_live_fraction(counts, BINS, 1000, 45.5, NAN, weight) == TS_ERROR_ARGUMENT);
  CHECK(ts_live_fraction(counts, BINS, 1000, 1e-9, 3, weight) == TS_ERROR_ARGUMENT);
  CHECK(ts_live_fraction(NULL, BINS, 1000, 45.5, 3, weight) == TS_ERROR_ARGUMENT);
  return check_end();
}
