/* taustream live: photons from the source become frames, and go on to the fitter. */
#include <math.h>

#include "live_inside.h"

#define BATCHES 16              /* of events between two looks at results and keys */

bool live_push_ready(live *l)
{
  if (l->ready_part && !live_fitter_push_part(l->fitter, l->ready_part)) return false;
  l->ready_part = NULL;
  if (!l->ready) return true;
  if (!live_fitter_push(l->fitter, l->ready)) return false;
  l->ready = NULL;
  return true;
}

/* The photons that were taken since go to the device, which need not wait for the frame's end. Frame `number` is open, or about to be closed. */
static void pass_part(live *l, uint64_t number)
{
  if (!l->part_photons) return;
  l->ready_part = live_job_create_part(number, l->part, l->part_photons);
  if (l->ready_part) l->ready_part->is_first = !l->part_before;   /* without memory the frame is sent when it closes */
  l->part_before += l->part_photons;
  l->part_photons = 0;
  live_push_ready(l);
}

bool live_has_enough(const live *l) { return l->o->frames && l->closed >= l->o->frames; }

bool live_close_frame(live *l, const ts_live_frame *closed, const uint64_t *counts)
{
  ts_live_frame f = *closed;
  pass_part(l, f.number);
  l->part_before = 0;
  if (l->source->truth) f.truth_s = l->source->truth(l->source, f.start_s, f.end_s);
  live_record_frame(l, &f, counts);
  l->ready = live_job_create(&l->source->axis, &f, counts);
  if (!l->ready) {
    live_trouble(l, "out of memory");
    l->failed = l->ending = true;
    return false;
  }
  l->ready->components = l->components;
  l->ready->fresh = l->fresh;
  l->fresh = false;
  l->closed++;
  l->last_end_s = f.end_s;
  if (live_has_enough(l)) l->ending = true;
  live_push_ready(l);
  return true;
}

/* Whether an event of this time (s) is due; else says when. */
static bool is_due(live *l, double time_s)
{
  if (!l->source->paced || isinf(l->speed)) return true;
  double due = l->paced_s + time_s / l->speed;
  if (due <= seconds_now()) return true;
  l->ready_again_s = due;
  return false;
}

/* Events until a frame is closed and cannot be passed on, or nothing more is due. */
static void take_events(live *l)
{
  while (l->at < l->events && !l->ready && !l->ready_part && !l->ending) {
    const live_event *e = &l->event[l->at];
    if (!is_due(l, (double)e->time * l->source->axis.tick_s)) break;
    bool used;
    live_step step = live_framer_step(&l->framer, e, &used);
    if (used) l->at++;
    if (used && l->o->send_photons && e->bin < l->source->axis.bins) l->part[l->part_photons++] = e->bin;
    if (step == LIVE_FRAME) live_close_frame(l, &l->framer.closed, l->framer.closed_counts);
    else if (step == LIVE_GAP) live_gap(l, l->framer.gap_start_s, l->framer.gap_end_s, "no event came");
  }
  if (!l->ready && !l->ready_part) pass_part(l, l->framer.frame.number);
}

static void source_is_over(live *l, live_state state, const char *message)
{
  l->source_ended = true;
  if (state != LIVE_BROKEN) return;
  l->broken = true;
  live_trouble(l, message);
}

static bool take_batch(live *l)
{
  char message[TS_MESSAGE_BYTES];
  live_source *s = l->source;
  if (s->frame) {
    if (!l->has_frame) {
      live_state state = s->frame(s, &l->frame, l->frame_counts, message);
      if (state == LIVE_END || state == LIVE_BROKEN) return source_is_over(l, state, message), false;
      l->has_frame = true;
    }
    if (!is_due(l, l->frame.end_s)) return false;
    l->has_frame = false;
    return live_close_frame(l, &l->frame, l->frame_counts);
  }
  if (l->at == l->events) {
    l->at = l->events = 0;
    live_state state = s->read(s, l->event, EVENTS, &l->events, message);
    if (s->is_open && !l->is_framing && !live_begin_framing(l)) return false;
    if (state == LIVE_WAIT) return false;
    if (state != LIVE_READY) return source_is_over(l, state, message), false;
  }
  take_events(l);
  return l->at == l->events;
}

void live_pump(live *l)
{
  l->ready_again_s = 0;
  if (!live_push_ready(l)) return;
  for (int i = 0; i < BATCHES && !l->ready && !l->ready_part && !l->ending && !l->source_ended; i++)
    if (!take_batch(l)) return;
}
