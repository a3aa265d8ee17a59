/* Beside held lifetimes the device's own starts are far from the rest: where one held the longest of two and the device began with it, 1 of 10 fits, and 1 of 3 with three lifetimes, ended
 * not_converged with chi2 of hundreds. The host then begins anew, from several lifetimes for those that are free, and takes the answer that describes the counts best. */
#include <math.h>

#include "plan.h"

#define BEGINNINGS 4
#define FIRST 0.1            /* of the mean delay behind the highest bin: the middle of the free lifetimes to begin with */
#define NEXT 3.0             /* and the next beginning's, of this one's */
#define FAN 4.0              /* between free lifetimes */
#define BACKGROUND 0.05      /* of the counts */

static bool is_lost(const ts_trpl_plan *p, const ts_trpl_result *r, unsigned *free) {
  unsigned held = 0;
  for (unsigned k = 0; k < r->components; k++) held += p->options.lifetime_held[k];
  *free = r->components - held;
  return r->status == TS_STATUS_NOT_CONVERGED && held && *free && !p->options.compact && !p->options.unchecked;
}

/* Bins; 0 where the counts show no decay. */
static double mean_delay(const ts_trpl_plan *p, const uint64_t *counts) {
  double late = 0, total = 0;
  size_t most = 0;
  for (size_t i = 0; i < p->bins_used; i++)
    if (counts[i] > counts[most]) most = i;
  for (size_t i = 0; i < p->bins_used; i++) total += (double)counts[i], late += i > most ? (double)counts[i] * (double)(i - most) : 0;
  return total > 0 ? late / total : 0;
}

ts_error ts_restart(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r) {
  const ts_trpl_options *o = &p->options;
  const unsigned K = r->components;
  unsigned free;
  const double delay = mean_delay(p, counts);
  if (!is_lost(p, r, &free) || !(delay > 0)) return TS_OK;
  ts_trpl_result best = *r;
  double middle = fmax(delay * FIRST, 1);
  for (unsigned n = 0; n < BEGINNINGS; n++, middle *= NEXT) {
    ts_trpl_result next = *r;
    unsigned at = 0;
    if (p->free[2 * K]) next.shift_s = ((double)p->shift_bins + p->irf_offset + p->rebin_offset) * o->bin_width_s;
    next.background_per_bin = BACKGROUND * r->counts / (double)p->bins_used;
    for (unsigned k = 0; k < K; k++) {
      const double tau = middle * pow(FAN, (o->lifetime_held[k] ? 0 : at++) - (free - 1) / 2.0) * o->bin_width_s;
      next.lifetime_s[k] = o->lifetime_held[k] || (n == 0 && o->lifetime_s[k] > 0) ? o->lifetime_s[k] : tau;
      next.amplitude[k] = r->counts / K * fmin(1, o->bin_width_s / next.lifetime_s[k]);
    }
    const ts_error e = ts_trpl_refit(p, counts, NULL, NULL, &next);
    if (e) return e;
    if (next.status != TS_STATUS_NOT_CONVERGED && (best.status == TS_STATUS_NOT_CONVERGED || next.deviance < best.deviance)) best = next;
  }
  if (best.status == TS_STATUS_NOT_CONVERGED) return TS_OK;
  *r = best;
  r->flags |= TS_FLAG_HOST_FINISHED;
  return TS_OK;
}
