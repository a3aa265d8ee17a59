#include "sclc_record.h"

#include <math.h>

#include "record_value.h"

#define DUMP (JSON_COMPACT | JSON_REAL_PRECISION(17))

static const char *polarity_name(const ts_sweep_branch *b)
{
  return b->negative ? "negative" : "positive";
}

/* The record's numbers beside its first ones, in their order, for JSON and CSV. */
typedef struct named { const char *name; double value; bool whole; } named;
#define NUMBERS 33u

static unsigned numbers(const ts_sclc_origin *o, const ts_sclc_result *r, named *n)
{
  const ts_sweep_branch *b = o->branch;
  const named all[] = {
    {"v_min_v", r->v_min_v, false}, {"v_max_v", r->v_max_v, false}, {"v_max_over_v_tfl", r->v_max_v / r->v_tfl_v, false}, {"v_onset_v", r->v_onset_v, false},
    {"v_inflection_v", r->v_inflection_v, false}, {"v_2_v", r->v_2_v, false}, {"slope_last", r->last_slope, false}, {"fit_from_v", r->fit_from_v, false},
    {"fit_points", r->fit_points, true}, {"residual_rms", r->residual_rms, false}, {"noise_rms", r->noise_rms, false},
    {"mark_helfrich_l", r->mark_helfrich_l, false}, {"ohmic_over_least", r->ohmic_over_least, false},
    {"leak_a_m2_v", r->leak_a_m2_v, false}, {"leak_part", r->leak_part, false}, {"field_gamma_sqrt_m_v", r->field_gamma_sqrt_m_v, false}, {"series_ohm_m2", r->series_ohm_m2, false},
    {"field_max_v_m", r->field_max_v_m, false}, {"drift_velocity_m_s", r->drift_velocity_m_s, false},
    {"hysteresis_ratio", o->hysteresis.ratio, false}, {"hysteresis_at_v", o->hysteresis.at_v, false}, {"polarity_ratio", o->polarity.ratio, false},
    {"built_in_voltage_least_v", o->built_in_voltage_least_v, false}, {"points_excluded", b ? (double)b->excluded : NAN, true},
    {"points_merged", b ? (double)b->merged : NAN, true}, {"points_clipped", b ? (double)b->clipped : NAN, true},
    {"current_limit_a_m2", b && b->clipped ? b->clipped_j : NAN, false}, {"current_offset_up_to_v", b && b->offset_v > 0 ? b->offset_v : NAN, false},
    {"thickness_m", o->options->thickness_m, false}, {"relative_permittivity", o->options->relative_permittivity, false},
    {"temperature_k", o->options->temperature_k, false},
  };
  const unsigned count = sizeof all / sizeof *all;
  for (unsigned i = 0; i < count; i++) n[i] = all[i];
  return count;
}

bool ts_sclc_json(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  named more[NUMBERS];
  const unsigned n = numbers(o, r, more);
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.sclc/1"));
  json_object_set_new(j, "source", ts_json_text(o->source));
  if (*o->column) json_object_set_new(j, "column", ts_json_text(o->column));
  json_object_set_new(j, "index", json_integer((json_int_t)o->index));
  json_object_set_new(j, "direction", o->branch ? json_string(ts_direction_name(o->branch->direction)) : json_null());
  json_object_set_new(j, "polarity", o->branch ? json_string(polarity_name(o->branch)) : json_null());
  json_object_set_new(j, "provisional", json_boolean(o->provisional));
  json_object_set_new(j, "backend", ts_json_text(o->device ? o->device->backend : NULL));
  json_object_set_new(j, "engine", ts_json_text(o->device ? o->device->engine : NULL));
  json_object_set_new(j, "status", json_string(ts_sclc_status_name(r->status)));
  json_object_set_new(j, "flags", ts_json_flags(r->flags, ts_sclc_flag_name));
  json_object_set_new(j, "raw", ts_json_text(o->device ? r->raw : NULL));
  json_object_set_new(j, "v_tfl_v", ts_json_number(r->v_tfl_v));
  json_object_set_new(j, "v_tfl_interval_v", ts_json_pair(r->v_tfl_low_v, r->v_tfl_high_v));
  json_object_set_new(j, "trap_density_m3", ts_json_number(r->trap_density_m3));
  json_object_set_new(j, "trap_density_interval_m3", ts_json_pair(r->trap_density_low_m3, r->trap_density_high_m3));
  json_object_set_new(j, "trap_density_onset_m3", ts_json_number(r->trap_density_onset_m3));
  json_object_set_new(j, "trap_density_min_m3", ts_json_number(r->trap_density_min_m3));
  json_object_set_new(j, "mobility_m2_vs", ts_json_number(r->mobility_m2_vs));
  json_object_set_new(j, "mobility_sigma_m2_vs", ts_json_number(r->mobility_sigma_m2_vs));
  json_object_set_new(j, "slope_max", ts_json_number(r->slope_max));
  json_object_set_new(j, "points", json_integer(r->points));
  for (unsigned i = 0; i < n; i++)
    json_object_set_new(j, more[i].name, more[i].whole && isfinite(more[i].value) ? json_integer((json_int_t)more[i].value) : ts_json_number(more[i].value));
  json_object_set_new(j, "cycles", r->cycles < 0 ? json_null() : json_integer((json_int_t)r->cycles));
  bool good = !json_dumpf(j, f, DUMP) && fputc('\n', f) != EOF;
  json_decref(j);
  return good;
}

/* ---- CSV ---- */
void ts_sclc_csv_header(FILE *f)
{
  static const ts_sclc_result none;
  static const ts_sclc_options options;
  const ts_sclc_origin o = {.options = &options};
  named more[NUMBERS];
  const unsigned n = numbers(&o, &none, more);
  fputs("schema,source,column,index,direction,polarity,backend,engine,status,flags,raw,v_tfl_v,v_tfl_low_v,v_tfl_high_v,trap_density_m3,"
        "trap_density_low_m3,trap_density_high_m3,trap_density_onset_m3,trap_density_min_m3,mobility_m2_vs,mobility_sigma_m2_vs,slope_max,points", f);
  for (unsigned i = 0; i < n; i++) fprintf(f, ",%s", more[i].name);
  fputs(",cycles\n", f);
}

void ts_sclc_csv_row(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  const double first[] = {r->v_tfl_v, r->v_tfl_low_v, r->v_tfl_high_v, r->trap_density_m3, r->trap_density_low_m3, r->trap_density_high_m3,
                          r->trap_density_onset_m3, r->trap_density_min_m3, r->mobility_m2_vs, r->mobility_sigma_m2_vs, r->slope_max};
  named more[NUMBERS];
  const unsigned n = numbers(o, r, more);
  fputs("taustream.sclc/1,", f);
  ts_csv_text(f, o->source);
  fputc(',', f);
  ts_csv_text(f, o->column);
  fprintf(f, ",%llu,%s,%s,%s,%s,%s,", (unsigned long long)o->index, o->branch ? ts_direction_name(o->branch->direction) : "",
          o->branch ? polarity_name(o->branch) : "", o->device ? o->device->backend : "", o->device ? o->device->engine : "",
          ts_sclc_status_name(r->status));
  ts_csv_flags(f, r->flags, ts_sclc_flag_name);
  fprintf(f, ",%s", o->device ? r->raw : "");
  for (unsigned i = 0; i < sizeof first / sizeof *first; i++) ts_csv_number(f, first[i]);
  fprintf(f, ",%u", r->points);
  for (unsigned i = 0; i < n; i++) ts_csv_number(f, more[i].value);
  fputc(',', f);
  if (r->cycles >= 0) fprintf(f, "%lld", (long long)r->cycles);
  fputc('\n', f);
}
