/* taustream live --save-dnl: the widths of the bins from what uncorrelated light left in them. */
#include <stdio.h>
#include <string.h>

#include "../io/dnl_file.h"
#include "live_inside.h"

#define LIGHT_LOST_MAX 0.05

/* What the widths of the bins were measured on. */
static const char *measured_on(const live *l)
{
  const json_t *begin = l->o->kind == LIVE_REPLAY ? l->source->options(l->source) : NULL;
  const char *source = json_string_value(json_object_get(begin, "source")), *backend = json_string_value(json_object_get(begin, "backend"));
  if (l->o->kind == LIVE_BOARD) return l->state.device.backend;
  return source && backend ? (strncmp(source, "board:", 6) ? source : backend) : l->o->source;
}

void live_save_widths(live *l)
{
  char message[TS_MESSAGE_BYTES];
  const live_axis *a = &l->source->axis;
  if (!l->light || l->failed || l->broken) return;
  double photons = 0;
  for (size_t i = 0; i < a->bins; i++) photons += (double)l->light[i];
  if (l->light_full) {
    snprintf(message, sizeof message, "%.200s: not written: a bin's counter was at its maximum: expected shorter frames, whose counts are added", l->o->save_dnl);
    live_trouble(l, message);
    l->failed = true;
    return;
  }
  /* which bins lose more depends on the clock's phase */
  if ((double)l->light_lost > LIGHT_LOST_MAX * photons) {
    snprintf(message, sizeof message, "%.200s: not written: %.1f %% of the stops were lost by dead time: expected weaker light, at most %.0f %%", l->o->save_dnl,
             100 * (double)l->light_lost / ((double)l->light_lost + photons), 100 * LIGHT_LOST_MAX);
    live_trouble(l, message);
    l->failed = true;
    return;
  }
  if (ts_dnl_write(l->o->save_dnl, measured_on(l), a->bin_width_s, a->start_s, a->bins, l->light, message)) return;
  live_trouble(l, message);
  l->failed = true;
}
