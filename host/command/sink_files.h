/* What the sinks of results share: files that are opened before any work, and the statistics of a run. Complaints are made here. */
#ifndef TAUSTREAM_SINK_FILES_H
#define TAUSTREAM_SINK_FILES_H
#include "../io/output_file.h"
#include "../io/plot_pages.h"
#include "command.h"

/* Opens CSV and curve, NULL where none is wanted, and tries the place of the statistics, which are written at the end. */
bool sink_files_open(ts_output **csv, ts_output **curve, const output_options *o);
/* Incomplete files say so in their last line. */
bool sink_files_close(ts_output *csv, ts_output *curve, bool complete);
/* Nothing else is written to standard output: text for people goes there. */
bool sink_has_text(const output_options *o, const common_options *c);
/* pages NULL: nothing to write. what: of the results, in the plural; left_out of them found no room. */
bool sink_pages_close(ts_pages *pages, const char *path, const char *what, uint64_t done, uint64_t left_out, bool quiet);
/* The last of a sink: everything has reached standard output. */
bool sink_flush(void);

typedef struct run_numbers {
  uint64_t fits;
  const char *unit;          /* what was fitted: `photons`, `points`, `signals` */
  double units, wall_s;
  double cycles;             /* NAN: the device counts none */
  double evaluations;        /* of all fits; NAN: not told */
  uint64_t bytes_to_device, bytes_from_device;   /* where the device is closed already */
} run_numbers;
/* device NULL: it is closed. */
bool sink_stats_write(const char *path, const run_numbers *n, const ts_device_info *info, const ts_device *device);
#endif
