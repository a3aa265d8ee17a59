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
  double calibration_s;     /* bins' width by the header: `Time calibration` (Horiba), `#ns/channel` (PicoQuant); 0: none */
  bool counts_alone;        /* by the header every column holds counts (PicoQuant) */
  unsigned long gap_line;   /* of the first row behind an empty line, but for the first row; 0: none */
  size_t gaps;              /* such rows */
  /* private to the reader */
  size_t row_room, fields, chosen_n;
  bool empty_end;           /* its lines end with a separator */
  size_t *chosen;
} ts_text_table;

ts_error ts_text_table_read(ts_text_table *t, ts_source *s, const char *path, const ts_read_options *o, char *message);
void ts_text_table_free(ts_text_table *t);
#endif
