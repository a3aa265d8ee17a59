#include "trpl_sink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"
#include "sink_files.h"

bool sink_open(trpl_sink *s, const trpl_options *o, const ts_device_info *device)
{
  char message[TS_MESSAGE_BYTES];
  memset(s, 0, sizeof *s);
  s->options = o;
  s->device = device;
  s->components = o->is_auto || o->any_components ? device->components_max : o->fit.components;
  s->has_text = sink_has_text(&o->out, &o->common);
  bool good = sink_files_open(&s->csv, &s->curve, &o->out);
  if (good && o->out.plot) {
    s->plot = ts_plot_open(o->out.plot, message);
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

/* Not one that would go to standard output while nothing does. */
static bool takes(const trpl_sink *s, const ts_output *o, const char *path)
{
  return o && !(s->withholds && !strcmp(path, "-"));
}

void sink_put(trpl_sink *s, const ts_trpl_origin *o, const ts_trpl_result *r, const ts_curve *curve, bool batch)
{
  s->done++;
  if (isfinite(r->counts)) s->photons += r->counts;
  s->evaluations += r->evaluations;
  if (r->cycles >= 0) {
    s->cycles += (double)r->cycles;
    s->has_cycles = true;
  }
  if (s->options->common.json && !s->withholds) ts_trpl_json(stdout, o, r);
  if (takes(s, s->csv, s->options->out.csv)) ts_trpl_csv_row(ts_output_stream(s->csv), s->components, o, r);
  if (takes(s, s->curve, s->options->out.curve) && curve) ts_curve_csv(ts_output_stream(s->curve), curve);
  if (s->plot) plot(s, o, r, curve);
  if (!s->has_text || s->withholds) return;
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

bool sink_close(trpl_sink *s, bool complete, const ts_device *device)
{
  char message[TS_MESSAGE_BYTES];
  bool good = !s->failed;
  if (s->options->common.json) ts_end_json(stdout, complete, s->done, s->failed_inputs);
  good = sink_files_close(s->csv, s->curve, complete) && good;
  if (s->plot && ts_plot_left_out(s->plot) && !s->options->common.quiet)
    complain(0, "%s: %u fits drawn, %llu left out", s->options->out.plot, TS_PLOT_PAGES_MAX, (unsigned long long)ts_plot_left_out(s->plot));
  if (s->plot && !ts_plot_commit(s->plot, message)) {
    complain(0, "%s", message);
    good = false;
  }
  const run_numbers n = {.fits = s->done, .unit = "photons", .units = s->photons, .wall_s = s->wall_s, .cycles = s->has_cycles ? s->cycles : NAN,
                         .evaluations = s->options->fit.compact ? NAN : s->evaluations, .bytes_to_device = s->bytes_to, .bytes_from_device = s->bytes_from};
  if (s->options->out.stats) good = sink_stats_write(s->options->out.stats, &n, s->device, device) && good;
  return sink_flush() && good;
}
