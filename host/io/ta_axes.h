/* What the first row and the corner of a transient-absorption table say: wavelengths, units, a trace's columns. */
#ifndef TAUSTREAM_IO_TA_AXES_H
#define TAUSTREAM_IO_TA_AXES_H
#include "ta_file.h"

typedef struct ts_ta_axes {
  bool is_trace, has_sigma;
  double time_unit_s, wavelength_unit_m;
  double *first_row;             /* wavelengths in metres (NAN: a trace without one), or delays in seconds; one a column behind the first */
} ts_ta_axes;

/* header: its fields (n as the data's, the corner first), or NULL: the file has none. Fails with what in TS_MESSAGE_BYTES (without FILE:LINE). */
ts_error ts_ta_axes_find(ts_ta_axes *a, char *const *header, size_t n, bool decimal_comma, const char *path, const ts_ta_read_options *o, char *what);
void ts_ta_axes_free(ts_ta_axes *a);
#endif
