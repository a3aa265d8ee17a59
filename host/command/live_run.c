/* taustream live: one measurement from its begin to its end. */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "../live/describe.h"
#include "interrupt.h"
#include "live_inside.h"
#include "trpl_weights.h"

#define KEYS_MS 30               /* between two looks at the keys */
#define WAIT_MS 200             /* at most, so that a signal that came just before is seen */

/* Until something can be done: events, results, keys, the next event's time. */
static void wait_for_work(live *l)
{
  struct pollfd p[3];
  nfds_t n = 0;
  bool wants_events = !l->ready && !l->ready_part && !l->source_ended && !l->ending;
  int timeout = wants_events && !l->ready_again_s && !l->source->fd ? 0 : l->terminal ? KEYS_MS : WAIT_MS;
  if (wants_events && l->ready_again_s > 0) {
    double left = (l->ready_again_s - seconds_now()) * 1e3;
    if (left < timeout) timeout = left > 0 ? (int)ceil(left) : 0;
  } else if (wants_events && l->source->fd) {
    p[n++] = (struct pollfd){.fd = l->source->fd(l->source), .events = POLLIN};
  }
  if (l->fitter) p[n++] = (struct pollfd){.fd = live_fitter_fd(l->fitter), .events = POLLIN};
  if (l->terminal) p[n++] = (struct pollfd){.fd = live_terminal_fd(l->terminal), .events = POLLIN};
  poll(p, n, timeout);
}

/* --period against what the source knows of SYNC: one or several pulses a sync. A board's is judged frame by frame. */
static void judge_period(live *l)
{
  const double period = l->o->trpl.fit.period_s, sync = l->source->axis.sync_s;
  if (!(period > 0) || !(sync > 0) || trpl_period_is_of_sync(period, sync)) return;
  char text[200];
  l->period_wrong = true;
  snprintf(text, sizeof text, "SYNC comes every %.4g s, and --period is %g s: lifetimes are fitted as if pulses came that far apart; expected the same", sync, period);
  live_trouble(l, text);
}

bool live_begin_framing(live *l)
{
  const live_axis *a = &l->source->axis;
  char message[TS_MESSAGE_BYTES] = "out of memory";
  trpl_options *t = (trpl_options *)(uintptr_t)&l->o->trpl;   /* the source tells what was not given */
  if (t->fit.irf_kind != TS_IRF_NONE && t->fit.period_s == 0 && a->period_s >= (double)a->bins * a->bin_width_s * (1 - 1e-9)) t->fit.period_s = a->period_s;
  judge_period(l);
  l->knows_pulses = l->o->kind == LIVE_REPLAY && a->period_s > 0 && !json_object_get(l->source->options(l->source), "sync_s");
  l->frame_counts = malloc(a->bins * sizeof *l->frame_counts);
  if (l->o->save_dnl) l->light = calloc(a->bins, sizeof *l->light);
  bool good = live_framer_begin(&l->framer, &l->o->rule, a) && l->frame_counts && (!l->o->save_dnl || l->light) && live_view_begin(&l->view, a, l->o->source);
  if (good && l->o->record) {
    json_t *begin = live_describe(l->o, &l->irf, a, &l->state.device);
    l->recording = ts_recording_create(l->o->record, begin, message);
    json_decref(begin);
    good = l->recording && (!l->irf.value || (ts_recording_irf(l->recording, l->irf.value, l->irf.bins) && ts_recording_flush(l->recording)));
  }
  if (good) {
    bool curves = l->terminal || l->o->snapshot || sink_wants_curves(&l->sink);
    l->fitter = l->o->kind == LIVE_BOARD ? live_fitter_create_pins(l->device, l->fits, t, &l->irf, a, curves, &l->pins, &l->o->rule)
                                         : live_fitter_create(l->device, t, &l->irf, a, curves, l->source->waits, l->o->send_photons);
    l->device = l->fits = NULL;
    good = l->fitter != NULL;
  }
  l->is_framing = true;
  l->paced_s = seconds_now();
  if (good) return true;
  live_trouble(l, message);
  l->failed = l->ending = true;
  return false;
}

static int finish(live *l)
{
  char message[TS_MESSAGE_BYTES];
  bool was_interrupted = interrupted();
  if (l->o->snapshot && l->is_framing) {
    live_prepare_view(l);
    if (!live_view_save(&l->view, l->o->snapshot, message)) {
      live_trouble(l, message);
      l->failed = true;
    }
  }
  live_save_widths(l);
  live_terminal_leave(l->terminal);
  l->sink.wall_s = seconds_now() - l->begun_s;
  l->sink.failed_inputs = l->broken || l->failed;
  if (l->recording) {
    json_t *end = json_object();
    json_object_set_new(end, "schema", json_string("taustream.end/1"));
    json_object_set_new(end, "complete", json_boolean(!was_interrupted && !l->failed));
    json_object_set_new(end, "done", json_integer((json_int_t)l->closed));
    json_object_set_new(end, "failed", json_integer((json_int_t)l->unfitted));
    if (!ts_recording_close(l->recording, end, message)) {
      complain(0, "%s", message);
      l->failed = true;
    }
    json_decref(end);
  }
  l->sink.bytes_to = l->state.bytes_to;
  l->sink.bytes_from = l->state.bytes_from;
  if (l->sink.withholds) live_tell_missed(l);
  live_terminal_close(l->terminal);   /* its notes may wait for the terminal: all is recorded before */
  l->terminal = NULL;
  const bool complete = !was_interrupted && !l->failed && !l->missed;
  if (l->has_sink && !sink_close(&l->sink, complete, NULL)) l->failed = true;
  const bool written = live_output_end(l->output);
  l->output = NULL;
  if (!written && !l->failed && !l->output_failed) complain(0, "standard output cannot be written");
  l->failed |= !written;
  if (l->unfitted && !l->failed && !l->o->save_dnl) complain(0, "%llu frames are recorded and not fitted; taustream trpl fits a recording", (unsigned long long)l->unfitted);
  return l->failed || l->broken || l->missed ? EXIT_INPUT : was_interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

int live_run(live *l)
{
  interrupt_catch();
  l->begun_s = seconds_now();
  if (l->source->is_open && !live_begin_framing(l)) return finish(l);
  while (!l->ending || l->ready || l->ready_part || (l->fitter && live_fitter_pending(l->fitter))) {
    if (interrupted() || l->quits) l->ending = true;
    if (!l->ending && !l->source_ended) live_pump(l);
    else live_push_ready(l);
    const bool is_over = (l->ending || l->source_ended) && !l->ready && !l->ready_part;
    if (is_over && !live_has_enough(l) && l->is_framing && !l->source->frame && live_framer_close(&l->framer, TS_LIVE_END))
      live_close_frame(l, &l->framer.closed, l->framer.closed_counts);
    if ((l->ending || l->source_ended) && !l->ready && !l->ready_part && l->fitter) live_fitter_finish(l->fitter);
    if (l->source_ended && !l->ready && !l->ready_part && !(l->fitter && live_fitter_pending(l->fitter))) break;
    live_take_results(l);
    live_watch_device(l);
    live_update_view(l);
    wait_for_work(l);
  }
  live_take_results(l);
  live_watch_device(l);
  if (l->state.has_no_plan && !l->failed) {   /* it was not too early for one: the options are wrong */
    live_trouble(l, l->state.message);
    l->failed = true;
  }
  return finish(l);
}
