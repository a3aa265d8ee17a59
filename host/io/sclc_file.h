/* Current-voltage points from text or CSV: a column of voltages and one or several of current densities or currents.
 *
 * Units come from the columns' names (`V_V`, `Voltage [mV]`, `J_A_m2`, `J (mA/cm2)`, `Current (A)`) or from the options; a name and an option that
 * differ are refused, and so is a column without either. Currents need the area. Columns whose names tell of something else (a time) are left out. A
 * file without names has the voltage, in volts unless the options say otherwise, in its first column. */
#ifndef TAUSTREAM_IO_SCLC_FILE_H
#define TAUSTREAM_IO_SCLC_FILE_H
#include "../fit/sweep.h"
#include "histogram_file.h"

typedef struct ts_sclc_read_options {
  const char *columns;         /* `1,3-5`, 1-based: the voltage first; NULL: by their names */
  unsigned long skip;
  double voltage_unit_v;       /* 0: the header says */
  double density_unit_a_m2;    /* of every current density, 0: the header says */
  double current_unit_a;       /* of every current, 0: the header says */
  double area_m2;              /* 0: not given */
} ts_sclc_read_options;

typedef struct ts_sclc_file ts_sclc_file;
/* On failure message (TS_MESSAGE_BYTES) holds `FILE:LINE: what is wrong, the value, what was expected`. */
ts_error ts_sclc_file_read(ts_sclc_file **f, const char *path, const ts_sclc_read_options *o, char *message);
void ts_sclc_file_free(ts_sclc_file *f);
size_t ts_sclc_file_points(const ts_sclc_file *f);
size_t ts_sclc_file_curves(const ts_sclc_file *f);
const char *ts_sclc_file_name(const ts_sclc_file *f, size_t curve);   /* of the column, "" when it has none */
/* Point i of a curve: volts, A/m2. */
ts_sweep_point ts_sclc_file_point(const ts_sclc_file *f, size_t curve, size_t i);

/* The same, line by line, while the file is written (one curve). */
typedef struct ts_sclc_stream ts_sclc_stream;
ts_error ts_sclc_stream_open(ts_sclc_stream **s, const char *path, const ts_sclc_read_options *o, char *message);
void ts_sclc_stream_close(ts_sclc_stream *s);
/* Waits for the next point. TS_OK with *got false: the end. */
ts_error ts_sclc_stream_next(ts_sclc_stream *s, ts_sweep_point *p, bool *got, char *message);
#endif
