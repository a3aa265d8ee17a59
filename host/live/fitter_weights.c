/* Frames whose bins count only a known part of their photons: the device's result is taken further by the host (ts_trpl_refit). */
#include <math.h>
#include <stdlib.h>

#include "../command/trpl_weights.h"
#include "../fit/plan.h"
#include "fitter_inside.h"

ts_error fitter_correct(live_fitter *f, live_job *j, ts_trpl_plan *plan, const char **why)
{
  const trpl_options *o = f->options;
  char message[TS_MESSAGE_BYTES];
  unsigned flags;
  if (!o->widths && !o->models_pile_up) return TS_OK;
  if (!f->weight && !(f->weight = malloc(2 * f->axis.bins * sizeof *f->weight))) return ts_device_fail(f->device, TS_ERROR_MEMORY, "out of memory");
  double *error = f->weight + f->axis.bins;
  /* a stop stands anywhere in its sample */
  const trpl_axis a = {f->axis.bins, f->axis.start_s, f->axis.bin_width_s, f->axis.period_s, f->axis.dead_time_s - (f->has_pins ? f->pins.sample_s / 2 : 0)};
  ts_error e = trpl_weights(o, &a, j->counts, j->frame.pulses > 0 ? j->frame.pulses : o->fit.pulses, f->weight, error, &flags, message);
  if (e == TS_ERROR_INPUT) {    /* of this frame alone */
    *why = j->frame.pulses > 0 || o->fit.pulses > 0 ? "--pile-up correct: it has more photons than its pulses can give with this dead time"
                                                    : "--pile-up correct: the number of its pulses is not known";
    return TS_OK;
  }
  if (e) return ts_device_fail(f->device, TS_ERROR_ARGUMENT, "%s", message);
  if (!flags) return TS_OK;
  e = ts_trpl_refit(plan, j->counts + f->range.first, f->weight + f->range.first, o->widths ? error + f->range.first : NULL, &j->result);
  j->result.flags |= flags;
  if (flags & TS_FLAG_PILE_UP_MODELLED && live_frame_is_of_several(&j->frame)) j->result.flags |= TS_FLAG_POOR_FIT;
  j->has_weights = !e;
  return e;
}

void fitter_weigh_curve(const live_fitter *f, live_job *j)
{
  for (size_t i = f->range.first; j->has_weights && j->fit && i < f->range.end; i++) j->fit[i - f->range.first] *= f->weight[i];
}
