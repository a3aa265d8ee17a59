/* A frame that has its result, until it is delivered: a second try where the decay has moved, corrections, flags, the configuration it was made with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fit/plan.h"
#include "fitter_inside.h"

#define PINS_LOSS_SIGMAS 0.5

static bool wants_other_shift(const live_fitter *f, const live_job *j)
{
  const ts_trpl_result *r = &j->result;
  if (f->has_pins && f->settled && !f->fits_here) return false;   /* photons come: the device measures */
  if (f->options->fit.irf_kind == TS_IRF_NONE || f->options->fit.shift != TS_FREE) return false;
  if (r->status == TS_STATUS_INSUFFICIENT_DATA) return r->counts >= TS_COUNTS_PER_PARAMETER * f->plan->free_parameters;   /* hardly any of them behind where the pulse should be */
  return r->status == TS_STATUS_AT_LIMIT || r->status == TS_STATUS_NOT_CONVERGED || (r->flags & TS_FLAG_POOR_FIT);
}

static bool is_better(const ts_trpl_result *a, const ts_trpl_result *b)
{
  const bool a_ok = a->status == TS_STATUS_OK, b_ok = b->status == TS_STATUS_OK;
  if (a_ok != b_ok) return a_ok;
  return isfinite(a->chi2_reduced) && !(a->chi2_reduced >= b->chi2_reduced);
}

/* The frame's fit by this plan, where that has another coarse shift. True: it is better, and the frame's result now. */
static bool is_better_by(live_fitter *f, live_job *j, ts_trpl_plan *p, ts_error *e)
{
  ts_trpl_result r;
  bool got = false;
  if (p->shift_bins == f->plan->shift_bins) return false;
  *e = ts_trpl_submit(p, j->counts + f->range.first, j->frame.number);
  if (!*e) *e = ts_trpl_poll(p, true, &r, &got);
  if (!got) return false;
  r.flags |= ts_trpl_plan_flags(p);
  if (!is_better(&r, &j->result)) return false;
  j->result = r;
  return true;
}

/* The decay may have moved further than the fit may shift: a coarse shift that an earlier frame had found, or one from this frame alone. It is kept (f->other) only if the
 * frame is `ok` with it: the place of a frame without a decay, such as background alone, is no place for the next. *used: the plan whose result it is now; *own: that plan,
 * where it is not kept. */
static ts_error try_other_shift(live_fitter *f, live_job *j, ts_trpl_plan **used, ts_trpl_plan **own)
{
  ts_error e = TS_OK;
  if (!f->fits_here) {
    ts_frames_destroy(f->frames);   /* the device fits nothing else while it is open */
    f->frames = NULL;
  }
  if (f->other && is_better_by(f, j, f->other, &e)) *used = f->other;
  if (e || (*used == f->other && j->result.status == TS_STATUS_OK)) return e;
  double *example = malloc(j->bins * sizeof *example);
  if (!example) return ts_device_fail(f->device, TS_ERROR_MEMORY, "out of memory");
  for (size_t i = 0; i < j->bins; i++) example[i] = (double)j->counts[i];
  ts_trpl_plan *p = NULL;
  e = fitter_make_plan(f, &p, f->components, example);
  free(example);
  if (e == TS_ERROR_INPUT) return TS_OK;   /* this frame tells nothing of a shift */
  if (e || !is_better_by(f, j, p, &e)) {
    ts_trpl_plan_destroy(p);
    return e;
  }
  *used = p;
  if (j->result.status == TS_STATUS_OK) {
    ts_trpl_plan_destroy(f->other);
    f->other = p;
  } else {
    *own = p;
  }
  return e;
}

static void judge_pile_up(const live_fitter *f, live_job *j)
{
  double photons = (double)(j->frame.photons + j->frame.outside);
  if (f->has_pins) {
    /* Several stops a pulse: the part that is lost where photons are densest, against the part that chance hides. */
    uint64_t most = 0;
    for (size_t i = 0; i < j->bins; i++) most = j->counts[i] > most ? j->counts[i] : most;
    const double loss = j->frame.pulses > 0 ? (double)most / j->frame.pulses * f->axis.dead_time_s / f->axis.bin_width_s : 1;
    if (loss > PINS_LOSS_SIGMAS / sqrt(fmax(photons, 1))) j->result.flags |= TS_FLAG_PILE_UP;
    return;
  }
  if (f->axis.dead_time_s == 0) return;   /* every photon of a pulse is counted */
  if (j->frame.pulses > 0 && photons / j->frame.pulses > TS_PILE_UP_RATE) j->result.flags |= TS_FLAG_PILE_UP;
}

static void attach_configuration(live_fitter *f, live_job *j, const ts_trpl_plan *p)
{
  j->config = p->config;
  if (f->told == p->config) return;
  j->config_payload = malloc(p->config_bytes);
  j->irf_payload = malloc(p->irf_bytes);
  if (!j->config_payload || !j->irf_payload) return;
  memcpy(j->config_payload, p->config_payload, p->config_bytes);
  memcpy(j->irf_payload, p->irf_payload, p->irf_bytes);
  j->config_bytes = p->config_bytes;
  j->irf_bytes = p->irf_bytes;
  f->told = p->config;
}

ts_error fitter_give(live_fitter *f, live_job *j)
{
  ts_trpl_plan *used = f->plan, *own = NULL;
  const char *why = NULL;
  ts_error e = TS_OK;
  j->result.flags |= ts_trpl_plan_flags(f->plan);
  if (wants_other_shift(f, j)) e = try_other_shift(f, j, &used, &own);
  if (!e) e = fitter_correct(f, j, used, &why);
  if (e) {
    ts_trpl_plan_destroy(own);
    return e;
  }
  judge_pile_up(f, j);
  j->range = f->range;
  attach_configuration(f, j, used);
  if (f->curves && !why && (j->fit = malloc((f->range.end - f->range.first) * sizeof *j->fit)) != NULL && ts_trpl_curve(used, &j->result, j->fit)) {
    free(j->fit);
    j->fit = NULL;
  }
  ts_trpl_plan_destroy(own);
  fitter_weigh_curve(f, j);
  if (f->flight.first == j) live_queue_take(&f->flight);
  if (why) fitter_deliver_unfitted(f, j, why);
  else fitter_deliver(f, j);
  if (!f->flight.n && f->other) {
    ts_trpl_plan_destroy(f->plan);
    f->plan = f->other;
    f->other = NULL;
  }
  return TS_OK;
}
