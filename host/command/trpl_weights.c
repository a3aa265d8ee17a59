#include "trpl_weights.h"

#include <math.h>
#include <string.h>

#include "../fit/plan.h"

#define PERIOD_DIFFERS 0.01
#define PULSES_SPARE 3.0        /* at the ends of a frame, and of a measurement that begins */

bool trpl_widths_read(trpl_options *o, const ts_device_info *device)
{
  char message[TS_MESSAGE_BYTES];
  if (!o->dnl) return true;
  o->widths = ts_dnl_read(o->dnl, message);
  if (!o->widths) {
    complain(0, "%s", message);
    return false;
  }
  if (device && !strncmp(device->backend, "usb:", 4) && strcmp(device->backend, o->widths->device)) {
    complain(0, "%s: measured on %.100s: expected a calibration of %.100s", o->dnl, o->widths->device, device->backend);
    return false;
  }
  return true;
}

static ts_error multiply_widths(const ts_dnl *d, const char *name, const trpl_axis *a, double *weight, double *error, char *message)
{
  const double first = (a->start_s - d->start_s) / a->bin_width_s;
  if (fabs(a->bin_width_s / d->bin_width_s - 1) > 1e-6 || first < -1e-3 || fabs(first - round(first)) > 1e-3 || round(first) + (double)a->bins > (double)d->bins) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: %zu bins of %g s from %g s on: expected these of the data, %zu of %g s from %g s on", name, d->bins,
             d->bin_width_s, d->start_s, a->bins, a->bin_width_s, a->start_s);
    return TS_ERROR_ARGUMENT;
  }
  for (size_t i = 0, at = (size_t)lround(first); i < a->bins; i++, at++) {
    weight[i] *= d->width[at];
    error[i] = d->error[at];
  }
  return TS_OK;
}

ts_error trpl_weights(const trpl_options *o, const trpl_axis *a, const uint64_t *counts, double pulses, double *weight, double *error, unsigned *flags,
                      char *message)
{
  ts_error e = TS_OK;
  *flags = 0;
  for (size_t i = 0; i < a->bins; i++) weight[i] = 1, error[i] = 0;
  if (o->widths) {
    e = multiply_widths(o->widths, o->dnl, a, weight, error, message);
    *flags |= TS_FLAG_DNL_CORRECTED;
  }
  if (e || !o->models_pile_up || a->dead_time_s == 0) return e;
  if (!isnan(a->dead_time_s) && !(a->period_s > 0)) {
    snprintf(message, TS_MESSAGE_BYTES, "--pile-up correct: stops of the periods before are still dead: --dead-time needs --period");
    return TS_ERROR_ARGUMENT;
  }
  size_t filled = 0;
  while (filled < a->bins && !counts[filled]) filled++;
  if (filled == a->bins) return TS_OK;   /* nothing was lost behind a stop */
  *flags |= TS_FLAG_PILE_UP_MODELLED;
  if (!(pulses > 0)) {
    snprintf(message, TS_MESSAGE_BYTES, "--pile-up correct: the number of pulses is not known: expected --pulses");
    return TS_ERROR_INPUT;
  }
  const double dead = isnan(a->dead_time_s) ? -1 : a->dead_time_s / a->bin_width_s;
  e = ts_live_fraction(counts, a->bins, pulses, a->period_s / a->bin_width_s, dead, weight);
  if (e == TS_ERROR_INPUT)
    snprintf(message, TS_MESSAGE_BYTES, "--pile-up correct: more photons than %.0f pulses with this dead time can give", pulses);
  else if (e)
    snprintf(message, TS_MESSAGE_BYTES, "--pile-up correct: %s", ts_error_text(e));
  return e;
}

bool trpl_piles_up(const uint64_t *counts, size_t bins, double pulses)
{
  double photons = 0;
  for (size_t i = 0; i < bins; i++) photons += (double)counts[i];
  return photons > TS_PILE_UP_RATE * pulses && pulses > 0;
}

bool trpl_period_is_of_sync(double period_s, double sync_s)
{
  const double pulses = rint(sync_s / period_s);
  return pulses >= 1 && fabs(sync_s / (pulses * period_s) - 1) <= PERIOD_DIFFERS;
}

bool trpl_period_is_of_pulses(double period_s, double pulses, double length_s)
{
  const double expected = length_s / period_s;
  return fabs(pulses - expected) <= PERIOD_DIFFERS * expected + PULSES_SPARE;
}
