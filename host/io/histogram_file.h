/* Histograms from a file: text or CSV with one or several columns of counts, Horiba text, .npy, recordings (.tsr). */
#ifndef TAUSTREAM_IO_HISTOGRAM_FILE_H
#define TAUSTREAM_IO_HISTOGRAM_FILE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/taustream.h"

#define TS_BINS_MAX 65536u
#define TS_COUNT_MAX 4294967295.0

typedef struct ts_read_options {
  const char *columns;      /* `1,3-5`, 1-based; NULL: all. With a time axis its column comes first */
  unsigned long skip;       /* text lines left out at the top */
  double time_unit_s;       /* of the time column, 0: its header says */
  double bin_width_s;       /* for counts alone, 0: not given */
  const char *columns_option, *time_unit_option;  /* their names in messages, NULL: `--columns`, `--time-unit` */
  bool real_values;         /* an IRF: non-negative numbers that need not be whole */
  const char *row_name;     /* what a line holds, in messages; NULL: `bins` */
} ts_read_options;

typedef struct ts_histogram_file ts_histogram_file;

/* Opens the file. A text file is read whole (at most 65536 bins); a .npy file only as far as its header, its rows come one by one in
 * constant memory, and so do a recording's frames (what is sound before it broke is given, then the message). On failure message (TS_MESSAGE_BYTES) holds `FILE:LINE: what is wrong, the value, what was expected`. */
ts_error ts_histogram_file_open(ts_histogram_file **f, const char *path, const ts_read_options *o, char *message);
void ts_histogram_file_close(ts_histogram_file *f);

size_t ts_histogram_file_bins(const ts_histogram_file *f);
uint64_t ts_histogram_file_histograms(const ts_histogram_file *f);
double ts_histogram_file_bin_width(const ts_histogram_file *f);   /* seconds */
double ts_histogram_file_start(const ts_histogram_file *f);       /* left edge of bin 0, seconds */
bool ts_histogram_file_streams(const ts_histogram_file *f);       /* .npy, .tsr: rows of one measurement, read as they are needed */
bool ts_histogram_file_is_recording(const ts_histogram_file *f);
double ts_histogram_file_period(const ts_histogram_file *f);      /* of the pulses, seconds, as a recording tells; 0: not known */
double ts_histogram_file_dead_time(const ts_histogram_file *f);   /* of the detection, seconds, as a recording tells; NAN: not known */
double ts_histogram_file_sync(const ts_histogram_file *f);        /* between two syncs, seconds, whatever the period says; 0: not known */
double ts_histogram_file_pulses(const ts_histogram_file *f);   /* of the histogram that was read last, as a recording tells; 0: not known */
double ts_histogram_file_length(const ts_histogram_file *f);   /* how long it was measured, seconds; 0: not known */
/* Name of histogram i's column, "" when it has none. */
const char *ts_histogram_file_name(const ts_histogram_file *f, uint64_t i);

/* The next histogram. TS_OK with *got false: there are no more. */
ts_error ts_histogram_file_next(ts_histogram_file *f, uint64_t *counts, bool *got, char *message);
ts_error ts_histogram_file_next_real(ts_histogram_file *f, double *values, bool *got, char *message);
#endif
