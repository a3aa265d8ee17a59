/* The worker of a device that takes photons from its own pins: it counts frames without fitting them until there are photons enough to find the bins and the
 * shift from (they are fitted here), and then in a measurement that fits each as it closes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../fit/plan.h"
#include "fitter_inside.h"

#define SILENCE_S 20.0          /* without a frame: it is closed, so that it tells whether SYNC comes, and whether the board is there */
#define SILENCE_FRAMES 10.0     /* and so many times the longest that one took */
#define PULSES_MISSING 0.01     /* part of them: SYNC did not come */
#define BEHIND_MAX 64u          /* frames that are taken though there are photons enough */

static double monotonic_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void fitter_begin_pins(live_fitter *f, const live_pins *pins, const live_rule *rule)
{
  f->has_pins = true;
  f->pins = *pins;
  f->rule = *rule;
  f->components = f->options->fit.components;
  f->begun_s = monotonic_s();
  f->zero_s = NAN;
}

static double silence_s(void)
{
  const char *text = getenv("TAUSTREAM_SILENCE_S");   /* a test's */
  const double s = text ? strtod(text, NULL) : 0;
  return s > 0 ? s : SILENCE_S;
}

/* Frames that photons or markers end say nothing while none come: without SYNC no photon has a bin. And a board that is there no more says nothing, whatever ends its frames. */
static ts_error look(live_fitter *f)
{
  const double usual_s = f->rule.by == TS_LIVE_TIME ? fmax(f->slowest_s, f->rule.seconds) : f->slowest_s;
  if (f->looked || monotonic_s() - f->heard_s < fmax(silence_s(), SILENCE_FRAMES * usual_s)) return TS_OK;
  f->looked = true;
  return ts_frames_close(f->frames);
}

static void heard(live_fitter *f, const ts_frame *r)
{
  const double now = monotonic_s(), expected = (double)(r->end_clock - r->start_clock) * f->pins.clock_s / f->axis.period_s;
  const bool by_command = TS_LIVE_PHOTONS + (int)r->end == TS_LIVE_COMMAND;
  if (!by_command) f->slowest_s = fmax(f->slowest_s, now - f->heard_s);
  f->looked = by_command && r->syncs > (1 - PULSES_MISSING) * expected - 3;   /* little light: it is left alone until a frame ends by itself */
  f->heard_s = now;
}

static bool wants_change(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  const bool change = f->wanted != 0 || f->wants_fresh || f->finish || f->stop;
  pthread_mutex_unlock(&f->lock);
  return change;
}

static void take_change(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  if (f->wanted) f->components = f->wanted;
  if (f->wants_fresh) f->settled = false;
  f->wanted = 0;
  f->wants_fresh = false;
  pthread_mutex_unlock(&f->lock);
}

static ts_error open_pins(live_fitter *f, bool dry)
{
  const ts_frames_options o = {.pins = true, .dry = dry, .send_raw = true, .warm = true, .bin_samples_log2 = f->pins.bin_samples_log2,
                               .dead_samples = f->pins.dead_samples, .marker = f->rule.by == TS_LIVE_MARKER,
                               .photons = f->rule.by == TS_LIVE_PHOTONS ? (uint32_t)f->rule.photons : 0,
                               .clocks = f->rule.by == TS_LIVE_TIME ? (uint64_t)fmax(round(f->rule.seconds / f->pins.clock_s), 1) : 0};
  f->heard_s = monotonic_s();
  return ts_frames_open(f->device, dry ? f->counting : f->plan, &o, &f->frames);
}

/* NULL: no memory. */
static live_job *job_of(live_fitter *f, const ts_frame *r, uint64_t *counts)
{
  const double clock_s = f->pins.clock_s, length_s = (double)(r->end_clock - r->start_clock) * clock_s;
  const uint32_t reconnects = ts_device_get_info(f->device)->reconnects;
  if (reconnects != f->clock_of) f->zero_s = NAN;   /* the library brought the device back: its clock began anew */
  f->clock_of = reconnects;
  if (isnan(f->zero_s)) f->zero_s = (f->number ? fmax(monotonic_s() - f->begun_s - length_s, f->last_end_s) : 0) - (double)r->start_clock * clock_s;
  for (size_t i = 0; i < f->axis.bins; i++) counts[i] = r->raw[i];
  const ts_live_frame frame = {.number = f->number++, .ended_by = (ts_live_end)(TS_LIVE_PHOTONS + (int)r->end), .photons = r->photons, .outside = r->outside,
                               .lost = r->lost, .start_s = f->zero_s + (double)r->start_clock * clock_s, .end_s = f->zero_s + (double)r->end_clock * clock_s,
                               .pulses = r->syncs, .truth_s = NAN,
                               .dead_time_fraction = length_s > 0 ? fmin(((double)r->photons + r->outside) * f->axis.dead_time_s / length_s, 1) : NAN};
  f->last_end_s = frame.end_s;
  live_job *j = live_job_create(&f->axis, &frame, counts);
  if (!j) return NULL;
  j->components = f->components;
  j->by_device = true;
  return j;
}

/* The next frame as a job; NULL without an error: none yet. */
static ts_error next_pins(live_fitter *f, double timeout_s, uint64_t *counts, live_job **j)
{
  ts_frame r;
  bool got = false;
  *j = NULL;
  ts_error e = ts_frames_next(f->frames, &r, timeout_s, &got);
  if (e || !got) return e ? e : look(f);
  heard(f, &r);
  if (r.raw_bins != f->axis.bins) return ts_device_fail(f->device, TS_ERROR_PROTOCOL, "a frame of %zu bins came, expected %zu", r.raw_bins, f->axis.bins);
  if (!(*j = job_of(f, &r, counts))) return ts_device_fail(f->device, TS_ERROR_MEMORY, "out of memory");
  (*j)->result = r.result;
  if (r.latency_clocks) (*j)->result.cycles = r.latency_clocks;
  return TS_OK;
}

/* A measurement that counts and fits nothing. */
static ts_error begin_dry(live_fitter *f)
{
  fitter_drop_plans(f);
  f->range = (bin_range){0, f->axis.bins};
  ts_error e = ts_plan_create_counting(&f->counting, f->device, f->axis.bin_width_s, f->axis.bins);
  return e ? e : open_pins(f, true);
}

static ts_error fit_histogram(live_fitter *f, live_job *j)
{
  bool got = false;
  ts_error e = ts_trpl_submit(f->plan, j->counts, j->frame.number);
  if (!e) e = ts_trpl_poll(f->plan, true, &j->result, &got);
  if (e || got) return fitter_tell(f, e);
  return ts_device_fail(f->device, TS_ERROR_PROTOCOL, "a frame got no result");
}

/* Both number configurations by themselves: what was told of one's holds no longer. */
static void fit_here(live_fitter *f, bool here)
{
  fitter_drop_fits(f);
  if (f->fits_here != here) f->told = 0;
  f->fits_here = here;
}

/* A frame of a measurement that counts and does not fit, by what is known so far. The board's engine is busy counting: the same engine in integer C
 * fits meanwhile, to the same bits. *is_known: bins and shift were found. The frame is delivered. */
static ts_error fit_meanwhile(live_fitter *f, live_job *j, bool *is_known)
{
  fitter_drop_fits(f);
  ts_error e = fitter_make_plan(f, &f->plan, f->components, f->sum);
  *is_known = !e;
  if (!e || e == TS_ERROR_INPUT) fitter_tell_plan(f, !e);
  if (!e) e = fit_histogram(f, j);
  if (!e) e = fitter_give(f, j);
  if (e) fitter_deliver_unfitted(f, j, e == TS_ERROR_INPUT ? "too few photons yet to find the shift" : ts_error_text(e));
  return e == TS_ERROR_INPUT ? TS_OK : e;
}

static ts_error open_fits(live_fitter *f)
{
  char message[TS_MESSAGE_BYTES];
  const ts_error e = f->fits ? TS_OK : ts_device_open(&f->fits, "model", f->engine, message);
  return e ? ts_device_fail(f->device, e, "%s", message) : TS_OK;
}

/* The board counts until there are photons enough to find the bins and the shift from; every frame is fitted at once by what is known by then. What is
 * finished when there are enough is taken before the measurement begins anew. */
static ts_error settle(live_fitter *f, uint64_t *counts)
{
  bool is_known = false;
  ts_error e = open_fits(f);
  if (!e && !(f->counts_only && f->frames)) e = begin_dry(f);
  fit_here(f, true);
  f->sum_counts = 0;
  memset(f->sum, 0, f->axis.bins * sizeof *f->sum);
  for (unsigned behind = 0; !e && behind < BEHIND_MAX && !fitter_is_finishing(f);) {
    live_job *j;
    const bool enough = f->sum_counts >= SETTLED_COUNTS;
    take_change(f);
    e = next_pins(f, enough ? 0 : 0.1, counts, &j);
    if (e || (!j && enough)) break;
    if (!j) continue;
    behind += enough;
    for (size_t i = 0; i < j->bins; i++) f->sum[i] += (double)counts[i];
    f->sum_counts += (double)j->frame.photons;
    e = fit_meanwhile(f, j, &is_known);
  }
  fit_here(f, f->counts_only);
  if (!e && !is_known && f->sum_counts >= SETTLED_COUNTS) return TS_ERROR_INPUT;   /* the device's message says why */
  f->settled = !e && is_known && f->sum_counts >= SETTLED_COUNTS;
  return e;
}

static ts_error measure_light(live_fitter *f, uint64_t *counts)
{
  ts_error e = begin_dry(f);
  while (!e && !wants_change(f)) {
    live_job *j;
    e = next_pins(f, 0.1, counts, &j);
    if (!e && j) fitter_deliver_unfitted(f, j, fitter_no_fit);
  }
  return e;
}

static ts_error measure(live_fitter *f, uint64_t *counts)
{
  ts_error e = TS_OK;
  if (f->counts_only && f->frames) fitter_drop_fits(f);   /* the measurement goes on */
  else if (f->counts_only) e = begin_dry(f);
  else fitter_drop_plans(f);
  if (!e) e = fitter_make_plan(f, &f->plan, f->components, f->sum);
  if (!e && !f->counts_only) e = open_pins(f, false);
  while (!e && !wants_change(f)) {
    live_job *j;
    e = next_pins(f, 0.1, counts, &j);
    if (!e && j && f->counts_only) e = fit_histogram(f, j);
    if (j && e) fitter_deliver_unfitted(f, j, "the model failed");
    else if (!e && j && (e = fitter_give(f, j)) != TS_OK) fitter_deliver_unfitted(f, j, "the device went away");
  }
  return e;
}

void fitter_work_pins(live_fitter *f)
{
  uint64_t *counts = malloc(f->axis.bins * sizeof *counts);
  ts_error e = counts ? TS_OK : ts_device_fail(f->device, TS_ERROR_MEMORY, "out of memory");
  bool good = !e || fitter_trouble(f, e, NULL);
  while (good && !fitter_is_finishing(f)) {
    take_change(f);
    if (f->options->is_calibration) {
      e = measure_light(f, counts);
    } else {
      e = f->settled ? TS_OK : settle(f, counts);
      if (!e && f->settled) e = measure(f, counts);
    }
    if (!e) continue;
    good = fitter_trouble(f, e, NULL);
    f->zero_s = NAN;            /* another device, another clock */
    f->clock_of = 0;
  }
  free(counts);
}
