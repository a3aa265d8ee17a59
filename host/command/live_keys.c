/* taustream live on a terminal: the view is drawn, keys are taken. */
#include <stdio.h>

#include "live_inside.h"

#define DRAW_S 0.09

static void save(live *l)
{
  char name[64], message[TS_MESSAGE_BYTES];
  snprintf(name, sizeof name, "taustream-frame-%llu.svg", (unsigned long long)(l->view.last ? l->view.last->frame.number : 0));
  if (live_terminal_save(l->terminal, name, message)) snprintf(l->view.note, sizeof l->view.note, "saved as %s", name);
  else snprintf(l->view.note, sizeof l->view.note, "%.150s", message);
}

static void key(live *l, int k)
{
  live_view *v = &l->view;
  if (k == 'q') l->quits = true;
  else if (k == 'f') v->frozen = !v->frozen;
  else if (k == 'm') live_mark(l);
  else if (k == 's') save(l);
  else if (k == 'r') {
    live_view_reset(v);
    l->fresh = true;
    if (l->o->kind == LIVE_BOARD && l->fitter) live_fitter_set_components(l->fitter, l->components, true);
  } else if (k >= '1' && k <= '4') {
    unsigned n = (unsigned)(k - '0');
    if (n <= l->state.device.components_max) {
      l->components = n;
      if (l->o->kind == LIVE_BOARD && l->fitter) live_fitter_set_components(l->fitter, n, false);
    }
    else snprintf(v->note, sizeof v->note, "engine %s holds %u components", l->state.device.engine, l->state.device.components_max);
  }
}

void live_prepare_view(live *l)
{
  live_view *v = &l->view;
  v->device = l->state.device.backend;
  v->state = l->ending || l->source_ended ? "ended" : l->state.is_away ? "device away" : v->frozen ? "frozen" : "running";
  v->record = l->recording ? l->o->record : NULL;
  v->record_bytes = l->recording ? ts_recording_bytes(l->recording) : 0;
  v->frames = l->closed;
  v->pending = l->fitter ? live_fitter_pending(l->fitter) : 0;
}

void live_update_view(live *l)
{
  if (!l->terminal) return;
  for (int k; (k = live_terminal_key(l->terminal)) != 0;) key(l, k);
  if (!l->is_framing) return;
  live_prepare_view(l);
  live_terminal_draw(l->terminal, &l->view, DRAW_S);
}
