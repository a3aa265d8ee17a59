/* A frame that has its result, until it is delivered: a second try where the decay has moved, corrections, flags, the configuration it was made with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fit/plan.h"
#include "fitter_inside.h"

#define PINS_LOSS_SIGMAS 0.5

static bool wants_other_shift(const live_fitter *f, const ts_trpl_result *r)
{
  if (f->has_pins && f->settled && !f->fits_here) return false;   /* photons come: the device measures */
  if (f->options->fit.irf_kind == TS_IRF_NONE || f->options->fit.shift != TS_FREE) return false;
  return r->status == TS_STATUS_AT_LIMIT || r->status == TS_STATUS_NOT_CONVERGED || (r->flags & TS_FLAG_POOR_FIT);
}

static bool is_better(const ts_trpl_result *a, const ts_trpl_result *b)
{
  const bool a_ok = a->status == TS_STATUS_OK, b_ok = b->status == TS_STATUS_OK;
  if (a_ok != b_ok) return a_ok;
  return isfinite(a->chi2_reduced) && !(a->chi2_reduced >= b->chi2_reduced);
}

/* The decay may have moved further than the fit may shift: a coarse shift from this frame alone. *used: the plan whose result it is now. */
static ts_error try_other_shift(live_fitter *f, live_job *j, ts_trpl_plan **used)
{
  ts_error e = TS_OK;
  bool is_new = !f->other, got = false;
  if (!f->fits_here) {
    ts_frames_destroy(f->frames);   /* the device fits nothing else while it is open */
    f->frames = NULL;
  }
  ts_trpl_result r;
  if (is_new) {
    double *example = malloc(j->bins * sizeof *example);
    if (!example) return ts_device_fail(f->device, TS_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < j->bins; i++) example[i] = (double)j->counts[i];
    e = fitter_make_plan(f, &f->other, f->components, example);
    free(example);
    if (e == TS_ERROR_INPUT) return TS_OK;   /* this frame tells nothing of a shift */
  }
  bool differs = !e && f->other->shift_bins != f->plan->shift_bins;
  if (differs) e = ts_trpl_submit(f->other, j->counts + f->range.first, j->frame.number);
  if (differs && !e) e = ts_trpl_poll(f->other, true, &r, &got);
  if (got) r.flags |= ts_trpl_plan_flags(f->other);
  if (got && is_better(&r, &j->result)) {
    j->result = r;
    *used = f->other;
  } else if (is_new) {
    ts_trpl_plan_destroy(f->other);
    f->other = NULL;
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
  ts_trpl_plan *used = f->plan;
  const char *why = NULL;
  ts_error e;
  j->result.flags |= ts_trpl_plan_flags(f->plan);
  if (wants_other_shift(f, &j->result) && (e = try_other_shift(f, j, &used))) return e;
  if ((e = fitter_correct(f, j, used, &why))) return e;
  judge_pile_up(f, j);
  j->range = f->range;
  attach_configuration(f, j, used);
  if (f->curves && !why && (j->fit = malloc((f->range.end - f->range.first) * sizeof *j->fit)) != NULL && ts_trpl_curve(used, &j->result, j->fit)) {
    free(j->fit);
    j->fit = NULL;
  }
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
