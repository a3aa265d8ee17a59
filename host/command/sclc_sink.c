#include "sclc_sink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/sclc_curve.h"
#include "../io/sclc_plot.h"
#include "../io/trpl_record.h"
#include "sink_files.h"

bool sclc_sink_open(sclc_sink *s, const sclc_options *o, const ts_device_info *device, bool several)
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
  if (good && several && s->has_text) {
    s->summary = open_memstream(&s->summary_text, &s->summary_bytes);
    good = s->summary || complain(false, "out of memory");
  }
  if (good && s->csv) ts_sclc_csv_header(ts_output_stream(s->csv));
  if (good && s->curve) ts_sclc_curve_header(ts_output_stream(s->curve));
  if (good) return true;
  ts_output_abandon(s->csv);
  ts_output_abandon(s->curve);
  ts_pages_abandon(s->plot);
  return false;
}

static void plot(sclc_sink *s, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  char message[TS_MESSAGE_BYTES];
  if (!ts_pages_have_room(s->plot)) {
    s->left_out++;
    return;
  }
  if (ts_sclc_plot(s->plot, o, r, message)) return;
  if (!s->failed) complain(0, "%s", message);
  s->failed = true;
}

void sclc_sink_put(sclc_sink *s, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  s->done++;
  s->points += r->points;
  if (r->cycles >= 0) {
    s->cycles += (double)r->cycles;
    s->has_cycles = true;
  }
  if (s->options->common.json) ts_sclc_json(stdout, o, r);
  if (s->csv) ts_sclc_csv_row(ts_output_stream(s->csv), o, r);
  if (s->curve && o->branch && !ts_sclc_curve(ts_output_stream(s->curve), o, r)) s->failed = !complain(0, "%s: out of memory", o->source);
  if (s->plot && o->branch) plot(s, o, r);
  if (s->has_text) ts_sclc_text(stdout, o, r);
  if (s->summary) ts_sclc_line(s->summary, o, r);
}

void sclc_sink_provisional(sclc_sink *s, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  if (s->options->common.json) ts_sclc_json(stdout, o, r);
  else if (s->has_text) ts_sclc_line(stdout, o, r);
  fflush(stdout);
}

static void print_summary(sclc_sink *s)
{
  if (!s->summary) return;
  fclose(s->summary);
  if (s->done) {
    putchar('\n');
    ts_sclc_line_header(stdout);
    fputs(s->summary_text, stdout);
  }
  free(s->summary_text);
}

bool sclc_sink_close(sclc_sink *s, bool complete, const ts_device *device)
{
  bool good = !s->failed;
  print_summary(s);
  if (s->options->common.json) ts_end_json(stdout, complete, s->done, s->failed_inputs);
  good = sink_files_close(s->csv, s->curve, complete) && good;
  good = sink_pages_close(s->plot, s->options->out.plot, "sweeps", s->done, s->left_out, s->options->common.quiet) && good;
  const run_numbers n = {.fits = s->done, .unit = "points", .units = s->points, .wall_s = s->wall_s, .cycles = s->has_cycles ? s->cycles : NAN, .evaluations = NAN};
  if (s->options->out.stats && device) good = sink_stats_write(s->options->out.stats, &n, s->device, device) && good;
  return sink_flush() && good;
}
