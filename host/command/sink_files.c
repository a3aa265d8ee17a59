#include "sink_files.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "../io/record_value.h"

static bool open_file(ts_output **to, const char *path)
{
  char message[TS_MESSAGE_BYTES];
  *to = NULL;
  if (!path) return true;
  *to = ts_output_open(path, message);
  return *to || complain(false, "%s", message);
}

static bool close_file(ts_output *o, bool complete)
{
  char message[TS_MESSAGE_BYTES];
  if (!o) return true;
  if (!complete) fputs("# incomplete\n", ts_output_stream(o));
  return ts_output_commit(o, message) || complain(false, "%s", message);
}

bool sink_files_open(ts_output **csv, ts_output **curve, const output_options *o)
{
  ts_output *stats = NULL;
  *csv = *curve = NULL;
  const bool good = open_file(csv, o->csv) && open_file(curve, o->curve) && open_file(&stats, o->stats);
  ts_output_abandon(stats);
  return good;
}

bool sink_files_close(ts_output *csv, ts_output *curve, bool complete)
{
  const bool good = close_file(csv, complete);
  return close_file(curve, complete) && good;
}

static bool is_standard_output(const char *path)
{
  return path && !strcmp(path, "-");
}

bool sink_has_text(const output_options *o, const common_options *c)
{
  return !c->json && !c->quiet && !is_standard_output(o->csv) && !is_standard_output(o->curve);
}

bool sink_pages_close(ts_pages *pages, const char *path, const char *what, uint64_t done, uint64_t left_out, bool quiet)
{
  char message[TS_MESSAGE_BYTES];
  if (left_out && !quiet)
    complain(0, "%s: %llu %s drawn, %llu left out", path, (unsigned long long)(done - left_out), what, (unsigned long long)left_out);
  return !pages || ts_pages_commit(pages, message) || complain(false, "%s", message);
}

bool sink_flush(void)
{
  return !(fflush(stdout) || ferror(stdout)) || complain(false, "standard output cannot be written");
}

static json_t *whole(double v)
{
  return isfinite(v) ? json_integer((json_int_t)v) : json_null();
}

bool sink_stats_write(const char *path, const run_numbers *n, const ts_device_info *info, const ts_device *device)
{
  char message[TS_MESSAGE_BYTES];
  const double fits = (double)n->fits;
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.stats/1"));
  json_object_set_new(j, "backend", json_string(info->backend));
  json_object_set_new(j, "engine", json_string(info->engine));
  json_object_set_new(j, "fits", whole(fits));
  json_object_set_new(j, n->unit, whole(n->units));
  json_object_set_new(j, "wall_s", ts_json_number(n->wall_s));
  json_object_set_new(j, "fits_per_s", ts_json_number(n->wall_s > 0 ? fits / n->wall_s : NAN));
  json_object_set_new(j, "clock_cycles", whole(n->cycles));
  json_object_set_new(j, "cycles_per_fit", ts_json_number(n->fits ? n->cycles / fits : NAN));
  json_object_set_new(j, "clock_hz", whole(info->clock_hz > 0 ? (double)info->clock_hz : (double)NAN));
  if (!isnan(n->evaluations)) json_object_set_new(j, "evaluations_mean", ts_json_number(n->fits ? n->evaluations / fits : NAN));
  json_object_set_new(j, "bytes_to_device", whole((double)(device ? ts_device_bytes_to(device) : n->bytes_to_device)));
  json_object_set_new(j, "bytes_from_device", whole((double)(device ? ts_device_bytes_from(device) : n->bytes_from_device)));
  ts_output *o = ts_output_open(path, message);
  bool good = o != NULL;
  if (o) {
    json_dumpf(j, ts_output_stream(o), JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    fputc('\n', ts_output_stream(o));
    good = ts_output_commit(o, message);
  }
  json_decref(j);
  return good || complain(false, "%s", message);
}
