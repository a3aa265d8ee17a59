/* The numbers of a text file, its column names and what its header says about time. */
#ifndef TAUSTREAM_IO_TEXT_TABLE_H
#define TAUSTREAM_IO_TEXT_TABLE_H
#include "histogram_file.h"
#include "source.h"

typedef struct ts_text_table {
  size_t columns, rows;
  double *cell;             /* rows x columns, of the columns that were chosen, in their order */
  char **name;              /* a name each, "" when there is none */
  unsigned long *line;      /* of each row, in the file */
  double calibration_s;     /* `Time calibration` of a Horiba file, 0: none */
  /* private to the reader */
  size_t row_room, fields;
  size_t *chosen;
} ts_text_table;

ts_error ts_text_table_read(ts_text_table *t, ts_source *s, const char *path, const ts_read_options *o, char *message);
void ts_text_table_free(ts_text_table *t);
#endif
