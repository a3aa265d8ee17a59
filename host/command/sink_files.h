/* What the sinks of results share: files that are opened before any work, and the statistics of a run. Complaints are made here. */
#ifndef TAUSTREAM_SINK_FILES_H
#define TAUSTREAM_SINK_FILES_H
#include "../io/output_file.h"
#include "command.h"

/* path NULL: nothing to open. */
bool sink_file_open(ts_output **to, const char *path);
/* Tries the place of a file that is written at the end. */
bool sink_file_try(const char *path);
/* o NULL: nothing to close. An incomplete file says so in its last line. */
bool sink_file_close(ts_output *o, bool complete);
bool names_standard_output(const char *path);

typedef struct run_numbers {
  uint64_t fits;
  const char *unit;          /* what was fitted: `photons`, `points`, `signals` */
  double units, wall_s;
  double cycles;             /* NAN: the device counts none */
  double evaluations;        /* of all fits; NAN: not told */
} run_numbers;
bool sink_stats_write(const char *path, const run_numbers *n, const ts_device_info *info, const ts_device *device);
#endif
