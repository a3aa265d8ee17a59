/* taustream live: what the fitter gives is recorded, written and shown; a device that comes and goes is told. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../session/words.h"
#include "live_inside.h"
#include "trpl_weights.h"

static void tell_output(live *l)
{
  if (l->output_failed || !l->recording || !live_output_has_failed(l->output)) return;
  l->output_failed = true;
  live_trouble(l, "standard output cannot be written: frames go on being recorded");
}

/* A source that can wait does so while nobody reads the output; of any other the frames are kept for it, then left out. */
static void await_output(live *l, const ts_live_frame *f)
{
  if (l->source->waits) live_output_wait(l->output);
  if (l->source->waits || live_output_has_room(l->output)) {
    if (l->sink.withholds) live_tell_missed(l);
    return;
  }
  if (!l->sink.withholds) l->missed_from = *f;
  l->missed_to = *f;
  l->missed++;
  l->sink.withholds = true;
}

/* What dead time took is modelled for one detector. */
static void tell_several(live *l, const live_job *j)
{
  char text[300];
  if (l->several_told || !(j->result.flags & TS_FLAG_PILE_UP_MODELLED) || !live_frame_is_of_several(&j->frame)) return;
  l->several_told = true;
  snprintf(text, sizeof text, "--pile-up correct: in frame %llu %llu photons came while the detection was dead%s: expected one detector (--channel) and its --dead-time; such frames are flagged poor_fit",
           (unsigned long long)j->frame.number, (unsigned long long)j->frame.early, isnan(l->o->trpl.dead_time_s) ? " (a second photon of a pulse)" : "");
  live_trouble(l, text);
}

static void put(live *l, live_job *j)
{
  tell_several(l, j);
  const bool is_wrong = l->period_wrong || (l->knows_pulses && !trpl_period_is_of_pulses(l->source->axis.period_s, j->frame.pulses, j->frame.end_s - j->frame.start_s));
  if (is_wrong && !j->not_fitted) j->result.flags |= TS_FLAG_PERIOD_UNKNOWN;
  ts_trpl_origin origin = {.source = l->o->source, .column = "", .device = &l->state.device, .frame = &j->frame, .framed_by = j->by_device ? "device" : "host",
                           .not_fitted = j->not_fitted};
  j->result.index = j->frame.number;
  if (l->recording && !live_record_result(l, j, &origin)) live_recording_failed(l);
  if (j->not_fitted) l->unfitted++;
  for (size_t i = 0; l->light && i < j->bins; i++) l->light[i] += j->counts[i];
  for (size_t i = 0; l->light && i < j->bins; i++) l->light_full |= ts_counter_is_full(j->counts[i]);
  l->light_lost += j->frame.lost;
  ts_curve c = {0};
  double *shown = NULL;
  if (j->fit && sink_wants_curves(&l->sink) && (shown = malloc(j->bins * sizeof *shown)) != NULL) {
    const live_axis *a = &l->source->axis;
    size_t n = j->range.end - j->range.first;
    for (size_t i = 0; i < n; i++) shown[i] = (double)j->counts[j->range.first + i];
    c = (ts_curve){.source = l->o->source, .title = l->o->source, .index = j->frame.number, .start_s = a->start_s + (double)j->range.first * a->bin_width_s,
                   .bin_width_s = a->bin_width_s, .bins = n, .counts = shown, .fit = j->fit, .irf = l->irf.value, .irf_bins = l->irf.bins,
                   .irf_start_s = l->irf.start_s, .irf_bin_width_s = l->irf.bin_width_s};
  }
  await_output(l, &j->frame);
  tell_output(l);
  sink_put(&l->sink, &origin, &j->result, shown ? &c : NULL, true);
  free(shown);
  fflush(stdout);
  if (l->terminal || l->o->snapshot) live_view_frame(&l->view, j);
  else live_job_free(j);
}

#define PULSES_STEADY 3.0       /* fewer may be those at a frame's ends */

/* A period that is not the pulses' makes lifetimes wrong, often without poor_fit; without SYNC photons have no bin. Told when it changes, and every such frame is flagged. */
static void judge_period(live *l, live_job *j)
{
  const ts_live_frame *f = &j->frame;
  const double given = l->source->axis.period_s, length = f->end_s - f->start_s, expected = length / given;
  const bool differs = !trpl_period_is_of_pulses(given, f->pulses, length), was = l->period_differs, steady = !l->period_agreed && f->pulses > PULSES_STEADY;
  char text[260] = "";
  if (differs) j->result.flags |= TS_FLAG_PERIOD_UNKNOWN;
  l->period_differs = differs;
  l->period_agreed |= !differs;
  if (differs && !was && steady)
    snprintf(text, sizeof text, "SYNC comes every %.4g s, and --period is %g s: lifetimes are fitted as if pulses came that far apart; expected the same", length / f->pulses, given);
  else if (differs && !was)
    snprintf(text, sizeof text, "frame %llu: SYNC came %.0f times in %.4g s, expected %.0f times, every --period of %g s; is its cable loose? Photons behind a missing SYNC have no bin (%llu of this frame)",
             (unsigned long long)f->number, f->pulses, length, expected, given, (unsigned long long)f->outside);
  else if (was && !differs)
    snprintf(text, sizeof text, "frame %llu: SYNC comes every --period of %g s again", (unsigned long long)f->number, given);
  else if (!differs && f->ended_by == TS_LIVE_COMMAND)
    snprintf(text, sizeof text, "frame %llu: it was closed with %llu photons after a long time without a whole one, to see whether SYNC comes; it does: too little light for --frame, or no marker?",
             (unsigned long long)f->number, (unsigned long long)f->photons);
  if (*text) live_trouble(l, text);
}

/* A frame that the board made: what lies between it and the one before was not measured. */
static void take_board_frame(live *l, live_job *j)
{
  if (l->closed && j->frame.start_s > l->last_end_s + l->source->axis.tick_s / 2)
    live_gap(l, l->last_end_s, j->frame.start_s, "no photons were counted: the measurement was begun anew");
  judge_period(l, j);
  live_record_frame(l, &j->frame, j->counts);
  l->closed++;
  l->last_end_s = j->frame.end_s;
  if (live_has_enough(l)) l->ending = true;
}

/* A device that comes and goes is told, and marked in the recording. */
static void take_news(live *l, const live_job *j)
{
  const bool is_board = l->o->kind == LIVE_BOARD;
  live_trouble(l, j->text);
  if (j->news == LIVE_NEWS_AWAY)
    live_gap(l, l->last_end_s, NAN, is_board ? "the device went away: nothing is counted" : "the device went away: frames are recorded and not fitted");
  else if (j->news == LIVE_NEWS_RECONNECTED)
    live_gap(l, l->last_end_s, l->last_end_s, is_board ? "the device went away and came back" : "the device went away and came back; every frame is fitted");
}

void live_take_results(live *l)
{
  const bool is_board = l->o->kind == LIVE_BOARD;
  for (live_job *j; l->fitter && (j = live_fitter_pop(l->fitter)) != NULL;) {
    const bool is_beyond = is_board && live_has_enough(l);
    if (j->news && !is_beyond) take_news(l, j);
    if (j->news || is_beyond) {
      live_job_free(j);
      continue;
    }
    if (is_board) take_board_frame(l, j);
    put(l, j);
  }
}

void live_watch_device(live *l)
{
  if (!l->fitter) return;
  live_fitter_get_state(l->fitter, &l->state);
  if (!l->state.has_failed || l->failed) return;
  live_trouble(l, l->state.message);
  l->failed = l->ending = true;
}
