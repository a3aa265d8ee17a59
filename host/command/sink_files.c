#include "sink_files.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "../io/record_value.h"

bool sink_file_open(ts_output **to, const char *path)
{
  char message[TS_MESSAGE_BYTES];
  if (!path) return true;
  *to = ts_output_open(path, message);
  return *to || complain(false, "%s", message);
}

bool sink_file_try(const char *path)
{
  ts_output *o = NULL;
  if (!sink_file_open(&o, path)) return false;
  ts_output_abandon(o);
  return true;
}

bool sink_file_close(ts_output *o, bool complete)
{
  char message[TS_MESSAGE_BYTES];
  if (!o) return true;
  if (!complete) fputs("# incomplete\n", ts_output_stream(o));
  return ts_output_commit(o, message) || complain(false, "%s", message);
}

bool names_standard_output(const char *path)
{
  return path && !strcmp(path, "-");
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
  json_object_set_new(j, "bytes_to_device", whole((double)ts_device_bytes_to(device)));
  json_object_set_new(j, "bytes_from_device", whole((double)ts_device_bytes_from(device)));
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
