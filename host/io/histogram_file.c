#include "histogram_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "npy.h"
#include "recording.h"
#include "source.h"
#include "text_table.h"
#include "time_axis.h"

struct ts_histogram_file {
  char *path;
  ts_source *source;        /* .npy only: its rows are still to be read */
  ts_recording_reader *recording;
  ts_npy npy;
  uint8_t *row;
  ts_text_table table;
  size_t bins, first_column;
  uint64_t histograms, next;
  double start_s, bin_width_s, period_s, sync_s, dead_time_s;
  double pulses, length_s;  /* of the frame that was read last */
  bool real_values;
};

void ts_histogram_file_close(ts_histogram_file *f)
{
  if (!f) return;
  ts_source_close(f->source);
  ts_recording_reader_close(f->recording);
  ts_text_table_free(&f->table);
  free(f->row);
  free(f->path);
  free(f);
}

static ts_error open_npy(ts_histogram_file *f, const ts_read_options *o, char *message)
{
  char why[TS_MESSAGE_BYTES];
  if (!ts_npy_header(f->source, &f->npy, why)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: %.300s", f->path, why);
    return TS_ERROR_INPUT;
  }
  if (f->npy.columns > TS_BINS_MAX) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: %llu bins: expected at most %u; sum neighbouring bins or cut the window", f->path,
             (unsigned long long)f->npy.columns, TS_BINS_MAX);
    return TS_ERROR_INPUT;
  }
  if (!(o->bin_width_s > 0)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: a .npy file has no time axis: expected the bins' width; add --bin-width, such as "
             "--bin-width 50ps", f->path);
    return TS_ERROR_INPUT;
  }
  f->bins = (size_t)f->npy.columns;
  f->histograms = f->npy.rows;
  f->bin_width_s = o->bin_width_s;
  f->row = malloc(f->bins * f->npy.bytes);
  return f->row ? TS_OK : TS_ERROR_MEMORY;
}

/* Every chosen number must be a count; an IRF may hold any non-negative number. */
static ts_error check_counts(const ts_histogram_file *f, char *message)
{
  const ts_text_table *t = &f->table;
  for (size_t i = 0; i < t->rows; i++)
    for (size_t j = f->first_column; j < t->columns; j++) {
      double v = t->cell[i * t->columns + j];
      const char *what = v < 0 ? "is negative: expected photon counts as they were recorded, before a background was subtracted" :
        !f->real_values && v != floor(v) ? "is not a whole number: expected photon counts as they were recorded, before they were "
          "normalised, averaged or corrected" :
        v > TS_COUNT_MAX ? "is more than 4294967295 in a bin: expected counts of at most 32 bits" : NULL;
      if (what) {
        snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the count %.12g %s", f->path, t->line[i], v, what);
        return TS_ERROR_INPUT;
      }
    }
  return TS_OK;
}

static ts_error open_text(ts_histogram_file *f, const ts_read_options *o, char *message)
{
  ts_time_axis axis;
  ts_error e = ts_text_table_read(&f->table, f->source, f->path, o, message);
  if (e) return e;
  e = ts_time_axis_find(&axis, &f->table, f->path, o, message);
  if (e) return e;
  f->first_column = axis.has_column ? 1 : 0;
  f->bins = f->table.rows;
  f->histograms = f->table.columns - f->first_column;
  f->start_s = axis.start_s;
  f->bin_width_s = axis.bin_width_s;
  ts_source_close(f->source);
  f->source = NULL;
  return check_counts(f, message);
}

/* How many frames can be read; 0: it cannot be told, as of a pipe. */
static uint64_t count_frames(const char *path)
{
  char message[TS_MESSAGE_BYTES];
  ts_recording_reader *r;
  ts_item item;
  uint64_t n = 0;
  if (!strcmp(path, "-") || ts_recording_open(&r, path, message)) return 0;
  for (ts_item_kind k = TS_ITEM_MESSAGE; k != TS_ITEM_END && k != TS_ITEM_BROKEN;) k = ts_recording_next(r, &item, message);
  n = ts_recording_reader_frames(r);
  ts_recording_reader_close(r);
  return n ? n : 1;
}

static bool is_recording(ts_source *s)
{
  uint8_t look[TS_RECORDING_LOOK];
  return ts_recording_is(look, ts_source_peek(s, look, sizeof look));
}

static ts_error open_recording(ts_histogram_file *f, const ts_read_options *o, char *message)
{
  ts_source *s = f->source;
  f->source = NULL;
  ts_error e = ts_recording_open_source(&f->recording, s, f->path, message);
  if (e) return e;
  f->bins = ts_recording_reader_bins(f->recording);
  f->bin_width_s = ts_recording_reader_bin_width(f->recording);
  f->start_s = ts_recording_reader_start(f->recording);
  f->period_s = json_number_value(json_object_get(ts_recording_begin(f->recording), "period_s"));
  f->sync_s = json_number_value(json_object_get(ts_recording_begin(f->recording), "sync_s"));
  const json_t *dead = json_object_get(ts_recording_begin(f->recording), "dead_time_s");
  if (json_is_number(dead)) f->dead_time_s = json_number_value(dead);
  f->histograms = count_frames(f->path);
  if (!f->histograms) f->histograms = UINT64_MAX;
  if (!(o->bin_width_s > 0) || fabs(o->bin_width_s - f->bin_width_s) < 1e-6 * f->bin_width_s) return TS_OK;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s: the bins are %g s wide by the recording and %g s by --bin-width: expected one width", f->path,
           f->bin_width_s, o->bin_width_s);
  return TS_ERROR_INPUT;
}

/* Options that choose from a text are not passed over where there is none. */
static ts_error refuse_text_options(const ts_histogram_file *f, const ts_read_options *o, char *message)
{
  if (!o->columns && !o->skip) return TS_OK;
  const bool is_irf = o->columns_option != NULL;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s: %s is for text files: expected %s without it", f->path,
           o->columns ? (is_irf ? o->columns_option : "--columns") : is_irf ? "--irf-skip" : "--skip", f->recording ? "a recording" : "a .npy file");
  return TS_ERROR_INPUT;
}

ts_error ts_histogram_file_open(ts_histogram_file **out, const char *path, const ts_read_options *o, char *message)
{
  ts_error e = TS_ERROR_MEMORY;
  ts_histogram_file *f = calloc(1, sizeof *f);
  *out = NULL;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", path);
  if (f && (f->path = strdup(path)) != NULL) {
    f->real_values = o->real_values;
    f->dead_time_s = NAN;
    f->source = ts_source_open(path, message);
    if (!f->source) e = TS_ERROR_INPUT;
    else e = is_recording(f->source) ? open_recording(f, o, message) : ts_npy_is(f->source) ? open_npy(f, o, message) : open_text(f, o, message);
    if (!e && (f->source || f->recording)) e = refuse_text_options(f, o, message);
  }
  if (e) ts_histogram_file_close(f);
  else *out = f;
  return e;
}

size_t ts_histogram_file_bins(const ts_histogram_file *f) { return f->bins; }
uint64_t ts_histogram_file_histograms(const ts_histogram_file *f) { return f->histograms; }
double ts_histogram_file_bin_width(const ts_histogram_file *f) { return f->bin_width_s; }
double ts_histogram_file_start(const ts_histogram_file *f) { return f->start_s; }
double ts_histogram_file_period(const ts_histogram_file *f) { return f->period_s; }
double ts_histogram_file_dead_time(const ts_histogram_file *f) { return f->dead_time_s; }
double ts_histogram_file_sync(const ts_histogram_file *f) { return f->sync_s; }
double ts_histogram_file_pulses(const ts_histogram_file *f) { return f->pulses; }
double ts_histogram_file_length(const ts_histogram_file *f) { return f->length_s; }
bool ts_histogram_file_is_recording(const ts_histogram_file *f) { return f->recording; }
bool ts_histogram_file_streams(const ts_histogram_file *f) { return f->source || f->recording; }

const char *ts_histogram_file_name(const ts_histogram_file *f, uint64_t i)
{
  return ts_histogram_file_streams(f) ? "" : f->table.name[f->first_column + (size_t)i];
}

static ts_error read_npy_row(ts_histogram_file *f, char *message)
{
  size_t bytes = f->bins * f->npy.bytes, got = ts_source_read(f->source, f->row, bytes);
  if (got == bytes) return TS_OK;
  if (ts_source_errno(f->source)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: cannot be read: %s", f->path, strerror(ts_source_errno(f->source)));
  } else {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: truncated in row %llu of %llu: expected %zu bytes, found %zu", f->path,
             (unsigned long long)f->next, (unsigned long long)f->histograms, bytes, got);
  }
  return TS_ERROR_INPUT;
}

static ts_error next_frame(ts_histogram_file *f, uint64_t *counts, double *values, bool *got, char *message)
{
  ts_item item;
  ts_item_kind k;
  do k = ts_recording_next(f->recording, &item, message);
  while (k != TS_ITEM_FRAME && k != TS_ITEM_END && k != TS_ITEM_BROKEN);
  if (k == TS_ITEM_BROKEN) return TS_ERROR_INPUT;
  for (size_t i = 0; k == TS_ITEM_FRAME && i < f->bins; i++) {
    if (counts) counts[i] = item.counts[i];
    if (values) values[i] = (double)item.counts[i];
  }
  *got = k == TS_ITEM_FRAME;
  f->pulses = *got ? item.frame.pulses : 0;
  f->length_s = *got ? item.frame.end_s - item.frame.start_s : 0;
  return TS_OK;
}

/* One histogram as counts or as doubles; the other pointer is NULL. */
static ts_error next(ts_histogram_file *f, uint64_t *counts, double *values, bool *got, char *message)
{
  *got = false;
  if (f->recording) return next_frame(f, counts, values, got, message);
  if (f->next == f->histograms) {
    uint8_t byte;
    if (!f->source || !ts_source_read(f->source, &byte, 1)) return TS_OK;
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: data follow the %llu histograms that the header tells of: expected the end of the file",
             f->path, (unsigned long long)f->histograms);
    return TS_ERROR_INPUT;
  }
  size_t column = f->first_column + (size_t)(f->source ? 0 : f->next);
  ts_error e = f->source ? read_npy_row(f, message) : TS_OK;
  for (size_t i = 0; !e && i < f->bins; i++) {
    uint64_t v = 0;
    double real = 0;
    int64_t negative = 0;
    if (!f->source) {
      real = f->table.cell[i * f->table.columns + column];
      v = (uint64_t)real;
    } else if (!ts_npy_element(&f->npy, f->row + i * f->npy.bytes, &v, &negative)) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s: the count %lld in row %llu, bin %zu is negative: expected photon counts as they were "
               "recorded, before a background was subtracted", f->path, (long long)negative, (unsigned long long)f->next, i);
      e = TS_ERROR_INPUT;
    } else {
      real = (double)v;
    }
    if (!e && real > TS_COUNT_MAX) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s: the count %llu in row %llu, bin %zu is more than 4294967295: expected counts of at most 32 "
               "bits", f->path, (unsigned long long)v, (unsigned long long)f->next, i);
      e = TS_ERROR_INPUT;
    }
    if (counts) counts[i] = v;
    if (values) values[i] = real;
  }
  if (e) return e;
  f->next++;
  *got = true;
  return TS_OK;
}

ts_error ts_histogram_file_next(ts_histogram_file *f, uint64_t *counts, bool *got, char *message)
{
  return next(f, counts, NULL, got, message);
}

ts_error ts_histogram_file_next_real(ts_histogram_file *f, double *values, bool *got, char *message)
{
  return next(f, NULL, values, got, message);
}
