#include "export_hdf5.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/output_file.h"
#include "command.h"

#define ROWS 256u                 /* of a chunk, and held before they are written */
#define CHUNK_COUNTS (1u << 18)
#define DEFLATE 4
#define NOTES_MAX 100000u

/* ---- what a frame has ---- */
typedef double (*value_of)(const ts_read_record *r, unsigned k);
#define SCALAR(name, expression) static double name(const ts_read_record *r, unsigned k) { (void)k; return (double)(expression); }
#define OF_COMPONENT(name, expression) static double name(const ts_read_record *r, unsigned k) { return k < r->result.components ? (double)(expression) : NAN; }
SCALAR(get_frame, r->frame.number)
SCALAR(get_start, r->frame.start_s)
SCALAR(get_end, r->frame.end_s)
SCALAR(get_photons, r->frame.photons)
SCALAR(get_outside, r->frame.outside)
SCALAR(get_lost, r->frame.lost)
SCALAR(get_rate, r->frame.end_s > r->frame.start_s ? (double)(r->frame.photons + r->frame.outside) / (r->frame.end_s - r->frame.start_s) : NAN)
SCALAR(get_pulses, r->frame.pulses > 0 ? r->frame.pulses : NAN)
SCALAR(get_dead, r->frame.dead_time_fraction)
SCALAR(get_truth, r->frame.truth_s)
SCALAR(get_latency, r->result.cycles >= 0 && r->device.clock_hz ? (double)r->result.cycles / r->device.clock_hz : NAN)
SCALAR(get_components, r->result.components)
SCALAR(get_counts, r->result.counts)
SCALAR(get_mean_a, r->result.lifetime_mean_amplitude_s)
SCALAR(get_mean_a_sigma, r->result.lifetime_mean_amplitude_sigma_s)
SCALAR(get_mean_i, r->result.lifetime_mean_intensity_s)
SCALAR(get_mean_i_sigma, r->result.lifetime_mean_intensity_sigma_s)
SCALAR(get_background, r->result.background_per_bin)
SCALAR(get_background_sigma, r->result.background_sigma)
SCALAR(get_shift, r->result.shift_s)
SCALAR(get_shift_sigma, r->result.shift_sigma_s)
SCALAR(get_chi2, r->result.chi2_reduced)
SCALAR(get_freedom, *r->not_fitted ? (double)NAN : (double)r->result.degrees_of_freedom)
SCALAR(get_deviance, r->result.deviance)
SCALAR(get_bic, r->result.bic)
SCALAR(get_evaluations, *r->not_fitted ? (double)NAN : (double)r->result.evaluations)
OF_COMPONENT(get_tau, r->result.lifetime_s[k])
OF_COMPONENT(get_tau_sigma, r->result.lifetime_sigma_s[k])
OF_COMPONENT(get_tau_low, r->result.lifetime_low_s[k])
OF_COMPONENT(get_tau_high, r->result.lifetime_high_s[k])
OF_COMPONENT(get_a, r->result.amplitude[k])
OF_COMPONENT(get_a_sigma, r->result.amplitude_sigma[k])
OF_COMPONENT(get_a_fraction, r->result.amplitude_fraction[k])

static const struct { const char *name, *unit; bool of_component; value_of get; } columns[] = {
  {"frame", "1", false, get_frame}, {"start_s", "s", false, get_start}, {"end_s", "s", false, get_end}, {"photons", "1", false, get_photons},
  {"outside", "1", false, get_outside}, {"lost", "1", false, get_lost}, {"rate_hz", "Hz", false, get_rate}, {"pulses", "1", false, get_pulses},
  {"dead_time_fraction", "1", false, get_dead}, {"latency_s", "s", false, get_latency}, {"truth_lifetime_s", "s", false, get_truth},
  {"components", "1", false, get_components}, {"counts", "1", false, get_counts}, {"lifetime_s", "s", true, get_tau},
  {"lifetime_sigma_s", "s", true, get_tau_sigma}, {"lifetime_low_s", "s", true, get_tau_low}, {"lifetime_high_s", "s", true, get_tau_high},
  {"amplitude", "counts/bin", true, get_a}, {"amplitude_sigma", "counts/bin", true, get_a_sigma}, {"amplitude_fraction", "1", true, get_a_fraction},
  {"lifetime_mean_amplitude_s", "s", false, get_mean_a}, {"lifetime_mean_amplitude_sigma_s", "s", false, get_mean_a_sigma},
  {"lifetime_mean_intensity_s", "s", false, get_mean_i}, {"lifetime_mean_intensity_sigma_s", "s", false, get_mean_i_sigma},
  {"background_per_bin", "counts/bin", false, get_background}, {"background_sigma", "counts/bin", false, get_background_sigma},
  {"shift_s", "s", false, get_shift}, {"shift_sigma_s", "s", false, get_shift_sigma}, {"chi2_reduced", "1", false, get_chi2},
  {"degrees_of_freedom", "1", false, get_freedom}, {"deviance", "1", false, get_deviance}, {"bic", "1", false, get_bic},
  {"evaluations", "1", false, get_evaluations}};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* A dataset that grows row by row; rows are collected. */
typedef struct table {
  hid_t set, type;
  hsize_t width, rows, held, room;
  size_t bytes;                   /* of an element in memory */
  uint8_t *buffer;
} table;

struct export_hdf5 {
  ts_output *output;
  hid_t file, frames, text;
  size_t bins;
  table histogram, column[COLUMNS], status, flags;
  json_t *gaps, *marks;
  bool good;
};

static bool check(export_hdf5 *h, bool good)
{
  h->good = h->good && good;
  return h->good;
}

/* ---- attributes and small datasets ---- */
static bool text_attribute(hid_t at, hid_t type, const char *name, const char *value)
{
  hid_t space = H5Screate(H5S_SCALAR), a = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  bool good = a >= 0 && H5Awrite(a, type, &value) >= 0;
  if (a >= 0) H5Aclose(a);
  H5Sclose(space);
  return good;
}

static bool number_attribute(hid_t at, const char *name, double value)
{
  hid_t space = H5Screate(H5S_SCALAR), a = H5Acreate2(at, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT);
  bool good = a >= 0 && H5Awrite(a, H5T_NATIVE_DOUBLE, &value) >= 0;
  if (a >= 0) H5Aclose(a);
  H5Sclose(space);
  return good;
}

static bool whole_dataset(export_hdf5 *h, hid_t at, const char *name, const char *unit, const double *value, size_t n)
{
  hsize_t size = n;
  hid_t space = H5Screate_simple(1, &size, NULL), set = H5Dcreate2(at, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  bool good = set >= 0 && (!n || H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0) && text_attribute(set, h->text, "units", unit);
  if (set >= 0) H5Dclose(set);
  H5Sclose(space);
  return good;
}

/* ---- growing datasets ---- */
static bool table_open(export_hdf5 *h, table *t, hid_t at, const char *name, const char *unit, hid_t stored, hid_t type, size_t bytes, hsize_t width)
{
  int rank = width ? 2 : 1;
  t->width = width ? width : 1;
  t->type = type;
  t->bytes = bytes;
  t->room = width > 4 ? CHUNK_COUNTS / width : ROWS;
  if (t->room < 1) t->room = 1;
  if (t->room > ROWS) t->room = ROWS;
  hsize_t size[2] = {0, t->width}, most[2] = {H5S_UNLIMITED, t->width}, chunk[2] = {t->room, t->width};
  hid_t space = H5Screate_simple(rank, size, most), how = H5Pcreate(H5P_DATASET_CREATE);
  bool good = H5Pset_chunk(how, rank, chunk) >= 0 && (width <= 4 || H5Pset_deflate(how, DEFLATE) >= 0);
  t->set = H5Dcreate2(at, name, stored, space, H5P_DEFAULT, how, H5P_DEFAULT);
  t->buffer = malloc((size_t)(t->room * t->width) * bytes);
  good = good && t->set >= 0 && t->buffer && (!unit || text_attribute(t->set, h->text, "units", unit));
  H5Pclose(how);
  H5Sclose(space);
  return check(h, good);
}

static bool table_flush(export_hdf5 *h, table *t)
{
  if (!h->good || !t->held) return h->good;
  hsize_t size[2] = {t->rows + t->held, t->width}, from[2] = {t->rows, 0}, n[2] = {t->held, t->width};
  bool good = H5Dset_extent(t->set, size) >= 0;
  hid_t space = H5Dget_space(t->set), memory = H5Screate_simple(H5Sget_simple_extent_ndims(space), n, NULL);
  good = good && H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, n, NULL) >= 0 && H5Dwrite(t->set, t->type, memory, space, H5P_DEFAULT, t->buffer) >= 0;
  H5Sclose(memory);
  H5Sclose(space);
  t->rows += t->held;
  t->held = 0;
  return check(h, good);
}

static void *table_row(export_hdf5 *h, table *t)
{
  if (t->held == t->room && !table_flush(h, t)) return NULL;
  return h->good ? t->buffer + t->bytes * (size_t)(t->width * t->held++) : NULL;
}

static void table_close(table *t)
{
  if (t->set > 0) H5Dclose(t->set);
  free(t->buffer);
  t->set = 0;
  t->buffer = NULL;
}

/* Texts of the rows that are held are owned by the buffer. */
static bool text_flush(export_hdf5 *h, table *t)
{
  char **text = (char **)(void *)t->buffer;
  hsize_t n = t->held;
  bool good = table_flush(h, t);
  for (hsize_t i = 0; i < n; i++) free(text[i]);
  t->held = 0;
  return good;
}

static bool text_row(export_hdf5 *h, table *t, const char *value)
{
  if (t->held == t->room && !text_flush(h, t)) return false;
  char **place = table_row(h, t);
  if (!place) return false;
  *place = strdup(value);
  return *place || (t->held--, check(h, false));
}

/* ---- the file ---- */
export_hdf5 *export_hdf5_open(const char *path, const ts_recording_reader *r, char *message)
{
  export_hdf5 *h = calloc(1, sizeof *h);
  if (!h || !(h->output = ts_output_open(path, message))) {
    if (!h) snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", path);
    free(h);
    return NULL;
  }
  H5dont_atexit();   /* a file that it could not close would crash there */
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  h->good = true;
  h->bins = ts_recording_reader_bins(r);
  h->gaps = json_array();
  h->marks = json_array();
  h->text = H5Tcopy(H5T_C_S1);
  H5Tset_size(h->text, H5T_VARIABLE);
  H5Tset_cset(h->text, H5T_CSET_UTF8);
  h->file = H5Fcreate(ts_output_written_path(h->output), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  h->frames = h->file >= 0 ? H5Gcreate2(h->file, "frames", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT) : -1;
  if (check(h, h->frames >= 0) && table_open(h, &h->histogram, h->file, "histogram", "counts", H5T_STD_U32LE, H5T_NATIVE_UINT32, 4, h->bins)) {
    for (size_t i = 0; i < COLUMNS && h->good; i++)
      table_open(h, &h->column[i], h->frames, columns[i].name, columns[i].unit, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 8, columns[i].of_component ? TS_COMPONENTS_MAX : 0);
    table_open(h, &h->status, h->frames, "status", NULL, h->text, h->text, sizeof(char *), 0);
    table_open(h, &h->flags, h->frames, "flags", NULL, h->text, h->text, sizeof(char *), 0);
  }
  if (h->good) return h;
  ts_output_tell(h->output, message);
  export_hdf5_abandon(h);
  return NULL;
}

bool export_hdf5_frame(export_hdf5 *h, const uint64_t *counts)
{
  uint32_t *row = table_row(h, &h->histogram);
  for (size_t i = 0; row && i < h->bins; i++) row[i] = (uint32_t)counts[i];
  return row != NULL;
}

bool export_hdf5_record(export_hdf5 *h, const ts_read_record *r)
{
  char flags[512] = "";
  for (size_t i = 0; i < COLUMNS; i++) {
    double *row = table_row(h, &h->column[i]);
    for (unsigned k = 0; row && k < h->column[i].width; k++) row[k] = columns[i].get(r, k);
  }
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->result.flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    size_t n = strlen(flags);
    if (name) snprintf(flags + n, sizeof flags - n, "%s%s", n ? ";" : "", name);
  }
  return h->good && text_row(h, &h->status, *r->not_fitted ? "" : ts_status_name(r->result.status)) && text_row(h, &h->flags, flags);
}

bool export_hdf5_note(export_hdf5 *h, uint8_t type, const json_t *j)
{
  json_t *list = type == TS_MSG_RECORDING_GAP ? h->gaps : h->marks;
  if (json_array_size(list) < NOTES_MAX) json_array_append(list, (json_t *)(uintptr_t)j);
  return h->good;
}

static bool write_notes(export_hdf5 *h, const char *name, const json_t *list, const char *const *keys)
{
  size_t n = json_array_size(list);
  double *value = malloc((n + 1) * sizeof *value);
  hid_t group = H5Gcreate2(h->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  bool good = value && group >= 0;
  for (; good && *keys; keys++) {
    for (size_t i = 0; i < n; i++) {
      const json_t *v = json_object_get(json_array_get(list, i), *keys);
      value[i] = json_is_number(v) ? json_number_value(v) : NAN;
    }
    good = whole_dataset(h, group, *keys, strstr(*keys, "_s") ? "s" : "1", value, n);
  }
  if (good) {
    char *text = json_dumps(list, JSON_COMPACT);
    good = text && text_attribute(group, h->text, "json", text);
    free(text);
  }
  if (group >= 0) H5Gclose(group);
  free(value);
  return good;
}

static bool write_axis(export_hdf5 *h, const ts_recording_reader *r)
{
  size_t irf_n;
  const double *irf = ts_recording_reader_irf(r, &irf_n);
  double *time = malloc(h->bins * sizeof *time), width = ts_recording_reader_bin_width(r);
  for (size_t i = 0; time && i < h->bins; i++) time[i] = ts_recording_reader_start(r) + (double)i * width;
  bool good = time && whole_dataset(h, h->file, "time_s", "s", time, h->bins) && (!irf_n || whole_dataset(h, h->file, "irf", "counts", irf, irf_n)) &&
              number_attribute(h->file, "bin_width_s", width);
  free(time);
  return good;
}

bool export_hdf5_commit(export_hdf5 *h, const ts_recording_reader *r, const char *broken, char *message)
{
  static const char *const gap_keys[] = {"before_frame", "start_s", "end_s", NULL}, *const mark_keys[] = {"before_frame", "time_s", NULL};
  char *begin = json_dumps(ts_recording_begin(r), JSON_COMPACT | JSON_REAL_PRECISION(17));
  table_flush(h, &h->histogram);
  for (size_t i = 0; i < COLUMNS; i++) table_flush(h, &h->column[i]);
  text_flush(h, &h->status);
  text_flush(h, &h->flags);
  check(h, h->good && begin && write_axis(h, r) && write_notes(h, "gaps", h->gaps, gap_keys) && write_notes(h, "marks", h->marks, mark_keys) &&
        text_attribute(h->file, h->text, "schema", "taustream.export/1") && text_attribute(h->file, h->text, "recording", begin) &&
        text_attribute(h->file, h->text, "broken", broken ? broken : ""));
  free(begin);
  table_close(&h->histogram);
  for (size_t i = 0; i < COLUMNS; i++) table_close(&h->column[i]);
  table_close(&h->status);
  table_close(&h->flags);
  if (h->frames >= 0) H5Gclose(h->frames);
  h->frames = -1;
  if (h->file >= 0 && H5Fclose(h->file) < 0) h->good = false;
  h->file = -1;
  bool good = h->good;
  if (good) {
    good = ts_output_commit(h->output, message);
    h->output = NULL;
  } else {
    ts_output_tell(h->output, message);
  }
  export_hdf5_abandon(h);
  return good;
}

void export_hdf5_tell(const export_hdf5 *h, char *message) { ts_output_tell(h->output, message); }

void export_hdf5_abandon(export_hdf5 *h)
{
  if (!h) return;
  h->good = false;
  text_flush(h, &h->status);
  text_flush(h, &h->flags);
  table_close(&h->histogram);
  for (size_t i = 0; i < COLUMNS; i++) table_close(&h->column[i]);
  table_close(&h->status);
  table_close(&h->flags);
  if (h->frames >= 0) H5Gclose(h->frames);
  if (h->file >= 0) H5Fclose(h->file);
  H5Tclose(h->text);
  json_decref(h->gaps);
  json_decref(h->marks);
  if (h->output) ts_output_abandon(h->output);
  free(h);
}
