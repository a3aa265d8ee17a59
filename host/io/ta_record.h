/* Results of ta as JSON Lines (schema taustream.ta/1), as CSV with a row a wavelength, and as text for people. */
#ifndef TAUSTREAM_IO_TA_RECORD_H
#define TAUSTREAM_IO_TA_RECORD_H
#include <stdbool.h>
#include <stdio.h>

#include "../include/taustream.h"
#include "made_from.h"

/* What belongs to a result beside its numbers. */
typedef struct ts_ta_origin {
  const char *source;
  const ts_device_info *device;
  const ts_ta_options *options;
  bool is_global, provisional;     /* provisional: more delays may come */
  size_t wavelengths;              /* of this record */
  const double *wavelength_m;      /* NAN: a trace that names none */
  const double *left_out_m;        /* wavelengths that noise drowns */
  size_t left_out;
  const double *time_zero_s;       /* of each wavelength (chirp), or NULL */
  size_t delays;                   /* that were fitted */
  const ts_made_from *made_from;   /* of a trace; else NULL */
  const char *noise_source;        /* `given`, `residuals` */
  double noise_before_t0, residual_correlation;
  double sigma_widening;           /* for that correlation, is in the sigmas; 1: none */
} ts_ta_origin;

bool ts_ta_json(FILE *f, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra);
void ts_ta_csv_header(FILE *f, unsigned components);
void ts_ta_csv_rows(FILE *f, unsigned components, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra);

/* One block of lines for a result. */
void ts_ta_text(FILE *f, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra);
/* One line a result, for --mode trace and --follow. */
void ts_ta_line_header(FILE *f, unsigned components);
void ts_ta_line(FILE *f, unsigned components, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra);
#endif
