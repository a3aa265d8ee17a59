/* What is known of a frame of a live measurement beside its histogram. */
#ifndef TAUSTREAM_IO_LIVE_FRAME_H
#define TAUSTREAM_IO_LIVE_FRAME_H
#include <stdint.h>

typedef enum ts_live_end { TS_LIVE_PHOTONS = 1, TS_LIVE_TIME, TS_LIVE_MARKER, TS_LIVE_COMMAND, TS_LIVE_END } ts_live_end;

typedef struct ts_live_frame {
  uint64_t number;              /* from 0, without gaps */
  ts_live_end ended_by;
  uint64_t photons;             /* in the histogram */
  uint64_t outside, lost;       /* in no bin; lost on the way */
  uint64_t early;               /* time tags: came while the detection, as it was told, was dead. Not recorded */
  double start_s, end_s;        /* from the start of the measurement */
  double pulses;                /* 0: not known */
  double dead_time_fraction;    /* NAN: not known */
  double truth_s;               /* simulations: the mean lifetime of its photons; else NAN. Not recorded */
} ts_live_frame;
#endif
