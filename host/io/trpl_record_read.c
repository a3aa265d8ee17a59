#include "trpl_record_read.h"

#include <math.h>
#include <string.h>

static double number(const json_t *j, const char *key)
{
  const json_t *v = json_object_get(j, key);
  return json_is_number(v) ? json_number_value(v) : NAN;
}

static void text(const json_t *j, const char *key, char *to, size_t room)
{
  const char *v = json_string_value(json_object_get(j, key));
  snprintf(to, room, "%s", v ? v : "");
}

static bool list(const json_t *j, const char *key, unsigned n, double *to)
{
  const json_t *a = json_object_get(j, key);
  if (json_array_size(a) != n) return false;
  for (unsigned i = 0; i < n; i++) {
    const json_t *v = json_array_get(a, i);
    to[i] = json_is_number(v) ? json_number_value(v) : NAN;
  }
  return true;
}

static void nothing(ts_trpl_result *r)
{
  memset(r, 0, sizeof *r);
  r->components = 1;
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++)
    r->lifetime_s[k] = r->lifetime_sigma_s[k] = r->lifetime_low_s[k] = r->lifetime_high_s[k] = r->amplitude[k] = r->amplitude_sigma[k] =
      r->amplitude_fraction[k] = NAN;
  r->counts = r->lifetime_mean_amplitude_s = r->lifetime_mean_amplitude_sigma_s = r->lifetime_mean_intensity_s = r->lifetime_mean_intensity_sigma_s = NAN;
  r->background_per_bin = r->background_sigma = r->shift_s = r->shift_sigma_s = r->chi2_reduced = r->deviance = r->bic = NAN;
  r->cycles = -1;
}

static bool read_intervals(const json_t *j, ts_trpl_result *r)
{
  const json_t *a = json_object_get(j, "lifetime_interval_s");
  if (json_array_size(a) != r->components) return false;
  for (unsigned k = 0; k < r->components; k++) {
    const json_t *low = json_array_get(json_array_get(a, k), 0), *high = json_array_get(json_array_get(a, k), 1);
    r->lifetime_low_s[k] = json_is_number(low) ? json_number_value(low) : NAN;
    r->lifetime_high_s[k] = json_is_number(high) ? json_number_value(high) : NAN;
  }
  return true;
}

static bool read_flags(const json_t *j, ts_trpl_result *r)
{
  const json_t *a = json_object_get(j, "flags"), *v;
  size_t i;
  if (!json_is_array(a)) return false;
  json_array_foreach(a, i, v) {
    unsigned bit = 0;
    while (bit < 32 && !(ts_flag_name(1u << bit) && json_is_string(v) && !strcmp(json_string_value(v), ts_flag_name(1u << bit)))) bit++;
    if (bit == 32) return false;
    r->flags |= 1u << bit;
  }
  return true;
}

static bool read_status(const json_t *j, ts_trpl_result *r)
{
  const char *name = json_string_value(json_object_get(j, "status"));
  for (ts_status s = TS_STATUS_OK; name && s <= TS_STATUS_ORDER_UNSUPPORTED; s = (ts_status)(s + 1))
    if (!strcmp(name, ts_status_name(s))) {
      r->status = s;
      return true;
    }
  return false;
}

static ts_live_end frame_end(const char *name)
{
  static const char *const names[] = {"photons", "time", "marker", "command"};
  for (unsigned i = 0; i < 4; i++)
    if (!strcmp(name, names[i])) return (ts_live_end)(TS_LIVE_PHOTONS + i);
  return TS_LIVE_END;
}

bool ts_trpl_record_read(const json_t *j, ts_read_record *o, char *why)
{
  ts_trpl_result *r = &o->result;
  const json_t *null_status = json_object_get(j, "status");
  char ended_by[16];
  memset(o, 0, sizeof *o);
  nothing(r);
  json_int_t k = json_integer_value(json_object_get(j, "components"));
  const char *wrong = k < 1 || k > TS_COMPONENTS_MAX ? "components" : NULL;
  r->components = wrong ? 1 : (unsigned)k;
  if (!wrong && !json_is_null(null_status) && !read_status(j, r)) wrong = "status";
  if (!wrong && !read_flags(j, r)) wrong = "flags";
  if (!wrong && !(list(j, "lifetime_s", r->components, r->lifetime_s) && list(j, "lifetime_sigma_s", r->components, r->lifetime_sigma_s) && read_intervals(j, r) &&
                  list(j, "amplitude", r->components, r->amplitude) && list(j, "amplitude_sigma", r->components, r->amplitude_sigma) &&
                  list(j, "amplitude_fraction", r->components, r->amplitude_fraction))) wrong = "list of lifetimes or amplitudes";
  double frame = number(j, "frame"), photons = number(j, "photons"), outside = number(j, "outside"), lost = number(j, "lost");
  if (!wrong && !(frame >= 0 && frame < 1e15 && photons >= 0 && photons < 1e15 && outside >= 0 && outside < 1e15 && lost >= 0 && lost < 1e15)) wrong = "frame";
  if (wrong) {
    snprintf(why, TS_MESSAGE_BYTES, "the record's %s cannot be read", wrong);
    return false;
  }
  text(j, "source", o->source, sizeof o->source);
  text(j, "framed_by", o->framed_by, sizeof o->framed_by);
  text(j, "backend", o->device.backend, sizeof o->device.backend);
  text(j, "engine", o->device.engine, sizeof o->device.engine);
  text(j, "not_fitted", o->not_fitted, sizeof o->not_fitted);
  text(j, "raw", r->raw, sizeof r->raw);
  text(j, "ended_by", ended_by, sizeof ended_by);
  double pulses = number(j, "pulses"), truth = number(j, "truth_lifetime_s"), cycles = number(j, "cycles"), latency = number(j, "latency_s");
  o->frame = (ts_live_frame){.number = (uint64_t)frame, .ended_by = frame_end(ended_by), .photons = (uint64_t)photons, .outside = (uint64_t)outside,
                             .lost = (uint64_t)lost, .start_s = number(j, "start_s"), .end_s = number(j, "end_s"), .pulses = pulses > 0 ? pulses : 0,
                             .dead_time_fraction = number(j, "dead_time_fraction"), .truth_s = truth};
  r->index = o->frame.number;
  r->counts = number(j, "counts");
  r->lifetime_mean_amplitude_s = number(j, "lifetime_mean_amplitude_s");
  r->lifetime_mean_amplitude_sigma_s = number(j, "lifetime_mean_amplitude_sigma_s");
  r->lifetime_mean_intensity_s = number(j, "lifetime_mean_intensity_s");
  r->lifetime_mean_intensity_sigma_s = number(j, "lifetime_mean_intensity_sigma_s");
  r->background_per_bin = number(j, "background_per_bin");
  r->background_sigma = number(j, "background_sigma");
  r->shift_s = number(j, "shift_s");
  r->shift_sigma_s = number(j, "shift_sigma_s");
  r->chi2_reduced = number(j, "chi2_reduced");
  r->degrees_of_freedom = (int)json_integer_value(json_object_get(j, "degrees_of_freedom"));
  r->deviance = number(j, "deviance");
  r->bic = number(j, "bic");
  r->evaluations = (unsigned)json_integer_value(json_object_get(j, "evaluations"));
  r->starts = (unsigned)json_integer_value(json_object_get(j, "starts"));
  r->cycles = cycles >= 0 && cycles < 1e15 ? (int64_t)cycles : -1;
  /* the clock, as far as it follows from the two */
  if (r->cycles > 0 && latency > 0) o->device.clock_hz = (uint32_t)fmin((double)r->cycles / latency + 0.5, 4e9);
  return true;
}

void ts_trpl_record_missing(const ts_live_frame *f, ts_read_record *r)
{
  memset(r, 0, sizeof *r);
  nothing(&r->result);
  r->frame = *f;
  r->result.index = f->number;
  snprintf(r->not_fitted, sizeof r->not_fitted, "the recording ends before its result");
}
