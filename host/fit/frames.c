/* Frames of photons on the device: packing, the window of messages, finished frames until they are fetched. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../session/words.h"
#include "plan.h"

enum {
  MODE_PINS = 1, MODE_WARM = 2, MODE_GROUPS = 4, MODE_RAW = 8, MODE_DRY = 16,
  PINS_MARKER = 16,
  WAITING_MAX = 4096,            /* finished frames that were not fetched: more photons are refused */
  HELD_MAX = 1 << 17,            /* the device is not believed beyond this */
  WARM_EVALUATIONS = 8, WARM_EVALUATIONS_3 = 12   /* of a fit that starts from the frame before; with three components and more */
};

typedef struct kept {
  uint32_t words[TS_FRAME_WORDS + TS_RESULT_WORDS_MAX];
  size_t words_count;
  uint32_t *counts, *raw;        /* groups and bins of them, or NULL */
} kept;

struct ts_frames {
  ts_trpl_plan *plan;
  ts_device *device;
  ts_frames_options options;
  unsigned bits;                 /* of a photon on the link */
  uint32_t sent;                 /* photons, modulo 2^32 */
  uint32_t sequence;             /* of the measurement */
  uint32_t next_number;          /* of the frame that comes next */
  uint32_t beyond;               /* photons that no code of `bits` bits can tell from one inside; told with the next frame */
  bool over;                     /* the stream failed: the device's measurement is gone */
  size_t result_words;
  uint32_t *edge;
  uint32_t *counts, *raw;        /* histograms whose frame is still to come */
  kept *frame;                   /* a ring that grows */
  size_t room, first, held;
  uint32_t *given, *given_raw;   /* counts of the frame given last */
  kept last;                     /* that frame; counts and raw are `given` */
  uint64_t *own;                 /* room for its counts, bins_used of the plan */
};

/* ---- from the device ---- */
static const char *keep(ts_frames *f, const uint8_t *payload, size_t n) {
  if (n != 4 * (TS_FRAME_WORDS + f->result_words)) return "another length was expected";
  if (ts_get_u32(payload + 4 * TS_FRAME_NUMBER) != f->next_number) return "its number does not follow on the one before";
  if ((f->options.send_histogram && !f->counts) || (f->options.send_raw && !f->raw)) return "its histogram did not come";
  if (f->held == HELD_MAX) return "more frames than photons can have made";
  if (f->held == f->room) {
    const size_t room = f->room ? 2 * f->room : 16;
    kept *larger = malloc(room * sizeof *larger);
    if (!larger) return "no memory for it";
    for (size_t i = 0; i < f->held; i++) larger[i] = f->frame[(f->first + i) % f->room];
    free(f->frame);
    f->frame = larger;
    f->room = room;
    f->first = 0;
  }
  kept *k = &f->frame[(f->first + f->held++) % f->room];
  k->words_count = n / 4;
  for (size_t i = 0; i < n / 4; i++) k->words[i] = ts_get_u32(payload + 4 * i);
  k->counts = f->counts;
  k->raw = f->raw;
  f->counts = f->raw = NULL;
  f->next_number++;
  return NULL;
}

static const char *take(void *context, uint8_t type, uint32_t sequence, uint16_t config, const uint8_t *payload, size_t n) {
  ts_frames *f = context;
  if (sequence != f->sequence || config != f->plan->config) return "it belongs to another measurement";
  if (type == TS_MSG_FRAME) return keep(f, payload, n);
  const bool is_raw = type == TS_MSG_FRAME_RAW;
  const size_t counts = is_raw ? f->plan->layout.bins : f->plan->layout.groups;
  uint32_t **to = is_raw ? &f->raw : &f->counts;
  if ((!is_raw && type != TS_MSG_FRAME_HISTOGRAM) || !(is_raw ? f->options.send_raw : f->options.send_histogram) || *to) return "it was not asked for";
  if (n != 4 * counts) return "another length was expected";
  *to = malloc(counts * sizeof **to);
  if (!*to) return "no memory for it";
  for (size_t i = 0; i < counts; i++) (*to)[i] = ts_get_u32(payload + 4 * i);
  return NULL;
}

/* ---- opening ---- */
static unsigned bits_for(uint32_t bins) {   /* one code more, for what is beyond */
  return bins < 256 ? 8 : bins < 1024 ? 10 : 12;
}

static ts_error begin(ts_frames *f) {
  ts_session *s = f->device->session;
  uint32_t words[TS_FRAMES_CFG_WORDS] = {0};
  uint8_t payload[sizeof words];
  words[TS_FRAMES_CFG_MODE] = f->bits << 8 | (f->options.warm ? MODE_WARM : 0) | (f->options.send_histogram ? MODE_GROUPS : 0) |
                              (f->options.send_raw ? MODE_RAW : 0) | (f->options.dry ? MODE_DRY : 0);
  if (f->options.pins) {
    words[TS_FRAMES_CFG_MODE] |= MODE_PINS;
    words[TS_FRAMES_CFG_CLOCKS_LOW] = (uint32_t)f->options.clocks;
    words[TS_FRAMES_CFG_CLOCKS_HIGH] = (uint32_t)(f->options.clocks >> 32);
    words[TS_FRAMES_CFG_PINS] = (uint32_t)f->options.dead_samples << 16 | (f->options.marker ? PINS_MARKER : 0) | f->options.bin_samples_log2;
  }
  words[TS_FRAMES_CFG_PHOTONS] = f->options.photons;
  words[TS_FRAMES_CFG_WARM_EVALUATIONS] = f->plan->options.components < 3 ? WARM_EVALUATIONS : WARM_EVALUATIONS_3;
  for (size_t i = 0; i < TS_FRAMES_CFG_WORDS; i++) ts_put_u32(payload + 4 * i, words[i]);
  ts_error e = ts_plan_configure(f->plan);
  if (!e) e = ts_session_request(s, TS_MSG_FRAMES_CONFIG, f->plan->config, payload, sizeof payload, TS_MSG_ACK, NULL, 0, NULL);
  if (e) return e;
  f->sequence = ts_session_last_sequence(s);
  ts_session_stream_begin(s, f, take);
  return TS_OK;
}

ts_error ts_frames_open(ts_device *d, ts_trpl_plan *plan, const ts_frames_options *o, ts_frames **out) {
  if (out) *out = NULL;
  if (!d) return TS_ERROR_ARGUMENT;
  if (!plan || plan->device != d || !o || !out) return ts_device_fail(d, TS_ERROR_ARGUMENT, "frames need a plan of this device, options and a place to go to");
  if (!o->pins && (!d->info.photon_stream || !d->info.photon_words))
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "the device (engine %s) has no photon front end (device info `photon` is %u)", d->info.engine,
                          (unsigned)d->info.photon);
  if (o->pins && !d->info.photon_pins)
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "the device (engine %s) has no pins for photons (device info `photon` is %u)", d->info.engine,
                          (unsigned)d->info.photon);
  if (!d->info.components_max && !o->dry)
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "the device (engine %s) counts photons and holds no fits: expected frames without a fit (dry)", d->info.engine);
  if (o->send_raw && !d->info.photon_raw)
    return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "the device (engine %s) keeps no histograms of single bins (device info `photon` is %u)", d->info.engine,
                          (unsigned)d->info.photon);
  if (o->bin_samples_log2 > 15 || o->clocks >> 48 || (!o->pins && (o->clocks || o->marker || o->bin_samples_log2 || o->dead_samples)))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "frames: clocks below 2^48, bins of at most 2^15 samples, and these, marker and dead time for pins only");
  if (o->pins && plan->factor > 1)
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "%zu bins are more than the device holds (%u)", plan->bins, d->info.bins_max);
  if (ts_session_has_stream(d->session))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "a measurement is open on this device already");
  ts_frames *f = calloc(1, sizeof *f);
  if (!f) return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory");
  const unsigned n = 2 * plan->options.components + 2;
  f->plan = plan;
  f->device = d;
  f->options = *o;
  f->bits = bits_for(plan->layout.bins);
  f->result_words = o->dry ? 0 : plan->options.compact ? TS_RES_AMPLITUDE_1 - 1 + n : TS_RES_FIXED_WORDS + n * (n + 1) / 2 + 1;
  f->edge = malloc((plan->layout.groups + 1) * sizeof *f->edge);
  f->own = malloc(plan->bins_used * sizeof *f->own);
  ts_error e = f->edge && f->own ? TS_OK : ts_device_fail(d, TS_ERROR_MEMORY, "out of memory");
  for (size_t g = 0; !e && g <= plan->layout.groups; g++) f->edge[g] = plan->edge[g] * (uint32_t)plan->factor;
  if (!e) {
    e = begin(f);
    while (e) {
      e = ts_device_recover(d, e);
      if (e) break;
      e = begin(f);
    }
  }
  if (e) {
    free(f->edge);
    free(f->own);
    free(f);
    return e;
  }
  *out = f;
  return TS_OK;
}

/* After an error of the session the device's measurement is gone. */
static ts_error judged(ts_frames *f, ts_error e) {
  if (!e) return TS_OK;
  f->over = true;
  return ts_device_session_error(f->device, e);
}

static ts_error check(ts_frames *f) {
  if (!f) return TS_ERROR_ARGUMENT;
  return f->over ? ts_device_fail(f->device, TS_ERROR_TRANSPORT, "the measurement ended with an error of the stream: open a new one") : TS_OK;
}

/* ---- photons ---- */
static ts_error send_message(ts_frames *f, const uint32_t *bin, size_t n) {
  uint8_t payload[TS_STREAM_BYTES_MAX] = {0};
  const uint32_t most = (1u << f->bits) - 1;
  uint8_t *at = payload + 8;
  uint64_t word = 0;
  unsigned have = 0;
  size_t photons = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t b = bin[i] / f->plan->factor;
    if (b >= f->plan->layout.bins) {
      if (f->plan->layout.bins > most) {
        f->beyond++;
        continue;
      }
      b = most;
    }
    photons++;
    word |= b << have;
    have += f->bits;
    if (have >= 32) {
      ts_put_u32(at, (uint32_t)word);
      at += 4;
      word >>= 32;
      have -= 32;
    }
  }
  if (have) {
    ts_put_u32(at, (uint32_t)word);
    at += 4;
  }
  if (!photons) return TS_OK;
  ts_put_u32(payload, f->sent);
  ts_put_u32(payload + 4, (uint32_t)photons);
  f->sent += (uint32_t)photons;
  return ts_session_stream_send(f->device->session, TS_MSG_PHOTONS, f->plan->config, payload, (size_t)(at - payload));
}

ts_error ts_frames_photons(ts_frames *f, const uint32_t *bin, size_t n) {
  ts_error e = check(f);
  if (e) return e;
  if (n && !bin) return ts_device_fail(f->device, TS_ERROR_ARGUMENT, "no photons");
  if (f->options.pins) return ts_device_fail(f->device, TS_ERROR_ARGUMENT, "the photons of this measurement come from the device's pins");
  const size_t words = f->device->info.photon_words, most = (words < 255 ? words : 255) * 32 / f->bits;
  for (size_t at = 0; !e && at < n; at += most) {
    if (f->held > WAITING_MAX)
      return ts_device_fail(f->device, TS_ERROR_ARGUMENT, "%zu finished frames wait to be fetched, at most %d; %zu of %zu photons were taken", f->held,
                            WAITING_MAX, at, n);
    e = send_message(f, bin + at, n - at < most ? n - at : most);
  }
  return judged(f, e);
}

ts_error ts_frames_close(ts_frames *f) {
  ts_error e = check(f);
  if (e) return e;
  ts_session *s = f->device->session;
  /* not before every photon is taken: one that has to be sent again would come too late */
  e = ts_session_stream_flush(s);
  if (!e) e = ts_session_request(s, TS_MSG_FRAME_CLOSE, f->plan->config, NULL, 0, TS_MSG_ACK, NULL, 0, NULL);
  return judged(f, e);
}

/* ---- frames ---- */
/* counts NULL: as far as the groups tell. */
static ts_error judge(ts_frames *f, const kept *k, const uint64_t *counts, ts_trpl_result *r) {
  const uint32_t *w = k->words;
  ts_slot slot = {.index = w[TS_FRAME_NUMBER], .total = w[TS_FRAME_PHOTONS], .filled = w[TS_FRAME_FILLED], .groups = k->counts};
  uint8_t payload[4 * TS_RESULT_WORDS_MAX];
  for (size_t i = 0; i < f->result_words; i++) ts_put_u32(payload + 4 * i, w[TS_FRAME_WORDS + i]);
  if (counts) {
    slot.counts = f->own;
    ts_slot_fill(f->plan, &slot, counts);
  }
  return ts_result_judge(f->plan, &slot, payload, 4 * f->result_words, w[TS_FRAME_FACTS] & TS_FRAME_MASK_COUNT_SATURATED, r);
}

static ts_error make(ts_frames *f, const kept *k, ts_frame *r) {
  const uint32_t *w = k->words, facts = w[TS_FRAME_FACTS];
  *r = (ts_frame){.number = w[TS_FRAME_NUMBER], .photons = w[TS_FRAME_PHOTONS], .outside = w[TS_FRAME_OUTSIDE] + f->beyond, .lost = w[TS_FRAME_LOST],
                  .syncs = w[TS_FRAME_SYNCS], .end = (ts_frame_end)(facts & 3u), .latency_clocks = w[TS_FRAME_LATENCY]};
  f->beyond = 0;
  r->extended = facts & TS_FRAME_MASK_EXTENDED;
  r->count_saturated = facts & TS_FRAME_MASK_COUNT_SATURATED;
  r->warm = facts & TS_FRAME_MASK_WARM;
  r->returned = facts & TS_FRAME_MASK_RETURNED;
  r->evaluations_refused = (unsigned)fmin(fmax(ts_f32x_to_double(w[TS_FRAME_WARM_EVALUATIONS]), 0), 1e9);
  r->start_clock = (uint64_t)w[TS_FRAME_START_HIGH] << 32 | w[TS_FRAME_START_LOW];
  r->end_clock = (uint64_t)w[TS_FRAME_END_HIGH] << 32 | w[TS_FRAME_END_LOW];
  r->counts = k->counts;
  r->groups = k->counts ? f->plan->layout.groups : 0;
  r->raw = k->raw;
  r->raw_bins = k->raw ? f->plan->layout.bins : 0;
  if (f->options.dry) return TS_OK;
  const bool has_bins = k->raw && f->plan->factor == 1;
  for (size_t i = 0; has_bins && i < r->raw_bins; i++) f->own[i] = k->raw[i];
  return judge(f, k, has_bins ? f->own : NULL, &r->result);
}

ts_error ts_frames_judge(ts_frames *f, const uint64_t *counts, ts_trpl_result *r) { return judge(f, &f->last, counts, r); }

ts_error ts_frames_next(ts_frames *f, ts_frame *frame, double timeout_s, bool *got) {
  if (!f) return TS_ERROR_ARGUMENT;
  if (!frame || !got) return ts_device_fail(f->device, TS_ERROR_ARGUMENT, "a frame needs a place to go to");
  *got = false;
  ts_error e = TS_OK;
  bool moved = true;
  const double ms = timeout_s > 0 ? fmin(timeout_s * 1e3, 1e9) : 0;
  /* a histogram alone is not a frame yet */
  while (!e && !f->held && moved && !f->over) e = judged(f, ts_session_stream_poll(f->device->session, (int)ceil(ms), &moved));
  if (!f->held) return e ? e : check(f);
  kept *k = &f->frame[f->first];
  free(f->given);
  free(f->given_raw);
  f->given = k->counts;
  f->given_raw = k->raw;
  f->last = *k;
  e = make(f, k, frame);
  f->first = (f->first + 1) % f->room;
  f->held--;
  f->device->fruitless = 0;
  *got = !e;
  return e;
}

ts_error ts_frames_await(ts_frames *f, ts_frame *frame) {
  bool got;
  ts_error e = check(f);
  while (!e && !f->held) e = judged(f, ts_session_stream_await(f->device->session));
  return e ? e : ts_frames_next(f, frame, 0, &got);
}

const uint32_t *ts_frames_groups(const ts_frames *f, size_t *groups) {
  if (groups) *groups = f->plan->layout.groups;
  return f->edge;
}

void ts_frames_destroy(ts_frames *f) {
  if (!f) return;
  ts_session *s = f->device->session;
  if (!f->over && !ts_session_stream_flush(s))
    ts_session_request(s, TS_MSG_FRAMES_END, f->plan->config, NULL, 0, TS_MSG_ACK, NULL, 0, NULL);
  ts_session_stream_end(s);
  for (size_t i = 0; i < f->held; i++) {
    free(f->frame[(f->first + i) % f->room].counts);
    free(f->frame[(f->first + i) % f->room].raw);
  }
  free(f->frame);
  free(f->counts);
  free(f->raw);
  free(f->given);
  free(f->given_raw);
  free(f->edge);
  free(f->own);
  free(f);
}
