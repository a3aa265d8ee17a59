/* The worker of a device that is sent what it fits: the frames that were pushed, in their order. */
#include "../fit/plan.h"
#include "fitter_inside.h"

const char fitter_no_fit[] = "uncorrelated light is not fitted";

/* The oldest job in flight. */
static ts_error collect(live_fitter *f)
{
  live_job *j = f->flight.first;
  bool got = false;
  ts_error e = ts_trpl_poll(f->plan, true, &j->result, &got);
  if (e) return e;
  if (!got) return ts_device_fail(f->device, TS_ERROR_PROTOCOL, "a frame got no result");
  return fitter_give(f, j);
}

static ts_error drain(live_fitter *f)
{
  ts_error e = TS_OK;
  while (!e && f->flight.n) e = collect(f);
  return e;
}

void fitter_work_histograms(live_fitter *f)
{
  bool good = true;
  while (good) {
    live_job *j = f->other ? NULL : fitter_next_input(f, !f->flight.n);
    ts_error e = TS_OK;
    if (!j && !f->flight.n && fitter_is_stopped(f)) break;
    if (j && j->bin) {
      fitter_stream_part(f, j);
      live_job_free(j);
      continue;
    }
    if (j && f->options->is_calibration) {
      fitter_deliver_unfitted(f, j, fitter_no_fit);
      continue;
    }
    if (j) {
      if (!f->plan || !f->settled || j->fresh || j->components != f->components) {
        e = drain(f);
        if (!e) e = fitter_prepare(f, j);
        if (!e || e == TS_ERROR_INPUT) fitter_tell_plan(f, !e);
        if (e == TS_ERROR_INPUT && !f->plan && !f->settled) {
          fitter_deliver_unfitted(f, j, "too few photons yet to find the bins and the shift");
          continue;
        }
      }
      if (!e && f->photons && f->settled) {
        e = fitter_fit_photons(f, j);
        if (!e) continue;
        /* What the device has counted is gone: the frame is sent as a histogram, which also brings the device back. */
        fitter_drop_frames(f);
        j->by_device = false;
        if (fitter_may_come_back(e)) e = TS_OK;
      }
      if (!e) e = ts_trpl_submit(f->plan, j->counts + f->range.first, j->frame.number);
      if (e) {
        good = fitter_trouble(f, e, j);
        continue;
      }
      live_queue_put(&f->flight, j);
    }
    if (f->flight.n && (!j || !f->settled || f->photons || f->flight.n >= ts_trpl_in_flight_max(f->plan))) e = collect(f);
    if (e) good = fitter_trouble(f, e, NULL);
  }
  /* What comes now has no device. */
  for (live_job *j; (j = fitter_next_input(f, true)) != NULL;) {
    if (j->bin) live_job_free(j);
    else fitter_deliver_unfitted(f, j, f->given_up ? f->given_up : "the device was away");
  }
}
