/* Transient absorption: from options and signals to a fitted trace. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../session/words.h"
#include "ta_plan.h"

#define MISSING (1u << 24)          /* of a signal word */
#define ROOT_TWO_PI 2.5066282746310002
#define PEAK_MIN 1e-150             /* a smaller signal is none: its square would vanish */

void ts_ta_options_default(ts_ta_options *o) {
  memset(o, 0, sizeof *o);
  o->components = 1;
  o->offset = TS_FREE;
}

static bool positive(double x) { return x > 0 && isfinite(x); }

static ts_error check_options(ts_device *d, const ts_ta_options *o) {
  const unsigned most = d->info.ta_components_max;
  if (most == 0)
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "engine %s %s", d->info.engine, d->info.word_bits < TS_TA_WORD_BITS ?
                          "does not fit transient absorption: its words are too short" : "of this device is built without transient absorption");
  const bool extended = o->irf_free || o->artefact != TS_TA_ARTEFACT_NONE;
  if (o->components < 1 || o->components + extended > most)
    return ts_device_fail(d, o->components < 1 ? TS_ERROR_ARGUMENT : TS_ERROR_UNSUPPORTED, "%u components%s, expected 1 to %u", o->components,
                          extended ? " with a free IRF width or an artefact" : "", most - extended);
  if (!positive(o->irf_fwhm_s)) return ts_device_fail(d, TS_ERROR_ARGUMENT, "IRF FWHM %g s, expected a positive time", o->irf_fwhm_s);
  if (o->irf_free && o->artefact == TS_TA_ARTEFACT_GAUSS2)
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "a free IRF width with an artefact of two terms is not held: hold the width, or use one term");
  if (!isfinite(o->t0_s) || !(o->t0_range_s >= 0) || !isfinite(o->t0_range_s))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "t0 %g s within %g s, expected finite times", o->t0_s, o->t0_range_s);
  if (o->offset != TS_FREE && o->offset != TS_ZERO) return ts_device_fail(d, TS_ERROR_ARGUMENT, "the offset is free or zero");
  if (!(o->sigma >= 0) || !isfinite(o->sigma)) return ts_device_fail(d, TS_ERROR_ARGUMENT, "sigma %g, expected a positive number or 0", o->sigma);
  const double s = o->irf_fwhm_s / TS_FWHM_PER_SIGMA;
  for (unsigned k = 0; k < o->components; k++) {
    const double tau = o->lifetime_s[k];
    if (tau == 0 && !o->lifetime_held[k]) continue;
    if (!positive(tau) || tau * TS_TA_RATE_MAX < s)
      return ts_device_fail(d, TS_ERROR_ARGUMENT, "lifetime %u is %g s, expected at least %.3g s (a quarter of the IRF's standard deviation)", k + 1, tau,
                            s / TS_TA_RATE_MAX);
  }
  return TS_OK;
}

static ts_error check_data(ts_device *d, const double *delay, const double *sigma, size_t n) {
  if (!delay) return ts_device_fail(d, TS_ERROR_ARGUMENT, "no delays");
  if (n < 8 || n > d->info.ta_delays_max)
    return ts_device_fail(d, n < 8 ? TS_ERROR_INPUT : TS_ERROR_UNSUPPORTED, "%zu delays, expected 8 to %u", n, (unsigned)d->info.ta_delays_max);
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(delay[i])) return ts_device_fail(d, TS_ERROR_INPUT, "delay %zu is not a finite number", i + 1);
    if (i && !(delay[i] > delay[i - 1]))
      return ts_device_fail(d, TS_ERROR_INPUT, "delay %zu is %g s behind %g s, expected rising delays", i + 1, delay[i], delay[i - 1]);
    if (sigma && !positive(sigma[i])) return ts_device_fail(d, TS_ERROR_INPUT, "sigma of delay %zu is %g, expected a positive number", i + 1, sigma[i]);
  }
  return TS_OK;
}

/* Lifetimes and t0 of the search, and every column for them. */
static ts_error make_search(ts_ta_plan *p) {
  const ts_ta_options *o = &p->options;
  const double first = p->delay[0], last = p->delay[p->delays - 1];
  for (unsigned k = 0; k < o->components; k++)
    if (o->lifetime_s[k] > 0) p->tau[p->given++] = o->lifetime_s[k];
  /* as short as the delays and the IRF let one see */
  double step = INFINITY;
  for (size_t n = 1; n < p->delays; n++)
    if (p->delay[n] - p->delay[n - 1] < step) step = p->delay[n] - p->delay[n - 1];
  const double longest = fmax(TS_TA_GRID_LONGEST * (last - first), 4 * step), shortest = fmin(fmax(2 * p->s, step), longest / 8);
  unsigned grid = (unsigned)ceil(log(longest / shortest) / log(TS_TA_GRID_RATIO)) + 1;
  if (grid > TS_TA_GRID_MAX) grid = TS_TA_GRID_MAX;
  for (unsigned i = 0; i < grid; i++) p->tau[p->given + i] = longest * pow(shortest / longest, 1 - (double)i / (grid - 1));
  p->grid = grid;
  p->columns = p->given + grid + 2;
  const double range = o->t0_range_s > 0 ? o->t0_range_s : 10 * o->irf_fwhm_s;
  unsigned side = o->t0_held ? 0 : (unsigned)fmin(ceil(range / p->s), (TS_TA_CANDIDATES_MAX - 1) / 2);
  p->candidates = 2 * side + 1;
  p->t0 = malloc(p->candidates * sizeof *p->t0);
  p->column = malloc((size_t)p->candidates * p->columns * p->delays * sizeof *p->column);
  p->gram = malloc((size_t)p->candidates * p->columns * p->columns * sizeof *p->gram);
  p->choices = malloc(2 * TS_TA_CHOICES_MAX * sizeof *p->choices);
  if (!p->t0 || !p->column || !p->gram || !p->choices) return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  for (unsigned c = 0; c < p->candidates; c++) {
    /* the guess first, then on either side, so that of equals the nearest is taken */
    const double place = (c & 1 ? 1.0 : -1.0) * (double)((c + 1) / 2);
    p->t0[c] = o->t0_s + (side ? place * range / side : 0);
    double *column = p->column + (size_t)c * p->columns * p->delays;
    for (size_t n = 0; n < p->delays; n++) {
      const double u = (p->delay[n] - p->t0[c]) / p->s;
      for (unsigned i = 0; i + 2 < p->columns; i++) column[i * p->delays + n] = ts_ta_decay(u, p->s / p->tau[i]);
      column[(p->columns - 2) * p->delays + n] = exp(-u * u / 2);
      column[(p->columns - 1) * p->delays + n] = 1;
    }
  }
  return TS_OK;
}

ts_error ts_ta_plan_create(ts_ta_plan **out, ts_device *d, const ts_ta_options *o, const double *delay_s, const double *sigma, size_t delays) {
  if (out) *out = NULL;
  if (!d) return TS_ERROR_ARGUMENT;
  if (!out || !o) return ts_device_fail(d, TS_ERROR_ARGUMENT, "a plan needs options and a place to go to");
  ts_error e = check_options(d, o);
  if (!e) e = check_data(d, delay_s, sigma, delays);
  if (e) return e;
  ts_ta_plan *p = calloc(1, sizeof *p);
  if (!p) return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory");
  p->device = d;
  p->options = *o;
  p->delays = delays;
  p->s = o->irf_fwhm_s / TS_FWHM_PER_SIGMA;
  p->extended = o->irf_free || o->artefact != TS_TA_ARTEFACT_NONE;
  p->delay = malloc(delays * sizeof *p->delay);
  p->weight = malloc(delays * sizeof *p->weight);
  p->masked = calloc(delays, sizeof *p->masked);
  p->gram_mask = calloc(delays, sizeof *p->gram_mask);
  p->signal = malloc(TS_TA_TRACES_MAX * delays * sizeof *p->signal);
  p->traces = 1;
  p->payload = malloc(8 * delays + 4 * TS_TA_START_WORDS);
  if (!p->delay || !p->weight || !p->masked || !p->gram_mask || !p->signal || !p->payload) {
    ts_ta_plan_destroy(p);
    return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory");
  }
  memcpy(p->delay, delay_s, delays * sizeof *p->delay);
  p->sigma = o->sigma;
  if (sigma) {
    p->sigma = sigma[0];
    for (size_t n = 1; n < delays; n++) p->sigma = fmin(p->sigma, sigma[n]);
  }
  for (size_t n = 0; n < delays; n++) p->weight[n] = sigma ? (p->sigma / sigma[n]) * (p->sigma / sigma[n]) : 1;
  p->parameters = 2 * o->components + (o->t0_held ? 0u : 1u) + (o->offset == TS_FREE ? 1u : 0u) + (o->irf_free ? 1u : 0u) +
                  (o->artefact == TS_TA_ARTEFACT_NONE ? 0u : o->artefact == TS_TA_ARTEFACT_GAUSS ? 1u : 2u);
  for (unsigned k = 0; k < o->components; k++) p->parameters -= o->lifetime_held[k];
  /* delays around any origin within the range must fit 32 bits */
  const double span = delay_s[delays - 1] - delay_s[0] + 2 * fabs(o->t0_s) + 4 * fmax(o->t0_range_s, 10 * o->irf_fwhm_s);
  p->unit = fmax(p->s / TS_TA_UNITS_PER_SIGMA, span / 2147483647.0);
  p->precision_limited = p->unit > 2 * p->s / TS_TA_UNITS_PER_SIGMA;
  if (p->s / p->unit < TS_TA_UNITS_PER_SIGMA_MIN) {
    ts_ta_plan_destroy(p);
    return ts_device_fail(d, TS_ERROR_INPUT, "delays over %g s with an IRF of %g s: expected at most %g IRF widths (--range cuts)", span, o->irf_fwhm_s,
                          2147483647.0 / TS_TA_UNITS_PER_SIGMA_MIN / TS_FWHM_PER_SIGMA);
  }
  e = make_search(p);
  if (e) {
    ts_ta_plan_destroy(p);
    return e;
  }
  *out = p;
  return TS_OK;
}

void ts_ta_plan_destroy(ts_ta_plan *p) {
  if (!p) return;
  free(p->delay);
  free(p->weight);
  free(p->masked);
  free(p->gram_mask);
  free(p->signal);
  free(p->payload);
  free(p->t0);
  free(p->column);
  free(p->gram);
  free(p->choices);
  free(p);
}

/* ---- device ---- */
static ts_error configure(ts_ta_plan *p, double origin, double inv_sigma2, double inv_freedom, unsigned evaluations) {
  ts_device *d = p->device;
  const ts_ta_options *o = &p->options;
  const bool same = p->configured && d->configured == p->config && p->inv_sigma2 == inv_sigma2 && p->inv_freedom == inv_freedom &&
                    p->evaluations == evaluations;
  if (!same) {
    uint32_t word[TS_TA_LAYOUT_WORDS + TS_TA_CFG_WORDS] = {0};
    double cfg[TS_TA_CFG_WORDS] = {0};
    word[TS_TA_LAYOUT_MODEL] = o->components | (p->extended ? 256u : 0u);
    word[TS_TA_LAYOUT_DELAYS] = (uint32_t)p->delays;
    const double s = p->s / p->unit, range = o->irf_free ? TS_TA_WIDTH_RANGE : 1;
    cfg[TS_TA_CFG_INV_SIGMA2] = inv_sigma2;
    cfg[TS_TA_CFG_INV_FREEDOM] = inv_freedom;
    cfg[TS_TA_CFG_RATE_MIN] = p->unit / (TS_TA_RATE_MIN_WINDOWS * (p->delay[p->delays - 1] - p->delay[0]));
    cfg[TS_TA_CFG_RATE_MAX] = TS_TA_RATE_MAX / s / range;
    cfg[TS_TA_CFG_T0_MAX] = fmin(TS_TA_T0_MAX * s, ldexp(1, 18));
    cfg[TS_TA_CFG_WIDTH_MIN] = s / range;
    cfg[TS_TA_CFG_WIDTH_MAX] = s * range;
    cfg[TS_TA_CFG_EVALUATIONS_MAX] = evaluations;
    for (unsigned k = 0, given = 0; k < o->components; k++)   /* given lifetimes stand first in a start */
      if (o->lifetime_s[k] > 0) cfg[TS_TA_CFG_HELD_RATE_1 + given++] = o->lifetime_held[k];
    cfg[TS_TA_CFG_HELD_OFFSET] = o->offset != TS_FREE;
    cfg[TS_TA_CFG_HELD_T0] = o->t0_held;
    cfg[TS_TA_CFG_HELD_WIDTH] = !o->irf_free;
    cfg[TS_TA_CFG_HELD_ARTEFACT] = o->artefact == TS_TA_ARTEFACT_NONE;
    cfg[TS_TA_CFG_HELD_ARTEFACT_SLOPE] = o->artefact != TS_TA_ARTEFACT_GAUSS2;
    uint8_t bytes[sizeof word];
    for (unsigned i = 0; i < TS_TA_CFG_WORDS; i++) word[TS_TA_LAYOUT_WORDS + i] = ts_f32x_from_double(cfg[i]);
    for (unsigned i = 0; i < TS_TA_LAYOUT_WORDS + TS_TA_CFG_WORDS; i++) ts_put_u32(bytes + 4 * i, word[i]);
    p->config = ts_session_new_config(d->session);
    p->configured = false;
    const ts_error e = ts_session_request(d->session, TS_MSG_TA_CONFIG, p->config, bytes, sizeof bytes, TS_MSG_ACK, NULL, 0, NULL);
    if (e) return ts_device_session_error(d, e);
    d->configured = p->config;
    p->inv_sigma2 = inv_sigma2;
    p->inv_freedom = inv_freedom;
    p->evaluations = evaluations;
  }
  if (same && p->origin == origin) return TS_OK;
  p->configured = false;
  for (size_t n = 0; n < p->delays; n++) {
    const double place = rint((p->delay[n] - origin) / p->unit);
    if (!(fabs(place) < 2147483647.0))
      return ts_device_fail(d, TS_ERROR_INPUT, "delay %zu is %g s from a t0 of %g s: too far for the device's 32 bits", n + 1, p->delay[n] - origin, origin);
    ts_put_u32(p->payload + 8 * n, (uint32_t)(int32_t)place);
    ts_put_u32(p->payload + 8 * n + 4, (uint32_t)lrint(p->weight[n] * 65536));
  }
  const ts_error e = ts_session_request(d->session, TS_MSG_TA_AXIS, p->config, p->payload, 8 * p->delays, TS_MSG_ACK, NULL, 0, NULL);
  if (e) return ts_device_session_error(d, e);
  p->origin = origin;
  p->configured = true;
  return TS_OK;
}

ts_error ts_ta_configure(ts_ta_plan *p, double origin, double inv_sigma2, double inv_freedom, unsigned evaluations) {
  ts_device *d = p->device;
  ts_error e;
  while ((e = configure(p, origin, inv_sigma2, inv_freedom, evaluations)) && ts_session_broken(d->session) && !(e = ts_device_recover(d, e))) p->connections++;
  return e;
}

/* A start for the present trace as the message's payload. Returns its bytes. */
static size_t put_trace(const ts_ta_plan *p, const ts_ta_point *start, uint8_t *payload) {
  double value[TS_TA_START_WORDS] = {0};
  for (unsigned k = 0; k < p->options.components; k++) {
    value[TS_TA_START_RATE_1 + 2 * k] = start->rate[k];
    value[TS_TA_START_AMPLITUDE_1 + 2 * k] = start->amplitude[k];
  }
  value[TS_TA_START_OFFSET] = start->offset;
  value[TS_TA_START_T0] = start->t0;
  value[TS_TA_START_WIDTH] = start->width;
  value[TS_TA_START_ARTEFACT] = start->artefact;
  value[TS_TA_START_ARTEFACT_SLOPE] = start->slope;
  value[TS_TA_START_DAMPING] = start->damping;
  for (unsigned i = 0; i < TS_TA_START_WORDS; i++) ts_put_u32(payload + 4 * i, ts_f32x_from_double(value[i]));
  ts_put_u32(payload + 4 * TS_TA_START_PLACE, p->place | (uint32_t)p->brief << TS_TA_BRIEF_BIT);
  for (size_t n = 0; !p->stays && n < p->delays; n++)
    ts_put_u32(payload + 4 * (TS_TA_START_WORDS + n), ((uint32_t)(int32_t)lrint(ldexp(p->signal[n], 22)) & 0xffffffu) | (p->masked[n] ? MISSING : 0));
  return 4 * (TS_TA_START_WORDS + (p->stays ? 0 : p->delays));
}

static unsigned result_words(const ts_ta_plan *p) {
  const unsigned items = 2 * (p->options.components + p->extended) + 2;
  return TS_TA_RES_FIXED_WORDS + (p->brief ? 0 : items * (items + 1) / 2) + 1;
}

/* What the words of a result say, but for the Gram matrix of one without it; adds to r's evaluations, starts and cycles. */
static void read_outcome(const ts_ta_plan *p, ts_ta_outcome *x, ts_ta_result *r) {
  const unsigned items = 2 * (p->options.components + p->extended) + 2, words = (unsigned)(x->bytes / 4);
  double result[TS_TA_RES_FIXED_WORDS];
  for (unsigned i = 0; i < TS_TA_RES_FIXED_WORDS; i++) result[i] = ts_f32x_to_double(ts_get_u32(x->payload + 4 * i));
  for (unsigned i = 0, at = TS_TA_RES_FIXED_WORDS; words > TS_TA_RES_FIXED_WORDS + 1 && i < items; i++)
    for (unsigned j = 0; j <= i; j++, at++) x->gram[i][j] = x->gram[j][i] = ts_f32x_to_double(ts_get_u32(x->payload + 4 * at));
  for (unsigned i = 0; i < items; i++) x->gradient[i] = result[TS_TA_RES_GRADIENT_1 + i];
  x->bits = result[TS_TA_RES_STATUS] >= 0 && result[TS_TA_RES_STATUS] < 65536 ? (unsigned)result[TS_TA_RES_STATUS] : 0;
  x->chi2 = result[TS_TA_RES_CHI2];
  for (unsigned k = 0; k < p->options.components; k++) {
    x->at.rate[k] = result[TS_TA_RES_RATE_1 + 2 * k];
    x->at.amplitude[k] = result[TS_TA_RES_AMPLITUDE_1 + 2 * k];
  }
  x->at.offset = result[TS_TA_RES_OFFSET];
  x->at.t0 = result[TS_TA_RES_T0];
  x->at.width = result[TS_TA_RES_WIDTH];
  x->at.artefact = result[TS_TA_RES_ARTEFACT];
  x->at.slope = result[TS_TA_RES_ARTEFACT_SLOPE];
  const uint32_t cycles = ts_get_u32(x->payload + 4 * (words - 1));
  r->evaluations += (unsigned)fmin(fmax(result[TS_TA_RES_EVALUATIONS], 0), 1e6);
  r->starts++;
  if (cycles) r->cycles = (r->cycles < 0 ? 0 : r->cycles) + cycles;
}

/* One start on the device. */
ts_error ts_ta_run(ts_ta_plan *p, const ts_ta_point *start, ts_ta_outcome *x, ts_ta_result *r) {
  ts_device *d = p->device;
  ts_error e;
  for (;;) {
    const uint8_t type = p->stays ? TS_MSG_TA_AGAIN : TS_MSG_TA_TRACE;
    const size_t n = put_trace(p, start, p->payload);
    e = ts_session_request(d->session, type, p->config, p->payload, n, TS_MSG_TA_RESULT, x->payload, sizeof x->payload, &x->bytes);
    if (!e) break;
    if ((e = ts_device_recover(d, e))) return e;
    p->connections++;
    p->stays = false;
    if ((e = ts_ta_configure(p, p->origin, p->inv_sigma2, p->inv_freedom, p->evaluations))) return e;
  }
  d->fruitless = 0;
  if (x->bytes != 4 * result_words(p)) return ts_device_fail(d, TS_ERROR_PROTOCOL, "result of %zu bytes, expected %u", x->bytes, 4 * result_words(p));
  read_outcome(p, x, r);
  return TS_OK;
}

ts_error ts_ta_submit(ts_ta_plan *p, const ts_ta_point *start, bool *sent) {
  ts_session *s = p->device->session;
  ts_job *job = ts_session_reserve(s);
  *sent = job != NULL;
  if (!job) return TS_OK;
  job->owner = p;
  job->config = p->config;
  job->type = p->stays ? TS_MSG_TA_AGAIN : TS_MSG_TA_TRACE;
  job->answer_type = TS_MSG_TA_RESULT;
  job->payload_bytes = put_trace(p, start, job->payload);
  job->result_bytes = 4 * result_words(p);
  return ts_session_submit(s, job);
}

ts_error ts_ta_next(ts_ta_plan *p, ts_ta_outcome *x, ts_ta_result *r) {
  ts_device *d = p->device;
  ts_job *job;
  ts_error e = ts_session_next(d->session, p, true, &job);
  if (e) return e;
  if (job->state == TS_JOB_FAILED) {
    e = ts_device_fail(d, TS_ERROR_DEVICE, "%s refused by the device: %s", ts_message_type_name(job->type), ts_device_error_text(job->error_code));
  } else {
    memcpy(x->payload, job->result, job->result_bytes);
    x->bytes = job->result_bytes;
    read_outcome(p, x, r);
    d->fruitless = 0;
  }
  ts_session_release(d->session, job);
  return e;
}

static bool better(const ts_ta_outcome *a, const ts_ta_outcome *b, double margin) {
  const bool ca = a->bits & TS_TA_STATUS_MASK_CONVERGED, cb = b->bits & TS_TA_STATUS_MASK_CONVERGED;
  return ca != cb ? ca : a->chi2 < b->chi2 - margin;
}

ts_error ts_ta_take(ts_ta_plan *p, const double *signal) {
  double peak = 0;
  p->place = 0;
  p->stays = p->brief = false;
  p->used = 0;
  for (size_t n = 0; n < p->delays; n++) {
    if (isinf(signal[n])) return ts_device_fail(p->device, TS_ERROR_INPUT, "signal of delay %zu is infinite", n + 1);
    const bool masked = isnan(signal[n]);
    p->masked[n] = masked;
    p->used += !masked;
    if (!masked) peak = fmax(peak, fabs(signal[n]));
  }
  p->scale = peak > PEAK_MIN ? TS_TA_SIGNAL_PEAK / peak : 0;
  for (size_t n = 0; n < p->delays; n++) p->signal[n] = p->masked[n] ? 0 : signal[n] * p->scale;
  return TS_OK;
}

/* No lifetime below the IRF's width over `most`: another start may explain the trace without it. */
static bool inside(const ts_ta_plan *p, const ts_ta_point *at, double most) {
  bool all = true;
  for (unsigned k = 0; k < p->options.components; k++) all = all && at->rate[k] < most / at->width;
  return all;
}

/* The amplitudes nearly cancel: t0 is hardly determined. */
static bool cancels(const ts_ta_point *at, unsigned n) {
  double sum = 0, largest = 0;
  for (unsigned k = 0; k < n; k++) {
    sum += at->amplitude[k];
    largest = fmax(largest, fabs(at->amplitude[k]));
  }
  return fabs(sum) < TS_TA_CANCEL * largest;
}

/* t0 there, and the amplitudes so that the signals behind it stay. */
static void move(const ts_ta_plan *p, ts_ta_point *at, double t0) {
  for (unsigned k = 0; k < p->options.components; k++) at->amplitude[k] *= exp(fmax(-1, fmin(1, (at->t0 - t0) * at->rate[k])));
  at->t0 = t0;
  at->damping = TS_TA_DAMPING_FAR;
}

bool ts_ta_mirror(const ts_ta_plan *p, const ts_ta_point *at, double *t0) {
  double rise = 0;
  for (unsigned k = 0; k < p->options.components; k++) rise += at->amplitude[k];
  if (p->options.t0_held || p->options.artefact == TS_TA_ARTEFACT_NONE || rise == 0) return false;
  *t0 = at->t0 - 2 * ROOT_TWO_PI * at->artefact / rise * at->width;
  return fabs(*t0 - at->t0) < TS_TA_T0_MAX * at->width;
}

ts_error ts_ta_fit(ts_ta_plan *p, const double *signal, uint64_t index, ts_ta_result *r) {
  if (!p) return TS_ERROR_ARGUMENT;
  ts_device *d = p->device;
  if (!signal || !r) return ts_device_fail(d, TS_ERROR_ARGUMENT, "a fit needs a signal and a place for the result");
  memset(r, 0, sizeof *r);
  r->index = index;
  r->components = p->options.components;
  r->cycles = -1;
  ts_error e = ts_ta_take(p, signal);
  if (e) return e;
  r->masked = p->delays - p->used;
  ts_ta_outcome best = {.chi2 = INFINITY};
  if (p->used <= p->parameters || !(p->scale > 0)) {
    ts_ta_judge(p, &best, NULL, 0, false, 0, r);
    return TS_OK;
  }
  ts_ta_point start[TS_TA_STARTS_MAX];
  double candidate, noise2;
  const unsigned starts = ts_ta_search(p, start, &candidate, &noise2);
  const bool known = p->sigma > 0;
  const double freedom = (double)(p->used - p->parameters), sigma2 = known ? p->sigma * p->sigma * p->scale * p->scale : noise2;
  /* the device's words end at 2^-22 */
  const double inv_sigma2 = 1 / fmax(sigma2, ldexp(1, -44));
  e = ts_ta_configure(p, candidate, inv_sigma2, 1 / freedom, TS_TA_EVALUATIONS_MAX);
  if (e) return e;
  /* good: within the noise, and not much above what the whole grid leaves */
  const double columns = p->columns, grid = noise2 / sigma2 * fmax((double)p->used - columns, 1);
  const double accept = fmin((double)p->used + TS_TA_ACCEPT_SIGMAS * sqrt(2 * (double)p->used), grid + columns + TS_TA_ACCEPT_SIGMAS * sqrt(2 * columns));
  ts_ta_outcome x;
  ts_ta_rival rival[TS_TA_STARTS_MAX + TS_TA_PAIRS_MAX + 8 + TS_TA_BETWEEN_MAX];
  unsigned rivals = 0, tried = 0;
  while (tried < starts) {
    const unsigned i = tried++;
    if ((e = ts_ta_run(p, &start[i], &x, r))) return e;
    if (x.bits & TS_TA_STATUS_MASK_CONVERGED) rival[rivals++] = (ts_ta_rival){x.at, x.chi2};
    if (better(&x, &best, 0) || i == 0) best = x;
    if (best.bits & TS_TA_STATUS_MASK_CONVERGED && best.chi2 < accept && (i + 1 >= TS_TA_STARTS_AT_EDGE || inside(p, &best.at, TS_TA_RATE_HIDDEN))) break;
  }
  if (!(best.bits & TS_TA_STATUS_MASK_CONVERGED) || !(best.chi2 < accept)) {
    ts_ta_point pair[TS_TA_PAIRS_MAX];
    const unsigned pairs = ts_ta_close_pairs(p, &best.at, pair);
    for (unsigned i = 0; i < pairs; i++) {
      if ((e = ts_ta_run(p, &pair[i], &x, r))) return e;
      if (x.bits & TS_TA_STATUS_MASK_CONVERGED) rival[rivals++] = (ts_ta_rival){x.at, x.chi2};
      if (better(&x, &best, 0)) best = x;
      if (best.bits & TS_TA_STATUS_MASK_CONVERGED && best.chi2 < accept) break;
    }
  }
  if (!p->options.t0_held && best.bits & TS_TA_STATUS_MASK_CONVERGED) {
    const ts_ta_outcome middle = best;
    /* a second minimum in t0 exists for opposite signs; where they nearly cancel it may lie nearer or further */
    static const double places[] = {-1, 1, -0.5, 0.5, -2, 2};
    const unsigned sides = cancels(&middle.at, p->options.components) ? 6 : 2;
    for (unsigned i = 0; i < sides; i++) {
      ts_ta_point s = middle.at;
      move(p, &s, s.t0 + places[i] * TS_TA_T0_SIDE * s.width);
      if (fabs(s.t0) > TS_TA_T0_MAX * p->s / p->unit) continue;
      if ((e = ts_ta_run(p, &s, &x, r))) return e;
      if (x.bits & TS_TA_STATUS_MASK_CONVERGED) rival[rivals++] = (ts_ta_rival){x.at, x.chi2};
      if (better(&x, &best, 0.01)) best = x;
    }
  }
  ts_ta_point twin = best.at;
  double there;
  if (best.bits & TS_TA_STATUS_MASK_CONVERGED && ts_ta_mirror(p, &best.at, &there) && fabs(there) <= TS_TA_T0_MAX * p->s / p->unit) {
    move(p, &twin, there);
    twin.artefact = -twin.artefact;
    if ((e = ts_ta_run(p, &twin, &x, r))) return e;
    if (x.bits & TS_TA_STATUS_MASK_CONVERGED) rival[rivals++] = (ts_ta_rival){x.at, x.chi2};
    if (better(&x, &best, 0.01)) best = x;
  }
  /* a short lifetime may be the t0 of another minimum, which no chi2 by itself tells */
  for (unsigned n = 0; n < TS_TA_STARTS_MORE && tried < starts && best.bits & TS_TA_STATUS_MASK_CONVERGED && !inside(p, &best.at, TS_TA_RATE_SHORT); n++) {
    if ((e = ts_ta_run(p, &start[tried++], &x, r))) return e;
    if (x.bits & TS_TA_STATUS_MASK_CONVERGED) rival[rivals++] = (ts_ta_rival){x.at, x.chi2};
    if (better(&x, &best, 0.01)) best = x;
  }
  double beside[TS_TA_BETWEEN_MAX];
  if (ts_ta_mirror(p, &best.at, &there)) {
    ts_ta_rival *other = &rival[rivals++];   /* too near for a minimum of its own, it may be as good a place */
    other->at = best.at;
    other->chi2 = best.chi2 + inv_sigma2 * ts_ta_moved(p, &other->at, p->origin, there, best.at.width);
  }
  for (unsigned i = ts_ta_between(p, &best.at, p->origin, beside); i-- > 0;) {
    ts_ta_rival *other = &rival[rivals++];
    other->at = best.at;
    other->chi2 = best.chi2 + inv_sigma2 * ts_ta_moved(p, &other->at, p->origin, beside[i], best.at.width);
  }
  ts_ta_judge(p, &best, rival, rivals, known, noise2, r);
  return TS_OK;
}

ts_error ts_ta_curve(const ts_ta_result *r, const double *time_s, size_t n, double *signal) {
  if (!r || !time_s || !signal || !(r->irf_fwhm_s > 0) || r->components < 1 || r->components > TS_COMPONENTS_MAX) return TS_ERROR_ARGUMENT;
  const double s = r->irf_fwhm_s / TS_FWHM_PER_SIGMA;
  for (size_t i = 0; i < n; i++) {
    const double u = (time_s[i] - r->t0_s) / s;
    signal[i] = (isnan(r->offset) ? 0 : r->offset) + (r->artefact[0] + r->artefact[1] * TS_TA_B * u) * exp(-u * u / 2);
    for (unsigned k = 0; k < r->components; k++) signal[i] += r->amplitude[k] * ts_ta_decay(u, s / r->lifetime_s[k]);
  }
  return TS_OK;
}
