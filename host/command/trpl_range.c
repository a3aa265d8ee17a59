#include "trpl_range.h"

#include <math.h>

#define JUDGED_COUNTS 30.0   /* photons next to the zeros on which the judgement rests */
#define DEAD_COUNTS 20.0     /* so many were to be expected among the zeros: their absence has a probability of exp(-20) */
#define SMOOTH_PART 0.5
#define RISES 2.0            /* from half of the maximum to it: an IRF goes on so far behind the maximum, however long the lifetime */
#define FLAT_PART 0.1        /* in front of the decay only a level below this part of the maximum says anything: the rise itself is steep */

bin_range range_of_times(double start_s, double bin_width_s, size_t bins, double from_s, double to_s)
{
  bin_range r = {0, bins};
  double first = ceil((from_s - start_s) / bin_width_s - 1e-6), end = ceil((to_s - start_s) / bin_width_s - 1e-6);
  if (first > 0) r.first = first < (double)bins ? (size_t)first : bins;
  if (end < (double)bins) r.end = end > 0 ? (size_t)end : 0;
  if (r.end < r.first) r.end = r.first;
  return r;
}

/* Sum of n counts from bin `from` on, in direction step. */
static double sum(const double *counts, size_t bins, size_t from, size_t n, int backwards)
{
  double s = 0;
  for (size_t i = 0; i < n; i++) {
    size_t j = backwards ? from - i : from + i;
    if (j >= bins) break;
    s += counts[j];
  }
  return s;
}

/* zeros: length of the run of zeros at one end; edge: the first filled bin beside it. Takes the fewest bins w beside the edge that hold
 * JUDGED_COUNTS photons (k) and the w bins behind them (k2): were the curve to go on as smoothly as from k2 to k, the w bins among
 * the zeros would hold k min(1, k / k2). */
static int is_dead(const double *counts, size_t bins, size_t edge, size_t zeros, int backwards, double level_most)
{
  size_t w = 0, inside = bins - zeros;
  double k = 0;
  while (w < zeros && w < inside && k < JUDGED_COUNTS) k += counts[backwards ? edge - w : edge + w], w++;
  if (k < JUDGED_COUNTS || k / (double)w > level_most) return 0;
  double k2 = sum(counts, bins, backwards ? edge - w : edge + w, w, backwards);
  if (k2 < SMOOTH_PART * k) return 0;   /* a spike, not a curve that was cut */
  return k * (k2 > k ? k / k2 : 1) > DEAD_COUNTS;
}

bin_range range_alive(const double *counts, size_t bins)
{
  bin_range r = {0, bins};
  size_t first = 0, end = bins;
  double most = 0;
  for (size_t i = 0; i < bins; i++) most = fmax(most, counts[i]);
  if (!(most > 0)) return r;
  while (!(counts[first] > 0)) first++;
  while (!(counts[end - 1] > 0)) end--;
  if (first > 0 && is_dead(counts, bins, first, first, 0, FLAT_PART * most)) r.first = first;
  if (end < bins && is_dead(counts, bins, end - 1, bins - end, 1, INFINITY)) r.end = end;
  return r;
}

size_t range_tail(const double *counts, bin_range r)
{
  size_t most = r.first, below;
  double least = INFINITY;
  for (size_t i = r.first; i < r.end; i++)
    if (counts[i] > counts[most]) most = i;
  for (size_t i = r.first; i < most; i++) least = fmin(least, counts[i]);
  if (most == r.first) return most;
  const double half = (counts[most] + least) / 2;
  for (below = most - 1; below > r.first && counts[below] >= half;) below--;
  if (counts[below] >= half) return most;      /* no rise is seen */
  const double rise = (double)(most - below) - (half - counts[below]) / (counts[below + 1] - counts[below]);
  const size_t start = most + (size_t)ceil(RISES * rise);
  return start < r.end ? start : most;
}
