/* Where photons come from: events with a time and a bin, or, from a recording, whole frames.
 *
 * A source never blocks: read() gives what is there. Time is counted in ticks of axis.tick_s from the start of the measurement. */
#ifndef TAUSTREAM_LIVE_SOURCE_H
#define TAUSTREAM_LIVE_SOURCE_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/taustream.h"
#include "../io/live_frame.h"
#include "../io/ptu.h"

enum { LIVE_MARKER = TS_TAG_MARKER, LIVE_OUTSIDE = TS_TAG_OUTSIDE, LIVE_TICK = TS_TAG_TIME };   /* a marker; a photon in no bin; nothing but the time */
typedef ts_tag_event live_event;

typedef struct live_axis {
  size_t bins;
  double bin_width_s, start_s;  /* of a bin; left edge of bin 0 */
  double tick_s;
  double period_s;              /* of the excitation, 0: not known */
  double sync_s;                /* between two syncs, whatever the options say of the period; 0: not known */
  double dead_time_s;           /* of the detection, NAN: not known */
} live_axis;

typedef enum live_state { LIVE_READY, LIVE_WAIT, LIVE_END, LIVE_BROKEN } live_state;

typedef struct live_source live_source;
struct live_source {
  live_axis axis;               /* known once is_open */
  bool is_open;
  bool waits;                   /* it can be left waiting without a loss: files, simulations, pipes */
  bool paced;                   /* --speed holds it to its own time */
  /* LIVE_READY: *n events (0: try again); LIVE_WAIT: nothing there now; LIVE_END; LIVE_BROKEN: message says where and why, what came before is sound */
  live_state (*read)(live_source *s, live_event *event, size_t room, size_t *n, char *message);
  /* Recordings: the next frame instead, with axis.bins counts; NULL: there are none. */
  live_state (*frame)(live_source *s, ts_live_frame *f, uint64_t *counts, char *message);
  int (*fd)(const live_source *s);                               /* to wait for on LIVE_WAIT; NULL: none */
  double (*truth)(const live_source *s, double start_s, double end_s);   /* mean lifetime of the photons, s; NULL: not known */
  const json_t *(*options)(const live_source *s);                /* recordings: what the measurement was done with; NULL: none */
  void (*close)(live_source *s);
};

/* NAME[,seed=N][,rate=HZ][,seconds=S]. NULL: message says why. */
live_source *live_sim_open(const char *text, char *message);

typedef struct live_tag_options {
  unsigned channel, sync_channel;   /* as in ts_ptu_options */
  double bin_width_s, period_s;
  double dead_time_s;           /* NAN: not known */
  bool models_dead_time;        /* boards: it is a clock at least, so that it is the same behind every stop */
} live_tag_options;
/* PicoQuant .ptu; `-`: standard input. */
live_source *live_tags_open(const char *path, const live_tag_options *o, char *message);
live_source *live_replay_open(const char *path, char *message);
/* A board's pins: the device makes the frames itself (live_fitter), read() only says that it goes on. period_s is the window. */
typedef struct live_pins { double sample_s, clock_s; unsigned bin_samples_log2; uint16_t dead_samples; } live_pins;
live_source *live_board_open(const ts_device_info *device, const live_tag_options *o, live_pins *pins, char *message);
void live_source_close(live_source *s);
#endif
