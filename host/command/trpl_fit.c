#include "trpl_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "trpl_range.h"
#include "trpl_weights.h"

#define CHUNK_COUNTS (1u << 18)   /* counts held of a batch, whatever its length */
#define CHUNK_ROWS 1024u

typedef struct job {
  const char *path;
  const trpl_options *options;
  const trpl_irf *irf;
  uint32_t options_crc32;
  const resume *resume;
  uint32_t reconnects;                   /* that were told */
  ts_device *device;
  trpl_sink *sink;
  progress *progress;
  ts_histogram_file *file;
  size_t bins, room;                     /* of the file; rows that a chunk holds */
  uint64_t histograms, begun;            /* begun: rows of earlier chunks */
  double start_s, width_s, period_s;     /* period_s: the option's, else the file's */
  double dead_time_s;                    /* the option's, else the file's */
  double *pulses;                        /* room: the option's, else the file's */
  bool *strays;                          /* room: pulses did not come as the period says, by the file */
  bool strays_told;
  uint64_t *counts;                      /* room x bins */
  double *weight, *error;                /* bins each: of one histogram */
  double *sum, *shown, *fit;             /* bins each: of the first chunk's rows; data and curve of one result */
  ts_trpl_result *result;                /* room x components that are tried */
  ts_trpl_plan *plan[TS_COMPONENTS_MAX];
  bin_range range;
} job;

bool trpl_irf_read(trpl_irf *irf, const trpl_options *o)
{
  char message[TS_MESSAGE_BYTES];
  ts_histogram_file *f;
  bool got = false;
  memset(irf, 0, sizeof *irf);
  if (!o->irf) return true;
  ts_error e = ts_histogram_file_open(&f, o->irf, &o->irf_read, message);
  if (!e && ts_histogram_file_histograms(f) > 1) {
    snprintf(message, sizeof message, "%.300s: %llu histograms: expected one IRF; choose it by --irf-columns", o->irf,
             (unsigned long long)ts_histogram_file_histograms(f));
    e = TS_ERROR_INPUT;
  }
  if (!e) {
    irf->bins = ts_histogram_file_bins(f);
    irf->start_s = ts_histogram_file_start(f);
    irf->bin_width_s = ts_histogram_file_bin_width(f);
    irf->value = malloc(irf->bins * sizeof *irf->value);
    snprintf(message, sizeof message, "out of memory");
    e = irf->value ? ts_histogram_file_next_real(f, irf->value, &got, message) : TS_ERROR_MEMORY;
  }
  ts_histogram_file_close(f);
  if (e) complain(0, "%s", message);
  return !e;
}

/* Complains about an error of the library and says how the file ends. */
static fit_end library_failed(const job *j, ts_error e)
{
  const char *message = ts_device_message(j->device);
  /* Ctrl-C on a terminal also reaches a simulated device, which then is gone. */
  if (interrupted() && is_device_error(e)) return FIT_INTERRUPTED;
  progress_clear(j->progress);
  complain(0, "%s: %s%s%s", j->path, is_device_error(e) || !message || !*message ? ts_error_text(e) : "",
           is_device_error(e) && message && *message ? ": " : "", message ? message : "");
  return is_device_error(e) ? FIT_DEVICE_FAILED : FIT_INPUT_FAILED;
}

static void forget_plans(job *j)
{
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) {
    ts_trpl_plan_destroy(j->plan[k]);
    j->plan[k] = NULL;
  }
}

static int by_value(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The sum of the n rows at hand; none weighs more than twice the median row, so that a broken one does not decide for all. */
static bool sum_rows(job *j, size_t n)
{
  double *total = calloc(2 * n, sizeof *total), *sorted = total ? total + n : NULL;
  if (!total) {
    complain(0, "%s: out of memory", j->path);
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t b = 0; b < j->bins; b++) total[i] += (double)j->counts[i * j->bins + b];
    sorted[i] = total[i];
  }
  qsort(sorted, n, sizeof *sorted, by_value);
  const double most = 2 * sorted[n / 2] + 1;
  memset(j->sum, 0, j->bins * sizeof *j->sum);
  for (size_t i = 0; i < n; i++) {
    const double weight = total[i] > most && n > 1 ? most / total[i] : 1;
    for (size_t b = 0; b < j->bins; b++) j->sum[b] += weight * (double)j->counts[i * j->bins + b];
  }
  free(total);
  return true;
}

/* The bins to fit, from the sum of the n rows at hand. */
static fit_end choose_range(job *j, size_t n)
{
  const trpl_options *o = j->options;
  if (!sum_rows(j, n)) return FIT_DEVICE_FAILED;
  if (o->has_range) {
    j->range = range_of_times(j->start_s, j->width_s, j->bins, o->from_s, o->to_s);
  } else {
    j->range = range_alive(j->sum, j->bins);
    if (o->fit.irf_kind == TS_IRF_NONE) j->range.first = range_tail(j->sum, j->range);
  }
  if (j->range.end <= j->range.first) {
    complain(0, "%s: --range %g..%g s holds none of the bins from %g to %g s: expected a range inside the data", j->path, o->from_s, o->to_s,
             j->start_s, j->start_s + (double)j->bins * j->width_s);
    return FIT_INPUT_FAILED;
  }
  if (o->common.verbose)
    complain(0, "%s: bins %zu to %zu of %zu, %g s each, from %g s", j->path, j->range.first, j->range.end - 1, j->bins, j->width_s,
             j->start_s + (double)j->range.first * j->width_s);
  return FIT_DONE;
}

static fit_end make_plan(job *j, unsigned components)
{
  ts_trpl_options o = j->options->fit;
  double from = j->start_s + (double)j->range.first * j->width_s;
  if (j->plan[components - 1]) return FIT_DONE;
  o.components = components;
  o.bin_width_s = j->width_s;
  o.period_s = j->period_s;
  o.alike = j->room > 1 && (j->options->start == TRPL_START_SUM || (j->options->start == TRPL_START_USUAL && !ts_histogram_file_is_recording(j->file)));
  if (o.irf_kind == TS_IRF_HISTOGRAM) {
    o.irf = j->irf->value;
    o.irf_bins = j->irf->bins;
    o.irf_bin_width_s = j->irf->bin_width_s;
    o.irf_start_s = j->irf->start_s - from;
  } else if (o.irf_kind == TS_IRF_GAUSS) {
    o.irf_start_s = -from;
  }
  for (unsigned k = components; k < TS_COMPONENTS_MAX; k++) {
    o.lifetime_s[k] = 0;
    o.lifetime_held[k] = false;
  }
  ts_error e = ts_trpl_plan_create(&j->plan[components - 1], j->device, &o, j->range.end - j->range.first, j->sum + j->range.first);
  return e ? library_failed(j, e) : FIT_DONE;
}

/* A board that went away and came back is no failure, but nobody should have to guess why it took so long. */
static void tell_reconnects(job *j)
{
  const ts_device_info *i = ts_device_get_info(j->device);
  if (i->reconnects == j->reconnects) return;
  j->reconnects = i->reconnects;
  progress_clear(j->progress);
  if (!j->options->common.quiet) complain(0, "%s: %s; what had no answer is fitted again", j->path, ts_device_reconnect_reason(j->device));
}

/* What the bins count of a row's photons; *flags 0: everything. False: message says why not. */
static bool weigh(const job *j, size_t row, unsigned *flags, char *message)
{
  const trpl_options *o = j->options;
  const double period_s = j->period_s > 0 ? j->period_s : ts_histogram_file_period(j->file);   /* a tail fit has none */
  const trpl_axis a = {j->bins, j->start_s, j->width_s, period_s, j->dead_time_s};
  return !trpl_weights(o, &a, j->counts + row * j->bins, j->pulses[row], j->weight, j->error, flags, message);
}

/* The plan judges by --pulses; a recording knows the pulses of each of its frames. */
static void judge_pile_up(const job *j, size_t row, ts_trpl_result *r)
{
  if (j->options->fit.pulses > 0 || j->dead_time_s == 0) return;
  if (trpl_piles_up(j->counts + row * j->bins, j->bins, j->pulses[row])) r->flags |= TS_FLAG_PILE_UP;
}

/* --dnl, --pile-up correct */
static fit_end correct(const job *j, ts_trpl_plan *plan, size_t row, ts_trpl_result *r)
{
  char message[TS_MESSAGE_BYTES];
  unsigned flags;
  if (!weigh(j, row, &flags, message)) {
    progress_clear(j->progress);
    complain(0, "%s: histogram %llu: %s", j->path, (unsigned long long)(j->begun + row), message);
    return FIT_INPUT_FAILED;
  }
  if (!flags) return FIT_DONE;
  const size_t first = j->range.first;
  ts_error e = ts_trpl_refit(plan, j->counts + row * j->bins + first, j->weight + first, j->options->widths ? j->error + first : NULL, r);
  r->flags |= flags;
  return e ? library_failed(j, e) : FIT_DONE;
}

/* Fits the listed rows of the chunk; results[i] belongs to row[i]. *done says how many there are when it ends early. */
static fit_end fit_rows(job *j, unsigned components, const size_t *row, size_t n, ts_trpl_result *results, size_t *done)
{
  fit_end end = make_plan(j, components);
  size_t sent = 0;
  *done = 0;
  if (end != FIT_DONE) return end;
  ts_trpl_plan *plan = j->plan[components - 1];
  size_t most = ts_trpl_in_flight_max(plan);
  for (;;) {
    while (sent < n && sent - *done < most && !interrupted()) {
      ts_error e = ts_trpl_submit(plan, j->counts + row[sent] * j->bins + j->range.first, j->begun + row[sent]);
      if (e) return library_failed(j, e);
      sent++;
    }
    if (*done == sent) return sent == n ? FIT_DONE : FIT_INTERRUPTED;
    bool got = false;
    ts_error e = ts_trpl_poll(plan, true, &results[*done], &got);
    if (e) return library_failed(j, e);
    if (!got) return library_failed(j, TS_ERROR_PROTOCOL);
    tell_reconnects(j);
    results[*done].flags |= ts_trpl_plan_flags(plan);
    judge_pile_up(j, row[*done], &results[*done]);
    if (j->strays[row[*done]]) results[*done].flags |= TS_FLAG_PERIOD_UNKNOWN;
    if ((end = correct(j, plan, row[*done], &results[*done])) != FIT_DONE) return end;
    ++*done;
    progress_update(j->progress, j->path, j->begun + *done, j->histograms);
  }
}

static ts_made_from made_from(const job *j, size_t row)
{
  const double axis[] = {(double)j->bins, j->start_s, j->period_s};
  const uint32_t crc = ts_crc_counts(0, j->counts + row * j->bins, j->bins);
  return (ts_made_from){j->width_s, j->options_crc32, ts_crc_numbers(crc, axis, sizeof axis / sizeof *axis)};
}

static void put(job *j, size_t row, const ts_trpl_result *r, const ts_trpl_result *trial, size_t trials)
{
  const ts_made_from from = made_from(j, row);
  ts_trpl_origin origin = {.source = j->path, .column = ts_histogram_file_name(j->file, j->begun + row),
                           .device = ts_device_get_info(j->device), .trial = trial, .trials = trials, .made_from = &from};
  bool batch = ts_histogram_file_streams(j->file) && j->histograms > 1;
  progress_clear(j->progress);
  if (!sink_wants_curves(j->sink)) {
    sink_put(j->sink, &origin, r, NULL, batch);
    return;
  }
  size_t n = j->range.end - j->range.first;
  char title[300];
  snprintf(title, sizeof title, "%.200s%s%.60s [%llu]", j->path, *origin.column ? ", " : "", origin.column, (unsigned long long)r->index);
  for (size_t i = 0; i < n; i++) j->shown[i] = (double)j->counts[row * j->bins + j->range.first + i];
  bool fitted = !ts_trpl_curve(j->plan[r->components - 1], r, j->fit);
  char message[TS_MESSAGE_BYTES];
  unsigned flags;
  if (fitted && weigh(j, row, &flags, message) && flags)
    for (size_t i = 0; i < n; i++) j->fit[i] *= j->weight[j->range.first + i];
  ts_curve c = {.source = j->path, .title = title, .index = r->index, .start_s = j->start_s + (double)j->range.first * j->width_s,
                .bin_width_s = j->width_s, .bins = n, .counts = j->shown, .fit = fitted ? j->fit : NULL, .irf = j->irf->value,
                .irf_bins = j->irf->bins, .irf_start_s = j->irf->start_s, .irf_bin_width_s = j->irf->bin_width_s};
  sink_put(j->sink, &origin, r, &c, batch);
}

/* ---- --components auto ---- */
typedef struct trials {
  ts_trpl_result of[TS_COMPONENTS_MAX];
  size_t n;
} trials;

static bool is_better(const ts_trpl_result *a, const ts_trpl_result *b)
{
  bool a_ok = a->status == TS_STATUS_OK, b_ok = b->status == TS_STATUS_OK;
  if (a_ok != b_ok) return a_ok;
  return isfinite(a->bic) && (!isfinite(b->bic) || a->bic < b->bic);
}

static size_t best_of(const trials *t)
{
  size_t best = 0;
  for (size_t i = 1; i < t->n; i++)
    if (is_better(&t->of[i], &t->of[best])) best = i;
  return best;
}

/* One more component makes sense unless there are too few data, or the last one already made it worse. */
static bool goes_on(const trials *t)
{
  const ts_trpl_result *last = &t->of[t->n - 1];
  return last->status != TS_STATUS_INSUFFICIENT_DATA && (t->n == 1 || best_of(t) == t->n - 1);
}

/* n: rows of the chunk; wanted: those to fit. */
static fit_end fit_auto(job *j, size_t n, const size_t *wanted, size_t wanted_n)
{
  unsigned most = ts_device_get_info(j->device)->components_max;
  trials *all = calloc(n, sizeof *all);
  size_t *row = malloc(n * sizeof *row), active = wanted_n, done = 0;
  fit_end end = all && row ? FIT_DONE : FIT_INPUT_FAILED;
  if (end != FIT_DONE) complain(0, "%s: out of memory", j->path);
  if (row) memcpy(row, wanted, wanted_n * sizeof *row);
  if (most > TS_COMPONENTS_MAX) most = TS_COMPONENTS_MAX;
  for (unsigned k = 1; end == FIT_DONE && k <= most && active; k++) {
    size_t kept = 0;
    end = fit_rows(j, k, row, active, j->result, &done);
    for (size_t i = 0; i < done; i++) {
      trials *t = &all[row[i]];
      t->of[t->n++] = j->result[i];
      if (goes_on(t)) row[kept++] = row[i];
    }
    active = kept;
  }
  for (size_t i = 0; end == FIT_DONE && i < wanted_n; i++) {
    const trials *t = &all[wanted[i]];
    put(j, wanted[i], &t->of[best_of(t)], t->of, t->n);
  }
  free(all);
  free(row);
  return end;
}

static fit_end fit_chunk(job *j, size_t n)
{
  size_t row[CHUNK_ROWS], wanted = 0, done;
  char why[TS_MESSAGE_BYTES];
  for (size_t i = 0; i < n; i++) {
    const ts_made_from now = j->resume ? made_from(j, i) : (ts_made_from){0};
    const resume_state was = resume_look(j->resume, j->path, j->begun + i, &now, why);
    if (was == RESUME_TO_DO) row[wanted++] = i;
    if (was != RESUME_OTHER) continue;
    progress_clear(j->progress);
    complain(0, "%s: histogram %llu: %s", j->path, (unsigned long long)(j->begun + i), why);
    return FIT_INPUT_FAILED;
  }
  if (!wanted) return FIT_DONE;
  if (j->options->is_auto) return fit_auto(j, n, row, wanted);
  fit_end end = fit_rows(j, j->options->fit.components, row, wanted, j->result, &done);
  for (size_t i = 0; i < done; i++) put(j, row[i], &j->result[i], NULL, 0);
  return end;
}

/* Rows until the chunk is full, the file ends or a row is bad. */
/* A recording knows how often SYNC came (a board's), or was to come. */
static bool strays(job *j, uint64_t row)
{
  const double sync_s = ts_histogram_file_sync(j->file), pulses = ts_histogram_file_pulses(j->file), length_s = ts_histogram_file_length(j->file);
  const double period_s = j->period_s > 0 || sync_s > 0 ? j->period_s : ts_histogram_file_period(j->file);
  if (!(ts_histogram_file_period(j->file) > 0) || !(period_s > 0) || !(length_s > 0) || (sync_s > 0 ? trpl_period_is_of_sync(period_s, sync_s) : trpl_period_is_of_pulses(period_s, pulses, length_s))) return false;
  if (!j->strays_told && !j->options->common.quiet) {
    progress_clear(j->progress);
    if (sync_s > 0) complain(0, "%s: SYNC came every %.4g s, and the period is %g s: lifetimes are fitted as if pulses came that far apart; expected the same", j->path, sync_s, period_s);
    else complain(0, "%s: histogram %llu: SYNC came %.0f times in %.4g s, expected %.0f times, every %g s: lifetimes are fitted as if pulses came that far apart", j->path,
                  (unsigned long long)row, pulses, length_s, length_s / period_s, period_s);
  }
  j->strays_told = true;
  return true;
}

static fit_end read_chunk(job *j, size_t *n)
{
  char message[TS_MESSAGE_BYTES];
  bool got = true;
  for (*n = 0; *n < j->room && got && !interrupted(); *n += got) {
    ts_error e = ts_histogram_file_next(j->file, j->counts + *n * j->bins, &got, message);
    if (!e && got) j->pulses[*n] = j->options->fit.pulses > 0 ? j->options->fit.pulses : ts_histogram_file_pulses(j->file);
    if (!e && got) j->strays[*n] = strays(j, j->begun + *n);
    if (!e) continue;
    if (interrupted()) return FIT_INTERRUPTED;
    progress_clear(j->progress);
    complain(0, "%s", message);
    return FIT_INPUT_FAILED;
  }
  return interrupted() ? FIT_INTERRUPTED : FIT_DONE;
}

static fit_end fit_all(job *j)
{
  for (bool first = true;; first = false) {
    size_t n = 0;
    fit_end read = read_chunk(j, &n), end = FIT_DONE;
    if (!n) return read;
    if (first || !ts_histogram_file_streams(j->file)) {
      forget_plans(j);
      end = choose_range(j, n);
    }
    if (end == FIT_DONE) end = fit_chunk(j, n);
    if (end != FIT_DONE) return end;
    if (read != FIT_DONE) return read;
    j->begun += n;
  }
}

fit_end trpl_fit_file(const char *path, const trpl_options *o, const trpl_irf *irf, uint32_t options_crc32, const resume *done, ts_device *d, trpl_sink *sink, progress *p)
{
  char message[TS_MESSAGE_BYTES];
  job j = {.path = path, .options = o, .irf = irf, .options_crc32 = options_crc32, .resume = done, .device = d, .sink = sink, .progress = p,
           .reconnects = ts_device_get_info(d)->reconnects};
  if (ts_histogram_file_open(&j.file, path, &o->read, message)) {
    if (interrupted()) return FIT_INTERRUPTED;
    complain(0, "%s", message);
    return FIT_INPUT_FAILED;
  }
  j.bins = ts_histogram_file_bins(j.file);
  j.histograms = ts_histogram_file_histograms(j.file);
  j.start_s = ts_histogram_file_start(j.file);
  j.width_s = ts_histogram_file_bin_width(j.file);
  j.period_s = o->fit.period_s;
  /* A recording knows its pulses; a tail fit needs them not, and a window of several periods is no decay. */
  if (j.period_s == 0 && o->fit.irf_kind != TS_IRF_NONE && ts_histogram_file_period(j.file) >= (double)j.bins * j.width_s * (1 - 1e-9))
    j.period_s = ts_histogram_file_period(j.file);
  j.dead_time_s = isnan(o->dead_time_s) ? ts_histogram_file_dead_time(j.file) : o->dead_time_s;
  j.room = CHUNK_COUNTS / j.bins;
  if (j.room > CHUNK_ROWS) j.room = CHUNK_ROWS;
  if (!j.room || !ts_histogram_file_streams(j.file)) j.room = 1;
  if (j.room > j.histograms) j.room = (size_t)j.histograms;
  j.counts = malloc(j.room * j.bins * sizeof *j.counts);
  j.pulses = calloc(j.room, sizeof *j.pulses);
  j.strays = calloc(j.room, sizeof *j.strays);
  j.sum = malloc(j.bins * sizeof *j.sum);
  j.weight = malloc(j.bins * sizeof *j.weight);
  j.error = malloc(j.bins * sizeof *j.error);
  j.shown = malloc(j.bins * sizeof *j.shown);
  j.fit = malloc(j.bins * sizeof *j.fit);
  j.result = malloc(j.room * sizeof *j.result);
  fit_end end = FIT_INPUT_FAILED;
  if (j.counts && j.pulses && j.strays && j.sum && j.weight && j.error && j.shown && j.fit && j.result) end = fit_all(&j);
  else complain(0, "%s: out of memory", path);
  forget_plans(&j);
  ts_histogram_file_close(j.file);
  free(j.counts);
  free(j.pulses);
  free(j.strays);
  free(j.sum);
  free(j.weight);
  free(j.error);
  free(j.shown);
  free(j.fit);
  free(j.result);
  return end;
}
