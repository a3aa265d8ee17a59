/* From a file's data and the options to what is fitted: wavelengths and delays chosen, values outside the range masked, standard deviations. */
#ifndef TAUSTREAM_TA_SELECT_H
#define TAUSTREAM_TA_SELECT_H
#include "../io/ta_side.h"
#include "ta_options.h"

/* The polynomial of --chirp; n 0: none. */
typedef struct ta_chirp {
  double coefficient[TS_TA_CHIRP_MAX];
  size_t n;
} ta_chirp;

typedef struct ta_selection {
  size_t wavelengths, delays;
  double *wavelength_m, *delay_s;
  double *signal;                /* [wavelength][delay], NAN: missing or outside the range */
  double *time_zero_s;           /* of each wavelength, or NULL */
  double sigma;                  /* least standard deviation, 0: unknown */
  double *sigma_delay, *sigma_wavelength;   /* relative to it, or NULL */
  size_t *index;                 /* of each wavelength in the file */
  size_t *masked;                /* missing values of each wavelength inside the range */
  double *left_out_m;            /* wavelengths that were taken out again */
  size_t left_out;
} ta_selection;

/* False after a complaint that names the file; path NULL: without one. */
bool ta_select(ta_selection *x, const ts_ta_data *d, const ta_options *o, const ta_chirp *chirp, const char *path);
/* Takes wavelengths out. Not where there are sigmas of each. False: out of memory, nothing was done. */
bool ta_selection_leave_out(ta_selection *x, const bool *out);
void ta_selection_free(ta_selection *x);
#endif
