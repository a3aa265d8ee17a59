/* Transient absorption from text or CSV: a matrix of signals (the first row holds wavelengths, the first column delays, or the transpose when told), or a
 * trace (delay, signal, and where its name says so sigma).
 *
 * Units come from the corner or the column's name (`Time [ps]`, `delay_fs`, `delay_ps\wavelength_nm`) or from the options; a name and an option that differ
 * are refused, and so is an axis without either. Wavelengths may carry their own (`500nm`); in a file named *.SIA they are nanometres. Delays as
 * lengths (stage travel) are refused. `nan` is a missing value. */
#ifndef TAUSTREAM_IO_TA_FILE_H
#define TAUSTREAM_IO_TA_FILE_H
#include <stdbool.h>
#include <stddef.h>

#include "../include/taustream.h"

#define TS_TA_ROWS_MAX 65536u

typedef struct ts_ta_read_options {
  const char *columns;          /* `1,3-5`, 1-based: the first column first; NULL: all */
  unsigned long skip;
  double time_unit_s;           /* 0: the file says */
  double wavelength_unit_m;     /* 0: the file says */
  bool transposed;              /* the first row holds delays, the first column wavelengths */
} ts_ta_read_options;

typedef struct ts_ta_data {
  size_t wavelengths, delays;
  double *wavelength_m;         /* NAN: the trace names none */
  double *delay_s;              /* rising */
  double *signal;               /* [wavelength][delay], NAN: missing */
  double *sigma;                /* one a delay, or NULL */
  bool is_trace;                /* two or three columns */
  double time_unit_s, wavelength_unit_m;   /* of the file; wavelength 0: it names none */
} ts_ta_data;

/* On failure message (TS_MESSAGE_BYTES) holds `FILE:LINE: what is wrong, the value, what was expected`. */
ts_error ts_ta_file_read(ts_ta_data *d, const char *path, const ts_ta_read_options *o, char *message);
void ts_ta_data_free(ts_ta_data *d);

/* The same while the file is written, a delay's spectrum a line (not transposed). */
typedef struct ts_ta_stream ts_ta_stream;
ts_error ts_ta_stream_open(ts_ta_stream **s, const char *path, const ts_ta_read_options *o, char *message);
void ts_ta_stream_close(ts_ta_stream *s);
/* Waits for the next row. TS_OK with *got false: the end. */
ts_error ts_ta_stream_next(ts_ta_stream *s, bool *got, char *message);
size_t ts_ta_stream_rows(const ts_ta_stream *s);
/* Is there a further one already? Waits for nothing. */
bool ts_ta_stream_waits(ts_ta_stream *s);
/* A copy of what has come, to be freed. */
ts_error ts_ta_stream_data(const ts_ta_stream *s, ts_ta_data *d, char *message);
#endif
