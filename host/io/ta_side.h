/* Files beside a transient-absorption measurement: a chirp's polynomial, standard deviations. */
#ifndef TAUSTREAM_IO_TA_SIDE_H
#define TAUSTREAM_IO_TA_SIDE_H
#include "ta_file.h"

#define TS_TA_CHIRP_MAX 16u

/* Coefficients of t0 over the wavelength, highest power first, separated by commas, spaces or lines; in the data's units. On failure message (TS_MESSAGE_BYTES)
 * holds `FILE:LINE: ...`. */
ts_error ts_ta_chirp_read(const char *path, double coefficient[TS_TA_CHIRP_MAX], size_t *n, char *message);
double ts_ta_chirp_at(const double *coefficient, size_t n, double wavelength);

/* One positive number a line, of every delay or of every wavelength of d (*per_delay says which); with two columns the first must be d's axis. *sigma is
 * to be freed. */
ts_error ts_ta_sigma_read(const char *path, const ts_ta_data *d, double **sigma, bool *per_delay, char *message);
#endif
