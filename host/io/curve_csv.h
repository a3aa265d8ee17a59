/* Data, fit and weighted residuals as numbers: one row a bin. */
#ifndef TAUSTREAM_IO_CURVE_CSV_H
#define TAUSTREAM_IO_CURVE_CSV_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct ts_curve {
  const char *source, *title;
  uint64_t index;
  double start_s, bin_width_s;
  size_t bins;
  const double *counts, *fit;       /* fit: expected counts, NULL when there is none */
  const double *irf;                /* NULL: none */
  size_t irf_bins;
  double irf_start_s, irf_bin_width_s;
} ts_curve;

/* (counts - fit) / sqrt(fit), NAN where there is no fit. */
double ts_weighted_residual(double counts, double fit);

void ts_curve_csv_header(FILE *f);
void ts_curve_csv(FILE *f, const ts_curve *c);
#endif
