/* Dead time: for how many of the pulses the detection was live in a bin.
 *
 * Stops are counted, so that the dead pulses of a bin are known, not estimated: each stop of bin j makes the detection dead for a time D behind it. Given what
 * came before, the stops of a live pulse are those of a Poisson process, so that the counts of bin i are as Poisson as ever with the mean
 *   mu_i (1 - dead_i / pulses)
 * (P. B. Coates, J. Phys. E 1, 878 (1968) for one stop a pulse; the likelihood of a counting process in general: dead_i is known when bin i begins).
 * Within its bin a stop is taken to stand anywhere: with the stops below a bin's left edge x, K(x) = sum y_j E max(0, x - t_j), the dead time in bin i is
 *   K(i + 1) - K(i) - K(i + 1 - D) + K(i - D), and the same m periods later. */
#include <math.h>
#include <stdlib.h>

#include "plan.h"

typedef struct sums {
  const uint64_t *counts;
  size_t bins;
  const double *below, *moment;   /* of the bins below n: counts, counts x (place + 1/2) */
} sums;

static double elapsed(const sums *s, double x) {
  if (x <= 0) return 0;
  if (x >= (double)s->bins) return x * s->below[s->bins] - s->moment[s->bins];
  const size_t n = (size_t)x;
  const double part = x - (double)n;
  return x * s->below[n] - s->moment[n] + (double)s->counts[n] * part * part / 2;
}

ts_error ts_live_fraction(const uint64_t *counts, size_t bins, double pulses, double period_bins, double dead_bins, double *weight) {
  if (!counts || !bins || !weight || !(pulses > 0) || !isfinite(pulses) || isnan(dead_bins)) return TS_ERROR_ARGUMENT;
  const bool first_alone = dead_bins < 0;
  if (!first_alone && (!(period_bins > 0) || !isfinite(period_bins) || !isfinite(dead_bins) || dead_bins / period_bins > 1e6)) return TS_ERROR_ARGUMENT;
  double *below = malloc(2 * (bins + 1) * sizeof *below);
  if (!below) return TS_ERROR_MEMORY;
  double *moment = below + bins + 1;
  below[0] = moment[0] = 0;
  for (size_t i = 0; i < bins; i++) {
    below[i + 1] = below[i] + (double)counts[i];
    moment[i + 1] = moment[i] + (double)counts[i] * ((double)i + 0.5);
  }
  const sums s = {counts, bins, below, moment};
  ts_error e = TS_OK;
  for (size_t i = 0; i < bins; i++) {
    double dead = elapsed(&s, (double)i + 1) - elapsed(&s, (double)i);
    if (!first_alone) {
      dead -= elapsed(&s, (double)i + 1 - dead_bins) - elapsed(&s, (double)i - dead_bins);
      /* stops of the periods before, until none is still dead */
      for (double later = period_bins; later < (double)bins + dead_bins; later += period_bins) {
        const double x = (double)i + later;
        dead += elapsed(&s, x + 1) - elapsed(&s, x) - elapsed(&s, x + 1 - dead_bins) + elapsed(&s, x - dead_bins);
      }
    }
    const double live = 1 - dead / pulses;
    if (!(live > 0)) e = TS_ERROR_INPUT;   /* more stops than so many pulses can have made */
    weight[i] *= fmax(live, 0);
  }
  free(below);
  return e;
}
