/* Options of `taustream trpl`. */
#ifndef TAUSTREAM_TRPL_OPTIONS_H
#define TAUSTREAM_TRPL_OPTIONS_H
#include "../io/histogram_file.h"
#include "command.h"

typedef struct trpl_options {
  common_options common;
  ts_read_options read, irf_read;
  ts_trpl_options fit;          /* without bin width, IRF histogram and places on the time axis: these come with the data */
  char *columns, *irf_columns, *irf;
  bool is_auto, has_shift, has_irf_background, has_range;
  double from_s, to_s;
  char *csv, *curve, *plot, *stats, *resume;
} trpl_options;

/* files: NULL-terminated, to be freed. On PARSED_LEAVE *code is the exit code. Free by trpl_options_free() in any case. */
parsed trpl_options_read(trpl_options *o, int argc, const char **argv, const char ***files, int *code);
void trpl_options_free(trpl_options *o);
#endif
