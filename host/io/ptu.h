/* Time tags of PicoQuant's instruments (.ptu, T2 and T3 mode), as a stream: bytes in, photons with a time and a bin out.
 *
 * Records: PicoHarp 300, HydraHarp 1 and 2, TimeHarp 260 N and P, MultiHarp and PicoHarp 330 (generic). T3: a photon's bin is its own dtime; T2: the time since
 * the last sync (of the sync input, or of any input). Nothing is trusted: what is sound up to the first wrong byte is given, and where it broke.
 * Reference: PicoQuant, Unified TTTR file format, and the record formats of the instruments' manuals. */
#ifndef TAUSTREAM_IO_PTU_H
#define TAUSTREAM_IO_PTU_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/taustream.h"

enum { TS_TAG_MARKER = 0xffffffffu, TS_TAG_OUTSIDE = 0xfffffffeu, TS_TAG_TIME = 0xfffffffdu };   /* a marker; a photon in no bin; nothing but the time */

typedef struct ts_tag_event {
  uint64_t time;                /* ticks; never falls */
  uint32_t bin;                 /* or one of the above */
  bool is_early;                /* a photon that came while the detection, as it was told, was dead: there are several detectors, or it is told wrongly */
} ts_tag_event;

typedef struct ts_ptu_options {
  unsigned channel;             /* detector's input, from 1; 0: all (T2: but the sync's) */
  unsigned sync_channel;        /* T2: input that carries the sync, from 1; 0: the instrument's sync */
  double bin_width_s;           /* a multiple of the file's resolution; 0: T3 the resolution, T2 its smallest multiple that gives at most 4096 bins */
  double period_s;              /* 0: from the file */
  double dead_time_s;           /* of the detection; NAN: it takes one photon a pulse */
} ts_ptu_options;

typedef struct ts_ptu_axis {
  bool is_t2;
  size_t bins;
  double bin_width_s, tick_s, period_s;
  double sync_s;                /* between two syncs, by the header; 0: not known */
  uint64_t records;             /* as the header has it; 0: until the end */
} ts_ptu_axis;

typedef struct ts_ptu ts_ptu;
ts_ptu *ts_ptu_create(const char *name, const ts_ptu_options *o);   /* NULL: no memory */
void ts_ptu_destroy(ts_ptu *p);
/* Takes at most n bytes and gives at most room (at least 1) events. TS_ERROR_INPUT: message (TS_MESSAGE_BYTES) says where and why; the events are sound, and no
 * more can be fed. */
ts_error ts_ptu_feed(ts_ptu *p, const uint8_t *bytes, size_t n, size_t *used, ts_tag_event *event, size_t room, size_t *events, char *message);
/* Whether the stream may end here, and brought what the options name. */
ts_error ts_ptu_end(const ts_ptu *p, char *message);
/* NULL until the header was read. */
const ts_ptu_axis *ts_ptu_get_axis(const ts_ptu *p);
#endif
