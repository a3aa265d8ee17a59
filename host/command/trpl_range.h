/* Which bins of a histogram are fitted. */
#ifndef TAUSTREAM_TRPL_RANGE_H
#define TAUSTREAM_TRPL_RANGE_H
#include <stddef.h>

typedef struct bin_range { size_t first, end; } bin_range;   /* first <= i < end */

/* Bins whose left edge start + i width lies in [from, to); may be empty. */
bin_range range_of_times(double start_s, double bin_width_s, size_t bins, double from_s, double to_s);

/* All bins less the dead ones at the ends: bins that the electronics never fill. Zeros at an end are dead when they come next to bins so well
 * filled that zeros there are against all odds (see the source); a decay that just runs out of photons is left whole. */
bin_range range_alive(const double *counts, size_t bins);

/* Where a fit without an IRF begins: as far behind the maximum of r that the response has ended, twice the time that the curve took from half of it. At the
 * maximum itself the response has not ended, and lifetimes from there are too long: by 5 sigma for 1e5 counts, 1 and 4 ns, FWHM 1 ns. */
size_t range_tail(const double *counts, bin_range r);
#endif
