/* A recording as a source of frames. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../io/recording.h"
#include "replay.h"

typedef struct replay {
  live_source base;
  ts_recording_reader *reader;
  ts_item item;                 /* read, not given yet */
  char message[TS_MESSAGE_BYTES];
} replay;

static void next_frame(replay *r)
{
  do ts_recording_next(r->reader, &r->item, r->message);
  while (r->item.kind != TS_ITEM_FRAME && r->item.kind != TS_ITEM_END && r->item.kind != TS_ITEM_BROKEN);
}

static live_state replay_frame(live_source *base, ts_live_frame *f, uint64_t *counts, char *message)
{
  replay *r = (replay *)base;
  if (r->item.kind == TS_ITEM_END) return LIVE_END;
  if (r->item.kind == TS_ITEM_BROKEN) {
    snprintf(message, TS_MESSAGE_BYTES, "%s", r->message);
    return LIVE_BROKEN;
  }
  *f = r->item.frame;
  memcpy(counts, r->item.counts, base->axis.bins * sizeof *counts);
  next_frame(r);
  return LIVE_READY;
}

static const json_t *replay_options(const live_source *base) { return ts_recording_begin(((const replay *)base)->reader); }

static void replay_close(live_source *base)
{
  ts_recording_reader_close(((replay *)base)->reader);
  free(base);
}

const double *live_replay_irf(const live_source *base, size_t *n) { return ts_recording_reader_irf(((const replay *)base)->reader, n); }

live_source *live_replay_open(const char *path, char *message)
{
  replay *r = calloc(1, sizeof *r);
  if (!r) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", path);
    return NULL;
  }
  if (ts_recording_open(&r->reader, path, message)) {
    free(r);
    return NULL;
  }
  const json_t *begin = ts_recording_begin(r->reader), *dead = json_object_get(begin, "dead_time_s"), *sync = json_object_get(begin, "sync_s");
  r->base = (live_source){.axis = {.bins = ts_recording_reader_bins(r->reader), .bin_width_s = ts_recording_reader_bin_width(r->reader),
                                   .start_s = ts_recording_reader_start(r->reader), .tick_s = 1,
                                   .period_s = json_number_value(json_object_get(begin, "period_s")),
                                   .sync_s = json_number_value(json_is_number(sync) ? sync : json_object_get(begin, "period_s")),
                                   .dead_time_s = json_is_number(dead) ? json_number_value(dead) : NAN},
                          .is_open = true, .waits = true, .paced = true, .frame = replay_frame, .options = replay_options, .close = replay_close};
  next_frame(r);                /* what stands before it, the response, is known then */
  return &r->base;
}
