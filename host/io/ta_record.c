#include "ta_record.h"

#include <math.h>

#include "record_value.h"

#define DUMP (JSON_COMPACT | JSON_REAL_PRECISION(17))

static unsigned artefact_orders(const ts_ta_origin *o)
{
  return o->options->artefact == TS_TA_ARTEFACT_NONE ? 0 : o->options->artefact == TS_TA_ARTEFACT_GAUSS ? 1 : 2;
}

/* A member of every spectrum: `of` points to it in the first one. */
static json_t *members(const ts_ta_spectrum *spectra, const double *of, size_t n)
{
  const size_t at = (size_t)(of - (const double *)spectra), step = sizeof *spectra / sizeof(double);
  json_t *a = json_array();
  for (size_t w = 0; w < n; w++) json_array_append_new(a, ts_json_number(((const double *)spectra)[w * step + at]));
  return a;
}
_Static_assert(sizeof(ts_ta_spectrum) % sizeof(double) == 0, "members() steps in doubles");

static json_t *rows_of(const ts_ta_spectrum *spectra, const double *of, unsigned rows, size_t n)
{
  json_t *a = json_array();
  for (unsigned k = 0; k < rows; k++) json_array_append_new(a, members(spectra, of + k, n));
  return a;
}

bool ts_ta_json(FILE *f, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra)
{
  const unsigned k = r->components, orders = artefact_orders(o);
  const size_t n = o->wavelengths;
  json_t *j = json_object(), *intervals = json_array(), *masked = json_array();
  for (unsigned i = 0; i < k; i++) json_array_append_new(intervals, ts_json_pair(r->lifetime_low_s[i], r->lifetime_high_s[i]));
  for (size_t w = 0; w < n; w++) json_array_append_new(masked, json_integer((json_int_t)spectra[w].masked));
  json_object_set_new(j, "schema", json_string("taustream.ta/1"));
  json_object_set_new(j, "source", ts_json_text(o->source));
  json_object_set_new(j, "index", json_integer((json_int_t)r->index));
  json_object_set_new(j, "mode", json_string(o->is_global ? "global" : "trace"));
  json_object_set_new(j, "provisional", json_boolean(o->provisional));
  json_object_set_new(j, "backend", ts_json_text(o->device->backend));
  json_object_set_new(j, "engine", ts_json_text(o->device->engine));
  json_object_set_new(j, "status", json_string(ts_status_name(r->status)));
  json_object_set_new(j, "flags", ts_json_flags(r->flags, ts_flag_name));
  json_object_set_new(j, "raw", *r->raw ? ts_json_text(r->raw) : json_null());
  json_object_set_new(j, "components", json_integer(k));
  if (o->made_from) ts_made_from_json(j, o->made_from);
  json_object_set_new(j, "delays", json_integer((json_int_t)o->delays));
  json_object_set_new(j, "lifetime_s", ts_json_list(r->lifetime_s, k));
  json_object_set_new(j, "lifetime_sigma_s", ts_json_list(r->lifetime_sigma_s, k));
  json_object_set_new(j, "lifetime_interval_s", intervals);
  json_object_set_new(j, "t0_s", ts_json_number(r->t0_s));
  json_object_set_new(j, "t0_sigma_s", ts_json_number(r->t0_sigma_s));
  json_object_set_new(j, "irf_fwhm_s", ts_json_number(r->irf_fwhm_s));
  json_object_set_new(j, "irf_fwhm_sigma_s", ts_json_number(r->irf_fwhm_sigma_s));
  json_object_set_new(j, "wavelength_m", ts_json_list(o->wavelength_m, n));
  json_object_set_new(j, "wavelength_left_out_m", ts_json_list(o->left_out_m, o->left_out));
  json_object_set_new(j, "time_zero_s", o->time_zero_s ? ts_json_list(o->time_zero_s, n) : json_null());
  json_object_set_new(j, "amplitude", rows_of(spectra, spectra[0].amplitude, k, n));
  json_object_set_new(j, "amplitude_sigma", rows_of(spectra, spectra[0].amplitude_sigma, k, n));
  json_object_set_new(j, "offset", members(spectra, &spectra[0].offset, n));
  json_object_set_new(j, "offset_sigma", members(spectra, &spectra[0].offset_sigma, n));
  json_object_set_new(j, "artefact", rows_of(spectra, spectra[0].artefact, orders, n));
  json_object_set_new(j, "artefact_sigma", rows_of(spectra, spectra[0].artefact_sigma, orders, n));
  json_object_set_new(j, "chi2_reduced", ts_json_number(r->chi2_reduced));
  json_object_set_new(j, "degrees_of_freedom", json_integer(r->degrees_of_freedom));
  json_object_set_new(j, "noise", ts_json_number(r->noise));
  json_object_set_new(j, "noise_source", json_string(o->noise_source));
  json_object_set_new(j, "wavelength_noise", members(spectra, &spectra[0].noise, n));
  json_object_set_new(j, "noise_before_t0", ts_json_number(o->noise_before_t0));
  json_object_set_new(j, "residual_correlation", ts_json_number(o->residual_correlation));
  json_object_set_new(j, "sigma_widening", ts_json_number(o->sigma_widening));
  json_object_set_new(j, "evaluations", json_integer(r->evaluations));
  json_object_set_new(j, "starts", json_integer(r->starts));
  json_object_set_new(j, "masked", json_integer((json_int_t)r->masked));
  json_object_set_new(j, "wavelength_masked", masked);
  json_object_set_new(j, "cycles", r->cycles < 0 ? json_null() : json_integer((json_int_t)r->cycles));
  bool good = !json_dumpf(j, f, DUMP) && fputc('\n', f) != EOF;
  json_decref(j);
  return good;
}

/* ---- CSV ---- */
void ts_ta_csv_header(FILE *f, unsigned components)
{
  fputs("schema,source,index,mode,backend,engine,status,flags,raw,components,wavelength_m,time_zero_s", f);
  for (unsigned i = 1; i <= components; i++)
    fprintf(f, ",lifetime_%u_s,lifetime_%u_sigma_s,lifetime_%u_low_s,lifetime_%u_high_s,amplitude_%u,amplitude_%u_sigma", i, i, i, i, i, i);
  fputs(",offset,offset_sigma,artefact_1,artefact_1_sigma,artefact_2,artefact_2_sigma,t0_s,t0_sigma_s,irf_fwhm_s,irf_fwhm_sigma_s,chi2_reduced,noise,"
        "noise_source,masked,evaluations,starts,cycles\n", f);
}

void ts_ta_csv_rows(FILE *f, unsigned components, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra)
{
  const unsigned orders = artefact_orders(o);
  for (size_t w = 0; w < o->wavelengths; w++) {
    const ts_ta_spectrum *x = &spectra[w];
    fputs("taustream.ta/1,", f);
    ts_csv_text(f, o->source);
    fprintf(f, ",%llu,%s,", (unsigned long long)r->index, o->is_global ? "global" : "trace");
    ts_csv_text(f, o->device->backend);
    fprintf(f, ",%s,%s,", o->device->engine, ts_status_name(r->status));
    ts_csv_flags(f, r->flags, ts_flag_name);
    fprintf(f, ",%s,%u", r->raw, r->components);
    ts_csv_number(f, o->wavelength_m[w]);
    ts_csv_number(f, o->time_zero_s ? o->time_zero_s[w] : NAN);
    for (unsigned k = 0; k < components; k++) {
      ts_csv_number(f, r->lifetime_s[k]);
      ts_csv_number(f, r->lifetime_sigma_s[k]);
      ts_csv_number(f, r->lifetime_low_s[k]);
      ts_csv_number(f, r->lifetime_high_s[k]);
      ts_csv_number(f, x->amplitude[k]);
      ts_csv_number(f, x->amplitude_sigma[k]);
    }
    ts_csv_number(f, x->offset);
    ts_csv_number(f, x->offset_sigma);
    for (unsigned i = 0; i < 2; i++) {
      ts_csv_number(f, i < orders ? x->artefact[i] : NAN);
      ts_csv_number(f, i < orders ? x->artefact_sigma[i] : NAN);
    }
    ts_csv_number(f, r->t0_s);
    ts_csv_number(f, r->t0_sigma_s);
    ts_csv_number(f, r->irf_fwhm_s);
    ts_csv_number(f, r->irf_fwhm_sigma_s);
    ts_csv_number(f, x->chi2_reduced);
    ts_csv_number(f, x->noise);
    fprintf(f, ",%s,%zu,%u,%u,", o->noise_source, x->masked, r->evaluations, r->starts);
    if (r->cycles >= 0) fprintf(f, "%lld", (long long)r->cycles);
    fputc('\n', f);
  }
}
