#include "sclc_sink.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/record_value.h"
#include "../io/sclc_curve.h"
#include "../io/sclc_plot.h"
#include "../io/trpl_record.h"

static bool open_file(ts_output **to, const char *path)
{
  char message[TS_MESSAGE_BYTES];
  if (!path) return true;
  *to = ts_output_open(path, message);
  return *to || complain(false, "%s", message);
}

/* The statistics are written at the end; their place is tried at the start. */
static bool try_file(const char *path)
{
  ts_output *o = NULL;
  if (!open_file(&o, path)) return false;
  ts_output_abandon(o);
  return true;
}

static bool is_stdout(const char *path)
{
  return path && !strcmp(path, "-");
}

bool sclc_sink_open(sclc_sink *s, const sclc_options *o, const ts_device_info *device, bool several)
{
  char message[TS_MESSAGE_BYTES];
  memset(s, 0, sizeof *s);
  s->options = o;
  s->device = device;
  s->has_text = !o->common.json && !o->common.quiet && !is_stdout(o->csv) && !is_stdout(o->curve);
  bool good = open_file(&s->csv, o->csv) && open_file(&s->curve, o->curve) && try_file(o->stats);
  if (good && o->plot) {
    s->plot = ts_pages_open(o->plot, message);
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

static json_t *whole(bool known, double v)
{
  return known ? json_integer((json_int_t)v) : json_null();
}

static bool write_stats(const sclc_sink *s, const ts_device *device)
{
  char message[TS_MESSAGE_BYTES];
  const double fits = (double)s->done;
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.stats/1"));
  json_object_set_new(j, "backend", json_string(s->device->backend));
  json_object_set_new(j, "engine", json_string(s->device->engine));
  json_object_set_new(j, "fits", whole(true, fits));
  json_object_set_new(j, "points", whole(true, s->points));
  json_object_set_new(j, "wall_s", ts_json_number(s->wall_s));
  json_object_set_new(j, "fits_per_s", ts_json_number(s->wall_s > 0 ? fits / s->wall_s : NAN));
  json_object_set_new(j, "clock_cycles", whole(s->has_cycles, s->cycles));
  json_object_set_new(j, "cycles_per_fit", ts_json_number(s->has_cycles && s->done ? s->cycles / fits : NAN));
  json_object_set_new(j, "clock_hz", whole(s->device->clock_hz > 0, s->device->clock_hz));
  json_object_set_new(j, "bytes_to_device", whole(true, (double)ts_device_bytes_to(device)));
  json_object_set_new(j, "bytes_from_device", whole(true, (double)ts_device_bytes_from(device)));
  ts_output *o = ts_output_open(s->options->stats, message);
  bool good = o != NULL;
  if (o) {
    json_dumpf(j, ts_output_stream(o), JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    fputc('\n', ts_output_stream(o));
    good = ts_output_commit(o, message);
  }
  json_decref(j);
  return good || complain(false, "%s", message);
}

static bool close_file(ts_output *o, bool complete)
{
  char message[TS_MESSAGE_BYTES];
  if (!o) return true;
  if (!complete) fputs("# incomplete\n", ts_output_stream(o));
  return ts_output_commit(o, message) || complain(false, "%s", message);
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
  char message[TS_MESSAGE_BYTES];
  bool good = !s->failed;
  print_summary(s);
  if (s->options->common.json) ts_end_json(stdout, complete, s->done, s->failed_inputs);
  good = close_file(s->csv, complete) && good;
  good = close_file(s->curve, complete) && good;
  if (s->left_out && !s->options->common.quiet)
    complain(0, "%s: %llu sweeps drawn, %llu left out", s->options->plot, (unsigned long long)(s->done - s->left_out), (unsigned long long)s->left_out);
  if (s->plot && !ts_pages_commit(s->plot, message)) good = complain(false, "%s", message);
  if (s->options->stats && device) good = write_stats(s, device) && good;
  if (fflush(stdout) || ferror(stdout)) good = complain(false, "standard output cannot be written");
  return good;
}
