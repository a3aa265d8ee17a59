#include "live_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"
#include "option_values.h"

enum { FRAME = TRPL_OPTIONS_END, RECORD, SPEED, CHANNEL, SYNC_CHANNEL, SAVE_DNL, FRAMES, SNAPSHOT, PLAIN, SEND };

static const char help[] =
  "Fits frames of photons while they arrive. SOURCE: board:[SERIAL] (photons at a board's pins), tags:FILE.ptu (PicoQuant T2 or T3; tags:- is standard "
  "input), replay:FILE.tsr (a recording), sim:film|drift|jump[,seed=N][,rate=HZ][,seconds=S]. On a terminal it shows decay, fit, residuals and lifetimes; "
  "keys: f freeze, r reset, 1 to 4 components, m mark, s save, q quit. Values take units: 48.8ps, 100ms.\n";

static bool take_speed(live_options *o, const char *text)
{
  if (!strcmp(text, "max")) {
    o->speed = INFINITY;
    return true;
  }
  if (ts_parse_number(text, &o->speed) && o->speed > 0) return true;
  complain(0, "--speed: '%.60s' cannot be used: expected a factor such as 1 or 10, or max", text);
  return false;
}

static bool take_channel(const char *option, const char *text, unsigned *channel)
{
  uint64_t n;
  if (!take_count(option, text, 1, 64, &n)) return false;
  *channel = (unsigned)n;
  return true;
}

static bool take(void *context, int key, const char *text)
{
  live_options *o = context;
  char why[TS_MESSAGE_BYTES];
  switch (key) {
    case FRAME:
      if (live_rule_parse(text, &o->rule, why, sizeof why)) return take_text(&o->frame, text);
      complain(0, "--frame: %s", why);
      return false;
    case RECORD: return take_text(&o->record, text);
    case SNAPSHOT: return take_text(&o->snapshot, text);
    case SPEED: return take_speed(o, text);
    case CHANNEL: return take_channel("--channel", text, &o->tags.channel);
    case SYNC_CHANNEL: return take_channel("--sync-channel", text, &o->tags.sync_channel);
    case PLAIN: o->plain = true; return true;
    case SEND:
      o->send_photons = !strcmp(text, "photons");
      if (o->send_photons || !strcmp(text, "histograms")) return true;
      complain(0, "--send: '%.60s' cannot be used: expected histograms or photons", text);
      return false;
    case SAVE_DNL: return take_text(&o->save_dnl, text);
    case FRAMES: return take_count("--frames", text, 1, UINT64_MAX / 2, &o->frames);
    default: break;
  }
  if (key == 'k' || (key >= TRPL_IRF && key < TRPL_OPTIONS_END && key != TRPL_BIN_WIDTH && key != TRPL_DEAD_TIME && key != TRPL_DNL && key != TRPL_PILE_UP)) o->has_fit_options = true;
  return trpl_options_take(&o->trpl, key, text);
}

static bool judge_source(live_options *o)
{
  static const struct { const char *head; live_kind kind; } kinds[] = {{"sim:", LIVE_SIM}, {"tags:", LIVE_TAGS}, {"replay:", LIVE_REPLAY}, {"board:", LIVE_BOARD}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    size_t n = strlen(kinds[i].head);
    if (strncmp(o->source, kinds[i].head, n)) continue;
    o->kind = kinds[i].kind;
    o->place = o->source + n;
    if (*o->place || o->kind == LIVE_BOARD) return true;
    complain(0, "%s: nothing stands behind the colon: expected %s", o->source, o->kind == LIVE_SIM ? "film, drift or jump" : "a file");
    return false;
  }
  complain(0, "'%.200s' is no source: expected board:[SERIAL], tags:FILE.ptu, tags:-, replay:FILE.tsr or sim:NAME", o->source);
  return false;
}

/* board: is a board on USB unless --backend says how it is reached. */
static bool name_board(live_options *o)
{
  char **backend = &o->trpl.common.backend;
  if (o->kind != LIVE_BOARD) return true;
  if (*backend && *o->place && strcmp(*backend, "auto")) {
    complain(0, "%s and --backend %s both name a device: expected board: beside --backend", o->source, *backend);
    return false;
  }
  if (*backend && strcmp(*backend, "auto")) return true;
  free(*backend);
  const size_t n = strlen(o->place) + sizeof "usb:";
  *backend = malloc(n);
  if (*backend) snprintf(*backend, n, "usb%s%s", *o->place ? ":" : "", o->place);
  return *backend != NULL;
}

/* Do the options fit together? */
static bool check(const live_options *o)
{
  const char *wrong = NULL;
  bool is_pipe = o->kind == LIVE_TAGS && !strcmp(o->place, "-");
  if (o->trpl.is_auto) wrong = "--components auto is not done while photons arrive: expected 1, 2, 3 or 4";
  else if ((o->tags.channel || o->tags.sync_channel) && o->kind != LIVE_TAGS) wrong = "--channel and --sync-channel belong to time tags: expected a source tags:";
  else if (!isnan(o->trpl.dead_time_s) && o->kind != LIVE_TAGS && o->kind != LIVE_BOARD) wrong = "--dead-time belongs to time tags and boards: expected a source tags: or board:";
  else if (o->kind == LIVE_BOARD && !(o->trpl.fit.period_s > 0)) wrong = "board: needs --period, the time between two pulses: photons are counted over it";
  else if (o->kind == LIVE_BOARD && o->trpl.has_range) wrong = "--range: a board's photons are counted from SYNC on, over --period";
  else if (o->kind == LIVE_BOARD && o->send_photons) wrong = "--send: a board's photons are there already";
  else if (o->trpl.read.bin_width_s > 0 && o->kind != LIVE_TAGS && o->kind != LIVE_BOARD) wrong = "--bin-width belongs to time tags and boards: the source has its own";
  else if (o->save_dnl && (o->trpl.dnl || o->trpl.models_pile_up)) wrong = "--save-dnl: the light of a calibration is not fitted: expected it without --dnl and --pile-up";
  else if (o->record && !strcmp(o->record, "-")) wrong = "--record: a recording is not written to a pipe: expected a file";
  else if (o->frame && o->kind == LIVE_REPLAY) wrong = "--frame: a recording has its own frames";
  else if (o->speed > 0 && (is_pipe || o->kind == LIVE_BOARD)) wrong = "--speed: photons come as they come: expected a file or a simulation beside it";
  if (wrong) complain(0, "%s", wrong);
  return !wrong;
}

/* Files may be outputs or inputs once. */
static bool finish(live_options *o)
{
  const named_file more[] = {{"--record", o->record}, {"--snapshot", o->snapshot}, {"--save-dnl", o->save_dnl}, {0}};
  const char *const files[] = {o->kind == LIVE_TAGS || o->kind == LIVE_REPLAY ? o->place : NULL, NULL};
  return trpl_options_finish(&o->trpl, files, more);
}

parsed live_options_read(live_options *o, int argc, const char **argv, const char ***rest, int *code)
{
  char why[TS_MESSAGE_BYTES];
  memset(o, 0, sizeof *o);
  trpl_options_begin(&o->trpl);
  live_rule_parse(LIVE_FRAME_DEFAULT, &o->rule, why, sizeof why);
  const struct argp_option table[] = {
    {"frame", FRAME, "RULE", 0, "a frame ends after so many photons (20000photons, the default), a time (100ms) or at a marker", 0},
    {"record", RECORD, "FILE.tsr", 0, "writes a recording, frame by frame", 0},
    {"speed", SPEED, "X", 0, "of files and simulations: times their own time (default 1), or max", 0},
    {"channel", CHANNEL, "N", 0, "time tags: the detector's input, from 1 (default: all)", 0},
    {"sync-channel", SYNC_CHANNEL, "N", 0, "T2: the input of the sync, from 1 (default: the instrument's sync)", 0},
    {"frames", FRAMES, "N", 0, "ends after so many frames", 0},
    {"save-dnl", SAVE_DNL, "FILE", 0, "the light is uncorrelated: nothing is fitted, and at the end the widths of the bins are written for --dnl", 0},
    {"snapshot", SNAPSHOT, "FILE", 0, "the view at the end: .svg or .txt", 0},
    {"send", SEND, "WHAT", 0, "to the device: histograms of the frames (default), or photons: the device makes the histograms and starts from the frame before", 0},
    {"plain", PLAIN, NULL, 0, "a line a frame, also on a terminal", 0},
    TRPL_OPTIONS("exponentials: 1 (default) to 4"),
    COMMON_OPTIONS,
    {0}
  };
  parsed p = parse_options(argc, argv, table, "SOURCE", help, take, o, rest, code);
  if (p == PARSED_LEAVE) return p;
  bool good = *rest && **rest && !(*rest)[1];
  if (!good) complain(0, "one source is needed: expected board:[SERIAL], tags:FILE.ptu, tags:-, replay:FILE.tsr or sim:NAME");
  if (good) {
    o->source = **rest;
    good = judge_source(o) && check(o) && name_board(o) && finish(o);
  }
  if (good) {
    o->tags.bin_width_s = o->trpl.read.bin_width_s;
    o->tags.period_s = o->trpl.fit.period_s;
    o->tags.dead_time_s = o->trpl.dead_time_s;
    o->tags.models_dead_time = o->trpl.models_pile_up;
    o->trpl.live = true;
    o->trpl.is_calibration = o->save_dnl != NULL;
  }
  return options_end(good, rest, code);
}

void live_options_free(live_options *o)
{
  trpl_options_free(&o->trpl);
  free(o->frame);
  free(o->record);
  free(o->save_dnl);
  free(o->snapshot);
}
