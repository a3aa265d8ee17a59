#include "trpl_record.h"

#include <math.h>

#include "record_value.h"

#define DUMP (JSON_COMPACT | JSON_REAL_PRECISION(17))

static json_t *intervals(const ts_trpl_result *r)
{
  json_t *a = json_array();
  for (unsigned i = 0; i < r->components; i++) {
    double pair[2] = {r->lifetime_low_s[i], r->lifetime_high_s[i]};
    json_array_append_new(a, ts_json_list(pair, 2));
  }
  return a;
}

/* `--components auto`: the criterion and what every order gave. */
static void add_trials(json_t *j, const ts_trpl_origin *o)
{
  json_t *a = json_array();
  for (size_t i = 0; i < o->trials; i++) {
    const ts_trpl_result *t = &o->trial[i];
    json_t *k = json_object();
    json_object_set_new(k, "components", json_integer(t->components));
    json_object_set_new(k, "status", json_string(ts_status_name(t->status)));
    json_object_set_new(k, "bic", ts_json_number(t->bic));
    json_object_set_new(k, "chi2_reduced", ts_json_number(t->chi2_reduced));
    json_object_set_new(k, "lifetime_s", ts_json_list(t->lifetime_s, t->components));
    json_array_append_new(a, k);
  }
  json_object_set_new(j, "components_criterion", json_string("lowest bic (deviance + parameters x ln bins) among the fits with status ok, among all when none is"));
  json_object_set_new(j, "components_tried", a);
}

static double rate(const ts_live_frame *f)
{
  return f->end_s > f->start_s ? (double)(f->photons + f->outside) / (f->end_s - f->start_s) : NAN;
}

/* From the last photon to the result, by the device's clock. */
static double latency(const ts_trpl_origin *o, const ts_trpl_result *r)
{
  return r->cycles >= 0 && o->device->clock_hz ? (double)r->cycles / o->device->clock_hz : NAN;
}

static const char *frame_end_name(ts_live_end e)
{
  switch (e) {
    case TS_LIVE_PHOTONS: return "photons";
    case TS_LIVE_TIME: return "time";
    case TS_LIVE_MARKER: return "marker";
    case TS_LIVE_COMMAND: return "command";
    default: return "end";
  }
}

static void add_frame(json_t *j, const ts_trpl_origin *o, const ts_trpl_result *r)
{
  const ts_live_frame *f = o->frame;
  json_object_set_new(j, "frame", json_integer((json_int_t)f->number));
  json_object_set_new(j, "ended_by", json_string(frame_end_name(f->ended_by)));
  json_object_set_new(j, "framed_by", json_string(o->framed_by));
  json_object_set_new(j, "start_s", ts_json_number(f->start_s));
  json_object_set_new(j, "end_s", ts_json_number(f->end_s));
  json_object_set_new(j, "photons", json_integer((json_int_t)f->photons));
  json_object_set_new(j, "outside", json_integer((json_int_t)f->outside));
  json_object_set_new(j, "lost", json_integer((json_int_t)f->lost));
  json_object_set_new(j, "rate_hz", ts_json_number(rate(f)));
  json_object_set_new(j, "pulses", f->pulses > 0 ? json_real(f->pulses) : json_null());
  json_object_set_new(j, "dead_time_fraction", ts_json_number(f->dead_time_fraction));
  json_object_set_new(j, "latency_s", ts_json_number(latency(o, r)));
  if (isfinite(f->truth_s)) json_object_set_new(j, "truth_lifetime_s", json_real(f->truth_s));
}

json_t *ts_trpl_record(const ts_trpl_origin *o, const ts_trpl_result *r)
{
  json_t *j = json_object();
  unsigned n = r->components;
  json_object_set_new(j, "schema", json_string(o->frame ? "taustream.live/1" : "taustream.trpl/1"));
  json_object_set_new(j, "source", ts_json_text(o->source));
  if (*o->column) json_object_set_new(j, "column", ts_json_text(o->column));
  json_object_set_new(j, "index", json_integer((json_int_t)(o->frame ? o->frame->number : r->index)));
  json_object_set_new(j, "backend", ts_json_text(o->device->backend));
  json_object_set_new(j, "engine", ts_json_text(o->device->engine));
  json_object_set_new(j, "status", o->not_fitted ? json_null() : json_string(ts_status_name(r->status)));
  if (o->not_fitted) json_object_set_new(j, "not_fitted", ts_json_text(o->not_fitted));
  if (o->frame) add_frame(j, o, r);
  json_object_set_new(j, "flags", ts_json_flags(r->flags, ts_flag_name));
  json_object_set_new(j, "raw", ts_json_text(r->raw));
  json_object_set_new(j, "components", json_integer(n));
  if (o->made_from) ts_made_from_json(j, o->made_from);
  if (o->trial) add_trials(j, o);
  json_object_set_new(j, "counts", ts_json_number(r->counts));
  json_object_set_new(j, "lifetime_s", ts_json_list(r->lifetime_s, n));
  json_object_set_new(j, "lifetime_sigma_s", ts_json_list(r->lifetime_sigma_s, n));
  json_object_set_new(j, "lifetime_interval_s", intervals(r));
  json_object_set_new(j, "amplitude", ts_json_list(r->amplitude, n));
  json_object_set_new(j, "amplitude_sigma", ts_json_list(r->amplitude_sigma, n));
  json_object_set_new(j, "amplitude_fraction", ts_json_list(r->amplitude_fraction, n));
  json_object_set_new(j, "lifetime_mean_amplitude_s", ts_json_number(r->lifetime_mean_amplitude_s));
  json_object_set_new(j, "lifetime_mean_amplitude_sigma_s", ts_json_number(r->lifetime_mean_amplitude_sigma_s));
  json_object_set_new(j, "lifetime_mean_intensity_s", ts_json_number(r->lifetime_mean_intensity_s));
  json_object_set_new(j, "lifetime_mean_intensity_sigma_s", ts_json_number(r->lifetime_mean_intensity_sigma_s));
  json_object_set_new(j, "background_per_bin", ts_json_number(r->background_per_bin));
  json_object_set_new(j, "background_sigma", ts_json_number(r->background_sigma));
  json_object_set_new(j, "shift_s", ts_json_number(r->shift_s));
  json_object_set_new(j, "shift_sigma_s", ts_json_number(r->shift_sigma_s));
  json_object_set_new(j, "chi2_reduced", ts_json_number(r->chi2_reduced));
  json_object_set_new(j, "degrees_of_freedom", json_integer(r->degrees_of_freedom));
  json_object_set_new(j, "deviance", ts_json_number(r->deviance));
  json_object_set_new(j, "bic", ts_json_number(r->bic));
  const bool counted = !(r->flags & TS_FLAG_COMPACT);
  json_object_set_new(j, "evaluations", counted ? json_integer(r->evaluations) : json_null());
  json_object_set_new(j, "starts", counted ? json_integer(r->starts) : json_null());
  json_object_set_new(j, "cycles", r->cycles < 0 ? json_null() : json_integer((json_int_t)r->cycles));
  return j;
}

bool ts_trpl_json(FILE *f, const ts_trpl_origin *o, const ts_trpl_result *r)
{
  json_t *j = ts_trpl_record(o, r);
  bool good = !json_dumpf(j, f, DUMP) && fputc('\n', f) != EOF;
  json_decref(j);
  return good;
}

bool ts_end_json(FILE *f, bool complete, uint64_t done, uint64_t failed)
{
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.end/1"));
  json_object_set_new(j, "complete", json_boolean(complete));
  json_object_set_new(j, "done", json_integer((json_int_t)done));
  json_object_set_new(j, "failed", json_integer((json_int_t)failed));
  bool good = !json_dumpf(j, f, DUMP) && fputc('\n', f) != EOF;
  json_decref(j);
  return good;
}

/* ---- CSV ---- */
void ts_trpl_csv_header(FILE *f, unsigned components, bool live)
{
  fputs("schema,source,column,index,backend,engine,status,flags,raw,components,counts", f);
  for (unsigned i = 1; i <= components; i++)
    fprintf(f, ",lifetime_%u_s,lifetime_%u_sigma_s,lifetime_%u_low_s,lifetime_%u_high_s,amplitude_%u,amplitude_%u_sigma,amplitude_%u_fraction",
            i, i, i, i, i, i, i);
  fputs(",lifetime_mean_amplitude_s,lifetime_mean_amplitude_sigma_s,lifetime_mean_intensity_s,lifetime_mean_intensity_sigma_s,"
        "background_per_bin,background_sigma,shift_s,shift_sigma_s,chi2_reduced,degrees_of_freedom,deviance,bic,evaluations,starts,cycles", f);
  if (live) fputs(",frame,ended_by,framed_by,start_s,end_s,photons,outside,lost,rate_hz,pulses,dead_time_fraction,latency_s,truth_lifetime_s", f);
  fputc('\n', f);
}

static void csv_frame(FILE *f, const ts_trpl_origin *o, const ts_trpl_result *r)
{
  const ts_live_frame *l = o->frame;
  fprintf(f, ",%llu,%s,%s", (unsigned long long)l->number, frame_end_name(l->ended_by), o->framed_by);
  ts_csv_number(f, l->start_s);
  ts_csv_number(f, l->end_s);
  fprintf(f, ",%llu,%llu,%llu", (unsigned long long)l->photons, (unsigned long long)l->outside, (unsigned long long)l->lost);
  ts_csv_number(f, rate(l));
  ts_csv_number(f, l->pulses > 0 ? l->pulses : NAN);
  ts_csv_number(f, l->dead_time_fraction);
  ts_csv_number(f, latency(o, r));
  ts_csv_number(f, l->truth_s);
}

void ts_trpl_csv_row(FILE *f, unsigned components, const ts_trpl_origin *o, const ts_trpl_result *r)
{
  fputs(o->frame ? "taustream.live/1," : "taustream.trpl/1,", f);
  ts_csv_text(f, o->source);
  fputc(',', f);
  ts_csv_text(f, o->column);
  fprintf(f, ",%llu,", (unsigned long long)r->index);
  ts_csv_text(f, o->device->backend);
  fprintf(f, ",%s,%s,", o->device->engine, o->not_fitted ? "" : ts_status_name(r->status));
  ts_csv_flags(f, r->flags, ts_flag_name);
  fprintf(f, ",%s,%u", r->raw, r->components);
  ts_csv_number(f, r->counts);
  for (unsigned i = 0; i < components; i++) {
    bool there = i < r->components;
    ts_csv_number(f, there ? r->lifetime_s[i] : NAN);
    ts_csv_number(f, there ? r->lifetime_sigma_s[i] : NAN);
    ts_csv_number(f, there ? r->lifetime_low_s[i] : NAN);
    ts_csv_number(f, there ? r->lifetime_high_s[i] : NAN);
    ts_csv_number(f, there ? r->amplitude[i] : NAN);
    ts_csv_number(f, there ? r->amplitude_sigma[i] : NAN);
    ts_csv_number(f, there ? r->amplitude_fraction[i] : NAN);
  }
  ts_csv_number(f, r->lifetime_mean_amplitude_s);
  ts_csv_number(f, r->lifetime_mean_amplitude_sigma_s);
  ts_csv_number(f, r->lifetime_mean_intensity_s);
  ts_csv_number(f, r->lifetime_mean_intensity_sigma_s);
  ts_csv_number(f, r->background_per_bin);
  ts_csv_number(f, r->background_sigma);
  ts_csv_number(f, r->shift_s);
  ts_csv_number(f, r->shift_sigma_s);
  ts_csv_number(f, r->chi2_reduced);
  fprintf(f, ",%d", r->degrees_of_freedom);
  ts_csv_number(f, r->deviance);
  ts_csv_number(f, r->bic);
  if (r->flags & TS_FLAG_COMPACT) fputs(",,", f);
  else fprintf(f, ",%u,%u", r->evaluations, r->starts);
  fputc(',', f);
  if (r->cycles >= 0) fprintf(f, "%lld", (long long)r->cycles);
  if (o->frame) csv_frame(f, o, r);
  fputc('\n', f);
}
