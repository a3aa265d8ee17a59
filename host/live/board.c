/* Photons at a board's pins (docs/photon.md): what the pins' samples make of the options. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "source.h"

enum { BIN_LOG2_MAX = 15, DEAD_SAMPLES_MAX = 65535 };

static live_state board_read(live_source *s, live_event *event, size_t room, size_t *n, char *message)
{
  (void)s, (void)event, (void)room, (void)message;
  *n = 0;
  return LIVE_WAIT;
}

static int board_fd(const live_source *s)
{
  (void)s;
  return -1;                    /* poll() passes over it: the fitter tells when there is something */
}

static void board_close(live_source *s) { free(s); }

static bool judge(const ts_device_info *d, const live_tag_options *o, live_pins *p, double *bins, double *width_s, char *message)
{
  const unsigned samples = d->photon_samples;
  if (!d->photon_pins || !d->photon_raw || !samples) {
    snprintf(message, TS_MESSAGE_BYTES, "%s %s has no pins for photons (word `photon` of its info is %u): expected a build with them, or tags:, replay:, sim:",
             d->backend, d->engine, (unsigned)d->photon);
    return false;
  }
  if (!d->clock_hz && !(o->bin_width_s > 0)) {
    snprintf(message, TS_MESSAGE_BYTES, "%s has no clock: give --bin-width, the time that a sample stands for", d->backend);
    return false;
  }
  p->sample_s = d->clock_hz ? 1.0 / d->clock_hz / samples : o->bin_width_s;
  p->clock_s = p->sample_s * samples;
  *width_s = o->bin_width_s > 0 ? o->bin_width_s : p->sample_s;
  const double log2_bin = log2(*width_s / p->sample_s), dead = isnan(o->dead_time_s) ? 0 : o->dead_time_s / p->sample_s;
  if (log2_bin < -1e-6 || log2_bin > BIN_LOG2_MAX || fabs(log2_bin - round(log2_bin)) > 1e-6) {
    snprintf(message, TS_MESSAGE_BYTES, "--bin-width: %g s is not %g s (a sample) times a power of two up to 2^%d", *width_s, p->sample_s, BIN_LOG2_MAX);
    return false;
  }
  p->bin_samples_log2 = (unsigned)lround(log2_bin);
  *bins = floor(o->period_s / *width_s + 1e-6);
  if (*bins < 16 || *bins > d->bins_max) {
    snprintf(message, TS_MESSAGE_BYTES, "--period: the window of %g s has %.0f bins of %g s: expected 16 to %u", o->period_s, *bins, *width_s, d->bins_max);
    return false;
  }
  if (dead > DEAD_SAMPLES_MAX) {
    snprintf(message, TS_MESSAGE_BYTES, "--dead-time: %g s are %.0f samples of %g s: expected at most %d", o->dead_time_s, dead, p->sample_s, DEAD_SAMPLES_MAX);
    return false;
  }
  p->dead_samples = (uint16_t)fmax(ceil(dead - 1e-6), o->models_dead_time ? samples : 0);
  return true;
}

live_source *live_board_open(const ts_device_info *device, const live_tag_options *o, live_pins *pins, char *message)
{
  double bins, width_s;
  if (!judge(device, o, pins, &bins, &width_s, message)) return NULL;
  live_source *s = malloc(sizeof *s);
  if (!s) {
    snprintf(message, TS_MESSAGE_BYTES, "out of memory");
    return NULL;
  }
  *s = (live_source){.axis = {.bins = (size_t)bins, .bin_width_s = width_s, .tick_s = pins->clock_s, .period_s = o->period_s,
                              .dead_time_s = fmax(pins->dead_samples * pins->sample_s, pins->clock_s)},   /* one stop a clock at most */
                     .is_open = true, .read = board_read, .fd = board_fd, .close = board_close};
  return s;
}
