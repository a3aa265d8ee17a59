/* Plans: options and IRF made into the device's configuration; and the way of a histogram through the device. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../session/words.h"
#include "plan.h"
#include "shift.h"

void ts_trpl_options_default(ts_trpl_options *o) {
  *o = (ts_trpl_options){.components = 1, .irf_kind = TS_IRF_NONE, .irf_background = TS_FREE, .background = TS_FREE, .shift = TS_FREE};
}

static ts_error check_options(ts_device *d, const ts_trpl_options *o, size_t bins) {
  if (!(o->bin_width_s > 0) || !isfinite(o->bin_width_s))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "bin width %g s, expected a positive time", o->bin_width_s);
  if (o->components < 1 || o->components > TS_COMPONENTS_MAX)
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "%u components, expected 1 to %d", o->components, TS_COMPONENTS_MAX);
  if (!d->info.components_max && d->info.photon)
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "%s %s counts photons and holds no fits: expected --backend model, or taustream live board: to fit its frames here",
                          d->info.backend, d->info.engine);
  if (o->components > d->info.components_max)
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "%u components, engine %s holds %u", o->components, d->info.engine, d->info.components_max);
  if (bins > 65536) return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "%zu bins, at most 65536", bins);
  if (bins < 2 * o->components + 3)
    return ts_device_fail(d, TS_ERROR_INPUT, "%zu bins are too few for %u parameters", bins, 2 * o->components + 2);
  const double window = (double)bins * o->bin_width_s;
  for (unsigned k = 0; k < o->components; k++) {
    const double tau = o->lifetime_s[k], low = o->bin_width_s / TS_RATE_MAX, high = window * TS_RATE_MIN_WINDOWS;
    if ((tau != 0 || o->lifetime_held[k]) && !(tau >= low && tau <= high))
      return ts_device_fail(d, TS_ERROR_INPUT, "lifetime %u is %g s, expected %g s to %g s for bins of %g s and a window of %g s", k + 1, tau, low,
                            high, o->bin_width_s, window);
  }
  if (o->background == TS_HELD && !(o->background_counts_per_bin >= 0 && o->background_counts_per_bin < 1e9))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "background of %g counts a bin, expected 0 or more", o->background_counts_per_bin);
  if (o->shift == TS_HELD && !(fabs(o->shift_s) < window))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "shift of %g s, expected less than the window of %g s", o->shift_s, window);
  if (o->period_s < 0 || !isfinite(o->period_s)) return ts_device_fail(d, TS_ERROR_ARGUMENT, "period of %g s, expected 0 or more", o->period_s);
  if (o->period_s > 0 && o->period_s < window * (1 - 1e-9))
    return ts_device_fail(d, TS_ERROR_INPUT, "the period of %g s is shorter than the data's window of %g s: use fewer bins", o->period_s, window);
  return TS_OK;
}

/* The IRF, shifted by whole bins, on the used bins. */
static ts_error place_irf(ts_trpl_plan *p, const ts_irf *irf) {
  double inside = 0;
  for (size_t i = 0; i < p->bins_used; i++) {
    const long j = (long)i - p->shift_bins - irf->first;
    p->g[i] = j >= 0 && j < (long)irf->n ? irf->g[j] : 0;
    inside += p->g[i];
  }
  if (inside < 0.5)
    return ts_device_fail(p->device, TS_ERROR_INPUT, "only %.1f %% of the IRF lie within the data's window of %g s when it is shifted by %g s",
                          100 * inside, p->options.bin_width_s * (double)p->bins, p->options.bin_width_s * (double)p->shift_bins);
  if (1 - inside > TS_IRF_LOST) p->flags |= TS_FLAG_IRF_TRUNCATED;
  double top = 0;
  for (size_t i = 0; i < p->bins_used; i++) top = fmax(top, p->g[i]);
  if (p->options.irf_kind != TS_IRF_NONE && p->g[p->bins_used - 1] > 0.01 * top) p->flags |= TS_FLAG_IRF_TRUNCATED;
  return TS_OK;
}

/* Summed over `factor` bins, the layout that goes with it. g: room for the device's bins. */
static void lay_out(ts_trpl_plan *p, size_t factor, double fwhm, double *g) {
  const uint32_t bins = (uint32_t)(p->bins / factor);
  size_t peak = 0;
  for (uint32_t i = 0; i < bins; i++) {
    g[i] = 0;
    for (size_t j = 0; j < factor; j++) g[i] += p->g[i * factor + j];
    if (g[i] > g[peak]) peak = i;
  }
  if (p->options.irf_kind == TS_IRF_NONE) {
    ts_layout_make(&p->layout, bins, 0, 16);
    return;
  }
  double sum = 0;
  long n0 = 0;
  while (n0 < (long)bins && sum + g[n0] <= 1e-6) sum += g[n0++];
  n0 -= 2 + TS_SHIFT_MAX_BINS;
  if (n0 < 0) n0 = 0;
  const double first = (double)peak + ceil(2 * fwhm / (double)factor) + 16 + TS_SHIFT_MAX_BINS;
  uint32_t end = first < bins ? (uint32_t)first : bins;
  /* Long windows have long groups soon behind the fine bins: these go on while much of the response is still to come. */
  const uint32_t last = bins > TS_TAIL_BINS_MIN ? end + (uint32_t)((double)bins * TS_TAIL_FINE_PART) : end;
  double left = 0;
  for (uint32_t i = end; i < bins; i++) left += g[i];
  while (end < last && end < bins && left > TS_TAIL_IN_GROUPS) left -= g[end++];
  ts_layout_make(&p->layout, bins, (uint32_t)n0 / TS_PRE_WIDTH, end);
}

static ts_error choose_layout(ts_trpl_plan *p, double fwhm, double *g) {
  const ts_device_info *i = &p->device->info;
  for (p->factor = 1; p->bins / p->factor >= 2; p->factor *= 2) {
    lay_out(p, p->factor, fwhm, g);
    const ts_layout *l = &p->layout;
    if (l->bins <= i->bins_max && l->fine <= i->fine_max && l->groups <= i->groups_max) {
      if (l->groups <= p->free_parameters) break;
      if (p->factor > 1) p->flags |= TS_FLAG_REBINNED;
      p->bins_used = l->bins * p->factor;
      return TS_OK;
    }
  }
  return ts_device_fail(p->device, TS_ERROR_UNSUPPORTED,
                        "engine %s (%u bins, %u fine bins, %u groups) holds %zu bins with an IRF of %g bins only when so many are summed that %u "
                        "parameters cannot be found",
                        i->engine, i->bins_max, i->fine_max, i->groups_max, p->bins, fwhm, p->free_parameters);
}

static void choose_taps(ts_trpl_plan *p, double fwhm) {
  /* With four taps the shift column is off by about 1 %, which costs 0.05 sigma of the shift: enough for 16-bit words only. */
  const unsigned wide = ts_device_get_info(p->device)->word_bits > 16 ? 6 : 4;
  const bool narrow = fwhm < (p->gauss.sigma > 0 ? TS_SHARP_BINS : TS_NARROW_BINS);
  p->delta = p->options.irf_kind == TS_IRF_NONE ? 2 : narrow ? 1 : 0;
  p->blur = narrow ? fmax(p->gauss.sigma / (double)p->factor, TS_BLUR_MIN) : 0;
  p->taps = p->delta == 2 ? 2 : narrow ? TS_TAPS_SHORT : fwhm >= 5 ? wide : fwhm >= 3 ? 6 : TS_TAPS_SHORT;
  p->shift_taps = p->delta == 2 ? 1 : p->taps;
}

/* The largest power of two that keeps every value below 2^word_bits. */
static int irf_scale_log2(const double *values, size_t n, unsigned word_bits) {
  double top = 0;
  for (size_t i = 0; i < n; i++) top = fmax(top, values[i]);
  int e;
  frexp(top, &e); /* top < 2^e */
  int scale = (int)word_bits - e;
  if (rint(ldexp(top, scale)) >= ldexp(1, (int)word_bits)) scale--;
  return scale;
}

static void put_layout(const ts_trpl_plan *p, uint8_t *at) {
  const ts_layout *l = &p->layout;
  uint32_t word[TS_LAYOUT_WORDS] = {0};
  word[TS_LAYOUT_MODEL] = p->options.components | p->taps << 8 | p->shift_taps << 16 | (p->options.period_s > 0 ? 1u << 24 : 0) | (p->options.compact ? TS_LAYOUT_COMPACT : 0);
  word[TS_LAYOUT_FINE] = l->fine | l->pre << 16;
  for (unsigned i = 0; i < TS_OCTAVES; i++) word[TS_LAYOUT_OCTAVES_0 + i / 4] |= l->octave[i] << 8 * (i % 4);
  word[TS_LAYOUT_BINS] = l->bins;
  word[TS_LAYOUT_GROUPS] = l->groups;
  for (unsigned i = 0; i < TS_LAYOUT_WORDS; i++) ts_put_u32(at + 4 * i, word[i]);
}

static double mean_of(const double *g, size_t n) {
  double sum = 0, mean = 0;
  for (size_t i = 0; i < n; i++) sum += g[i], mean += (double)i * g[i];
  return mean / sum;
}

static const double evaluations_max[TS_COMPONENTS_MAX] = TS_EVALUATIONS_MAX;

/* shift: start or held value, bins of the device. */
static void put_floats(const ts_trpl_plan *p, const double *g, int scale, double shift, uint8_t *at) {
  const ts_layout *l = &p->layout;
  const ts_trpl_options *o = &p->options;
  const double width = o->bin_width_s * (double)p->factor, pre_bins = TS_PRE_WIDTH * l->pre, post_bins = l->bins - pre_bins;
  const double mean = mean_of(g, l->bins);
  double sum = 0, moment[5] = {0};
  for (uint32_t i = 0; i < l->bins; i++) sum += g[i];
  for (uint32_t i = 0; i < l->bins; i++) {
    const double x = i - mean, w = g[i] / sum;
    moment[2] += w * x * x;
    moment[3] += w * x * x * x;
    moment[4] += w * x * x * x * x;
  }
  const double dof = (double)l->groups - p->free_parameters, box = p->delta == 1 ? 1.0 / 12 : 0; /* a histogram's bins are in its moments */
  double f[TS_CFG_WORDS] = {0};
  f[TS_CFG_IRF_SCALE] = ldexp(1, -scale);
  f[TS_CFG_INV_PRE_BINS] = pre_bins > 0 ? 1 / pre_bins : 0;
  f[TS_CFG_POST_BINS] = post_bins;
  f[TS_CFG_INV_POST_BINS] = 1 / post_bins;
  f[TS_CFG_IRF_CENTROID] = mean - pre_bins;
  f[TS_CFG_PERIOD] = fmin(o->period_s / width, TS_PERIOD_WINDOWS * l->bins);
  f[TS_CFG_CUMULANT_1] = p->delta == 2 ? mean - 0.5 : mean; /* a tail fit has its pulse on the left edge */
  f[TS_CFG_CUMULANT_2] = moment[2] + p->blur * p->blur + box;
  f[TS_CFG_CUMULANT_3] = moment[3];
  f[TS_CFG_CUMULANT_4] = moment[4] - 3 * moment[2] * moment[2] - box / 10;
  for (unsigned k = 0; k < o->components; k++) {
    f[TS_CFG_HELD_RATE_1 + 2 * k] = o->lifetime_held[k] ? 1 : 0;
    f[TS_CFG_START_RATE_1 + k] = o->lifetime_s[k] > 0 ? width / o->lifetime_s[k] : 0;
  }
  f[TS_CFG_HELD_SHIFT] = p->free[2 * o->components] ? 0 : 1;
  f[TS_CFG_START_SHIFT] = shift;
  f[TS_CFG_SHIFT_MAX] = TS_SHIFT_MAX_BINS;
  f[TS_CFG_HELD_BACKGROUND] = o->background == TS_FREE ? 0 : 1;
  f[TS_CFG_START_BACKGROUND] = o->background == TS_FREE ? -1 : TS_BACKGROUND_MIN;
  if (o->background == TS_HELD) f[TS_CFG_START_BACKGROUND] = fmax(o->background_counts_per_bin * (double)p->factor, TS_BACKGROUND_MIN);
  f[TS_CFG_BACKGROUND_MIN] = TS_BACKGROUND_MIN;
  f[TS_CFG_RATE_MIN] = 1 / (TS_RATE_MIN_WINDOWS * l->bins);
  f[TS_CFG_RATE_MAX] = TS_RATE_MAX;
  f[TS_CFG_CHI2_ACCEPT] = dof + TS_ACCEPT_SIGMAS * sqrt(2 * fmax(dof, 0));
  f[TS_CFG_EVALUATIONS_MAX] = evaluations_max[o->components - 1];
  f[TS_CFG_STARTS_MAX] = TS_STARTS_MAX;
  f[TS_CFG_GAUSS_SIGMA] = p->blur;
  for (unsigned i = 0; i < TS_CFG_WORDS; i++) ts_put_u32(at + 4 * i, ts_f32x_from_double(f[i]));
}

static ts_error make_messages(ts_trpl_plan *p, const double *g, double shift) {
  const ts_layout *l = &p->layout;
  const size_t words = ts_layout_irf_words(l);
  p->config_bytes = 4 * (TS_LAYOUT_WORDS + TS_CFG_WORDS);
  p->irf_bytes = 4 * words;
  p->config_payload = malloc(p->config_bytes);
  p->irf_payload = malloc(p->irf_bytes);
  p->edge = malloc((l->groups + 1) * sizeof *p->edge);
  double *value = malloc(words * sizeof *value);
  if (!p->config_payload || !p->irf_payload || !p->edge || !value) {
    free(value);
    return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  }
  ts_layout_edges(l, p->edge);
  ts_layout_irf_values(l, g, value);
  const int scale = irf_scale_log2(value, words, p->device->info.word_bits);
  for (size_t i = 0; i < words; i++) ts_put_u32(p->irf_payload + 4 * i, (uint32_t)rint(ldexp(value[i], scale)));
  put_layout(p, p->config_payload);
  put_floats(p, g, scale, shift, p->config_payload + 4 * TS_LAYOUT_WORDS);
  free(value);
  return TS_OK;
}

static ts_error make_slots(ts_trpl_plan *p) {
  const size_t n = ts_session_capacity(p->device->session);
  p->slots = calloc(n, sizeof *p->slots);
  p->slot_counts = malloc(n * p->bins_used * sizeof *p->slot_counts);
  p->expected = malloc(p->bins_used * sizeof *p->expected);
  if (!p->slots || !p->slot_counts || !p->expected) return ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  for (size_t i = 0; i < n; i++) p->slots[i].counts = p->slot_counts + i * p->bins_used;
  return TS_OK;
}

static void name_free(ts_trpl_plan *p) {
  const ts_trpl_options *o = &p->options;
  const unsigned K = o->components;
  for (unsigned k = 0; k < K; k++) {
    p->free[2 * k] = true;
    p->free[2 * k + 1] = !o->lifetime_held[k];
  }
  p->free[2 * K] = o->irf_kind != TS_IRF_NONE && o->shift == TS_FREE;
  p->free[2 * K + 1] = o->background == TS_FREE;
  for (unsigned i = 0; i < 2 * K + 2; i++) p->free_parameters += p->free[i];
}

/* The device gets a Gauss as one pulse. g: its bins. */
static void blur(ts_trpl_plan *p, double *g) {
  const double factor = (double)p->factor, bin = fmin(fmax(floor(p->gauss.middle / factor), 0), p->layout.bins - 1.0);
  for (uint32_t i = 0; i < p->layout.bins; i++) g[i] = i == (uint32_t)bin;
  p->rebin_offset = factor * (bin + 0.5) - p->gauss.middle;
}

/* coarse: the whole-bin shift, NULL: it is searched. */
static ts_error build(ts_trpl_plan *p, const ts_irf *irf, const double *example, const long *coarse) {
  const ts_trpl_options *o = &p->options;
  double wanted = 0; /* a held shift, from the IRF's own place, bins */
  p->irf_counts = irf->counts;
  p->irf_offset = irf->offset;
  p->gauss = irf->gauss;
  p->flags |= irf->flags;
  if (o->irf_kind != TS_IRF_NONE && o->shift == TS_HELD) {
    wanted = o->shift_s / o->bin_width_s;
    p->shift_bins = (long)rint(wanted);
  } else if (coarse) {
    p->shift_bins = *coarse;
  } else if (p->free[2 * o->components] && example) {
    const ts_error e = ts_shift_search(irf, example, p->bins, o->period_s / o->bin_width_s, &p->shift_bins);
    if (e) return ts_device_fail(p->device, e, "out of memory");
  }
  p->gauss.middle += (double)p->shift_bins;
  p->bins_used = p->bins;
  p->g = malloc(p->bins * sizeof *p->g);
  double *g = malloc(p->bins * sizeof *g);
  ts_error e = p->g && g ? place_irf(p, irf) : ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  if (!e && o->irf_kind != TS_IRF_NONE) p->pulse = mean_of(p->g, p->bins_used);
  if (!e) e = choose_layout(p, irf->fwhm_bins, g);
  if (!e) {
    if (o->irf_kind == TS_IRF_GAUSS && irf->fwhm_bins / (double)p->factor < TS_SHARP_BINS) /* of summed bins, too */
      p->gauss = (ts_sharp){.middle = o->irf_start_s / o->bin_width_s + irf->offset + (double)p->shift_bins, .sigma = irf->fwhm_bins / TS_FWHM_OF_SIGMA};
    choose_taps(p, irf->fwhm_bins / (double)p->factor);
    p->shift_reach = fmax(TS_SHIFT_MAX_BINS * (double)p->factor, p->delta ? 0 : irf->fwhm_bins);
    if (ts_blurred(p)) blur(p, g);
    else if (p->delta == 1) p->rebin_offset = (double)p->factor * (mean_of(g, p->layout.bins) + 0.5) - (mean_of(p->g, p->bins_used) + 0.5);
    p->unfinished = p->gauss.sigma > 0 && p->gauss.middle < TS_BLUR_REACH * p->gauss.sigma;
    const double start = p->free[2 * o->components] || p->delta == 2 ? 0 : wanted - (double)p->shift_bins - p->irf_offset - p->rebin_offset;
    e = make_messages(p, g, start / (double)p->factor);
    if (!e && (ts_bias_prepare(p, irf, g) || ts_irf_noise_prepare(p, irf) || ts_misfit_prepare(p))) e = ts_device_fail(p->device, TS_ERROR_MEMORY, "out of memory");
  }
  free(g);
  return e ? e : make_slots(p);
}

static ts_error create(ts_trpl_plan **out, ts_device *d, const ts_trpl_options *o, size_t bins, const double *example, const long *coarse) {
  ts_trpl_plan *p = calloc(1, sizeof *p);
  if (!p) return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory");
  p->device = d;
  p->options = *o;
  p->bins = bins;
  name_free(p);
  ts_irf irf;
  d->message[0] = 0;
  ts_error e = ts_irf_prepare(&irf, o, bins, d->message);
  if (!e) {
    e = build(p, &irf, example, coarse);
    ts_irf_free(&irf);
  }
  p->options.irf = NULL;
  p->config = ts_session_new_config(d->session);
  long better = p->shift_bins;
  if (!e && example && !coarse && p->free[2 * o->components] && p->shift_reach > 2 * TS_SHIFT_MAX_BINS * (double)p->factor) e = ts_refine_shift(p, example, &better);
  if (e || better != p->shift_bins) {
    ts_trpl_plan_destroy(p);
    return e ? e : create(out, d, o, bins, example, &better);
  }
  if (example && o->alike) e = ts_start_like(p, example);
  if (e) {
    ts_trpl_plan_destroy(p);
    return e;
  }
  *out = p;
  return TS_OK;
}

ts_error ts_trpl_plan_create(ts_trpl_plan **out, ts_device *d, const ts_trpl_options *o, size_t bins, const double *example) {
  if (out) *out = NULL;
  if (!d) return TS_ERROR_ARGUMENT;
  if (!out || !o) return ts_device_fail(d, TS_ERROR_ARGUMENT, "a plan needs options and a place to go to");
  const ts_error e = check_options(d, o, bins);
  if (e) return e;
  for (size_t i = 0; example && i < bins; i++)
    if (!(example[i] >= 0) || !isfinite(example[i]))
      return ts_device_fail(d, TS_ERROR_ARGUMENT, "bin %zu of the example is %g, expected a count", i, example[i]);
  return create(out, d, o, bins, example, NULL);
}

ts_error ts_plan_create_counting(ts_trpl_plan **out, ts_device *d, double bin_width_s, size_t bins) {
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = bin_width_s;
  *out = NULL;
  return create(out, d, &o, bins, NULL, NULL);
}

void ts_trpl_plan_destroy(ts_trpl_plan *p) {
  if (!p) return;
  ts_session_disown(p->device->session, p);
  free(p->g);
  free(p->irf_noise);
  free(p->irf_noise_room);
  free(p->fine.g);
  free(p->own.g);
  free(p->scratch);
  free(p->edge);
  free(p->config_payload);
  free(p->irf_payload);
  free(p->slots);
  free(p->slot_counts);
  free(p->expected);
  free(p->misfit_room);
  free(p->misfit_edge);
  free(p->refit);
  free(p);
}

unsigned ts_trpl_plan_flags(const ts_trpl_plan *p) { return p->flags; }
size_t ts_trpl_in_flight_max(const ts_trpl_plan *p) { return ts_session_capacity(p->device->session); }

ts_error ts_plan_configure(const void *plan) {
  const ts_trpl_plan *p = plan;
  ts_device *d = p->device;
  if (d->configured == p->config) return TS_OK;
  d->configured = 0;
  ts_error e = ts_session_request(d->session, TS_MSG_CONFIG, p->config, p->config_payload, p->config_bytes, TS_MSG_ACK, NULL, 0, NULL);
  if (!e) e = ts_session_request(d->session, TS_MSG_IRF, p->config, p->irf_payload, p->irf_bytes, TS_MSG_ACK, NULL, 0, NULL);
  if (!e) d->configured = p->config;
  return e;
}

static uint64_t add(uint64_t a, uint64_t b) { return a + b < a ? UINT64_MAX : a + b; }

/* One sum a group as LEB128, all divided by one power of two when the device's words would not hold the largest. */
static size_t put_groups(const ts_trpl_plan *p, ts_slot *slot, uint8_t *payload) {
  const uint64_t top = ((uint64_t)1 << p->device->info.count_bits) - 1;
  uint64_t largest = 0;
  slot->scale_log2 = 0;
  for (int pass = 0;; pass++) {
    const unsigned s = slot->scale_log2;
    size_t n = 0;
    for (uint32_t j = 0; j < p->layout.groups; j++) {
      uint64_t sum = 0;
      for (size_t i = p->edge[j] * p->factor; i < p->edge[j + 1] * p->factor; i++) sum = add(sum, slot->counts[i]);
      if (sum > largest) largest = sum;
      if (pass) n += ts_leb128_put(payload + n, (uint32_t)((sum >> s) + (s ? sum >> (s - 1) & 1u : 0)));
    }
    if (pass) return n;
    while ((largest >> slot->scale_log2) + (slot->scale_log2 ? largest >> (slot->scale_log2 - 1) & 1u : 0) > top) slot->scale_log2++;
  }
}

void ts_slot_fill(const ts_trpl_plan *p, ts_slot *slot, const uint64_t *counts) {
  memcpy(slot->counts, counts, p->bins_used * sizeof *counts);
  slot->total = 0;
  slot->filled = 0;
  slot->largest = 0;
  for (size_t i = 0; i < p->bins_used; i++) {
    slot->total += (double)counts[i];
    slot->filled += counts[i] > 0;
    if (counts[i] > slot->largest) slot->largest = counts[i];
  }
}

ts_error ts_trpl_submit(ts_trpl_plan *p, const uint64_t *counts, uint64_t index) {
  if (!p) return TS_ERROR_ARGUMENT;
  ts_device *d = p->device;
  if (!counts) return ts_device_fail(d, TS_ERROR_ARGUMENT, "no counts");
  ts_error e = ts_plan_configure(p);
  while (e) { /* what it recovers may be another plan's: this one's configuration comes after that */
    e = ts_device_recover(d, e);
    if (e) return e;
    e = ts_plan_configure(p);
  }
  ts_job *job = ts_session_reserve(d->session);
  if (!job)
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "%zu histograms are submitted and not yet polled, no more are held", ts_trpl_in_flight_max(p));
  ts_slot *slot = &p->slots[job->slot];
  slot->index = index;
  ts_slot_fill(p, slot, counts);
  const unsigned n = 2 * p->options.components + 2;
  job->owner = p;
  job->prepare = ts_plan_configure;
  job->config = p->config;
  job->type = TS_MSG_HISTOGRAM_GROUPED;
  job->answer_type = TS_MSG_RESULT;
  job->payload_bytes = put_groups(p, slot, job->payload);
  job->result_bytes = 4 * (p->options.compact ? TS_RES_AMPLITUDE_1 - 1 + n : TS_RES_FIXED_WORDS + n * (n + 1) / 2 + 1);
  return ts_device_recover(d, ts_session_submit(d->session, job));
}

ts_error ts_trpl_poll(ts_trpl_plan *p, bool wait, ts_trpl_result *r, bool *got) {
  if (!p) return TS_ERROR_ARGUMENT;
  ts_device *d = p->device;
  if (!r || !got) return ts_device_fail(d, TS_ERROR_ARGUMENT, "poll needs a place for the result");
  *got = false;
  ts_job *job = NULL;
  ts_error e;
  while ((e = ts_session_next(d->session, p, wait, &job)))
    if ((e = ts_device_recover(d, e))) return e;
  if (!job) return TS_OK;
  const ts_slot *slot = &p->slots[job->slot];
  d->fruitless = 0;
  if (job->state == TS_JOB_FAILED) {
    e = ts_device_fail(d, TS_ERROR_DEVICE, "histogram %llu refused by the device: %s", (unsigned long long)slot->index,
                       ts_device_error_text(job->error_code));
  } else {
    e = ts_result_judge(p, slot, job->result, job->result_bytes, false, r);
    *got = !e;
  }
  ts_session_release(d->session, job);
  return e;
}
