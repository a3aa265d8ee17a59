#include "framer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"

#define PHOTONS_MAX 4000000000.0
#define EARLY_SIGMAS 0.5

bool live_rule_parse(const char *text, live_rule *rule, char *why, size_t why_bytes)
{
  static const char unit[] = "photons";
  size_t n = strlen(text), u = sizeof unit - 1;
  char number[64], ignored[TS_MESSAGE_BYTES];
  double v;
  *rule = (live_rule){.by = TS_LIVE_MARKER};
  if (!strcmp(text, "marker")) return true;
  if (n > u && n - u < sizeof number && !strcmp(text + n - u, unit)) {
    memcpy(number, text, n - u);
    number[n - u] = 0;
    if (ts_parse_number(number, &v) && v >= 1 && v <= PHOTONS_MAX && v == floor(v)) {
      rule->by = TS_LIVE_PHOTONS;
      rule->photons = (uint64_t)v;
      return true;
    }
  } else if (ts_parse_time(text, &v, ignored, sizeof ignored) && v > 0 && isfinite(v) && strpbrk(text, "s")) {
    rule->by = TS_LIVE_TIME;
    rule->seconds = v;
    return true;
  }
  snprintf(why, why_bytes, "'%.60s' cannot be used: expected a number of photons such as 20000photons, a time such as 100ms, or marker", text);
  return false;
}

/* First tick of time frame n; frames shorter than a tick are one tick. */
static uint64_t boundary(const live_framer *f, uint64_t n)
{
  double ticks = f->rule.seconds / f->axis.tick_s;
  if (ticks <= 1) return n;
  double at = ceil((double)n * ticks - 1e-6);
  return at < 1.8e19 ? (uint64_t)at : UINT64_MAX;
}

static double seconds(const live_framer *f, uint64_t tick) { return (double)tick * f->axis.tick_s; }

bool live_framer_begin(live_framer *f, const live_rule *rule, const live_axis *axis)
{
  *f = (live_framer){.rule = *rule, .axis = *axis, .part = 1};
  f->counts = calloc(axis->bins, sizeof *f->counts);
  f->closed_counts = calloc(axis->bins, sizeof *f->closed_counts);
  return f->counts && f->closed_counts;
}

void live_framer_free(live_framer *f)
{
  free(f->counts);
  free(f->closed_counts);
  f->counts = f->closed_counts = NULL;
}

static void finish(live_framer *f, ts_live_end by, uint64_t end)
{
  uint64_t *swap = f->closed_counts;
  f->closed = f->frame;
  f->closed.ended_by = by;
  f->closed.start_s = seconds(f, f->start);
  f->closed.end_s = seconds(f, end);
  double length = f->closed.end_s - f->closed.start_s, photons = (double)(f->closed.photons + f->closed.outside);
  f->closed.pulses = f->axis.period_s > 0 ? length / f->axis.period_s : 0;
  f->closed.dead_time_fraction = length > 0 && isfinite(f->axis.dead_time_s) ? fmin(photons / length * f->axis.dead_time_s, 1) : NAN;
  f->closed.truth_s = NAN;
  f->closed_counts = f->counts;
  f->counts = swap;
  memset(f->counts, 0, f->axis.bins * sizeof *f->counts);
  f->frame = (ts_live_frame){.number = f->frame.number + 1};
  f->start = end;
}

/* Event behind the open frame's end by time: the frame is closed, or a long silence skipped. */
static live_step past_boundary(live_framer *f, uint64_t time)
{
  bool is_empty = !f->frame.photons && !f->frame.outside;
  if (is_empty && time > boundary(f, f->part + LIVE_SILENT_FRAMES)) {
    double ticks = fmax(f->rule.seconds / f->axis.tick_s, 1);
    uint64_t part = (uint64_t)((double)time / ticks);
    while (part > 0 && boundary(f, part) > time) part--;
    while (boundary(f, part + 1) <= time) part++;
    f->gap_start_s = seconds(f, f->start);
    f->start = boundary(f, part);
    f->gap_end_s = seconds(f, f->start);
    f->part = part + 1;
    return LIVE_GAP;
  }
  finish(f, TS_LIVE_TIME, boundary(f, f->part));
  f->part++;
  return LIVE_FRAME;
}

live_step live_framer_step(live_framer *f, const live_event *e, bool *used)
{
  *used = false;
  if (f->rule.by == TS_LIVE_TIME && e->time >= boundary(f, f->part)) return past_boundary(f, e->time);
  *used = true;
  f->last = e->time;
  if (e->bin == LIVE_TICK) return LIVE_NOTHING;
  if (e->bin == LIVE_MARKER) {
    if (f->rule.by != TS_LIVE_MARKER) return LIVE_NOTHING;
    finish(f, TS_LIVE_MARKER, e->time);
    return LIVE_FRAME;
  }
  f->frame.early += e->is_early;
  if (e->bin < f->axis.bins) {
    f->counts[e->bin]++;
    f->frame.photons++;
  } else {
    f->frame.outside++;
  }
  if ((f->rule.by == TS_LIVE_PHOTONS && f->frame.photons >= f->rule.photons) || f->frame.photons >= (uint64_t)PHOTONS_MAX) {
    finish(f, TS_LIVE_PHOTONS, e->time);
    return LIVE_FRAME;
  }
  return LIVE_NOTHING;
}

bool live_frame_is_of_several(const ts_live_frame *f) { return (double)f->early > EARLY_SIGMAS * sqrt((double)(f->photons + f->outside)); }

bool live_framer_close(live_framer *f, ts_live_end by)
{
  if (!f->frame.photons && !f->frame.outside) return false;
  finish(f, by, f->last);
  return true;
}
