/* Which columns of a table hold voltage and current, and their scales to volts and A/m2. */
#ifndef TAUSTREAM_IO_SCLC_COLUMNS_H
#define TAUSTREAM_IO_SCLC_COLUMNS_H
#include "sclc_file.h"

typedef struct ts_sclc_columns {
  size_t voltage;
  double voltage_scale;
  size_t curves;
  size_t *current;             /* of every curve */
  double *current_scale;
} ts_sclc_columns;

/* name: n names, "" where a column has none. line: where the data begin, for messages. */
ts_error ts_sclc_columns_find(ts_sclc_columns *c, char *const *name, size_t n, const char *path, unsigned long line, const ts_sclc_read_options *o,
                              char *message);
void ts_sclc_columns_free(ts_sclc_columns *c);
#endif
