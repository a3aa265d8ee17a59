#include "ptu.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../session/words.h"
#include "histogram_file.h"

#define MAGIC "PQTTTR\0"
#define FIRST_BYTES 16u           /* magic and version */
#define TAG_BYTES 48u             /* name 32, index 4, type 4, value 8 */
#define NAME_BYTES 32u
#define TAGS_MAX 100000u
#define DATA_MAX (1u << 30)       /* of one tag */
#define TIME_MAX ((uint64_t)1 << 62)
#define T2_BINS 4096.0
#define SYNC_PERIODS 64.0         /* T2: pulses are believed to go on for so long behind a sync, */
#define SYNC_INTERVALS 4.0        /* or for so many times what lay between the last two: the measured period is no better known */
#define DEAD_PART 0.5             /* of the dead time: a photon that comes sooner behind another contradicts it */
#define RATIO_ERROR 1e-3          /* of a bin width from a whole multiple of the resolution */

enum { TAG_INT = 0x10000008u, TAG_FLOAT = 0x20000008u, TAG_FLOATS = 0x2001ffffu, TAG_ANSI = 0x4001ffffu, TAG_WIDE = 0x4002ffffu, TAG_BLOB = 0xffffffffu };

typedef enum format { PICOHARP, HYDRAHARP_1, HYDRAHARP_2 } format;

static const struct { uint32_t type; format format; bool is_t2; } formats[] = {
  {0x00010303, PICOHARP, false}, {0x00010203, PICOHARP, true}, {0x00010304, HYDRAHARP_1, false}, {0x00010204, HYDRAHARP_1, true},
  {0x01010304, HYDRAHARP_2, false}, {0x01010204, HYDRAHARP_2, true},   /* HydraHarp 2 */
  {0x00010305, HYDRAHARP_2, false}, {0x00010205, HYDRAHARP_2, true},   /* TimeHarp 260 N */
  {0x00010306, HYDRAHARP_2, false}, {0x00010206, HYDRAHARP_2, true},   /* TimeHarp 260 P */
  {0x00010307, HYDRAHARP_2, false}, {0x00010207, HYDRAHARP_2, true}};  /* generic: MultiHarp, PicoHarp 330 */

typedef enum stage { FIRST, TAGS, DATA, RECORDS, FAILED } stage;

struct ts_ptu {
  char name[200];
  ts_ptu_options options;
  stage stage;
  uint8_t part[TAG_BYTES];        /* of a tag or record that came in pieces */
  size_t have;
  uint64_t at, skip;              /* byte of the stream; bytes of a tag's data to leave out */
  uint32_t tags;
  char last_tag[NAME_BYTES + 1];
  bool has_type;
  uint32_t type;
  double resolution_s, global_s, sync_hz;
  ts_ptu_axis axis;
  format format;
  uint32_t factor;                /* T3: dtimes that make a bin */
  uint64_t record, overflow, time;
  uint64_t inputs;                /* bit n: photons came on input n + 1 */
  bool has_sync;
  uint64_t sync;                  /* T2: tick of the last one */
  double period_ticks;            /* T2: between the pulses, measured */
  double interval_ticks;          /* T2: between the last two syncs; 0: there was one */
  bool has_photon;
  double photon_s, pulse_s;       /* of the last one that was counted, and of its pulse */
};

ts_ptu *ts_ptu_create(const char *name, const ts_ptu_options *o)
{
  ts_ptu *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  snprintf(p->name, sizeof p->name, "%s", name);
  p->options = *o;
  return p;
}

void ts_ptu_destroy(ts_ptu *p) { free(p); }
const ts_ptu_axis *ts_ptu_get_axis(const ts_ptu *p) { return p->axis.bins ? &p->axis : NULL; }

static ts_error fail(ts_ptu *p, char *message, const char *format, ...) __attribute__((format(printf, 3, 4)));
static ts_error fail(ts_ptu *p, char *message, const char *format, ...)
{
  va_list list;
  int n = snprintf(message, TS_MESSAGE_BYTES, "%s: ", p->name);
  va_start(list, format);
  vsnprintf(message + n, TS_MESSAGE_BYTES - (size_t)n, format, list);
  va_end(list);
  p->stage = FAILED;
  return TS_ERROR_INPUT;
}

/* ---- header ---- */
static ts_error take_first(ts_ptu *p, char *message)
{
  if (memcmp(p->part, MAGIC, 8)) return fail(p, message, "is no .ptu file: expected PQTTTR at its start");
  p->stage = TAGS;
  return TS_OK;
}

static uint64_t get_u64(const uint8_t *at) { return ts_get_u32(at) | (uint64_t)ts_get_u32(at + 4) << 32; }

/* The bins' width and number, from the header and the options. */
static ts_error make_axis(ts_ptu *p, char *message)
{
  size_t i = 0;
  ts_ptu_axis *a = &p->axis;
  if (!p->has_type) return fail(p, message, "its header names no type of records (TTResultFormat_TTTRRecType): expected a file of time tags");
  while (i < sizeof formats / sizeof *formats && formats[i].type != p->type) i++;
  if (i == sizeof formats / sizeof *formats)
    return fail(p, message, "records of type 0x%08x: expected those of PicoHarp, HydraHarp, TimeHarp 260 or MultiHarp", p->type);
  p->format = formats[i].format;
  a->is_t2 = formats[i].is_t2;
  if (!a->is_t2 && p->options.sync_channel) return fail(p, message, "T3 records count the syncs themselves: expected T2 beside --sync-channel");
  double by_rate = p->sync_hz > 0 ? 1 / p->sync_hz : 0, global = p->global_s;
  if (!a->is_t2 && !(global > 0)) global = by_rate;
  if (!(global >= 1e-13 && global <= 10)) return fail(p, message, "a resolution of the time tags (MeasDesc_GlobalResolution) of %g s: expected 0.1 ps to 10 s", global);
  a->tick_s = global;
  a->sync_s = a->is_t2 ? by_rate : global;
  a->period_s = p->options.period_s > 0 ? p->options.period_s : a->is_t2 ? by_rate : global;
  if (!(a->period_s >= 1e-12 && a->period_s <= 10))
    return fail(p, message, "its header names no sync rate (TTResult_SyncRate %g Hz): add --period, the time between two pulses", p->sync_hz);
  double unit = a->is_t2 ? global : p->resolution_s, width = p->options.bin_width_s;
  if (!(unit >= 1e-14 && unit <= 1)) return fail(p, message, "a resolution (MeasDesc_Resolution) of %g s: expected 0.01 ps to 1 s", unit);
  if (!(width > 0)) width = a->is_t2 ? unit * fmax(ceil(a->period_s / unit / T2_BINS), 1) : unit;
  double factor = rint(width / unit);
  if (!(factor >= 1 && factor <= 1e9) || fabs(width / unit - factor) > RATIO_ERROR * factor)
    return fail(p, message, "bins of %g s: expected a multiple of the file's resolution of %g s; change --bin-width", width, unit);
  p->factor = (uint32_t)factor;
  a->bin_width_s = unit * factor;
  double most = a->is_t2 ? 1e18 : p->format == PICOHARP ? 4096 : 32768, bins = fmin(floor(a->period_s / a->bin_width_s + 1e-6), ceil(most / factor));
  if (bins < 2 || bins > (double)TS_BINS_MAX)
    return fail(p, message, "%.0f bins of %g s in the period of %g s: expected 2 to %u; change --bin-width", bins, a->bin_width_s, a->period_s, TS_BINS_MAX);
  p->period_ticks = a->period_s / global;
  a->bins = (size_t)bins;
  p->stage = RECORDS;
  return TS_OK;
}

static ts_error take_tag(ts_ptu *p, char *message)
{
  char name[NAME_BYTES + 1];
  memcpy(name, p->part, NAME_BYTES);
  name[NAME_BYTES] = 0;
  uint32_t type = ts_get_u32(p->part + NAME_BYTES + 4);
  uint64_t value = get_u64(p->part + NAME_BYTES + 8);
  double real;
  memcpy(&real, &value, sizeof real);
  if (!name[0] || ++p->tags > TAGS_MAX) return fail(p, message, "tag %u at byte %llu is none: expected the header's tags up to Header_End", p->tags,
                                                     (unsigned long long)(p->at - TAG_BYTES));
  memcpy(p->last_tag, name, sizeof name);
  if (!strcmp(name, "Header_End")) return make_axis(p, message);
  if (!strcmp(name, "TTResultFormat_TTTRRecType")) p->has_type = true, p->type = (uint32_t)value;
  else if (!strcmp(name, "TTResult_NumberOfRecords")) p->axis.records = value < TIME_MAX ? value : 0;
  else if (!strcmp(name, "MeasDesc_GlobalResolution")) p->global_s = type == TAG_FLOAT ? real : 0;
  else if (!strcmp(name, "MeasDesc_Resolution")) p->resolution_s = type == TAG_FLOAT ? real : 0;
  else if (!strcmp(name, "TTResult_SyncRate")) p->sync_hz = type == TAG_FLOAT ? real : value < TIME_MAX ? (double)value : 0;
  if (type != TAG_FLOATS && type != TAG_ANSI && type != TAG_WIDE && type != TAG_BLOB) return TS_OK;
  if (value > DATA_MAX) return fail(p, message, "tag %.32s has %llu bytes of data: expected at most %u", name, (unsigned long long)value, DATA_MAX);
  p->skip = value;
  if (value) p->stage = DATA;
  return TS_OK;
}

/* ---- records ---- */
typedef struct record {
  enum { PHOTON, SYNC, MARKER, OVERFLOW, WRONG } kind;
  uint64_t time;                  /* within the overflows; of OVERFLOW: how much is added */
  uint32_t input, dtime;          /* input from 1 */
} record;

static record picoharp(uint32_t w, bool is_t2)
{
  uint32_t channel = w >> 28, low = is_t2 ? w & 0xf : w >> 16 & 0xfff;
  record r = {.kind = PHOTON, .time = is_t2 ? w & 0xfffffff : w & 0xffff, .dtime = w >> 16 & 0xfff, .input = is_t2 ? channel + 1 : channel};
  if (channel == 15) {
    r.kind = low == 0 ? OVERFLOW : low > 15 ? WRONG : MARKER;
    if (r.kind == OVERFLOW) r.time = is_t2 ? 210698240 : 65536;
    else if (is_t2) r.time &= ~(uint64_t)15;   /* its lowest bits are the markers */
  } else if (channel > 4 || (!is_t2 && channel == 0)) {
    r.kind = WRONG;
  } else if (is_t2 && channel == 0) {
    r.kind = SYNC;
  }
  return r;
}

static record hydraharp(uint32_t w, bool is_t2, bool is_second)
{
  uint32_t channel = w >> 25 & 0x3f, time = is_t2 ? w & 0x1ffffff : w & 0x3ff;
  record r = {.kind = PHOTON, .time = time, .dtime = w >> 10 & 0x7fff, .input = channel + 1};
  if (!(w >> 31)) return r;
  if (channel == 63) {
    uint64_t each = !is_t2 ? 1024 : is_second ? 33554432 : 33552000;
    r.kind = OVERFLOW;
    r.time = each * (is_second && time ? time : 1);
  } else if (channel == 0 && is_t2) {
    r.kind = SYNC;
  } else {
    r.kind = channel >= 1 && channel <= 15 ? MARKER : WRONG;
  }
  return r;
}

/* T2: for how long behind a sync pulses are known. */
static double sync_reach(const ts_ptu *p) { return fmax(SYNC_PERIODS * p->period_ticks, SYNC_INTERVALS * p->interval_ticks); }

/* T2: the bin by the time since the last pulse. */
static uint32_t bin_since_sync(const ts_ptu *p, uint64_t time)
{
  if (!p->has_sync) return TS_TAG_OUTSIDE;
  double ticks = (double)(time - p->sync);
  if (ticks > sync_reach(p)) return TS_TAG_OUTSIDE;   /* the sync is gone */
  ticks -= floor(ticks / p->period_ticks) * p->period_ticks;   /* a divided sync */
  double bin = floor(ticks / p->factor);
  return bin >= 0 && bin < (double)p->axis.bins ? (uint32_t)bin : TS_TAG_OUTSIDE;
}

static void take_sync(ts_ptu *p, uint64_t time)
{
  if (p->has_sync && time > p->sync) {
    double nominal = p->axis.period_s / p->axis.tick_s, interval = (double)(time - p->sync), n = rint(interval / nominal);
    if (n >= 1 && fabs(interval / n - nominal) < 0.1 * nominal && interval <= sync_reach(p)) p->period_ticks = interval / n;
    p->interval_ticks = interval;
  }
  p->has_sync = true;
  p->sync = time;
}

static bool is_early(ts_ptu *p, uint64_t time, uint32_t dtime)
{
  const ts_ptu_axis *a = &p->axis;
  const double dead = p->options.dead_time_s, since = a->is_t2 ? (double)(time - p->sync) * a->tick_s : dtime * p->resolution_s,
               sync = (double)(a->is_t2 ? p->sync : time) * a->tick_s, period = a->is_t2 ? p->period_ticks * a->tick_s : a->period_s,
               at = sync + since, pulse = sync + floor(since / period) * period;
  const bool early = p->has_photon && (isnan(dead) ? pulse == p->pulse_s : fabs(at - p->photon_s) < DEAD_PART * dead);
  p->has_photon = true;
  p->photon_s = at;
  p->pulse_s = pulse;
  return early;
}

static ts_error take_record(ts_ptu *p, uint32_t w, ts_tag_event *e, char *message)
{
  bool is_t2 = p->axis.is_t2;
  record r = p->format == PICOHARP ? picoharp(w, is_t2) : hydraharp(w, is_t2, p->format == HYDRAHARP_2);
  unsigned long long number = p->record, byte = p->at - 4;
  uint64_t time = p->overflow + r.time;
  if (r.kind == WRONG) return fail(p, message, "record %llu at byte %llu, 0x%08x, is none of this instrument; those before it are sound", number, byte, w);
  if (time > TIME_MAX) return fail(p, message, "record %llu at byte %llu: the time runs over; the records before it are sound", number, byte);
  if (r.kind == OVERFLOW) p->overflow = time;
  if (r.kind == MARKER && time < p->time) time = p->time;
  if (time < p->time)
    return fail(p, message, "record %llu at byte %llu: time goes back from %llu to %llu ticks; the records before it are sound", number, byte,
                (unsigned long long)p->time, (unsigned long long)time);
  p->record++;
  p->time = time;
  *e = (ts_tag_event){.time = time, .bin = TS_TAG_TIME};
  if (r.kind == MARKER) e->bin = TS_TAG_MARKER;
  if (r.kind == OVERFLOW || r.kind == MARKER) return TS_OK;
  const ts_ptu_options *o = &p->options;
  if (is_t2 && (o->sync_channel ? r.kind != SYNC || p->format == PICOHARP ? r.input == o->sync_channel : false : r.kind == SYNC)) {
    take_sync(p, time);
    return TS_OK;
  }
  if (r.kind == SYNC && p->format != PICOHARP) return TS_OK;   /* an input of its own, not a detector's */
  p->inputs |= (uint64_t)1 << (r.input - 1);
  if (o->channel && r.input != o->channel) return TS_OK;
  e->is_early = is_early(p, time, r.dtime);
  if (is_t2) e->bin = bin_since_sync(p, time);
  else e->bin = r.dtime / p->factor < p->axis.bins ? r.dtime / p->factor : TS_TAG_OUTSIDE;
  return TS_OK;
}

/* ---- the stream ---- */
ts_error ts_ptu_feed(ts_ptu *p, const uint8_t *bytes, size_t n, size_t *used, ts_tag_event *event, size_t room, size_t *events, char *message)
{
  *used = *events = 0;
  while (*used < n) {
    size_t left = n - *used, want = p->stage == FIRST ? FIRST_BYTES : p->stage == TAGS ? TAG_BYTES : 4;
    if (p->stage == FAILED) return fail(p, message, "broken off before");
    if (p->stage == DATA) {
      size_t part = left < p->skip ? left : (size_t)p->skip;
      *used += part;
      p->at += part;
      p->skip -= part;
      if (!p->skip) p->stage = TAGS;
      continue;
    }
    if (p->stage == RECORDS && *events == room) return TS_OK;
    if (p->stage == RECORDS && p->axis.records && p->record == p->axis.records)
      return fail(p, message, "there are bytes behind the %llu records that its header tells of, at byte %llu", (unsigned long long)p->record,
                  (unsigned long long)p->at);
    size_t part = want - p->have < left ? want - p->have : left;
    memcpy(p->part + p->have, bytes + *used, part);
    p->have += part;
    p->at += part;
    *used += part;
    if (p->have < want) continue;
    p->have = 0;
    ts_error e = p->stage == FIRST ? take_first(p, message) : p->stage == TAGS ? take_tag(p, message) :
                 take_record(p, ts_get_u32(p->part), &event[*events], message);
    if (e) return e;
    if (want == 4) ++*events;
  }
  return TS_OK;
}

/* `1, 2`: the inputs that photons came on. */
static void name_inputs(const ts_ptu *p, char *text, size_t room)
{
  size_t n = 0;
  text[0] = 0;
  for (unsigned i = 0; i < 64 && n < room; i++)
    if (p->inputs >> i & 1) n += (size_t)snprintf(text + n, room - n, "%s%u", n ? ", " : "", i + 1);
}

/* Nothing can have been measured, by the options or by the file. False: message says why. */
static bool judge_inputs(const ts_ptu *p, char *message)
{
  char inputs[256];
  const unsigned channel = p->options.channel, sync = p->options.sync_channel;
  if (!p->inputs) return true;
  name_inputs(p, inputs, sizeof inputs);
  if (channel && !(p->inputs >> (channel - 1) & 1)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.140s: no photon came on input %u: expected one of %s for --channel", p->name, channel, inputs);
    return false;
  }
  if (!p->axis.is_t2 || p->has_sync) return true;
  if (sync) snprintf(message, TS_MESSAGE_BYTES, "%.140s: no sync came on input %u, and without it a photon has no bin: expected another of %s for --sync-channel", p->name, sync, inputs);
  else snprintf(message, TS_MESSAGE_BYTES, "%.140s: no sync came, and without it a photon has no bin: add --sync-channel N, one of the inputs %s", p->name, inputs);
  return false;
}

ts_error ts_ptu_end(const ts_ptu *p, char *message)
{
  unsigned long long at = p->at;
  if (p->stage == FAILED) return TS_ERROR_INPUT;
  if (p->stage == FIRST && !p->at) snprintf(message, TS_MESSAGE_BYTES, "%s: the file is empty: expected a .ptu file", p->name);
  else if (p->stage != RECORDS) snprintf(message, TS_MESSAGE_BYTES, "%s: truncated within its header, at byte %llu", p->name, at);
  else if (p->have) snprintf(message, TS_MESSAGE_BYTES, "%s: truncated within record %llu, at byte %llu; those before it are sound", p->name,
                             (unsigned long long)p->record, at);
  else if (p->axis.records && p->record < p->axis.records)
    snprintf(message, TS_MESSAGE_BYTES, "%s: truncated behind record %llu of %llu, at byte %llu; these are sound", p->name, (unsigned long long)p->record,
             (unsigned long long)p->axis.records, at);
  else if (judge_inputs(p, message)) return TS_OK;
  return TS_ERROR_INPUT;
}
