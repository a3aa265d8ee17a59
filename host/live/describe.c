#include "describe.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "../io/record_value.h"

static const char *const choice_name[] = {[TS_FREE] = "free", [TS_HELD] = "held", [TS_ZERO] = "zero"};
static const char *const irf_name[] = {[TS_IRF_NONE] = "none", [TS_IRF_HISTOGRAM] = "histogram", [TS_IRF_GAUSS] = "gauss"};

static json_t *describe_fit(const trpl_options *t, const trpl_irf *irf)
{
  const ts_trpl_options *o = &t->fit;
  json_t *j = json_object(), *lifetimes = json_array(), *held = json_array();
  for (unsigned k = 0; k < o->components; k++) {
    json_array_append_new(lifetimes, json_real(o->lifetime_s[k]));
    json_array_append_new(held, json_boolean(o->lifetime_held[k]));
  }
  json_object_set_new(j, "components", json_integer(o->components));
  json_object_set_new(j, "start_lifetime_s", lifetimes);
  json_object_set_new(j, "lifetime_held", held);
  json_object_set_new(j, "irf", json_string(irf_name[o->irf_kind]));
  if (o->irf_kind == TS_IRF_HISTOGRAM) {
    json_object_set_new(j, "irf_start_s", json_real(irf->start_s));
    json_object_set_new(j, "irf_bin_width_s", json_real(irf->bin_width_s));
    json_object_set_new(j, "irf_bins", json_integer((json_int_t)irf->bins));
  }
  if (o->irf_kind == TS_IRF_GAUSS) json_object_set_new(j, "irf_fwhm_s", json_real(o->irf_fwhm_s));
  json_object_set_new(j, "irf_background", json_string(choice_name[o->irf_background]));
  json_object_set_new(j, "irf_background_counts_per_bin", json_real(o->irf_background_counts_per_bin));
  json_object_set_new(j, "background", json_string(choice_name[o->background]));
  json_object_set_new(j, "background_counts_per_bin", json_real(o->background_counts_per_bin));
  json_object_set_new(j, "shift", json_string(choice_name[o->shift]));
  json_object_set_new(j, "shift_s", json_real(o->shift_s));
  json_object_set_new(j, "period_s", json_real(o->period_s));
  json_object_set_new(j, "pulses", json_real(o->pulses));
  if (t->widths) {
    json_object_set_new(j, "dnl", ts_json_text(t->dnl));
    json_object_set_new(j, "dnl_device", ts_json_text(t->widths->device));
    json_object_set_new(j, "dnl_crc32", json_integer(t->widths->crc));
  }
  if (t->models_pile_up) json_object_set_new(j, "pile_up", json_string("correct"));
  if (t->has_range) json_object_set_new(j, "range_s", ts_json_pair(t->from_s, t->to_s));
  return j;
}

json_t *live_describe(const live_options *o, const trpl_irf *irf, const live_axis *axis, const ts_device_info *device)
{
  json_t *j = json_object();
  char created[40];
  time_t now = time(NULL);
  struct tm t;
  gmtime_r(&now, &t);
  strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &t);
  json_object_set_new(j, "schema", json_string("taustream.recording/1"));
  json_object_set_new(j, "program", json_sprintf("taustream %s", ts_version()));
  json_object_set_new(j, "created", json_string(created));
  json_object_set_new(j, "source", ts_json_text(o->source));
  json_object_set_new(j, "frame", o->kind == LIVE_REPLAY ? json_null() : ts_json_text(o->frame ? o->frame : LIVE_FRAME_DEFAULT));
  json_object_set_new(j, "backend", ts_json_text(device->backend));
  json_object_set_new(j, "engine", ts_json_text(device->engine));
  json_object_set_new(j, "bins", json_integer((json_int_t)axis->bins));
  json_object_set_new(j, "bin_width_s", json_real(axis->bin_width_s));
  json_object_set_new(j, "start_s", json_real(axis->start_s));
  json_object_set_new(j, "period_s", json_real(axis->period_s));
  if (axis->sync_s > 0) json_object_set_new(j, "sync_s", json_real(axis->sync_s));
  json_object_set_new(j, "dead_time_s", ts_json_number(axis->dead_time_s));
  json_object_set_new(j, "fit", describe_fit(&o->trpl, irf));
  return j;
}

/* ---- back ---- */
static bool index_of(const json_t *j, const char *key, const char *const *names, size_t n, unsigned *value)
{
  const char *text = json_string_value(json_object_get(j, key));
  for (size_t i = 0; text && i < n; i++)
    if (!strcmp(text, names[i])) {
      *value = (unsigned)i;
      return true;
    }
  return false;
}

static bool choice(const json_t *j, const char *key, ts_choice *c)
{
  unsigned v;
  if (!index_of(j, key, choice_name, 3, &v)) return false;
  *c = (ts_choice)v;
  return true;
}

static bool number(const json_t *j, const char *key, double *v)
{
  const json_t *x = json_object_get(j, key);
  *v = json_number_value(x);
  return json_is_number(x) && isfinite(*v);
}

bool live_options_from(trpl_options *t, const json_t *begin, char *message)
{
  const json_t *j = json_object_get(begin, "fit"), *lifetimes = json_object_get(j, "start_lifetime_s"), *held = json_object_get(j, "lifetime_held"),
               *range = json_object_get(j, "range_s");
  ts_trpl_options *o = &t->fit;
  unsigned kind = 0;
  json_int_t k = json_integer_value(json_object_get(j, "components"));
  bool good = k >= 1 && k <= TS_COMPONENTS_MAX && json_array_size(lifetimes) == (size_t)k && json_array_size(held) == (size_t)k &&
              index_of(j, "irf", irf_name, 3, &kind) && choice(j, "irf_background", &o->irf_background) && choice(j, "background", &o->background) &&
              choice(j, "shift", &o->shift) && number(j, "irf_background_counts_per_bin", &o->irf_background_counts_per_bin) &&
              number(j, "background_counts_per_bin", &o->background_counts_per_bin) && number(j, "shift_s", &o->shift_s) &&
              number(j, "period_s", &o->period_s) && number(j, "pulses", &o->pulses) && (kind != TS_IRF_GAUSS || number(j, "irf_fwhm_s", &o->irf_fwhm_s));
  if (!good) {
    snprintf(message, TS_MESSAGE_BYTES, "the recording's options of the fit cannot be read: give them, such as --components 1");
    return false;
  }
  const char *dnl = json_string_value(json_object_get(j, "dnl"));
  if (dnl && !t->dnl && !t->is_calibration) {
    snprintf(message, TS_MESSAGE_BYTES, "it was fitted with the widths of its bins: give --dnl %.300s (or options of the fit, without them)", dnl);
    return false;
  }
  if (!t->has_pile_up && !t->is_calibration) t->models_pile_up = json_string_value(json_object_get(j, "pile_up")) != NULL;
  o->components = (unsigned)k;
  o->irf_kind = (ts_irf_kind)kind;
  for (size_t i = 0; i < (size_t)k; i++) {
    o->lifetime_s[i] = json_number_value(json_array_get(lifetimes, i));
    o->lifetime_held[i] = json_is_true(json_array_get(held, i));
  }
  t->has_range = json_array_size(range) == 2;
  if (t->has_range) {
    const json_t *from = json_array_get(range, 0), *to = json_array_get(range, 1);
    t->from_s = json_is_number(from) ? json_number_value(from) : -INFINITY;
    t->to_s = json_is_number(to) ? json_number_value(to) : INFINITY;
  }
  return true;
}
