/* taustream live: fits frames of photons while they arrive. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../io/recording.h"
#include "../io/record_value.h"
#include "../live/describe.h"
#include "../live/fitter.h"
#include "../live/replay.h"
#include "../live/terminal.h"
#include "interrupt.h"
#include "live_options.h"
#include "trpl_sink.h"
#include "trpl_weights.h"

#define EVENTS 4096u
#define BATCHES 16              /* of events between two looks at results and keys */
#define DRAW_S 0.09
#define LIGHT_LOST_MAX 0.05
#define KEYS_MS 30               /* between two looks at the keys */
#define WAIT_MS 200             /* at most, so that a signal that came just before is seen */

typedef struct live {
  const live_options *o;
  live_source *source;
  live_pins pins;               /* of a board */
  live_framer framer;
  bool is_framing;              /* the framer and the fitter are there: the axis is known */
  live_fitter *fitter;
  ts_device *device;            /* until the fitter has it */
  ts_device *fits;              /* as well: the model that fits what a board only counts, or NULL */
  trpl_irf irf;
  ts_recording *recording;
  trpl_sink sink;
  bool has_sink;
  live_terminal *terminal;      /* NULL: no view */
  live_view view;
  live_event event[EVENTS];
  size_t events, at;
  ts_live_frame frame;          /* of a recording, read and not yet due */
  uint64_t *frame_counts;
  bool has_frame;
  live_job *ready;              /* closed, and not yet taken by the fitter */
  uint32_t part[EVENTS];        /* --send photons: bins of the open frame's photons, and how many of it went on before */
  size_t part_photons, part_before;
  live_job *ready_part;         /* to go before `ready` */
  double begun_s, paced_s;      /* clock when the source's time was zero */
  bool source_ended, broken, ending, failed;
  bool quits;                   /* key q */
  double speed, ready_again_s;  /* when the next event is due */
  unsigned components;
  bool fresh;
  live_fitter_state state;
  bool was_away;
  uint64_t closed, unfitted;
  uint64_t *light, light_lost;  /* --save-dnl: counts of all frames; stops that dead time lost */
  double last_end_s;
} live;

static void trouble(live *l, const char *message)
{
  if (l->terminal) {
    snprintf(l->view.note, sizeof l->view.note, "%.150s", message);
    live_terminal_note(l->terminal, message);   /* told again when the view is gone */
  } else {
    complain(0, "%s", message);
  }
}

/* ---- recording ---- */
static void recording_failed(live *l)
{
  char message[TS_MESSAGE_BYTES];
  trouble(l, ts_recording_message(l->recording));
  ts_recording_close(l->recording, NULL, message);
  l->recording = NULL;
  l->failed = true;
}

static void record_frame(live *l, const ts_live_frame *f, const uint64_t *counts)
{
  if (!l->recording) return;
  if (!ts_recording_frame(l->recording, f, counts, l->source->axis.bins) || !ts_recording_flush(l->recording)) recording_failed(l);
}

static void record_note(live *l, uint8_t type, json_t *j)
{
  if (l->recording && (!ts_recording_json(l->recording, type, 0, j) || !ts_recording_flush(l->recording))) recording_failed(l);
  if (l->o->trpl.common.json) {
    json_dumpf(j, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
    putchar('\n');
    fflush(stdout);
  }
  json_decref(j);
}

static void gap(live *l, double start_s, double end_s, const char *why)
{
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.gap/1"));
  json_object_set_new(j, "before_frame", json_integer((json_int_t)l->closed));
  json_object_set_new(j, "start_s", ts_json_number(start_s));
  json_object_set_new(j, "end_s", ts_json_number(end_s));
  json_object_set_new(j, "reason", json_string(why));
  record_note(l, TS_MSG_RECORDING_GAP, j);
}

static void mark(live *l)
{
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.mark/1"));
  json_object_set_new(j, "before_frame", json_integer((json_int_t)l->closed));
  json_object_set_new(j, "time_s", json_real(l->last_end_s));
  record_note(l, TS_MSG_RECORDING_MARK, j);
  live_view_mark(&l->view);
}

/* The device's own messages and the record of a fitted frame. */
static bool record_result(live *l, const live_job *j, const ts_trpl_origin *origin)
{
  ts_recording *r = l->recording;
  /* Whatever comes: the fitter gives it when it is new, and another device's may have the same number. */
  if (j->config_payload && j->irf_payload && (!ts_recording_put(r, TS_MSG_CONFIG, j->config, j->config_payload, j->config_bytes) ||
                                              !ts_recording_put(r, TS_MSG_IRF, j->config, j->irf_payload, j->irf_bytes))) return false;
  if (!j->not_fitted) {
    uint8_t payload[sizeof j->result.raw / 2 + 4];
    size_t n = strlen(j->result.raw) / 2;
    for (size_t i = 0; i < n; i++) {
      unsigned byte = 0;
      sscanf(j->result.raw + 2 * i, "%2x", &byte);
      payload[i] = (uint8_t)byte;
    }
    uint32_t cycles = j->result.cycles > 0 ? (uint32_t)j->result.cycles : 0;
    for (unsigned i = 0; i < 4; i++) payload[n + i] = (uint8_t)(cycles >> 8 * i);
    if (!ts_recording_put(r, TS_MSG_RESULT, j->config, payload, n + 4)) return false;
  }
  json_t *record = ts_trpl_record(origin, &j->result);
  bool good = ts_recording_json(r, TS_MSG_RECORDING_RECORD, j->config, record) && ts_recording_flush(r);
  json_decref(record);
  return good;
}

/* ---- frames ---- */
static bool push_ready(live *l)
{
  if (l->ready_part && !live_fitter_push_part(l->fitter, l->ready_part)) return false;
  l->ready_part = NULL;
  if (!l->ready) return true;
  if (!live_fitter_push(l->fitter, l->ready)) return false;
  l->ready = NULL;
  return true;
}

/* The photons that were taken since go to the device, which need not wait for the frame's end. Frame `number` is open, or about to be closed. */
static void pass_part(live *l, uint64_t number)
{
  if (!l->part_photons) return;
  l->ready_part = live_job_create_part(number, l->part, l->part_photons);
  if (l->ready_part) l->ready_part->is_first = !l->part_before;   /* without memory the frame is sent when it closes */
  l->part_before += l->part_photons;
  l->part_photons = 0;
  push_ready(l);
}

/* --frames: there are as many as were asked for. */
static bool has_enough(const live *l) { return l->o->frames && l->closed >= l->o->frames; }

/* A closed frame: recorded, then on to the fit. */
static bool close_frame(live *l, const ts_live_frame *closed, const uint64_t *counts)
{
  ts_live_frame f = *closed;
  pass_part(l, f.number);
  l->part_before = 0;
  if (l->source->truth) f.truth_s = l->source->truth(l->source, f.start_s, f.end_s);
  record_frame(l, &f, counts);
  l->ready = live_job_create(&l->source->axis, &f, counts);
  if (!l->ready) {
    trouble(l, "out of memory");
    l->failed = l->ending = true;
    return false;
  }
  l->ready->components = l->components;
  l->ready->fresh = l->fresh;
  l->fresh = false;
  l->closed++;
  l->last_end_s = f.end_s;
  if (has_enough(l)) l->ending = true;
  push_ready(l);
  return true;
}

/* Whether an event of this time (s) is due; else says when. */
static bool is_due(live *l, double time_s)
{
  if (!l->source->paced || isinf(l->speed)) return true;
  double due = l->paced_s + time_s / l->speed;
  if (due <= seconds_now()) return true;
  l->ready_again_s = due;
  return false;
}

/* Events until a frame is closed and cannot be passed on, or nothing more is due. */
static void take_events(live *l)
{
  while (l->at < l->events && !l->ready && !l->ready_part && !l->ending) {
    const live_event *e = &l->event[l->at];
    if (!is_due(l, (double)e->time * l->source->axis.tick_s)) break;
    bool used;
    live_step step = live_framer_step(&l->framer, e, &used);
    if (used) l->at++;
    if (used && l->o->send_photons && e->bin < l->source->axis.bins) l->part[l->part_photons++] = e->bin;
    if (step == LIVE_FRAME) close_frame(l, &l->framer.closed, l->framer.closed_counts);
    else if (step == LIVE_GAP) gap(l, l->framer.gap_start_s, l->framer.gap_end_s, "no event came");
  }
  if (!l->ready && !l->ready_part) pass_part(l, l->framer.frame.number);
}

static void source_is_over(live *l, live_state state, const char *message)
{
  l->source_ended = true;
  if (state != LIVE_BROKEN) return;
  l->broken = true;
  trouble(l, message);
}

static bool begin_framing(live *l);

static bool take_batch(live *l)
{
  char message[TS_MESSAGE_BYTES];
  live_source *s = l->source;
  if (s->frame) {
    if (!l->has_frame) {
      live_state state = s->frame(s, &l->frame, l->frame_counts, message);
      if (state == LIVE_END || state == LIVE_BROKEN) return source_is_over(l, state, message), false;
      l->has_frame = true;
    }
    if (!is_due(l, l->frame.end_s)) return false;
    l->has_frame = false;
    return close_frame(l, &l->frame, l->frame_counts);
  }
  if (l->at == l->events) {
    l->at = l->events = 0;
    live_state state = s->read(s, l->event, EVENTS, &l->events, message);
    if (s->is_open && !l->is_framing && !begin_framing(l)) return false;
    if (state == LIVE_WAIT) return false;
    if (state != LIVE_READY) return source_is_over(l, state, message), false;
  }
  take_events(l);
  return l->at == l->events;
}

static void pump(live *l)
{
  l->ready_again_s = 0;
  if (!push_ready(l)) return;
  for (int i = 0; i < BATCHES && !l->ready && !l->ready_part && !l->ending && !l->source_ended; i++)
    if (!take_batch(l)) return;
}

/* ---- results ---- */
static void put(live *l, live_job *j)
{
  ts_trpl_origin origin = {.source = l->o->source, .column = "", .device = &l->state.device, .frame = &j->frame, .framed_by = j->by_device ? "device" : "host",
                           .not_fitted = j->not_fitted};
  j->result.index = j->frame.number;
  if (l->recording && !record_result(l, j, &origin)) recording_failed(l);
  if (j->not_fitted) l->unfitted++;
  for (size_t i = 0; l->light && i < j->bins; i++) l->light[i] += j->counts[i];
  l->light_lost += j->frame.lost;
  ts_curve c = {0};
  double *shown = NULL;
  if (j->fit && sink_wants_curves(&l->sink) && (shown = malloc(j->bins * sizeof *shown)) != NULL) {
    const live_axis *a = &l->source->axis;
    size_t n = j->range.end - j->range.first;
    for (size_t i = 0; i < n; i++) shown[i] = (double)j->counts[j->range.first + i];
    c = (ts_curve){.source = l->o->source, .title = l->o->source, .index = j->frame.number, .start_s = a->start_s + (double)j->range.first * a->bin_width_s,
                   .bin_width_s = a->bin_width_s, .bins = n, .counts = shown, .fit = j->fit, .irf = l->irf.value, .irf_bins = l->irf.bins,
                   .irf_start_s = l->irf.start_s, .irf_bin_width_s = l->irf.bin_width_s};
  }
  sink_put(&l->sink, &origin, &j->result, shown ? &c : NULL, true);
  free(shown);
  fflush(stdout);
  if (l->terminal || l->o->snapshot) live_view_frame(&l->view, j);
  else live_job_free(j);
}

/* A frame that the board made: what lies between it and the one before was not measured. */
static void take_board_frame(live *l, const live_job *j)
{
  if (l->closed && j->frame.start_s > l->last_end_s + l->source->axis.tick_s / 2)
    gap(l, l->last_end_s, j->frame.start_s, "no photons were counted: the measurement was begun anew");
  record_frame(l, &j->frame, j->counts);
  l->closed++;
  l->last_end_s = j->frame.end_s;
  if (has_enough(l)) l->ending = true;
}

static void take_results(live *l)
{
  for (live_job *j; l->fitter && (j = live_fitter_pop(l->fitter)) != NULL;) {
    if (l->o->kind == LIVE_BOARD && has_enough(l)) {
      live_job_free(j);
      continue;
    }
    if (l->o->kind == LIVE_BOARD) take_board_frame(l, j);
    put(l, j);
  }
}

/* A device that comes and goes is told, and marked in the recording. */
static void watch_device(live *l)
{
  const uint32_t reconnects = l->state.reconnects, losses = l->state.losses;
  if (!l->fitter) return;
  live_fitter_get_state(l->fitter, &l->state);
  const bool went_away = l->state.losses != losses;   /* it may be back already */
  if (went_away) {
    trouble(l, l->state.message);
    gap(l, l->last_end_s, NAN, "the device went away: frames are recorded and not fitted");
  }
  if ((went_away || l->was_away) && !l->state.is_away) {
    trouble(l, "the device is back");
  } else if (l->state.reconnects != reconnects && !l->state.is_away) {
    trouble(l, l->state.message);
    gap(l, l->last_end_s, l->last_end_s, l->o->kind == LIVE_BOARD ? "the device went away and came back"
                                                                  : "the device went away and came back; every frame is fitted");
  }
  l->was_away = l->state.is_away;
  if (l->state.has_failed && !l->failed) {
    trouble(l, l->state.message);
    l->failed = l->ending = true;
  }
}

/* ---- the view ---- */
static void save(live *l)
{
  char name[64], message[TS_MESSAGE_BYTES];
  snprintf(name, sizeof name, "taustream-frame-%llu.svg", (unsigned long long)(l->view.last ? l->view.last->frame.number : 0));
  if (live_terminal_save(l->terminal, name, message)) snprintf(l->view.note, sizeof l->view.note, "saved as %s", name);
  else snprintf(l->view.note, sizeof l->view.note, "%.150s", message);
}

static void key(live *l, int k)
{
  live_view *v = &l->view;
  if (k == 'q') l->quits = true;
  else if (k == 'f') v->frozen = !v->frozen;
  else if (k == 'm') mark(l);
  else if (k == 's') save(l);
  else if (k == 'r') {
    live_view_reset(v);
    l->fresh = true;
    if (l->o->kind == LIVE_BOARD && l->fitter) live_fitter_set_components(l->fitter, l->components, true);
  } else if (k >= '1' && k <= '4') {
    unsigned n = (unsigned)(k - '0');
    if (n <= l->state.device.components_max) {
      l->components = n;
      if (l->o->kind == LIVE_BOARD && l->fitter) live_fitter_set_components(l->fitter, n, false);
    }
    else snprintf(v->note, sizeof v->note, "engine %s holds %u components", l->state.device.engine, l->state.device.components_max);
  }
}

static void prepare_view(live *l)
{
  live_view *v = &l->view;
  v->device = l->state.device.backend;
  v->state = l->ending || l->source_ended ? "ended" : l->state.is_away ? "device away" : v->frozen ? "frozen" : "running";
  v->record = l->recording ? l->o->record : NULL;
  v->record_bytes = l->recording ? ts_recording_bytes(l->recording) : 0;
  v->frames = l->closed;
  v->pending = l->fitter ? live_fitter_pending(l->fitter) : 0;
}

static void update_view(live *l)
{
  if (!l->terminal) return;
  for (int k; (k = live_terminal_key(l->terminal)) != 0;) key(l, k);
  if (!l->is_framing) return;
  prepare_view(l);
  live_terminal_draw(l->terminal, &l->view, DRAW_S);
}

/* Until something can be done: events, results, keys, the next event's time. */
static void wait_for_work(live *l)
{
  struct pollfd p[3];
  nfds_t n = 0;
  bool wants_events = !l->ready && !l->ready_part && !l->source_ended && !l->ending;
  int timeout = wants_events && !l->ready_again_s && !l->source->fd ? 0 : l->terminal ? KEYS_MS : WAIT_MS;
  if (wants_events && l->ready_again_s > 0) {
    double left = (l->ready_again_s - seconds_now()) * 1e3;
    if (left < timeout) timeout = left > 0 ? (int)ceil(left) : 0;
  } else if (wants_events && l->source->fd) {
    p[n++] = (struct pollfd){.fd = l->source->fd(l->source), .events = POLLIN};
  }
  if (l->fitter) p[n++] = (struct pollfd){.fd = live_fitter_fd(l->fitter), .events = POLLIN};
  if (l->terminal) p[n++] = (struct pollfd){.fd = live_terminal_fd(l->terminal), .events = POLLIN};
  poll(p, n, timeout);
}

/* ---- from begin to end ---- */
static bool take_recorded_irf(live *l)
{
  size_t n;
  const double *value = live_replay_irf(l->source, &n);
  const json_t *fit = json_object_get(l->source->options(l->source), "fit");
  double start = json_number_value(json_object_get(fit, "irf_start_s")), width = json_number_value(json_object_get(fit, "irf_bin_width_s"));
  if (!n || !(width > 0) || !(l->irf.value = malloc(n * sizeof *value))) {
    complain(0, "%s: the recording does not hold the IRF that it was fitted with: give --irf FILE", l->o->source);
    return false;
  }
  memcpy(l->irf.value, value, n * sizeof *value);
  l->irf.bins = n;
  l->irf.start_s = start;
  l->irf.bin_width_s = width;
  return true;
}

/* The axis is known: framer, recording, fitter. */
static bool begin_framing(live *l)
{
  const live_axis *a = &l->source->axis;
  char message[TS_MESSAGE_BYTES] = "out of memory";
  trpl_options *t = (trpl_options *)(uintptr_t)&l->o->trpl;   /* the source tells what was not given */
  if (t->fit.irf_kind != TS_IRF_NONE && t->fit.period_s == 0 && a->period_s >= (double)a->bins * a->bin_width_s * (1 - 1e-9)) t->fit.period_s = a->period_s;
  l->frame_counts = malloc(a->bins * sizeof *l->frame_counts);
  if (l->o->save_dnl) l->light = calloc(a->bins, sizeof *l->light);
  bool good = live_framer_begin(&l->framer, &l->o->rule, a) && l->frame_counts && (!l->o->save_dnl || l->light) && live_view_begin(&l->view, a, l->o->source);
  if (good && l->o->record) {
    json_t *begin = live_describe(l->o, &l->irf, a, &l->state.device);
    l->recording = ts_recording_create(l->o->record, begin, message);
    json_decref(begin);
    good = l->recording && (!l->irf.value || (ts_recording_irf(l->recording, l->irf.value, l->irf.bins) && ts_recording_flush(l->recording)));
  }
  if (good) {
    bool curves = l->terminal || l->o->snapshot || sink_wants_curves(&l->sink);
    l->fitter = l->o->kind == LIVE_BOARD ? live_fitter_create_pins(l->device, l->fits, t, &l->irf, a, curves, &l->pins, &l->o->rule)
                                         : live_fitter_create(l->device, t, &l->irf, a, curves, l->source->waits, l->o->send_photons);
    l->device = l->fits = NULL;
    good = l->fitter != NULL;
  }
  l->is_framing = true;
  l->paced_s = seconds_now();
  if (good) return true;
  trouble(l, message);
  l->failed = l->ending = true;
  return false;
}

/* What the widths of the bins were measured on. */
static const char *measured_on(const live *l)
{
  const json_t *begin = l->o->kind == LIVE_REPLAY ? l->source->options(l->source) : NULL;
  const char *source = json_string_value(json_object_get(begin, "source")), *backend = json_string_value(json_object_get(begin, "backend"));
  if (l->o->kind == LIVE_BOARD) return l->state.device.backend;
  return source && backend ? (strncmp(source, "board:", 6) ? source : backend) : l->o->source;
}

static void save_widths(live *l)
{
  char message[TS_MESSAGE_BYTES];
  const live_axis *a = &l->source->axis;
  if (!l->light || l->failed || l->broken) return;
  double photons = 0;
  for (size_t i = 0; i < a->bins; i++) photons += (double)l->light[i];
  /* which bins lose more depends on the clock's phase */
  if ((double)l->light_lost > LIGHT_LOST_MAX * photons) {
    snprintf(message, sizeof message, "%.200s: not written: %.1f %% of the stops were lost by dead time: expected weaker light, at most %.0f %%", l->o->save_dnl,
             100 * (double)l->light_lost / ((double)l->light_lost + photons), 100 * LIGHT_LOST_MAX);
    trouble(l, message);
    l->failed = true;
    return;
  }
  if (ts_dnl_write(l->o->save_dnl, measured_on(l), a->bin_width_s, a->start_s, a->bins, l->light, message)) return;
  trouble(l, message);
  l->failed = true;
}

static int finish(live *l)
{
  char message[TS_MESSAGE_BYTES];
  bool was_interrupted = interrupted();
  if (l->o->snapshot && l->is_framing) {
    prepare_view(l);
    if (!live_view_save(&l->view, l->o->snapshot, message)) {
      trouble(l, message);
      l->failed = true;
    }
  }
  save_widths(l);
  live_terminal_close(l->terminal);
  l->terminal = NULL;
  l->sink.wall_s = seconds_now() - l->begun_s;
  l->sink.failed_inputs = l->broken || l->failed;
  if (l->recording) {
    json_t *end = json_object();
    json_object_set_new(end, "schema", json_string("taustream.end/1"));
    json_object_set_new(end, "complete", json_boolean(!was_interrupted && !l->failed));
    json_object_set_new(end, "done", json_integer((json_int_t)l->closed));
    json_object_set_new(end, "failed", json_integer((json_int_t)l->unfitted));
    if (!ts_recording_close(l->recording, end, message)) {
      complain(0, "%s", message);
      l->failed = true;
    }
    json_decref(end);
  }
  l->sink.bytes_to = l->state.bytes_to;
  l->sink.bytes_from = l->state.bytes_from;
  if (l->has_sink && !sink_close(&l->sink, !was_interrupted && !l->failed, NULL)) l->failed = true;
  if (l->unfitted && !l->failed && !l->o->save_dnl) complain(0, "%llu frames are recorded and not fitted; taustream trpl fits a recording", (unsigned long long)l->unfitted);
  return l->failed || l->broken ? EXIT_INPUT : was_interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

static int run(live *l)
{
  interrupt_catch();
  l->begun_s = seconds_now();
  if (l->source->is_open && !begin_framing(l)) return finish(l);
  while (!l->ending || l->ready || l->ready_part || (l->fitter && live_fitter_pending(l->fitter))) {
    if (interrupted() || l->quits) l->ending = true;
    if (!l->ending && !l->source_ended) pump(l);
    else push_ready(l);
    const bool is_over = (l->ending || l->source_ended) && !l->ready && !l->ready_part;
    if (is_over && !has_enough(l) && l->is_framing && !l->source->frame && live_framer_close(&l->framer, TS_LIVE_END))
      close_frame(l, &l->framer.closed, l->framer.closed_counts);
    if ((l->ending || l->source_ended) && !l->ready && !l->ready_part && l->fitter) live_fitter_finish(l->fitter);
    if (l->source_ended && !l->ready && !l->ready_part && !(l->fitter && live_fitter_pending(l->fitter))) break;
    take_results(l);
    watch_device(l);
    update_view(l);
    wait_for_work(l);
  }
  take_results(l);
  watch_device(l);
  return finish(l);
}

static live_source *open_source(live *l, const live_options *o)
{
  char message[TS_MESSAGE_BYTES] = "";
  live_source *s = o->kind == LIVE_SIM ? live_sim_open(o->place, message) : o->kind == LIVE_TAGS ? live_tags_open(o->place, &o->tags, message) :
                   o->kind == LIVE_REPLAY ? live_replay_open(o->place, message)
                                          : live_board_open(ts_device_get_info(l->device), &o->tags, &l->pins, message);
  if (!s) complain(0, "%s", message);
  return s;
}

/* Options of the fit that were not given come from the recording. */
static bool take_options(live *l, live_options *o)
{
  char message[TS_MESSAGE_BYTES];
  if (l->source->options && !o->has_fit_options) {
    if (!live_options_from(&o->trpl, l->source->options(l->source), message)) {
      complain(0, "%s: %s", o->source, message);
      return false;
    }
    if (o->trpl.fit.irf_kind == TS_IRF_HISTOGRAM && !take_recorded_irf(l)) return false;
  } else if (!trpl_irf_read(&l->irf, &o->trpl)) {
    return false;
  }
  l->components = o->trpl.fit.components;
  return true;
}

static bool can_send(const live_options *o, const ts_device_info *d)
{
  if (!o->send_photons || (d->photon & 1u)) return true;
  complain(0, "--send photons: %s %s has no photon front end; leave --send out", d->backend, d->engine);
  return false;
}

/* A board that counts photons and holds no fits: the model fits its frames. */
static bool open_fits(live *l, const live_options *o)
{
  const ts_device_info *d = ts_device_get_info(l->device);
  char message[TS_MESSAGE_BYTES] = "";
  l->state.device = *d;
  if (o->kind != LIVE_BOARD || d->components_max) return true;
  if (ts_device_open(&l->fits, "model", d->engine, message)) {
    complain(0, "model %s: %s", d->engine, message);
    return false;
  }
  l->state.device.components_max = ts_device_get_info(l->fits)->components_max;
  if (!o->trpl.common.quiet) complain(0, "%s counts photons and holds no fits: its frames are fitted here, by the model of engine %s", d->backend, d->engine);
  return true;
}

int command_live(int argc, const char **argv)
{
  live_options o;
  const char **rest = NULL;
  int code;
  parsed p = live_options_read(&o, argc, argv, &rest, &code);
  live *l = p == PARSED_GO ? calloc(1, sizeof *l) : NULL;
  if (l) {
    const trpl_options *t = &o.trpl;
    bool writes = t->common.json || t->common.quiet || o.plain || (t->csv && !strcmp(t->csv, "-")) || (t->curve && !strcmp(t->curve, "-"));
    bool has_view = !writes && isatty(STDOUT_FILENO);
    l->o = &o;
    l->speed = o.speed > 0 ? o.speed : 1;
    code = EXIT_INPUT;
    const bool device_first = o.kind == LIVE_BOARD;   /* it is the source */
    if (device_first) l->device = open_device(&o.trpl.common);
    if (!device_first || l->device) l->source = open_source(l, &o);
    if (l->source && take_options(l, &o) && (l->device || (l->device = open_device(&o.trpl.common)) != NULL) && can_send(&o, ts_device_get_info(l->device)) &&
        trpl_widths_read(&o.trpl, device_first ? ts_device_get_info(l->device) : NULL) && open_fits(l, &o)) {
      o.trpl.any_components = has_view;
      bool quiet = o.trpl.common.quiet;
      o.trpl.common.quiet = quiet || has_view;
      l->has_sink = sink_open(&l->sink, &o.trpl, &l->state.device);
      if (has_view && l->has_sink && !(l->terminal = live_terminal_open())) l->sink.has_text = !quiet;   /* a line a frame instead */
      code = l->has_sink ? run(l) : EXIT_USAGE;
    }
    live_fitter_destroy(l->fitter);
    ts_device_close(l->fits);
    ts_device_close(l->device);
    live_framer_free(&l->framer);
    live_view_free(&l->view);
    live_job_free(l->ready);
    live_job_free(l->ready_part);
    live_source_close(l->source);
    free(l->frame_counts);
    free(l->light);
    free(l->irf.value);
    free(l);
  } else if (p == PARSED_GO) {
    code = complain(EXIT_INPUT, "out of memory");
  }
  free(rest);
  live_options_free(&o);
  return code;
}
