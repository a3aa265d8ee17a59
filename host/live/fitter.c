#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../fit/plan.h"
#include "fitter_inside.h"

#define QUEUE_MAX 64u             /* frames that wait for the device */
#define QUEUE_COUNTS (1u << 22)   /* their bins together */
#define TAIL_BINS 16u             /* a tail fit from behind the maximum has at least so many, or it starts at the first bin */
#define PHOTONS_PART 4096u
#define PARTS_MAX 64u             /* of open frames' photons, waiting for the device */
#define RETRY_S 1
#define PINS_LOSS_SIGMAS 0.5

const char fitter_no_fit[] = "uncorrelated light is not fitted";

void fitter_put(queue *q, live_job *j)
{
  j->next = NULL;
  if (!q->n) q->last = &q->first;
  *q->last = j;
  q->last = &j->next;
  q->n++;
}

live_job *fitter_take(queue *q)
{
  live_job *j = q->first;
  if (!j) return NULL;
  q->first = j->next;
  if (!--q->n) q->last = &q->first;
  return j;
}

live_job *live_job_create(const live_axis *axis, const ts_live_frame *frame, const uint64_t *counts)
{
  live_job *j = calloc(1, sizeof *j);
  if (!j || !(j->counts = malloc(axis->bins * sizeof *counts))) {
    free(j);
    return NULL;
  }
  memcpy(j->counts, counts, axis->bins * sizeof *counts);
  j->frame = *frame;
  j->bins = axis->bins;
  return j;
}

live_job *live_job_create_part(uint64_t number, const uint32_t *bin, size_t n)
{
  live_job *j = calloc(1, sizeof *j);
  if (!j || !(j->bin = malloc(n * sizeof *bin))) {
    free(j);
    return NULL;
  }
  memcpy(j->bin, bin, n * sizeof *bin);
  j->frame.number = number;
  j->photons = n;
  return j;
}

void live_job_free(live_job *j)
{
  if (!j) return;
  free(j->bin);
  free(j->counts);
  free(j->fit);
  free(j->config_payload);
  free(j->irf_payload);
  free(j);
}

static void nothing_known(ts_trpl_result *r, unsigned components)
{
  *r = (ts_trpl_result){.components = components, .counts = NAN, .lifetime_mean_amplitude_s = NAN, .lifetime_mean_amplitude_sigma_s = NAN,
                        .lifetime_mean_intensity_s = NAN, .lifetime_mean_intensity_sigma_s = NAN, .background_per_bin = NAN, .background_sigma = NAN,
                        .shift_s = NAN, .shift_sigma_s = NAN, .chi2_reduced = NAN, .deviance = NAN, .bic = NAN, .cycles = -1};
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++)
    r->lifetime_s[k] = r->lifetime_sigma_s[k] = r->lifetime_low_s[k] = r->lifetime_high_s[k] = r->amplitude[k] = r->amplitude_sigma[k] =
      r->amplitude_fraction[k] = NAN;
}

/* ---- the worker's side of the queues ---- */
static void wake_other_side(live_fitter *f)
{
  ssize_t ignored = write(f->pipe[1], "", 1);   /* full: it is readable anyway */
  (void)ignored;
}

static void deliver(live_fitter *f, live_job *j)
{
  pthread_mutex_lock(&f->lock);
  fitter_put(&f->out, j);
  if (f->device) {
    f->state.bytes_to = ts_device_bytes_to(f->device);
    f->state.bytes_from = ts_device_bytes_from(f->device);
  }
  pthread_mutex_unlock(&f->lock);
  wake_other_side(f);
}

void fitter_deliver_unfitted(live_fitter *f, live_job *j, const char *why)
{
  nothing_known(&j->result, j->components);
  j->not_fitted = why;
  deliver(f, j);
}

/* Under the lock. */
static live_job *take_input(live_fitter *f)
{
  live_job *j = fitter_take(&f->in);
  if (j && j->bin && --f->parts == PARTS_MAX / 2) wake_other_side(f);
  return j;
}

static size_t frames_waiting(const live_fitter *f) { return f->in.n - f->parts; }

/* wait: until there is one or the fitter is to stop. */
static live_job *next_input(live_fitter *f, bool wait)
{
  pthread_mutex_lock(&f->lock);
  while (wait && !f->in.n && !f->stop) pthread_cond_wait(&f->wake, &f->lock);
  live_job *j = f->stop ? NULL : take_input(f);
  pthread_mutex_unlock(&f->lock);
  return j;
}

static bool is_stopped(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  bool stop = f->stop;
  pthread_mutex_unlock(&f->lock);
  return stop;
}

bool fitter_is_finishing(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  bool finish = f->finish || f->stop;
  pthread_mutex_unlock(&f->lock);
  return finish;
}

static void tell(live_fitter *f, bool is_away, bool has_failed, const char *message)
{
  pthread_mutex_lock(&f->lock);
  f->state.is_away = is_away;
  f->state.losses += is_away;
  f->state.has_failed = f->state.has_failed || has_failed;
  snprintf(f->state.message, sizeof f->state.message, "%s", message);
  pthread_mutex_unlock(&f->lock);
}

/* ---- plans ---- */
ts_error fitter_tell(live_fitter *f, ts_error e)
{
  return e && f->fits_here ? ts_device_fail(f->device, e, "%s", ts_device_message(f->fits)) : e;
}

ts_error fitter_make_plan(live_fitter *f, ts_trpl_plan **plan, unsigned components, const double *example)
{
  ts_trpl_options o = f->options->fit;
  double from = f->axis.start_s + (double)f->range.first * f->axis.bin_width_s;
  o.components = components;
  o.bin_width_s = f->axis.bin_width_s;
  if (o.irf_kind == TS_IRF_HISTOGRAM) {
    o.irf = f->irf->value;
    o.irf_bins = f->irf->bins;
    o.irf_bin_width_s = f->irf->bin_width_s;
    o.irf_start_s = f->irf->start_s - from;
  } else if (o.irf_kind == TS_IRF_GAUSS) {
    o.irf_start_s = -from;
  }
  for (unsigned k = components; k < TS_COMPONENTS_MAX; k++) o.lifetime_s[k] = 0, o.lifetime_held[k] = false;
  return fitter_tell(f, ts_trpl_plan_create(plan, f->fits_here ? f->fits : f->device, &o, f->range.end - f->range.first, example + f->range.first));
}

void fitter_drop_fits(live_fitter *f)
{
  ts_trpl_plan_destroy(f->plan);
  ts_trpl_plan_destroy(f->other);
  f->plan = f->other = NULL;
}

void fitter_drop_plans(live_fitter *f)
{
  ts_frames_destroy(f->frames);
  f->frames = NULL;
  f->is_streaming = false;
  ts_trpl_plan_destroy(f->counting);
  f->counting = NULL;
  fitter_drop_fits(f);
}

/* The plan for this job, made anew while the first frames are summed. Nothing is in flight. TS_ERROR_INPUT while they are few: this frame has none. */
static ts_error prepare(live_fitter *f, const live_job *j)
{
  if (j->fresh) {
    f->settled = false;
    f->sum_counts = 0;
    memset(f->sum, 0, f->axis.bins * sizeof *f->sum);
  }
  bool same = f->plan && j->components == f->components;
  if (same && (f->settled || (!j->frame.photons && !j->fresh))) return TS_OK;
  if (!f->settled) {
    for (size_t i = 0; i < j->bins; i++) f->sum[i] += (double)j->counts[i];
    f->sum_counts += (double)j->frame.photons;
    f->settled = f->sum_counts >= SETTLED_COUNTS;
    const trpl_options *o = f->options;
    if (o->has_range) {
      f->range = range_of_times(f->axis.start_s, f->axis.bin_width_s, f->axis.bins, o->from_s, o->to_s);
    } else {
      f->range = range_alive(f->sum, f->axis.bins);
      size_t tail = range_tail(f->sum, f->range);
      if (o->fit.irf_kind == TS_IRF_NONE && f->range.end - tail >= TAIL_BINS) f->range.first = tail;
    }
    if (f->range.end <= f->range.first)
      return ts_device_fail(f->device, TS_ERROR_ARGUMENT, "--range %g..%g s holds none of the bins from %g to %g s: expected a range inside the data", o->from_s,
                            o->to_s, f->axis.start_s, f->axis.start_s + (double)f->axis.bins * f->axis.bin_width_s);
  }
  fitter_drop_plans(f);
  f->components = j->components;
  return fitter_make_plan(f, &f->plan, j->components, f->sum);
}

/* ---- results ---- */
static bool wants_other_shift(const live_fitter *f, const ts_trpl_result *r)
{
  if (f->has_pins && f->settled && !f->fits_here) return false;   /* photons come: the device measures */
  if (f->options->fit.irf_kind == TS_IRF_NONE || f->options->fit.shift != TS_FREE) return false;
  return r->status == TS_STATUS_AT_LIMIT || r->status == TS_STATUS_NOT_CONVERGED || (r->flags & TS_FLAG_POOR_FIT);
}

static bool is_better(const ts_trpl_result *a, const ts_trpl_result *b)
{
  const bool a_ok = a->status == TS_STATUS_OK, b_ok = b->status == TS_STATUS_OK;
  if (a_ok != b_ok) return a_ok;
  return isfinite(a->chi2_reduced) && !(a->chi2_reduced >= b->chi2_reduced);
}

/* The decay may have moved further than the fit may shift: a coarse shift from this frame alone. *used: the plan whose result it is now. */
static ts_error try_other_shift(live_fitter *f, live_job *j, ts_trpl_plan **used)
{
  ts_error e = TS_OK;
  bool is_new = !f->other, got = false;
  if (!f->fits_here) {
    ts_frames_destroy(f->frames);   /* the device fits nothing else while it is open */
    f->frames = NULL;
  }
  ts_trpl_result r;
  if (is_new) {
    double *example = malloc(j->bins * sizeof *example);
    if (!example) return ts_device_fail(f->device, TS_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < j->bins; i++) example[i] = (double)j->counts[i];
    e = fitter_make_plan(f, &f->other, f->components, example);
    free(example);
    if (e == TS_ERROR_INPUT) return TS_OK;   /* this frame tells nothing of a shift */
  }
  bool differs = !e && f->other->shift_bins != f->plan->shift_bins;
  if (differs) e = ts_trpl_submit(f->other, j->counts + f->range.first, j->frame.number);
  if (differs && !e) e = ts_trpl_poll(f->other, true, &r, &got);
  if (got) r.flags |= ts_trpl_plan_flags(f->other);
  if (got && is_better(&r, &j->result)) {
    j->result = r;
    *used = f->other;
  } else if (is_new) {
    ts_trpl_plan_destroy(f->other);
    f->other = NULL;
  }
  return e;
}

static void judge_pile_up(const live_fitter *f, live_job *j)
{
  double photons = (double)(j->frame.photons + j->frame.outside);
  if (f->has_pins) {
    /* Several stops a pulse: the part that is lost where photons are densest, against the part that chance hides. */
    uint64_t most = 0;
    for (size_t i = 0; i < j->bins; i++) most = j->counts[i] > most ? j->counts[i] : most;
    const double loss = j->frame.pulses > 0 ? (double)most / j->frame.pulses * f->axis.dead_time_s / f->axis.bin_width_s : 1;
    if (loss > PINS_LOSS_SIGMAS / sqrt(fmax(photons, 1))) j->result.flags |= TS_FLAG_PILE_UP;
    return;
  }
  if (f->axis.dead_time_s == 0) return;   /* every photon of a pulse is counted */
  if (j->frame.pulses > 0 && photons / j->frame.pulses > TS_PILE_UP_RATE) j->result.flags |= TS_FLAG_PILE_UP;
}

static void attach_configuration(live_fitter *f, live_job *j, const ts_trpl_plan *p)
{
  j->config = p->config;
  if (f->told == p->config) return;
  j->config_payload = malloc(p->config_bytes);
  j->irf_payload = malloc(p->irf_bytes);
  if (!j->config_payload || !j->irf_payload) return;
  memcpy(j->config_payload, p->config_payload, p->config_bytes);
  memcpy(j->irf_payload, p->irf_payload, p->irf_bytes);
  j->config_bytes = p->config_bytes;
  j->irf_bytes = p->irf_bytes;
  f->told = p->config;
}

/* Before the frame goes out: whoever has got the last one knows of every reconnection. */
static void tell_reconnects(live_fitter *f)
{
  const uint32_t reconnects = ts_device_get_info(f->device)->reconnects;   /* since it was opened */
  if (reconnects == f->reconnects) return;
  pthread_mutex_lock(&f->lock);
  f->state.reconnects += reconnects - f->reconnects;
  snprintf(f->state.message, sizeof f->state.message, "%s", ts_device_reconnect_reason(f->device));
  pthread_mutex_unlock(&f->lock);
  f->reconnects = reconnects;
}

ts_error fitter_give(live_fitter *f, live_job *j)
{
  ts_trpl_plan *used = f->plan;
  ts_error e;
  j->result.flags |= ts_trpl_plan_flags(f->plan);
  if (wants_other_shift(f, &j->result) && (e = try_other_shift(f, j, &used))) return e;
  if ((e = fitter_correct(f, j, used))) return e;
  judge_pile_up(f, j);
  j->range = f->range;
  attach_configuration(f, j, used);
  if (f->curves && (j->fit = malloc((f->range.end - f->range.first) * sizeof *j->fit)) != NULL && ts_trpl_curve(used, &j->result, j->fit)) {
    free(j->fit);
    j->fit = NULL;
  }
  fitter_weigh_curve(f, j);
  if (f->flight.first == j) fitter_take(&f->flight);
  tell_reconnects(f);
  deliver(f, j);
  if (!f->flight.n && f->other) {
    ts_trpl_plan_destroy(f->plan);
    f->plan = f->other;
    f->other = NULL;
  }
  return TS_OK;
}

/* The oldest job in flight. */
static ts_error collect(live_fitter *f)
{
  live_job *j = f->flight.first;
  bool got = false;
  ts_error e = ts_trpl_poll(f->plan, true, &j->result, &got);
  if (e) return e;
  if (!got) return ts_device_fail(f->device, TS_ERROR_PROTOCOL, "a frame got no result");
  return fitter_give(f, j);
}

/* The photons of the frame's histogram, in the order of their bins. */
static ts_error send_photons(live_fitter *f, const live_job *j, uint64_t *sent)
{
  uint32_t bin[PHOTONS_PART];
  size_t n = 0;
  ts_error e = TS_OK;
  *sent = 0;
  for (size_t i = f->range.first; !e && i < f->range.end; i++)
    for (uint64_t k = 0; !e && k < j->counts[i]; k++) {
      bin[n++] = (uint32_t)(i - f->range.first);
      ++*sent;
      if (n < PHOTONS_PART) continue;
      e = ts_frames_photons(f->frames, bin, n);
      n = 0;
    }
  return e || !n ? e : ts_frames_photons(f->frames, bin, n);
}

static ts_error open_frames(live_fitter *f)
{
  const ts_frames_options o = {.warm = true};
  f->streamed = 0;
  f->is_streaming = false;
  return f->frames ? TS_OK : ts_frames_open(f->device, f->plan, &o, &f->frames);
}

static void drop_frames(live_fitter *f)
{
  ts_frames_destroy(f->frames);
  f->frames = NULL;
  f->is_streaming = false;
}

/* Photons of the open frame, in the order of their arrival, as soon as they are there. What goes wrong here is found out by the frame's end. */
static void stream_part(live_fitter *f, live_job *part)
{
  const bool goes_on = f->is_streaming && f->stream_number == part->frame.number;
  if (!f->plan || !f->settled || f->flight.n || f->other || (!goes_on && !part->is_first)) return;
  ts_error e = TS_OK;
  if (!goes_on) {
    if (f->is_streaming) drop_frames(f);   /* a frame that was never closed */
    e = open_frames(f);
    f->is_streaming = !e;
    f->stream_number = part->frame.number;
  }
  size_t n = 0;
  for (size_t i = 0; i < part->photons; i++)
    if (part->bin[i] >= f->range.first && part->bin[i] < f->range.end) part->bin[n++] = (uint32_t)(part->bin[i] - f->range.first);
  if (!e && n) e = ts_frames_photons(f->frames, part->bin, n);
  f->streamed += n;
  if (e) drop_frames(f);
}

/* One frame by the device's own front end; it is delivered unless there is an error. What was not sent while it was open is sent from its histogram. */
static ts_error fit_photons(live_fitter *f, live_job *j)
{
  ts_frame frame;
  bool got = false;
  ts_error e = TS_OK;
  if (f->is_streaming && f->stream_number != j->frame.number) drop_frames(f);
  if (!f->is_streaming) {
    e = open_frames(f);
    if (!e) e = send_photons(f, j, &f->streamed);
  }
  f->is_streaming = false;
  if (!e) e = ts_frames_close(f->frames);
  while (!e && !got && !is_stopped(f)) e = ts_frames_next(f->frames, &frame, 1, &got);
  if (e) return e;
  if (!got) return ts_device_fail(f->device, TS_ERROR_TIMEOUT, "a frame got no result before the end");
  uint64_t expected = 0;
  for (size_t i = f->range.first; i < f->range.end; i++) expected += j->counts[i];
  if ((uint64_t)frame.photons + frame.outside != f->streamed || f->streamed != expected)
    return ts_device_fail(f->device, TS_ERROR_PROTOCOL, "the device counted %u photons in a frame of %llu, %llu were sent", frame.photons + frame.outside,
                          (unsigned long long)expected, (unsigned long long)f->streamed);
  j->result = frame.result;
  j->by_device = true;
  if (frame.latency_clocks) j->result.cycles = frame.latency_clocks;
  return fitter_give(f, j);
}

static ts_error drain(live_fitter *f)
{
  ts_error e = TS_OK;
  while (!e && f->flight.n) e = collect(f);
  return e;
}

/* ---- trouble ---- */
static bool may_come_back(ts_error e)
{
  return e == TS_ERROR_TRANSPORT || e == TS_ERROR_TIMEOUT || e == TS_ERROR_PROTOCOL;
}

/* Frames that wait beyond this many go on without a fit; photons of open ones are nothing that a device would know when it is back. */
static void let_pass(live_fitter *f, size_t keep)
{
  pthread_mutex_lock(&f->lock);
  for (size_t n = f->in.n; n; n--) {
    live_job *j = take_input(f);
    if (j->bin) live_job_free(j);
    else fitter_put(&f->in, j);
  }
  pthread_mutex_unlock(&f->lock);
  for (;;) {
    pthread_mutex_lock(&f->lock);
    live_job *j = frames_waiting(f) > keep ? take_input(f) : NULL;
    pthread_mutex_unlock(&f->lock);
    if (!j) return;
    if (j->bin) live_job_free(j);
    else fitter_deliver_unfitted(f, j, "the device was away");
  }
}

/* Opens the device again, however long it takes. False: nothing more will come that is worth the wait. */
static bool wait_for_device(live_fitter *f)
{
  char message[TS_MESSAGE_BYTES];
  while (!fitter_is_finishing(f)) {
    if (!ts_device_open(&f->device, f->name, f->engine, message)) {
      pthread_mutex_lock(&f->lock);
      f->state.is_away = false;
      pthread_mutex_unlock(&f->lock);
      f->reconnects = 0;
      return true;
    }
    let_pass(f, f->room / 2);
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += RETRY_S;
    pthread_mutex_lock(&f->lock);
    while (!f->stop && !f->finish && frames_waiting(f) <= f->room / 2 && f->parts < PARTS_MAX / 2 && pthread_cond_timedwait(&f->wake, &f->lock, &t) != ETIMEDOUT) {}
    pthread_mutex_unlock(&f->lock);
  }
  return false;
}

bool fitter_trouble(live_fitter *f, ts_error e, live_job *j)
{
  char message[TS_MESSAGE_BYTES];
  const char *particulars = ts_device_message(f->device);
  bool goes_on = may_come_back(e) && !f->waits;
  snprintf(message, sizeof message, "%.100s%s%.380s", ts_error_text(e), *particulars ? ": " : "", particulars);
  if (!may_come_back(e) && e != TS_ERROR_DEVICE) snprintf(message, sizeof message, "%s", *particulars ? particulars : ts_error_text(e));
  tell(f, goes_on, !goes_on, message);
  fitter_drop_plans(f);
  for (live_job *x; (x = fitter_take(&f->flight)) != NULL;) fitter_deliver_unfitted(f, x, "the device went away");
  if (j) fitter_deliver_unfitted(f, j, "the device went away");
  ts_device_close(f->device);
  f->device = NULL;
  f->told = 0;
  return goes_on && wait_for_device(f);
}

static void *work(void *context)
{
  live_fitter *f = context;
  bool good = true;
  if (f->has_pins) {
    fitter_work_pins(f);
    return NULL;
  }
  while (good) {
    live_job *j = f->other ? NULL : next_input(f, !f->flight.n);
    ts_error e = TS_OK;
    if (!j && !f->flight.n && is_stopped(f)) break;
    if (j && j->bin) {
      stream_part(f, j);
      live_job_free(j);
      continue;
    }
    if (j && f->options->is_calibration) {
      fitter_deliver_unfitted(f, j, fitter_no_fit);
      continue;
    }
    if (j) {
      if (!f->plan || !f->settled || j->fresh || j->components != f->components) {
        e = drain(f);
        if (!e) e = prepare(f, j);
        if (e == TS_ERROR_INPUT && !f->plan && !f->settled) {
          fitter_deliver_unfitted(f, j, "too few photons yet to find the bins and the shift");
          continue;
        }
      }
      if (!e && f->photons && f->settled) {
        e = fit_photons(f, j);
        if (!e) continue;
        /* What the device has counted is gone: the frame is sent as a histogram, which also brings the device back. */
        drop_frames(f);
        j->by_device = false;
        if (may_come_back(e)) e = TS_OK;
      }
      if (!e) e = ts_trpl_submit(f->plan, j->counts + f->range.first, j->frame.number);
      if (e) {
        good = fitter_trouble(f, e, j);
        continue;
      }
      fitter_put(&f->flight, j);
    }
    if (f->flight.n && (!j || !f->settled || f->photons || f->flight.n >= ts_trpl_in_flight_max(f->plan))) e = collect(f);
    if (e) good = fitter_trouble(f, e, NULL);
  }
  /* What comes now has no device. */
  for (live_job *j; (j = next_input(f, true)) != NULL;) {
    if (j->bin) live_job_free(j);
    else fitter_deliver_unfitted(f, j, "the device was away");
  }
  return NULL;
}

/* ---- the other side ---- */
static live_fitter *create(ts_device *d, ts_device *fits, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, bool waits, bool photons,
                           const live_pins *pins, const live_rule *rule)
{
  live_fitter *f = calloc(1, sizeof *f);
  if (!f) {
    ts_device_close(fits);
    ts_device_close(d);
    return NULL;
  }
  const ts_device_info *info = ts_device_get_info(d);
  f->device = d;
  f->fits = fits;
  f->counts_only = f->fits_here = fits != NULL;
  f->options = o;
  f->irf = irf;
  f->axis = *axis;
  f->curves = curves;
  f->waits = waits;
  f->photons = photons;
  if (pins) fitter_begin_pins(f, pins, rule);
  f->state.device = *info;
  if (fits) f->state.device.components_max = ts_device_get_info(fits)->components_max;
  snprintf(f->name, sizeof f->name, "%s", info->backend);
  snprintf(f->engine, sizeof f->engine, "%s", info->engine);
  f->room = QUEUE_COUNTS / axis->bins;
  if (f->room > QUEUE_MAX) f->room = QUEUE_MAX;
  f->sum = calloc(axis->bins, sizeof *f->sum);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&f->lock, NULL);
  pthread_cond_init(&f->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  f->pipe[0] = f->pipe[1] = -1;
  if (f->sum && !pipe(f->pipe) && !fcntl(f->pipe[0], F_SETFL, O_NONBLOCK) && !fcntl(f->pipe[1], F_SETFL, O_NONBLOCK))
    f->has_thread = !pthread_create(&f->thread, NULL, work, f);
  if (f->has_thread) return f;
  live_fitter_destroy(f);
  return NULL;
}

live_fitter *live_fitter_create(ts_device *d, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, bool waits,
                                bool photons)
{
  return create(d, NULL, o, irf, axis, curves, waits, photons, NULL, NULL);
}

live_fitter *live_fitter_create_pins(ts_device *d, ts_device *fits, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, const live_pins *pins,
                                     const live_rule *rule)
{
  return create(d, fits, o, irf, axis, curves, false, false, pins, rule);
}

void live_fitter_set_components(live_fitter *f, unsigned components, bool fresh)
{
  pthread_mutex_lock(&f->lock);
  f->wanted = components;
  f->wants_fresh = f->wants_fresh || fresh;
  pthread_mutex_unlock(&f->lock);
}

void live_fitter_destroy(live_fitter *f)
{
  if (!f) return;
  pthread_mutex_lock(&f->lock);
  f->stop = true;
  pthread_cond_signal(&f->wake);
  pthread_mutex_unlock(&f->lock);
  if (f->has_thread) pthread_join(f->thread, NULL);
  for (live_job *j; (j = fitter_take(&f->in)) != NULL;) live_job_free(j);
  for (live_job *j; (j = fitter_take(&f->out)) != NULL;) live_job_free(j);
  for (live_job *j; (j = fitter_take(&f->flight)) != NULL;) live_job_free(j);
  fitter_drop_plans(f);
  ts_device_close(f->fits);
  ts_device_close(f->device);
  for (int i = 0; i < 2; i++)
    if (f->pipe[i] >= 0) close(f->pipe[i]);
  pthread_cond_destroy(&f->wake);
  pthread_mutex_destroy(&f->lock);
  free(f->sum);
  free(f->weight);
  free(f);
}

bool live_fitter_push_part(live_fitter *f, live_job *j)
{
  pthread_mutex_lock(&f->lock);
  const bool fits = f->parts < PARTS_MAX;
  if (fits) {
    f->parts++;
    fitter_put(&f->in, j);
    pthread_cond_signal(&f->wake);
  }
  pthread_mutex_unlock(&f->lock);
  return fits;
}

bool live_fitter_push(live_fitter *f, live_job *j)
{
  if (f->pending >= 2 * (size_t)f->room) return false;
  pthread_mutex_lock(&f->lock);
  bool fits = frames_waiting(f) < f->room;
  if (fits) {
    fitter_put(&f->in, j);
    pthread_cond_signal(&f->wake);
  }
  pthread_mutex_unlock(&f->lock);
  if (fits) f->pending++;
  return fits;
}

void live_fitter_finish(live_fitter *f)
{
  pthread_mutex_lock(&f->lock);
  f->finish = true;
  pthread_cond_signal(&f->wake);
  pthread_mutex_unlock(&f->lock);
}

live_job *live_fitter_pop(live_fitter *f)
{
  uint8_t drop[64];
  while (read(f->pipe[0], drop, sizeof drop) > 0) {}
  pthread_mutex_lock(&f->lock);
  live_job *j = fitter_take(&f->out);
  pthread_mutex_unlock(&f->lock);
  if (j && !f->has_pins) f->pending--;
  return j;
}

size_t live_fitter_pending(const live_fitter *f) { return f->pending; }
int live_fitter_fd(const live_fitter *f) { return f->pipe[0]; }

void live_fitter_get_state(live_fitter *f, live_fitter_state *s)
{
  pthread_mutex_lock(&f->lock);
  *s = f->state;
  pthread_mutex_unlock(&f->lock);
}
