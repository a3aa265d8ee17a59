#include "ta_sink.h"

#include <math.h>
#include <string.h>

#include "../io/trpl_record.h"
#include "sink_files.h"

bool ta_sink_open(ta_sink *s, const ta_options *o, const ts_device_info *device)
{
  char message[TS_MESSAGE_BYTES];
  memset(s, 0, sizeof *s);
  s->options = o;
  s->device = device;
  s->has_text = sink_has_text(&o->out, &o->common);
  bool good = sink_files_open(&s->csv, &s->curve, &o->out);
  if (good && o->out.plot) {
    s->plot = ts_pages_open(o->out.plot, message);
    good = s->plot || complain(false, "%s", message);
  }
  if (good && s->csv) ts_ta_csv_header(ts_output_stream(s->csv), o->fit.components);
  if (good && s->curve) ts_ta_curve_header(ts_output_stream(s->curve));
  if (good) return true;
  ts_output_abandon(s->csv);
  ts_output_abandon(s->curve);
  ts_pages_abandon(s->plot);
  return false;
}

static void plot(ta_sink *s, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra, const ts_ta_picture *fit)
{
  char message[TS_MESSAGE_BYTES];
  if (!ts_pages_have_room(s->plot)) {
    s->left_out++;
    return;
  }
  if (ts_ta_plot(s->plot, o, r, spectra, fit, message)) return;
  if (!s->failed) complain(0, "%s", message);
  s->failed = true;
}

void ta_sink_put(ta_sink *s, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra, const ts_ta_picture *fit, bool batch)
{
  const unsigned components = s->options->fit.components;
  s->done++;
  s->evaluations += r->evaluations;
  for (size_t i = 0; i < o->wavelengths * fit->delays; i++) s->signals += isfinite(fit->signal[i]);
  if (r->cycles >= 0) {
    s->cycles += (double)r->cycles;
    s->has_cycles = true;
  }
  if (s->options->common.json) ts_ta_json(stdout, o, r, spectra);
  if (s->csv) ts_ta_csv_rows(ts_output_stream(s->csv), components, o, r, spectra);
  if (s->curve) ts_ta_curve_rows(ts_output_stream(s->curve), o, r, fit);
  if (s->plot) plot(s, o, r, spectra, fit);
  if (!s->has_text) return;
  if (!batch) {
    ts_ta_text(stdout, o, r, spectra);
    return;
  }
  if (s->line_source != o->source) {
    printf("%s on %s %s\n", o->source, s->device->backend, s->device->engine);
    ts_ta_line_header(stdout, components);
    s->line_source = o->source;
  }
  ts_ta_line(stdout, components, o, r, spectra);
}

void ta_sink_provisional(ta_sink *s, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra)
{
  if (s->options->common.json) ts_ta_json(stdout, o, r, spectra);
  else if (s->has_text) ts_ta_line(stdout, s->options->fit.components, o, r, spectra);
  fflush(stdout);
}

bool ta_sink_close(ta_sink *s, bool complete, const ts_device *device)
{
  bool good = !s->failed;
  const run_numbers n = {.fits = s->done, .unit = "signals", .units = s->signals, .wall_s = s->wall_s, .cycles = s->has_cycles ? s->cycles : NAN,
                         .evaluations = s->evaluations};
  if (s->options->common.json) ts_end_json(stdout, complete, s->done, s->failed_inputs);
  good = sink_files_close(s->csv, s->curve, complete) && good;
  good = sink_pages_close(s->plot, s->options->out.plot, "fits", s->done, s->left_out, s->options->common.quiet) && good;
  if (s->options->out.stats) good = sink_stats_write(s->options->out.stats, &n, s->device, device) && good;
  return sink_flush() && good;
}
