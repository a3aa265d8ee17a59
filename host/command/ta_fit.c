#include "ta_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fit/ta_noise.h"
#include "../session/device_private.h"
#include "interrupt.h"

#define BEFORE_T0_LEAST 10u      /* degrees of freedom: fewer tell nothing of the noise */
#define WIDTH_STARTS 3u          /* of a free IRF width without a start; each reaches a factor of 4 either way */
#define WIDTH_FIRST 2.0          /* of them, in smallest steps between delays */
#define WIDTH_RATIO 8.0
#define DELAYS_LEAST 8u
#define WIDE_BITS 20u
#define WIDE_ENGINE "e20"
#define CHANGE 0.01              /* of a lifetime: what is worth a line while delays come */
#define SEARCH_AGAIN 1.1         /* times as many delays as at the last search of starts */

typedef struct job {
  const char *path;
  const ta_options *options;
  ts_device *device;
  ta_sink *sink;
  ta_selection data;
  double *fit, *residual;        /* [wavelength][delay] */
  ts_ta_spectrum *spectra;
  uint32_t reconnects;           /* that were told */
  const ts_ta_data *file;        /* all of it: what the range cuts off tells of the noise */
  const double *warm;            /* lifetimes to begin with, or NULL: they are searched for */
  uint32_t options_crc32;        /* of --mode trace */
  ts_ta_plan *plan;              /* of --mode trace, for as long as it fits the traces */
  ta_devices *devices;
  bool stops;                    /* Ctrl-C ends a matrix's fit: nothing of it is worth keeping */
  ts_ta_plan *wide_plan;         /* the same on the wide one */
  size_t widened;                /* fits that were made there */
} job;

static ta_end library_failed(const job *j, ts_error e)
{
  const char *message = ts_device_message(j->device);
  /* Ctrl-C on a terminal also reaches a simulated device, which then is gone. */
  if (interrupted() && is_device_error(e)) return TA_INTERRUPTED;
  const bool both = is_device_error(e) && message && *message, none = !message || !*message;
  complain(0, "%s: %s%s%s", j->path, is_device_error(e) || none ? ts_error_text(e) : "", both ? ": " : "", none ? "" : message);
  return is_device_error(e) ? TA_DEVICE_FAILED : TA_INPUT_FAILED;
}

static void forget(job *j)
{
  ts_ta_plan_destroy(j->plan);
  ts_ta_plan_destroy(j->wide_plan);
  ta_selection_free(&j->data);
  free(j->fit);
  free(j->residual);
  free(j->spectra);
  j->plan = j->wide_plan = NULL;
  j->fit = j->residual = NULL;
  j->spectra = NULL;
}

/* The file's data to what is fitted, and room for what comes of it. tell: complain where it cannot be done. */
static bool prepare(job *j, const ts_ta_data *d, const ta_chirp *chirp, bool tell)
{
  if (!ta_select(&j->data, d, j->options, chirp, tell ? j->path : NULL)) return false;
  j->file = d;
  const size_t n = j->data.wavelengths * j->data.delays;
  j->fit = malloc(n * sizeof *j->fit);
  j->residual = malloc(n * sizeof *j->residual);
  j->spectra = calloc(j->data.wavelengths, sizeof *j->spectra);
  if (j->fit && j->residual && j->spectra) return true;
  if (tell) complain(0, "%s: out of memory", j->path);
  forget(j);
  return false;
}

/* ---- one fit ---- */
static ts_error make_plan(job *j, ts_ta_plan **p, double irf_fwhm_s, size_t wavelength, bool global)
{
  ts_ta_options o = j->options->fit;
  const ta_selection *x = &j->data;
  const double own = global || !x->sigma_wavelength ? 1 : x->sigma_wavelength[wavelength];
  double *delay = malloc(2 * x->delays * sizeof *delay), *sigma = delay ? delay + x->delays : NULL;
  *p = NULL;
  if (!delay) return TS_ERROR_MEMORY;
  if (j->warm) memcpy(o.lifetime_s, j->warm, sizeof o.lifetime_s);
  o.irf_fwhm_s = irf_fwhm_s;
  o.sigma = x->sigma * own;
  for (size_t i = 0; i < x->delays; i++) {
    delay[i] = x->delay_s[i] - (!global && x->time_zero_s ? x->time_zero_s[wavelength] : 0);
    sigma[i] = o.sigma * (x->sigma_delay ? x->sigma_delay[i] : 1);
  }
  const ts_error e = ts_ta_plan_create(p, j->device, &o, delay, x->sigma_delay ? sigma : NULL, x->delays);
  free(delay);
  return e;
}

/* Does every trace have the same plan? */
static bool plan_is_common(const job *j)
{
  return !j->data.time_zero_s && !j->data.sigma_wavelength && j->options->fit.irf_fwhm_s > 0;
}

static ts_error fit_trace(job *j, double irf_fwhm_s, size_t w, ts_ta_result *r)
{
  const ta_selection *x = &j->data;
  ts_ta_plan *own = NULL;
  ts_error e = TS_OK;
  if (!plan_is_common(j)) e = make_plan(j, &own, irf_fwhm_s, w, false);
  else if (!j->plan) e = make_plan(j, &j->plan, irf_fwhm_s, w, false);
  if (!e) e = ts_ta_fit(own ? own : j->plan, x->signal + w * x->delays, x->index[w], r);
  ts_ta_plan_destroy(own);
  if (e) return e;
  ts_ta_spectrum *s = &j->spectra[w];
  memcpy(s->amplitude, r->amplitude, sizeof s->amplitude);
  memcpy(s->amplitude_sigma, r->amplitude_sigma, sizeof s->amplitude_sigma);
  memcpy(s->artefact, r->artefact, sizeof s->artefact);
  memcpy(s->artefact_sigma, r->artefact_sigma, sizeof s->artefact_sigma);
  s->offset = r->offset;
  s->offset_sigma = r->offset_sigma;
  s->chi2_reduced = r->chi2_reduced;
  s->noise = r->noise;
  return TS_OK;
}

static ts_error fit_matrix(job *j, double irf_fwhm_s, ts_ta_result *r)
{
  const ta_selection *x = &j->data;
  ts_ta_plan *plan;
  ts_error e = make_plan(j, &plan, irf_fwhm_s, 0, true);
  if (!e) e = ts_ta_fit_global(plan, x->signal, x->wavelengths, x->time_zero_s, x->sigma_wavelength, r, j->spectra);
  ts_ta_plan_destroy(plan);
  return e;
}

static ts_error fit_once(job *j, double irf_fwhm_s, bool global, size_t w, ts_ta_result *r)
{
  return global ? fit_matrix(j, irf_fwhm_s, r) : fit_trace(j, irf_fwhm_s, w, r);
}

static bool is_better(const ts_ta_result *a, const ts_ta_result *b)
{
  const bool a_ok = a->status == TS_STATUS_OK, b_ok = b->status == TS_STATUS_OK;
  if (a_ok != b_ok) return a_ok;
  return isfinite(a->noise * a->noise) && (!isfinite(b->noise) || (isfinite(a->chi2_reduced) && a->chi2_reduced < b->chi2_reduced) ||
                                           (!isfinite(a->chi2_reduced) && a->noise < b->noise));
}

static double smallest_step(const ta_selection *x)
{
  double least = INFINITY;
  for (size_t i = 1; i < x->delays; i++) least = fmin(least, x->delay_s[i] - x->delay_s[i - 1]);
  return least;
}

/* A free width without a start is begun at several. */
static ts_error fit_widths(job *j, bool global, size_t w, ts_ta_result *r)
{
  const double given = j->options->fit.irf_fwhm_s;
  if (given > 0) return fit_once(j, given, global, w, r);
  double start = WIDTH_FIRST * smallest_step(&j->data), best = start;
  ts_ta_result x;
  ts_error e = fit_once(j, start, global, w, r);
  for (unsigned i = 1; !e && i < WIDTH_STARTS; i++) {
    start *= WIDTH_RATIO;
    e = fit_once(j, start, global, w, &x);
    if (e || !is_better(&x, r)) continue;
    best = start;
    *r = x;
  }
  return e ? e : fit_once(j, best, global, w, r);
}

/* ---- what the residuals say ---- */
static void add_curve(job *j, size_t w, const ts_ta_result *r)
{
  const ta_selection *x = &j->data;
  ts_ta_result own = *r;
  const ts_ta_spectrum *s = &j->spectra[w];
  double *time = j->residual + w * x->delays, *fit = j->fit + w * x->delays;
  memcpy(own.amplitude, s->amplitude, sizeof own.amplitude);
  memcpy(own.artefact, s->artefact, sizeof own.artefact);
  own.offset = s->offset;
  for (size_t i = 0; i < x->delays; i++) time[i] = x->delay_s[i] - (x->time_zero_s ? x->time_zero_s[w] : 0);
  const bool good = !ts_ta_curve(&own, time, x->delays, fit);
  for (size_t i = 0; i < x->delays; i++) {
    if (!good) fit[i] = NAN;
    time[i] = x->signal[w * x->delays + i] - fit[i];
  }
}

/* Wavelengths from `first` on: their noise against what is known of it. */
static void judge_noise(job *j, size_t first, size_t wavelengths, ts_ta_origin *o, ts_ta_result *r)
{
  const ta_selection *x = &j->data;
  const size_t at = first * x->delays;
  for (size_t w = first; w < first + wavelengths; w++) add_curve(j, w, r);
  const ts_ta_noise n = ts_ta_noise_of(x->signal + at, j->residual + at, wavelengths, x->delays, x->delay_s, x->time_zero_s ? x->time_zero_s + first : NULL,
                                       x->sigma_delay, x->sigma_wavelength && wavelengths > 1 ? x->sigma_wavelength : NULL, r);
  o->residual_correlation = n.correlation;
  double each = 0;               /* signals a wavelength */
  for (size_t i = at; i < at + wavelengths * x->delays; i++) each += isfinite(x->signal[i]) / (double)wavelengths;
  o->sigma_widening = isfinite(n.correlation) ? ts_ta_noise_widening(n.correlation, each, each - (double)r->degrees_of_freedom / (double)wavelengths, x->sigma > 0) : 1;
  ts_ta_noise_widen(o->sigma_widening, r, j->spectra + first, wavelengths);
  o->noise_before_t0 = n.before_t0_freedom >= BEFORE_T0_LEAST ? n.before_t0 : NAN;
  if (ts_ta_noise_is_correlated(n.correlation, x->delays)) r->flags |= TS_FLAG_POOR_FIT;
  /* wavelengths that share their noise count as one */
  const double independent = r->degrees_of_freedom / (r->flags & TS_FLAG_NOISE_SHARED ? (double)wavelengths : 1);
  if (x->sigma > 0 && ts_ta_noise_is_overstated(r->chi2_reduced, independent, n.correlation)) r->flags |= TS_FLAG_SIGMA_OVERSTATED;
  if (x->sigma > 0 || !(o->noise_before_t0 > 0)) return;
  r->chi2_reduced = pow(r->noise / n.before_t0, 2);
  for (size_t w = first; w < first + wavelengths; w++) j->spectra[w].chi2_reduced = pow(j->spectra[w].noise / n.before_t0, 2);
  if (ts_ta_noise_exceeds(r->noise, r->degrees_of_freedom / n.sharing, n.before_t0, (double)n.before_t0_freedom / n.sharing)) r->flags |= TS_FLAG_POOR_FIT;
}

static ts_ta_origin origin_of(const job *j, size_t first, size_t wavelengths, bool global)
{
  const ta_selection *x = &j->data;
  return (ts_ta_origin){.source = j->path, .device = ts_device_get_info(j->device), .options = &j->options->fit, .is_global = global,
                        .wavelengths = wavelengths, .wavelength_m = x->wavelength_m + first, .time_zero_s = x->time_zero_s ? x->time_zero_s + first : NULL,
                        .left_out_m = x->left_out_m, .left_out = x->left_out, .delays = x->delays, .noise_source = x->sigma > 0 ? "given" : "residuals", .noise_before_t0 = NAN, .residual_correlation = NAN, .sigma_widening = 1};
}

/* A board that went away and came back is no failure, but nobody should have to guess why it took so long. */
static void tell_reconnects(job *j)
{
  const ts_device_info *i = ts_device_get_info(j->device);
  if (i->reconnects == j->reconnects) return;
  j->reconnects = i->reconnects;
  if (!j->options->common.quiet) complain(0, "%s: %s; what had no answer was asked again", j->path, ts_device_reconnect_reason(j->device));
}

/* The device of longer words, or NULL. */
static ts_device *wider(job *j)
{
  ta_devices *d = j->devices;
  const ts_device_info *i = ts_device_get_info(d->first);
  char message[TS_MESSAGE_BYTES];
  if (!d->may_widen || i->ta_word_bits >= WIDE_BITS) return NULL;
  if (!d->wide && ts_device_open(&d->wide, i->backend, WIDE_ENGINE, message)) d->may_widen = false;   /* it is not built */
  return d->wide;
}

/* Fits; once more with longer words where the device's do not carry the signals. After an error j->device is the one that has it. */
static ts_error fit_wide(job *j, size_t first, bool global, ts_ta_result *r)
{
  ts_error e = fit_widths(j, global, first, r);
  if (e || !(r->flags & TS_FLAG_PRECISION_LIMITED) || !wider(j)) return e;
  ts_ta_plan *plan = j->plan;
  j->device = j->devices->wide;
  j->plan = j->wide_plan;
  j->device->stop = j->devices->first->stop;
  e = fit_widths(j, global, first, r);
  j->device->stop = NULL;
  j->wide_plan = j->plan;
  j->plan = plan;
  j->widened++;
  return e;
}

/* Fits wavelengths from `first` on (all of them, or one) and judges. */
static ts_error fit(job *j, size_t first, size_t wavelengths, bool global, ts_ta_origin *o, ts_ta_result *r)
{
  j->device = j->devices->first;
  ts_error e = fit_wide(j, first, global, r);
  if (e) return e;
  tell_reconnects(j);
  *o = origin_of(j, first, wavelengths, global);
  r->masked = 0;
  for (size_t w = first; w < first + wavelengths; w++) r->masked += j->spectra[w].masked = j->data.masked[w];
  judge_noise(j, first, wavelengths, o, r);
  return TS_OK;
}

static void put(job *j, size_t first, const ts_ta_origin *o, const ts_ta_result *r, bool batch)
{
  const ta_selection *x = &j->data;
  const ts_ta_picture fitted = {.delays = x->delays, .delay_s = x->delay_s, .signal = x->signal + first * x->delays, .fit = j->fit + first * x->delays,
                                .sigma_delay = x->sigma_delay, .sigma_wavelength = o->is_global ? x->sigma_wavelength : NULL};
  ta_sink_put(j->sink, o, r, j->spectra + first, &fitted, batch);
}

/* All wavelengths together; those that noise drowns are told by the t0 and width found with them, taken out, and the others are fitted again. */
static ts_error fit_all(job *j, ts_ta_origin *o, ts_ta_result *r)
{
  ta_selection *x = &j->data;
  ts_error e = fit(j, 0, x->wavelengths, true, o, r);
  if (e || x->sigma > 0 || j->options->keep_drowned || !isfinite(r->t0_s)) return e;
  bool *out = calloc(x->wavelengths, sizeof *out);
  const size_t count = out ? ts_ta_noise_drowned(j->file->signal, x->index, x->wavelengths, j->file->delays, j->file->delay_s, x->time_zero_s, j->options->from_s,
                                                 j->options->to_s, r, out) : 0;
  if (count && count < x->wavelengths && ta_selection_leave_out(x, out)) e = fit(j, 0, x->wavelengths, true, o, r);
  free(out);
  return e;
}

static ts_made_from made_from(const job *j, size_t w)
{
  const ta_selection *x = &j->data;
  const double own[] = {(double)x->delays, x->time_zero_s ? x->time_zero_s[w] : 0,
                        (float)(x->sigma * (x->sigma_wavelength ? x->sigma_wavelength[w] : 1))};   /* float: it is the product of a ratio and the least of what was chosen */
  uint32_t crc = ts_crc_numbers(0, own, sizeof own / sizeof *own);
  crc = ts_crc_numbers(ts_crc_numbers(crc, x->delay_s, x->delays), x->signal + w * x->delays, x->delays);
  return (ts_made_from){NAN, j->options_crc32, x->sigma_delay ? ts_crc_numbers(crc, x->sigma_delay, x->delays) : crc};
}

static ta_end fit_traces(job *j, const resume *done, progress *p)
{
  const size_t n = j->data.wavelengths;
  char why[TS_MESSAGE_BYTES];
  for (size_t w = 0; done && w < n; w++) {
    const ts_made_from now = made_from(j, w);
    if (resume_look(done, j->path, j->data.index[w], &now, why) != RESUME_OTHER) continue;
    complain(0, "%s: wavelength %zu: %s", j->path, j->data.index[w], why);
    return TA_INPUT_FAILED;
  }
  for (size_t w = 0; w < n; w++) {
    ts_ta_origin o;
    ts_ta_result r;
    if (interrupted()) return TA_INTERRUPTED;
    const ts_made_from now = made_from(j, w);
    if (resume_look(done, j->path, j->data.index[w], &now, why) == RESUME_DONE) continue;
    const ts_error e = fit(j, w, 1, false, &o, &r);
    progress_clear(p);
    if (e) return library_failed(j, e);
    o.made_from = &now;
    put(j, w, &o, &r, n > 1);
    progress_update(p, j->path, w + 1, n);
  }
  return TA_DONE;
}

static ta_end fit_global(job *j)
{
  ts_ta_origin o;
  ts_ta_result r;
  if (interrupted()) return TA_INTERRUPTED;
  j->devices->first->stop = j->stops ? interrupted : NULL;
  const ts_error e = fit_all(j, &o, &r);
  j->devices->first->stop = NULL;
  if (e) return library_failed(j, e);
  if (o.left_out && !j->options->common.quiet)
    complain(0, "%s: %zu wavelengths from %.4g to %.4g nm are left out: their noise before t0 is more than their signal (--drowned keep fits them, too)", j->path, o.left_out,
             o.left_out_m[0] / 1e-9, o.left_out_m[o.left_out - 1] / 1e-9);
  put(j, 0, &o, &r, false);
  return TA_DONE;
}

static bool wants_global(const ta_options *o, const ts_ta_data *d)
{
  return o->has_mode ? !o->is_trace_mode : d->wavelengths > 1;
}

static ta_end fit_data(job *j, const ts_ta_data *d, const ta_chirp *chirp, const resume *done, progress *p)
{
  if (!prepare(j, d, chirp, true)) return TA_INPUT_FAILED;
  const ta_options *o = j->options;
  if (o->common.verbose)
    complain(0, "%s: %zu of %zu wavelengths, %zu of %zu delays", j->path, j->data.wavelengths, d->wavelengths, j->data.delays, d->delays);
  j->widened = 0;
  const ta_end end = wants_global(o, d) ? fit_global(j) : fit_traces(j, done, p);
  if (j->widened && !o->common.quiet)
    complain(0, "%s: on engine " WIDE_ENGINE " where the words of e18 end before the data do (--engine names one for all)", j->path);
  forget(j);
  return end;
}

ta_end ta_fit_file(const char *path, const ta_options *o, const ta_chirp *chirp, uint32_t options_crc32, const resume *done, ta_devices *d, ta_sink *sink, progress *p)
{
  char message[TS_MESSAGE_BYTES];
  ts_ta_data data;
  job j = {.path = path, .options = o, .device = d->first, .devices = d, .sink = sink, .reconnects = ts_device_get_info(d->first)->reconnects, .options_crc32 = options_crc32, .stops = true};
  if (ts_ta_file_read(&data, path, &o->read, message)) {
    if (interrupted()) return TA_INTERRUPTED;
    complain(0, "%s", message);
    return TA_INPUT_FAILED;
  }
  const ta_end end = fit_data(&j, &data, chirp, done, p);
  ts_ta_data_free(&data);
  return end;
}

/* ---- --follow ---- */
typedef struct following {
  ts_ta_result last;             /* that was told */
  bool told;
  double warm[TS_COMPONENTS_MAX];   /* lifetimes of the fit before, where it was ok */
  bool is_warm;
  size_t searched;               /* delays at the last search of starts */
} following;

static bool is_news(const following *f, const ts_ta_result *r)
{
  bool news = !f->told || r->status != f->last.status;
  for (unsigned k = 0; k < r->components && !news; k++) news = !(fabs(r->lifetime_s[k] - f->last.lifetime_s[k]) <= CHANGE * f->last.lifetime_s[k]);
  return news;
}

static ts_error fit_anyhow(job *j, bool global, ts_ta_origin *o, ts_ta_result *r)
{
  return global ? fit_all(j, o, r) : fit(j, 0, j->data.wavelengths, false, o, r);
}

/* From the lifetimes of the fit before, where that was ok and does so again; else, and with every tenth more of delays, all starts are searched for. What is
 * left at the end is fitted as a file is. */
static ts_error fit_warm(job *j, const ts_ta_data *data, const ta_chirp *chirp, following *f, ts_ta_origin *o, ts_ta_result *r)
{
  const unsigned K = j->options->fit.components;
  const double *given = j->options->fit.lifetime_s;
  bool own = false;
  for (unsigned k = 0; k < K; k++) own = own || given[k] > 0;
  const bool global = wants_global(j->options, data);
  const size_t delays = j->data.delays;
  ts_error e = TS_OK;
  bool done = false;
  if (f->is_warm && !own && (double)delays < SEARCH_AGAIN * (double)f->searched) {
    j->warm = f->warm;
    e = fit_anyhow(j, global, o, r);
    j->warm = NULL;
    done = !e && r->status == TS_STATUS_OK;
    if (e && is_device_error(e)) return e;
    if (!done) {
      /* wavelengths that were left out are back */
      forget(j);
      if (!prepare(j, data, chirp, false)) return TS_ERROR_MEMORY;
    }
  }
  if (!done) {
    e = fit_anyhow(j, global, o, r);
    f->searched = delays;
  }
  f->is_warm = !e && r->status == TS_STATUS_OK;
  if (f->is_warm) memcpy(f->warm, r->lifetime_s, sizeof f->warm);
  return e;
}

/* One more delay: the answer so far, where there is one. */
static ta_end provisional(job *j, const ts_ta_stream *s, const ta_chirp *chirp, following *f)
{
  char message[TS_MESSAGE_BYTES];
  ts_ta_data data;
  ts_ta_origin o;
  ts_ta_result r;
  if (ts_ta_stream_rows(s) < DELAYS_LEAST || ts_ta_stream_data(s, &data, message)) return TA_DONE;   /* the end tells */
  ta_end end = TA_DONE;
  if (prepare(j, &data, chirp, false)) {
    const ts_error e = j->data.delays < DELAYS_LEAST ? TS_ERROR_INPUT : fit_warm(j, &data, chirp, f, &o, &r);
    if (e && is_device_error(e)) end = library_failed(j, e);
    if (!e && (j->options->common.json || is_news(f, &r))) {
      o.provisional = true;
      ta_sink_provisional(j->sink, &o, &r, j->spectra);
      f->last = r;
      f->told = true;
    }
    forget(j);
  }
  ts_ta_data_free(&data);
  return end;
}

ta_end ta_follow(const char *path, const ta_options *o, const ta_chirp *chirp, ta_devices *d, ta_sink *sink)
{
  char message[TS_MESSAGE_BYTES];
  ts_ta_stream *s;
  ts_ta_data data;
  following f = {0};
  job j = {.path = path, .options = o, .device = d->first, .devices = d, .sink = sink, .reconnects = ts_device_get_info(d->first)->reconnects};
  ta_end end = TA_DONE;
  bool got = true, bad = false;
  if (ts_ta_stream_open(&s, path, &o->read, message)) {
    complain(0, "%s", message);
    return TA_INPUT_FAILED;
  }
  if (sink->has_text) ts_ta_line_header(stdout, o->fit.components);
  while (end == TA_DONE && got && !bad && !interrupted()) {
    bad = ts_ta_stream_next(s, &got, message) != TS_OK;
    /* where delays come faster than they are fitted, the answer is of the newest */
    if (!bad && got && !interrupted() && !ts_ta_stream_waits(s)) end = provisional(&j, s, chirp, &f);
  }
  if (bad && !interrupted()) complain(0, "%s", message);
  /* what came before a bad line or Ctrl-C is fitted for good */
  if (end == TA_DONE && (ts_ta_stream_rows(s) || !bad)) {
    if (ts_ta_stream_data(s, &data, message)) {
      if (!interrupted()) complain(0, "%s", message);
      end = TA_INPUT_FAILED;
    } else {
      progress none = {0};
      end = fit_data(&j, &data, chirp, NULL, &none);
      ts_ta_data_free(&data);
    }
  }
  if (end == TA_DONE && bad) end = TA_INPUT_FAILED;
  if (interrupted()) end = TA_INTERRUPTED;
  ts_ta_stream_close(s);
  return end;
}
