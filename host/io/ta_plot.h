/* A transient-absorption fit's data, as a curve file and as plots: traces with their fits, the map of the residuals, decay-associated spectra. */
#ifndef TAUSTREAM_IO_TA_PLOT_H
#define TAUSTREAM_IO_TA_PLOT_H
#include "plot_pages.h"
#include "ta_record.h"

/* What was fitted, [wavelength][delay]; NAN: missing or outside the range. */
typedef struct ts_ta_picture {
  size_t delays;
  const double *delay_s, *signal, *fit;   /* fit: NAN where there is none */
  const double *sigma_delay, *sigma_wavelength;   /* relative, or NULL */
} ts_ta_picture;

/* (signal - fit) over the noise of that signal. */
double ts_ta_weighted_residual(const ts_ta_picture *p, const ts_ta_result *r, size_t wavelength, size_t delay);

/* Columns: source, index, wavelength_m, delay_s, signal, fit, weighted_residual. */
void ts_ta_curve_header(FILE *f);
void ts_ta_curve_rows(FILE *f, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_picture *p);

/* A trace is one page, a matrix three. False: message says why. */
bool ts_ta_plot(ts_pages *pages, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra, const ts_ta_picture *p, char *message);
#endif
