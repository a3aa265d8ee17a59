/* Plans of the device, or of the model that fits in its place: made from what the first frames hold, and anew when the components change. */
#include <stdio.h>
#include <string.h>

#include "../fit/plan.h"
#include "fitter_inside.h"

#define TAIL_BINS 16u   /* a tail fit from behind the maximum has at least so many, or it starts at the first bin */

ts_error fitter_tell(live_fitter *f, ts_error e)
{
  return e && f->fits_here ? ts_device_fail(f->device, e, "%s", ts_device_message(f->fits)) : e;
}

void fitter_tell_plan(live_fitter *f, bool has_plan)
{
  pthread_mutex_lock(&f->lock);
  f->state.has_no_plan = !has_plan && f->sum_counts >= TS_COUNTS_PER_PARAMETER * (2 * f->components + 2);
  if (f->state.has_no_plan) snprintf(f->state.message, sizeof f->state.message, "%s", ts_device_message(f->device));
  pthread_mutex_unlock(&f->lock);
}

ts_error fitter_make_plan(live_fitter *f, ts_trpl_plan **plan, unsigned components, const double *example)
{
  ts_trpl_options o = f->options->fit;
  double from = f->axis.start_s + (double)f->range.first * f->axis.bin_width_s;
  o.components = components;
  o.bin_width_s = f->axis.bin_width_s;
  if (o.irf_kind == TS_IRF_HISTOGRAM) {
    o.irf = f->irf->value;
    o.irf_bins = f->irf->bins;
    o.irf_bin_width_s = f->irf->bin_width_s;
    o.irf_start_s = f->irf->start_s - from;
  } else if (o.irf_kind == TS_IRF_GAUSS) {
    o.irf_start_s = -from;
  }
  for (unsigned k = components; k < TS_COMPONENTS_MAX; k++) o.lifetime_s[k] = 0, o.lifetime_held[k] = false;
  return fitter_tell(f, ts_trpl_plan_create(plan, f->fits_here ? f->fits : f->device, &o, f->range.end - f->range.first, example + f->range.first));
}

void fitter_drop_fits(live_fitter *f)
{
  ts_trpl_plan_destroy(f->plan);
  ts_trpl_plan_destroy(f->other);
  f->plan = f->other = NULL;
}

void fitter_drop_plans(live_fitter *f)
{
  ts_frames_destroy(f->frames);
  f->frames = NULL;
  f->is_streaming = false;
  ts_trpl_plan_destroy(f->counting);
  f->counting = NULL;
  fitter_drop_fits(f);
}

ts_error fitter_prepare(live_fitter *f, const live_job *j)
{
  if (j->fresh) {
    f->settled = false;
    f->sum_counts = 0;
    memset(f->sum, 0, f->axis.bins * sizeof *f->sum);
  }
  bool same = f->plan && j->components == f->components;
  if (same && (f->settled || (!j->frame.photons && !j->fresh))) return TS_OK;
  if (!f->settled) {
    for (size_t i = 0; i < j->bins; i++) f->sum[i] += (double)j->counts[i];
    f->sum_counts += (double)j->frame.photons;
    f->settled = f->sum_counts >= SETTLED_COUNTS;
    const trpl_options *o = f->options;
    if (o->has_range) {
      f->range = range_of_times(f->axis.start_s, f->axis.bin_width_s, f->axis.bins, o->from_s, o->to_s);
    } else {
      f->range = range_alive(f->sum, f->axis.bins);
      size_t tail = range_tail(f->sum, f->range);
      if (o->fit.irf_kind == TS_IRF_NONE && f->range.end - tail >= TAIL_BINS) f->range.first = tail;
    }
    if (f->range.end <= f->range.first)
      return ts_device_fail(f->device, TS_ERROR_ARGUMENT, "--range %g..%g s holds none of the bins from %g to %g s: expected a range inside the data", o->from_s,
                            o->to_s, f->axis.start_s, f->axis.start_s + (double)f->axis.bins * f->axis.bin_width_s);
  }
  fitter_drop_plans(f);
  f->components = j->components;
  return fitter_make_plan(f, &f->plan, j->components, f->sum);
}
