/* The options of `taustream ta`. */
#ifndef TAUSTREAM_TA_COMMAND_OPTIONS_H
#define TAUSTREAM_TA_COMMAND_OPTIONS_H
#include "../io/ta_file.h"
#include "command.h"

#define TA_WAVELENGTH_RANGES_MAX 16u

typedef struct ta_options {
  common_options common;
  ts_ta_options fit;             /* irf_fwhm_s 0: free without a start */
  ts_ta_read_options read;
  bool has_t0_start, has_mode, is_trace_mode, follow, keep_drowned;
  double from_s, to_s;           /* --range: infinite where open */
  size_t ranges;                 /* of wavelengths, m; 0: all */
  double range_from_m[TA_WAVELENGTH_RANGES_MAX], range_to_m[TA_WAVELENGTH_RANGES_MAX];
  output_options out;
  char *columns, *sigma_file, *chirp, *resume;
} ta_options;

/* PARSED_GO: *files is to be freed (the array, not the strings). */
parsed ta_options_read(ta_options *o, int argc, const char **argv, const char ***files, int *code);
void ta_options_free(ta_options *o);
#endif
