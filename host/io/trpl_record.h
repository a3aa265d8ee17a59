/* Results of trpl fits as JSON Lines (schema taustream.trpl/1; of a live frame taustream.live/1), as CSV with the same names, and as a table for people. */
#ifndef TAUSTREAM_IO_TRPL_RECORD_H
#define TAUSTREAM_IO_TRPL_RECORD_H
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "../include/taustream.h"
#include "live_frame.h"
#include "made_from.h"

/* What belongs to a result beside its numbers. */
typedef struct ts_trpl_origin {
  const char *source;          /* the file */
  const char *column;          /* its column's name, "" when it has none */
  const ts_device_info *device;
  const ts_trpl_result *trial; /* `--components auto`: the fits tried, in their order; else NULL */
  size_t trials;
  const ts_live_frame *frame;  /* of a live measurement; else NULL */
  const char *framed_by;       /* who formed it: "host", "device" */
  const ts_made_from *made_from; /* of a histogram from a file; else NULL */
  const char *not_fitted;      /* why a frame has no fit (its status is then null); NULL: it has */
} ts_trpl_origin;

/* The record. */
json_t *ts_trpl_record(const ts_trpl_origin *o, const ts_trpl_result *r);
bool ts_trpl_json(FILE *f, const ts_trpl_origin *o, const ts_trpl_result *r);
/* The closing record taustream.end/1. */
bool ts_end_json(FILE *f, bool complete, uint64_t done, uint64_t failed);

/* live: with the columns of a frame. */
void ts_trpl_csv_header(FILE *f, unsigned components, bool live);
void ts_trpl_csv_row(FILE *f, unsigned components, const ts_trpl_origin *o, const ts_trpl_result *r);

/* One block of lines for a result. */
void ts_trpl_text(FILE *f, const ts_trpl_origin *o, const ts_trpl_result *r);
/* One line a result, for batches. */
void ts_trpl_line_header(FILE *f, unsigned components);
void ts_trpl_line(FILE *f, unsigned components, const ts_trpl_result *r);
#endif
