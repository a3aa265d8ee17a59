#include "trpl_sink.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"

static bool open_file(ts_output **to, const char *path)
{
  char message[TS_MESSAGE_BYTES];
  if (!path) return true;
  *to = ts_output_open(path, message);
  if (!*to) complain(0, "%s", message);
  return *to != NULL;
}

/* The statistics are written at the end; their place is tried at the start. */
static bool try_file(const char *path)
{
  ts_output *o = NULL;
  if (!open_file(&o, path)) return false;
  ts_output_abandon(o);
  return true;
}

bool sink_open(trpl_sink *s, const trpl_options *o, const ts_device_info *device)
{
  char message[TS_MESSAGE_BYTES];
  memset(s, 0, sizeof *s);
  s->options = o;
  s->device = device;
  s->components = o->is_auto || o->any_components ? device->components_max : o->fit.components;
  s->has_text = !o->common.json && !o->common.quiet && !(o->csv && !strcmp(o->csv, "-")) && !(o->curve && !strcmp(o->curve, "-"));
  bool good = open_file(&s->csv, o->csv) && open_file(&s->curve, o->curve) && try_file(o->stats);
  if (good && o->plot) {
    s->plot = ts_plot_open(o->plot, message);
    good = s->plot != NULL;
    if (!good) complain(0, "%s", message);
  }
  if (good && s->csv) ts_trpl_csv_header(ts_output_stream(s->csv), s->components, o->live);
  if (good && s->curve) ts_curve_csv_header(ts_output_stream(s->curve));
  if (good) return true;
  ts_output_abandon(s->csv);
  ts_output_abandon(s->curve);
  ts_plot_abandon(s->plot);
  return false;
}

bool sink_wants_curves(const trpl_sink *s)
{
  return s->curve || (s->plot && ts_plot_wants_curve(s->plot));
}

static void plot(trpl_sink *s, const ts_trpl_origin *o, const ts_trpl_result *r, const ts_curve *c)
{
  char text[600] = "", message[TS_MESSAGE_BYTES];
  for (unsigned i = 0; i < r->components; i++) {
    char value[40], sigma[40];
    size_t n = strlen(text);
    if (isnan(r->lifetime_s[i])) continue;
    ts_format_time(value, sizeof value, r->lifetime_s[i], 4);
    ts_format_time(sigma, sizeof sigma, r->lifetime_sigma_s[i], 2);
    snprintf(text + n, sizeof text - n, "%s +- %s  (%.1f %%)\n", value, sigma, 100 * r->amplitude_fraction[i]);
  }
  size_t n = strlen(text);
  snprintf(text + n, sizeof text - n, "chi2 %.3f, %s", r->chi2_reduced, ts_status_name(r->status));
  if (ts_plot_add(s->plot, r, o->source, c, text, message)) return;
  if (!s->failed) complain(0, "%s", message);
  s->failed = true;
}

void sink_put(trpl_sink *s, const ts_trpl_origin *o, const ts_trpl_result *r, const ts_curve *curve, bool batch)
{
  s->done++;
  s->photons += r->counts;
  s->evaluations += r->evaluations;
  if (r->cycles >= 0) {
    s->cycles += (double)r->cycles;
    s->has_cycles = true;
  }
  if (s->options->common.json) ts_trpl_json(stdout, o, r);
  if (s->csv) ts_trpl_csv_row(ts_output_stream(s->csv), s->components, o, r);
  if (s->curve && curve) ts_curve_csv(ts_output_stream(s->curve), curve);
  if (s->plot) plot(s, o, r, curve);
  if (!s->has_text) return;
  if (!batch) {
    ts_trpl_text(stdout, o, r);
    return;
  }
  if (s->line_source != o->source) {
    printf("%s on %s %s\n", o->source, s->device->backend, s->device->engine);
    ts_trpl_line_header(stdout, s->components);
    s->line_source = o->source;
  }
  ts_trpl_line(stdout, s->components, r);
}

static json_t *number(double v)
{
  return isfinite(v) ? json_real(v) : json_null();
}

static json_t *whole(bool known, double v)
{
  return known ? json_integer((json_int_t)v) : json_null();
}

static bool write_stats(const trpl_sink *s, const ts_device *device)
{
  char message[TS_MESSAGE_BYTES];
  double fits = (double)s->done;
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.stats/1"));
  json_object_set_new(j, "backend", json_string(s->device->backend));
  json_object_set_new(j, "engine", json_string(s->device->engine));
  json_object_set_new(j, "fits", whole(true, fits));
  json_object_set_new(j, "photons", whole(true, s->photons));
  json_object_set_new(j, "wall_s", number(s->wall_s));
  json_object_set_new(j, "fits_per_s", number(s->wall_s > 0 ? fits / s->wall_s : NAN));
  json_object_set_new(j, "clock_cycles", whole(s->has_cycles, s->cycles));
  json_object_set_new(j, "cycles_per_fit", number(s->has_cycles && s->done ? s->cycles / fits : NAN));
  json_object_set_new(j, "clock_hz", whole(s->device->clock_hz > 0, s->device->clock_hz));
  json_object_set_new(j, "evaluations_mean", number(s->done ? s->evaluations / fits : NAN));
  json_object_set_new(j, "bytes_to_device", whole(true, (double)(device ? ts_device_bytes_to(device) : s->bytes_to)));
  json_object_set_new(j, "bytes_from_device", whole(true, (double)(device ? ts_device_bytes_from(device) : s->bytes_from)));
  ts_output *o = ts_output_open(s->options->stats, message);
  bool good = o != NULL;
  if (o) {
    json_dumpf(j, ts_output_stream(o), JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    fputc('\n', ts_output_stream(o));
    good = ts_output_commit(o, message);
  }
  if (!good) complain(0, "%s", message);
  json_decref(j);
  return good;
}

static bool close_file(ts_output *o, bool complete)
{
  char message[TS_MESSAGE_BYTES];
  if (!o) return true;
  if (!complete) fputs("# incomplete\n", ts_output_stream(o));
  if (ts_output_commit(o, message)) return true;
  complain(0, "%s", message);
  return false;
}

bool sink_close(trpl_sink *s, bool complete, const ts_device *device)
{
  char message[TS_MESSAGE_BYTES];
  bool good = !s->failed;
  if (s->options->common.json) ts_end_json(stdout, complete, s->done, s->failed_inputs);
  good = close_file(s->csv, complete) && good;
  good = close_file(s->curve, complete) && good;
  if (s->plot && ts_plot_left_out(s->plot) && !s->options->common.quiet)
    complain(0, "%s: %u fits drawn, %llu left out", s->options->plot, TS_PLOT_PAGES_MAX, (unsigned long long)ts_plot_left_out(s->plot));
  if (s->plot && !ts_plot_commit(s->plot, message)) {
    complain(0, "%s", message);
    good = false;
  }
  if (s->options->stats) good = write_stats(s, device) && good;
  if (fflush(stdout) || ferror(stdout)) {
    complain(0, "standard output cannot be written");
    good = false;
  }
  return good;
}
