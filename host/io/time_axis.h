/* Which column of a table is the time axis, and whether it is a uniform grid of bins. */
#ifndef TAUSTREAM_IO_TIME_AXIS_H
#define TAUSTREAM_IO_TIME_AXIS_H
#include "text_table.h"

typedef struct ts_time_axis {
  bool has_column;          /* the table's first column is the axis, not counts */
  double start_s, bin_width_s;
} ts_time_axis;

/* Times are the bins' left edges; rows of falling times are turned round. On failure message holds `FILE:LINE: ...`. */
ts_error ts_time_axis_find(ts_time_axis *a, ts_text_table *t, const char *path, const ts_read_options *o, char *message);
#endif
