/* taustream live: fits frames of photons while they arrive. Source, device and options; the measurement itself is live_run.c. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../live/describe.h"
#include "../live/replay.h"
#include "live_inside.h"
#include "trpl_weights.h"

static bool take_recorded_irf(live *l)
{
  size_t n;
  const double *value = live_replay_irf(l->source, &n);
  const json_t *fit = json_object_get(l->source->options(l->source), "fit");
  double start = json_number_value(json_object_get(fit, "irf_start_s")), width = json_number_value(json_object_get(fit, "irf_bin_width_s"));
  if (!n || !(width > 0) || !(l->irf.value = malloc(n * sizeof *value))) {
    complain(0, "%s: the recording does not hold the IRF that it was fitted with: give --irf FILE", l->o->source);
    return false;
  }
  memcpy(l->irf.value, value, n * sizeof *value);
  l->irf.bins = n;
  l->irf.start_s = start;
  l->irf.bin_width_s = width;
  return true;
}

static live_source *open_source(live *l, const live_options *o)
{
  char message[TS_MESSAGE_BYTES] = "";
  live_source *s = o->kind == LIVE_SIM ? live_sim_open(o->place, message) : o->kind == LIVE_TAGS ? live_tags_open(o->place, &o->tags, message) :
                   o->kind == LIVE_REPLAY ? live_replay_open(o->place, message)
                                          : live_board_open(ts_device_get_info(l->device), &o->tags, &l->pins, message);
  if (!s) complain(0, "%s", message);
  return s;
}

/* Options of the fit take the place of all the recording's. */
static void tell_left_out(const live *l, const live_options *o)
{
  const json_t *fit = json_object_get(l->source->options(l->source), "fit");
  const char *irf = json_string_value(json_object_get(fit, "irf"));
  const bool has_irf = irf && strcmp(irf, "none") && o->trpl.fit.irf_kind == TS_IRF_NONE;
  const bool has_dead_time = json_is_string(json_object_get(fit, "pile_up")) && !o->trpl.has_pile_up, has_widths = json_is_string(json_object_get(fit, "dnl")) && !o->trpl.dnl;
  if (o->trpl.common.quiet || (!has_irf && !has_dead_time && !has_widths)) return;
  complain(0, "%s: it was fitted with%s%s%s, and with other options of the fit it is not: give all of them, or none", o->source,
           has_irf ? strcmp(irf, "gauss") ? " --irf" : " --irf-gauss" : "", has_dead_time ? " --pile-up correct" : "", has_widths ? " --dnl" : "");
}

/* Options of the fit that were not given come from the recording. */
static bool take_options(live *l, live_options *o)
{
  char message[TS_MESSAGE_BYTES];
  if (l->source->options && !o->has_fit_options) {
    if (!live_options_from(&o->trpl, l->source->options(l->source), message)) {
      complain(0, "%s: %s", o->source, message);
      return false;
    }
    if (o->trpl.fit.irf_kind == TS_IRF_HISTOGRAM && !take_recorded_irf(l)) return false;
  } else if (!trpl_irf_read(&l->irf, &o->trpl)) {
    return false;
  } else if (l->source->options) {
    tell_left_out(l, o);
  }
  l->components = o->trpl.fit.components;
  return true;
}

static bool can_send(const live_options *o, const ts_device_info *d)
{
  if (!o->send_photons || d->photon_stream) return true;
  complain(0, "--send photons: %s %s has no photon front end; leave --send out", d->backend, d->engine);
  return false;
}

/* A board that counts photons and holds no fits: the model fits its frames. */
static bool open_fits(live *l, const live_options *o)
{
  const ts_device_info *d = ts_device_get_info(l->device);
  char message[TS_MESSAGE_BYTES] = "";
  l->state.device = *d;
  if (o->kind != LIVE_BOARD || d->components_max) return true;
  if (ts_device_open(&l->fits, "model", d->engine, message)) {
    complain(0, "model %s: %s", d->engine, message);
    return false;
  }
  l->state.device.components_max = ts_device_get_info(l->fits)->components_max;
  if (!o->trpl.common.quiet) complain(0, "%s counts photons and holds no fits: its frames are fitted here, by the model of engine %s", d->backend, d->engine);
  return true;
}

int command_live(int argc, const char **argv)
{
  live_options o;
  const char **rest = NULL;
  int code;
  parsed p = live_options_read(&o, argc, argv, &rest, &code);
  live *l = p == PARSED_GO ? calloc(1, sizeof *l) : NULL;
  if (l) {
    const trpl_options *t = &o.trpl;
    bool writes = t->common.json || t->common.quiet || o.plain || (t->out.csv && !strcmp(t->out.csv, "-")) || (t->out.curve && !strcmp(t->out.curve, "-"));
    if (o.record) signal(SIGPIPE, SIG_IGN);   /* a reader that is gone ends no recording */
    bool has_view = !writes && isatty(STDOUT_FILENO);
    l->o = &o;
    l->speed = o.speed > 0 ? o.speed : 1;
    code = EXIT_INPUT;
    const bool device_first = o.kind == LIVE_BOARD;   /* it is the source */
    if (device_first) l->device = open_device(&o.trpl.common);
    if (!device_first || l->device) l->source = open_source(l, &o);
    if (l->source && take_options(l, &o) && (l->device || (l->device = open_device(&o.trpl.common)) != NULL) && can_send(&o, ts_device_get_info(l->device)) &&
        trpl_widths_read(&o.trpl, device_first ? ts_device_get_info(l->device) : NULL) && open_fits(l, &o)) {
      o.trpl.any_components = has_view;
      bool quiet = o.trpl.common.quiet;
      o.trpl.common.quiet = quiet || has_view;
      if (!has_view) l->output = live_output_begin();   /* outputs named - find it there */
      l->has_sink = sink_open(&l->sink, &o.trpl, &l->state.device);
      if (has_view && l->has_sink && !(l->terminal = live_terminal_open())) l->sink.has_text = !quiet;   /* a line a frame instead */
      code = l->has_sink ? live_run(l) : EXIT_USAGE;
    }
    live_output_end(l->output);
    if (!live_fitter_destroy(l->fitter)) return code;   /* all is written; what its thread works on goes with the program */
    ts_device_close(l->fits);
    ts_device_close(l->device);
    live_framer_free(&l->framer);
    live_view_free(&l->view);
    live_job_free(l->ready);
    live_job_free(l->ready_part);
    live_source_close(l->source);
    free(l->frame_counts);
    free(l->light);
    free(l->irf.value);
    free(l);
  } else if (p == PARSED_GO) {
    code = complain(EXIT_INPUT, "out of memory");
  }
  free(rest);
  live_options_free(&o);
  return code;
}
