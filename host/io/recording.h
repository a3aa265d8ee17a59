/* Recordings (.tsr): an append-only log of messages of the protocol, each with its CRC (docs/live.md).
 *
 * Writing: a frame and what belongs to it go to the file in one write() as the frame closes, so that a killed program loses at most the open
 * frame; a thread of the recording's own calls fdatasync() within a second after a write, so that a power cut loses at most that second.
 * Reading: nothing is trusted; what is sound up to the first wrong byte is given, and where it broke.
 * Thread safety: one thread at a time each. */
#ifndef TAUSTREAM_IO_RECORDING_H
#define TAUSTREAM_IO_RECORDING_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "../include/taustream.h"
#include "../session/protocol.h"
#include "live_frame.h"
#include "source.h"

/* ---- writing ---- */
typedef struct ts_recording ts_recording;

/* Creates the file, which must not exist yet, and writes begin (JSON, schema taustream.recording/1). NULL: message (TS_MESSAGE_BYTES) says why. */
ts_recording *ts_recording_create(const char *path, const json_t *begin, char *message);
/* All of these return false when the file cannot be written (any more); it then ends behind the last whole write, and ts_recording_message()
 * says why. */
bool ts_recording_put(ts_recording *r, uint8_t type, uint16_t config, const void *payload, size_t n);
bool ts_recording_json(ts_recording *r, uint8_t type, uint16_t config, const json_t *j);
bool ts_recording_irf(ts_recording *r, const double *value, size_t n);
bool ts_recording_frame(ts_recording *r, const ts_live_frame *f, const uint64_t *counts, size_t bins);
bool ts_recording_flush(ts_recording *r);          /* what was put goes to the file */
uint64_t ts_recording_bytes(const ts_recording *r);
const char *ts_recording_message(const ts_recording *r);
/* Writes end (JSON, schema taustream.end/1), syncs and frees. r may be NULL. */
bool ts_recording_close(ts_recording *r, const json_t *end, char *message);

/* ---- reading ---- */
typedef struct ts_recording_reader ts_recording_reader;

typedef enum ts_item_kind {
  TS_ITEM_FRAME,    /* frame, counts */
  TS_ITEM_JSON,     /* type (record, gap, mark), json */
  TS_ITEM_MESSAGE,  /* any other: type, payload */
  TS_ITEM_END,      /* ended in order */
  TS_ITEM_BROKEN    /* message says where and why; it was sound up to there */
} ts_item_kind;

typedef struct ts_item {
  ts_item_kind kind;
  uint8_t type;
  uint16_t config;
  uint64_t offset;              /* of the message in the file */
  const uint8_t *payload; size_t n;
  ts_live_frame frame;
  const uint64_t *counts;       /* ts_recording_reader_bins() of them */
  json_t *json;                 /* belongs to the reader; all pointers hold until the next call */
} ts_item;

/* True when the file starts as a recording does. */
bool ts_recording_is(const uint8_t *bytes, size_t n);
enum { TS_RECORDING_LOOK = 4 };   /* bytes that ts_recording_is() wants */

/* Opens a recording (`-`: standard input) and reads its first message. */
ts_error ts_recording_open(ts_recording_reader **r, const char *path, char *message);
/* The same from a source that nothing was taken of; it is taken over, also on failure. */
ts_error ts_recording_open_source(ts_recording_reader **r, ts_source *source, const char *path, char *message);
void ts_recording_reader_close(ts_recording_reader *r);
const json_t *ts_recording_begin(const ts_recording_reader *r);
size_t ts_recording_reader_bins(const ts_recording_reader *r);
double ts_recording_reader_bin_width(const ts_recording_reader *r);
double ts_recording_reader_start(const ts_recording_reader *r);
uint64_t ts_recording_reader_frames(const ts_recording_reader *r);   /* given so far */
/* The next item; after END or BROKEN the same again. TS_ITEM_BROKEN sets message (TS_MESSAGE_BYTES). */
ts_item_kind ts_recording_next(ts_recording_reader *r, ts_item *item, char *message);
/* The response's values that stand in the recording so far; n 0: none. */
const double *ts_recording_reader_irf(const ts_recording_reader *r, size_t *n);
#endif
