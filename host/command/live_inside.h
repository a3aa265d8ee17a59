/* What the files of `taustream live` share: one measurement. All of it runs in the main thread; the fitter has a thread of its own (host/live/fitter.h). */
#ifndef TAUSTREAM_COMMAND_LIVE_INSIDE_H
#define TAUSTREAM_COMMAND_LIVE_INSIDE_H
#include "../io/recording.h"
#include "../live/fitter.h"
#include "../live/terminal.h"
#include "live_options.h"
#include "live_output.h"
#include "trpl_sink.h"

#define EVENTS 4096u

typedef struct live {
  const live_options *o;
  live_source *source;
  live_pins pins;               /* of a board */
  live_framer framer;
  bool is_framing;              /* the framer and the fitter are there: the axis is known */
  live_fitter *fitter;
  ts_device *device;            /* until the fitter has it */
  ts_device *fits;              /* as well: the model that fits what a board only counts, or NULL */
  trpl_irf irf;
  ts_recording *recording;
  trpl_sink sink;
  bool has_sink;
  live_output *output;          /* NULL: standard output is written at once */
  ts_live_frame missed_from, missed_to;   /* frames that it did not take since it took the last one */
  uint64_t missed;              /* all of them */
  live_terminal *terminal;      /* NULL: no view */
  live_view view;
  live_event event[EVENTS];
  size_t events, at;
  ts_live_frame frame;          /* of a recording, read and not yet due */
  uint64_t *frame_counts;
  bool has_frame;
  live_job *ready;              /* closed, and not yet taken by the fitter */
  uint32_t part[EVENTS];        /* --send photons: bins of the open frame's photons, and how many of it went on before */
  size_t part_photons, part_before;
  live_job *ready_part;         /* to go before `ready` */
  double begun_s, paced_s;      /* clock when the source's time was zero */
  bool source_ended, broken, ending, failed;
  bool several_told;            /* that photons came while the detection was dead */
  bool output_failed;           /* and that was told */
  bool quits;                   /* key q */
  double speed, ready_again_s;  /* when the next event is due */
  unsigned components;
  bool fresh;
  live_fitter_state state;
  uint64_t closed, unfitted;
  uint64_t *light, light_lost;  /* --save-dnl: counts of all frames; stops that dead time lost */
  bool knows_pulses;            /* replay of a board's recording: the pulses of a frame were counted */
  bool period_wrong;            /* it goes with no number of pulses a sync, as the source has them */
  bool period_differs;          /* the last frame's pulses were not as many as --period makes, and that was told */
  bool period_agreed;           /* one's were */
  bool light_full;              /* a bin's counter was at its maximum */
  double last_end_s;
} live;

/* live_run.c */
int live_run(live *l);                    /* the exit code */
bool live_begin_framing(live *l);         /* the axis is known: framer, recording, fitter. False: it has complained, the measurement ends */

/* live_feed.c */
void live_pump(live *l);                  /* what the source has and the fitter takes */
bool live_push_ready(live *l);            /* false: the fitter has no room yet */
bool live_close_frame(live *l, const ts_live_frame *closed, const uint64_t *counts);   /* recorded, then on to the fit; false: no memory, the measurement ends */
bool live_has_enough(const live *l);      /* --frames: there are as many as were asked for */

/* live_results.c */
void live_take_results(live *l);
void live_watch_device(live *l);          /* the fitter's state; a device that failed for good ends the measurement */

/* live_record.c */
void live_trouble(live *l, const char *message);
void live_record_frame(live *l, const ts_live_frame *f, const uint64_t *counts);
bool live_record_result(live *l, const live_job *j, const ts_trpl_origin *origin);   /* the device's own messages and the record of a fitted frame; false: not written */
void live_recording_failed(live *l);
void live_gap(live *l, double start_s, double end_s, const char *why);
void live_mark(live *l);
void live_tell_missed(live *l);           /* the frames that standard output does not hold: there, and on standard error */

/* live_keys.c */
void live_prepare_view(live *l);
void live_update_view(live *l);

/* live_widths.c */
void live_save_widths(live *l);
#endif
