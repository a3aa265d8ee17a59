/* Results of sclc as JSON Lines (schema taustream.sclc/1), as CSV with the same names, and as text for people. */
#ifndef TAUSTREAM_IO_SCLC_RECORD_H
#define TAUSTREAM_IO_SCLC_RECORD_H
#include <stdbool.h>
#include <stdio.h>

#include "../fit/sweep.h"

/* What belongs to a result beside its numbers. */
typedef struct ts_sclc_origin {
  const char *source;              /* the file, or `--v-tfl` */
  const char *column;              /* its column's name, "" when it has none */
  uint64_t index;                  /* of the branch in the file */
  const ts_device_info *device;    /* NULL: no device was asked (a published voltage) */
  const ts_sweep_branch *branch;   /* NULL likewise */
  const ts_sclc_options *options;
  bool provisional;                /* more points may come */
  ts_sweep_difference hysteresis;  /* against the branch of the other direction; ratio NAN: there is none */
  ts_sweep_difference polarity;    /* J of the polarity with the larger current over that of the other */
  bool larger_polarity;            /* this branch has the larger current of the two */
  double built_in_voltage_least_v; /* kT/q ln(polarity.ratio), NAN without both polarities */
} ts_sclc_origin;

bool ts_sclc_json(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r);
void ts_sclc_csv_header(FILE *f);
void ts_sclc_csv_row(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r);

/* One block of lines for a result: densities in m^-3 and in cm^-3. */
void ts_sclc_text(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r);
/* One line a result, for several files and for --follow. */
void ts_sclc_line_header(FILE *f);
void ts_sclc_line(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r);
#endif
