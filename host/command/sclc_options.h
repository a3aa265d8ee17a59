/* The options of `taustream sclc`. */
#ifndef TAUSTREAM_SCLC_COMMAND_OPTIONS_H
#define TAUSTREAM_SCLC_COMMAND_OPTIONS_H
#include "../io/sclc_file.h"
#include "command.h"

#define SCLC_VOLTAGES_MAX 64u

typedef struct sclc_options {
  common_options common;
  ts_sclc_options fit;
  ts_sclc_read_options read;
  output_options out;
  char *columns;
  double published_v[SCLC_VOLTAGES_MAX];   /* --v-tfl */
  size_t published;
  bool follow;
} sclc_options;

/* PARSED_GO: *files is to be freed (the array, not the strings). */
parsed sclc_options_read(sclc_options *o, int argc, const char **argv, const char ***files, int *code);
void sclc_options_free(sclc_options *o);
#endif
