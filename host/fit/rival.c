/* Ways in which an answer that looks sound is not the only one. A: intervals rest on the Fisher matrix at the maximum. Where several components are hardly told apart, chance now and then puts
 * the maximum where they seem better apart than they are, and the sigmas there are too small (90 and 358 bins with 1e4 counts in a window of 358 bins behind the pulse: 3 % of fits were `ok`, all of
 * them wrong, by 4 to 20 sigma). The slowest lifetime is then held FAR_SIGMAS longer: the deviance must rise by about their square, and where it hardly does the sigmas mean nothing.
 * The same with a lifetime of a few bins, far below the response's width, and the shortest that is searched: truths of a third of a bin were told as 1 bin, by 3 sigma (at_limit).
 * B: few photons: the slowest of several components may stand for the background, in a minimum of its own that the device ended in, while another one describes the data
 * as well or better. The host looks for it. With 1000 counts (1 and 4 ns, 20 % background, window 51 ns) 19 of 7476 fits that were `ok` were more than 6 sigma off, and 3 of 7459
 * were with a look behind every fit; with 2000 counts it was 1 of 9962. It cannot tell those whose data prefer the wrong answer, with one minimum (docs/decay_engine.md, Known limits). */
#include <math.h>

#include "plan.h"

#define COUNTS_MAX_PER_PARAMETER 300.0  /* more photons: not met */
#define SLOW_WINDOWS 0.25               /* of the window behind the pulse: a lifetime that can stand for the background; it also keeps the host's work (some ms) to the few fits that need it */
#define DEVIANCE 4.0                    /* higher by no more: as good an answer */
#define FAR_SIGMAS 4.0                  /* and another one: a lifetime lies so far from the device's */
#define BADLY_KNOWN 0.2                 /* relative sigma of a lifetime from which on A is looked at */
#define RISE_MIN 5.0                    /* of the deviance */
#define EDGE_RISE_MIN 4.0               /* at the shortest lifetime that is searched: less is within a 95 % interval */
#define SHORT_KNOWN 0.1                 /* and so badly the shortest */
#define SHORT_BINS 5.0                  /* of the device: a lifetime that may be shorter than what is searched */
#define APART 1.25                      /* between the held lifetime and the next one to start with */
#define QUICKER 0.5                     /* the strongest of the other components is divided into these */
#define SLOWER 1.6

/* *rise: of the deviance, with lifetime k held there. */
static ts_error hold(ts_trpl_plan *p, const uint64_t *counts, const ts_trpl_result *r, unsigned k, double lifetime_s, double *rise) {
  ts_trpl_plan held = *p;
  ts_trpl_result other = *r;
  other.lifetime_s[k] = lifetime_s;
  held.options.lifetime_held[k] = true;
  held.options.lifetime_s[k] = lifetime_s;
  held.free[2 * k + 1] = false;
  held.free_parameters--;
  if (k && other.lifetime_s[k - 1] > r->lifetime_s[k] / APART) other.lifetime_s[k - 1] = r->lifetime_s[k] / APART;
  const ts_error e = ts_trpl_refit(&held, counts, NULL, NULL, &other);
  p->refit = held.refit;
  *rise = other.deviance - r->deviance;
  return e;
}

/* Where the window begins behind the response's beginning an earlier response may describe the counts as well, with larger amplitudes: behind its end they are one exponential each, whatever
 * the shift, and chance makes a response in the window of their noise. */
static ts_error check_shift(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r) {
  const unsigned S = 2 * r->components;
  if (!p->free[S] || !(p->lead > 0 || p->unfinished) || !(r->shift_sigma_s > 0)) return TS_OK;
  ts_trpl_result here = *r;
  ts_error e = r->flags & TS_FLAG_HOST_FINISHED ? TS_OK : ts_trpl_refit(p, counts, NULL, NULL, &here);   /* the device knows nothing of what is before the window */
  if (e || !(here.shift_sigma_s > 0)) return e;
  ts_trpl_plan held = *p;
  ts_trpl_result other = here;
  other.shift_s -= FAR_SIGMAS * here.shift_sigma_s;
  held.free[S] = false;
  held.free_parameters--;
  e = ts_trpl_refit(&held, counts, NULL, NULL, &other);
  p->refit = held.refit;
  if (!e && other.deviance - here.deviance < RISE_MIN) r->status = TS_STATUS_AT_LIMIT;
  return e;
}

static bool badly_known(const ts_trpl_result *r) {
  double worst = 0;
  for (unsigned k = 0; k < r->components; k++) worst = fmax(worst, r->lifetime_sigma_s[k] / r->lifetime_s[k]);
  return worst > BADLY_KNOWN;
}

static ts_error check_longest(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r) {
  const unsigned last = r->components - 1;
  double rise = 0;
  if (!badly_known(r)) return TS_OK;
  const ts_error e = hold(p, counts, r, last, r->lifetime_s[last] * exp(FAR_SIGMAS * r->lifetime_sigma_s[last] / r->lifetime_s[last]), &rise);
  if (!e && rise < RISE_MIN) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  return e;
}

static ts_error check_shortest(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r) {
  const double bin = p->options.bin_width_s * (double)p->factor;
  double rise = 0;
  if (r->lifetime_s[0] > SHORT_BINS * bin || !(r->lifetime_sigma_s[0] > SHORT_KNOWN * r->lifetime_s[0])) return TS_OK;
  if (r->components > 1 && r->counts > COUNTS_MAX_PER_PARAMETER * p->free_parameters) return TS_OK;   /* their shortest may be faint, and is told from the rest well enough */
  const ts_error e = hold(p, counts, r, 0, bin / TS_RATE_MAX, &rise);
  if (!e && rise < EDGE_RISE_MIN) r->status = TS_STATUS_AT_LIMIT;
  return e;
}

ts_error ts_rival(ts_trpl_plan *p, const uint64_t *counts, ts_trpl_result *r) {
  const unsigned K = r->components, last = K - 1;
  const double width = p->options.bin_width_s, window = width * (double)p->bins_used;
  const double shift = p->options.irf_kind == TS_IRF_NONE ? 0 : r->shift_s / width - (double)p->shift_bins - p->irf_offset;
  if (r->status != TS_STATUS_OK) return TS_OK;
  ts_error e = check_shift(p, counts, r);
  if (e || r->status != TS_STATUS_OK) return e;
  for (unsigned k = 0; k < K; k++)
    if (p->options.lifetime_held[k]) return TS_OK;
  e = check_shortest(p, counts, r);
  const double behind = width * ts_measured(p, width / r->lifetime_s[last], shift);
  if (e || K < 2 || r->status != TS_STATUS_OK || r->lifetime_s[last] < SLOW_WINDOWS * behind) return e;
  e = check_longest(p, counts, r);
  if (e || r->status != TS_STATUS_OK || !p->free[2 * K + 1] || r->counts > COUNTS_MAX_PER_PARAMETER * p->free_parameters) return e;
  unsigned strongest = 0;
  for (unsigned k = 0; k < last; k++)
    if (r->amplitude[k] * r->lifetime_s[k] > r->amplitude[strongest] * r->lifetime_s[strongest]) strongest = k;
  ts_trpl_result other = *r;
  other.background_per_bin += r->amplitude[last] * r->lifetime_s[last] * -expm1(-behind / r->lifetime_s[last]) / window;
  other.amplitude[strongest] = other.amplitude[last] = 0.6 * r->amplitude[strongest];
  other.lifetime_s[strongest] = QUICKER * r->lifetime_s[strongest];
  other.lifetime_s[last] = SLOWER * r->lifetime_s[strongest];
  e = ts_trpl_refit(p, counts, NULL, NULL, &other);
  double far = 0;
  for (unsigned k = 0; k < K; k++) far = fmax(far, fabs(log(other.lifetime_s[k] / r->lifetime_s[k])) * r->lifetime_s[k] / r->lifetime_sigma_s[k]);
  if (!e && other.status != TS_STATUS_NOT_CONVERGED && other.deviance < r->deviance + DEVIANCE && far > FAR_SIGMAS) r->status = TS_STATUS_ORDER_UNSUPPORTED;
  return e;
}
