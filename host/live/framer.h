/* Cuts a stream of photons into frames: by number, by time or by markers. Frames touch: one begins where the former ended. */
#ifndef TAUSTREAM_LIVE_FRAMER_H
#define TAUSTREAM_LIVE_FRAMER_H
#include "source.h"

#define LIVE_SILENT_FRAMES 1000   /* so many frames of time without an event become a gap */

typedef struct live_rule {
  ts_live_end by;              /* TS_LIVE_PHOTONS, TS_LIVE_TIME, TS_LIVE_MARKER */
  uint64_t photons;
  double seconds;
} live_rule;

/* `20000photons`, `1e5photons`, `100ms`, `marker`. False: why says what is wrong. */
bool live_rule_parse(const char *text, live_rule *rule, char *why, size_t why_bytes);

typedef struct live_framer {
  live_rule rule;
  live_axis axis;
  ts_live_frame frame;          /* the open one; what step() says is closed stands in `closed` */
  uint64_t *counts;
  uint64_t start, last;         /* ticks: where the open frame began; last event */
  uint64_t part;                /* frames of time: number of the next boundary */
  ts_live_frame closed;
  uint64_t *closed_counts;
  double gap_start_s, gap_end_s;
} live_framer;

typedef enum live_step { LIVE_NOTHING, LIVE_FRAME, LIVE_GAP } live_step;

bool live_framer_begin(live_framer *f, const live_rule *rule, const live_axis *axis);
void live_framer_free(live_framer *f);
/* Takes the event (*used) and may close a frame; when *used is false the same event must come again. */
live_step live_framer_step(live_framer *f, const live_event *e, bool *used);
/* Closes the open frame (by a command, or at the end); false when it holds nothing. */
bool live_framer_close(live_framer *f, ts_live_end by);
/* More photons came while the detection was dead than chance hides: what dead time took is not that of one detector, or not told rightly. */
bool live_frame_is_of_several(const ts_live_frame *f);
#endif
