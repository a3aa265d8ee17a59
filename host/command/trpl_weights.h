/* Which part of its photons a bin counts: its width (--dnl), the part of the pulses for which the detection was live (--pile-up correct); and whether pulses come as the period says. */
#ifndef TAUSTREAM_TRPL_WEIGHTS_H
#define TAUSTREAM_TRPL_WEIGHTS_H
#include "trpl_options.h"

/* Reads --dnl into o->widths; false after a complaint. device: what the data come from, NULL: not known; a file of another board is refused. */
bool trpl_widths_read(trpl_options *o, const ts_device_info *device);

typedef struct trpl_axis {
  size_t bins;
  double start_s, bin_width_s;
  double period_s;              /* 0: not known */
  double dead_time_s;           /* NAN: one stop a pulse */
} trpl_axis;

/* weight, error: of all bins. *flags: of what is in them, 0: nothing was asked for. message says why: TS_ERROR_ARGUMENT: the options go with no histogram of
 * these bins; TS_ERROR_INPUT: this one's pulses are not known, or made fewer stops than came. */
ts_error trpl_weights(const trpl_options *o, const trpl_axis *a, const uint64_t *counts, double pulses, double *weight, double *error, unsigned *flags,
                      char *message);
/* So many photons a pulse that dead time matters. pulses 0: not known, false. */
bool trpl_piles_up(const uint64_t *counts, size_t bins, double pulses);

/* One pulse or several, a period apart, to every sync. */
bool trpl_period_is_of_sync(double period_s, double sync_s);
/* So many pulses in this time, one a period; some may be missing at its ends. */
bool trpl_period_is_of_pulses(double period_s, double pulses, double length_s);
#endif
