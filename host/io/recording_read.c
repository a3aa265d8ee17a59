#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../session/words.h"
#include "histogram_file.h"
#include "recording.h"

struct ts_recording_reader {
  ts_source *source;
  char *path;
  uint64_t offset;              /* of the next message */
  uint32_t sequence;
  json_t *begin, *json;
  size_t bins;
  double bin_width_s, start_s;
  uint64_t frames;
  uint64_t *counts;
  size_t filled;                /* bins of the open frame that came */
  uint64_t sum, largest;
  double *irf;
  size_t irf_n;
  ts_item_kind last;            /* END or BROKEN: for good */
  bool is_over;
  char message[TS_MESSAGE_BYTES];
  uint8_t header[TS_HEADER_BYTES];
  uint8_t payload[TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES];
};

bool ts_recording_is(const uint8_t *bytes, size_t n)
{
  return n >= TS_RECORDING_LOOK && ts_get_u16(bytes + TS_HEADER_MAGIC_BYTE) == TS_PROTOCOL_MAGIC && bytes[TS_HEADER_TYPE_BYTE] == TS_MSG_RECORDING_BEGIN;
}

static ts_item_kind broken(ts_recording_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static ts_item_kind broken(ts_recording_reader *r, const char *format, ...)
{
  char what[300];
  va_list list;
  va_start(list, format);
  vsnprintf(what, sizeof what, format, list);
  va_end(list);
  snprintf(r->message, sizeof r->message, "%.150s: broken off at byte %llu, %s; the %llu frames before it are sound", r->path,
           (unsigned long long)r->offset, what, (unsigned long long)r->frames);
  r->is_over = true;
  return r->last = TS_ITEM_BROKEN;
}

static bool crc_matches(const ts_recording_reader *r, size_t n)
{
  uLong c = crc32(crc32(0, r->header, TS_HEADER_BYTES), r->payload, (uInt)n);
  return ts_get_u32(r->payload + n) == (uint32_t)c;
}

/* One message into r->payload; TS_ITEM_MESSAGE when it is sound. */
static ts_item_kind read_message(ts_recording_reader *r, size_t *n)
{
  size_t got = ts_source_read(r->source, r->header, TS_HEADER_BYTES);
  if (ts_source_errno(r->source)) return broken(r, "it cannot be read: %s", strerror(ts_source_errno(r->source)));
  if (!got) return broken(r, "the recording was not ended in order");
  if (got < TS_HEADER_BYTES) return broken(r, "the file ends within a message's header");
  if (ts_get_u16(r->header + TS_HEADER_MAGIC_BYTE) != TS_PROTOCOL_MAGIC) return broken(r, "there is no message");
  if (ts_get_u16(r->header + TS_HEADER_CHECK_BYTE) != (crc32(0, r->header, TS_HEADER_CHECK_BYTE) & 0xffffu))
    return broken(r, "the check of a message's header is wrong");
  if (r->header[TS_HEADER_VERSION_BYTE] != TS_PROTOCOL_VERSION)
    return broken(r, "a message of protocol version %u, expected %u", r->header[TS_HEADER_VERSION_BYTE], TS_PROTOCOL_VERSION);
  uint32_t length = ts_get_u32(r->header + TS_HEADER_LENGTH_BYTE), sequence = ts_get_u32(r->header + TS_HEADER_SEQUENCE_BYTE);
  if (length > TS_MAX_PAYLOAD_BYTES) return broken(r, "a message of %u bytes, expected at most %u", length, TS_MAX_PAYLOAD_BYTES);
  if (ts_source_read(r->source, r->payload, length + TS_CRC_BYTES) < length + TS_CRC_BYTES) return broken(r, "the file ends within a message");
  if (!crc_matches(r, length)) return broken(r, "the CRC of a message is wrong");
  if (sequence != r->sequence) return broken(r, "message %u, expected %u: messages are missing", sequence, r->sequence);
  r->sequence++;
  *n = length;
  return TS_ITEM_MESSAGE;
}

static double get_double(const uint8_t *at)
{
  uint64_t bits = ts_get_u32(at) | (uint64_t)ts_get_u32(at + 4) << 32;
  double v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

static bool take_counts(ts_recording_reader *r, size_t n)
{
  if (n < 8) return broken(r, "a part of a histogram of %zu bytes", n), false;
  uint32_t frame = ts_get_u32(r->payload), from = ts_get_u32(r->payload + 4);
  if (from == 0) r->filled = 0, r->sum = r->largest = 0;   /* a part that never got its frame is dropped */
  if (frame != (uint32_t)r->frames || from != r->filled)
    return broken(r, "counts of frame %u from bin %u, expected frame %llu, bin %zu", frame, from, (unsigned long long)r->frames, r->filled), false;
  for (size_t at = 8; at < n;) {
    uint32_t v;
    size_t used = ts_leb128_get(r->payload + at, n - at, &v);
    if (!used || r->filled == r->bins) return broken(r, "counts that are no %zu numbers", r->bins), false;
    r->counts[r->filled++] = v;
    r->sum += v;
    if (v > r->largest) r->largest = v;
    at += used;
  }
  return true;
}

static bool take_frame(ts_recording_reader *r, size_t n, ts_live_frame *f)
{
  const uint8_t *p = r->payload;
  if (n != 4 * TS_REC_FRAME_WORDS) return broken(r, "a frame of %zu bytes, expected %d", n, 4 * TS_REC_FRAME_WORDS), false;
  *f = (ts_live_frame){.number = ts_get_u32(p + 4 * TS_REC_FRAME_FRAME), .photons = ts_get_u32(p + 4 * TS_REC_FRAME_PHOTONS),
                       .outside = ts_get_u32(p + 4 * TS_REC_FRAME_OUTSIDE), .lost = ts_get_u32(p + 4 * TS_REC_FRAME_LOST),
                       .start_s = get_double(p + 4 * TS_REC_FRAME_START_LOW), .end_s = get_double(p + 4 * TS_REC_FRAME_END_LOW),
                       .pulses = get_double(p + 4 * TS_REC_FRAME_PULSES_LOW), .dead_time_fraction = get_double(p + 4 * TS_REC_FRAME_DEAD_TIME_LOW),
                       .truth_s = NAN};
  uint32_t ended_by = ts_get_u32(p + 4 * TS_REC_FRAME_ENDED_BY);
  f->ended_by = (ts_live_end)ended_by;
  if (f->number != (uint32_t)r->frames || ended_by < TS_LIVE_PHOTONS || ended_by > TS_LIVE_END)
    return broken(r, "frame %llu ended by %u, expected frame %llu ended by 1 to 5", (unsigned long long)f->number, ended_by,
                  (unsigned long long)r->frames), false;
  if (r->filled != r->bins || (r->sum != f->photons && !(r->sum < f->photons && ts_counter_is_full(r->largest))))   /* photons that a full counter did not hold */
    return broken(r, "frame %llu has %zu bins and %llu photons, expected %zu and %llu", (unsigned long long)f->number, r->filled,
                  (unsigned long long)r->sum, r->bins, (unsigned long long)f->photons), false;
  if (!isfinite(f->start_s) || !(f->end_s >= f->start_s) || !isfinite(f->end_s) || !(f->pulses >= 0) || !isfinite(f->pulses) ||
      !(isnan(f->dead_time_fraction) || (f->dead_time_fraction >= 0 && f->dead_time_fraction <= 1)))
    return broken(r, "frame %llu from %g s to %g s with %g pulses and a dead time of %g", (unsigned long long)f->number, f->start_s, f->end_s,
                  f->pulses, f->dead_time_fraction), false;
  r->filled = 0;
  r->sum = r->largest = 0;
  r->frames++;
  return true;
}

static bool take_irf(ts_recording_reader *r, size_t n)
{
  if (n < 12 || (n - 4) % 8 || ts_get_u32(r->payload) != r->irf_n || r->irf_n + (n - 4) / 8 > TS_BINS_MAX)
    return broken(r, "an IRF that does not fit together"), false;
  double *more = realloc(r->irf, (r->irf_n + (n - 4) / 8) * sizeof *more);
  if (!more) return broken(r, "out of memory"), false;
  r->irf = more;
  for (size_t at = 4; at < n; at += 8) {
    double v = get_double(r->payload + at);
    if (!(v >= 0) || !isfinite(v)) return broken(r, "an IRF with the value %g", v), false;
    r->irf[r->irf_n++] = v;
  }
  return true;
}

static bool take_json(ts_recording_reader *r, size_t n)
{
  json_error_t e;
  json_decref(r->json);
  r->json = json_loadb((const char *)r->payload, n, JSON_REJECT_DUPLICATES, &e);
  if (json_is_object(r->json)) return true;
  broken(r, "a message of JSON that is none: %.100s", r->json ? "no object" : e.text);
  return false;
}

ts_item_kind ts_recording_next(ts_recording_reader *r, ts_item *item, char *message)
{
  memset(item, 0, sizeof *item);
  while (!r->is_over) {
    size_t n = 0;
    item->offset = r->offset;
    item->payload = r->payload;
    item->counts = r->counts;
    if (read_message(r, &n) == TS_ITEM_BROKEN) break;
    bool good = true, told = true;
    item->n = n;
    item->type = r->header[TS_HEADER_TYPE_BYTE];
    item->config = (uint16_t)ts_get_u16(r->header + TS_HEADER_CONFIG_BYTE);
    item->kind = TS_ITEM_MESSAGE;
    switch (item->type) {
      case TS_MSG_RECORDING_BEGIN: broken(r, "a second beginning"); good = false; break;
      case TS_MSG_RECORDING_COUNTS: good = take_counts(r, n); told = false; break;
      case TS_MSG_RECORDING_IRF: good = take_irf(r, n); break;
      case TS_MSG_RECORDING_FRAME: item->kind = TS_ITEM_FRAME; good = take_frame(r, n, &item->frame); break;
      case TS_MSG_RECORDING_RECORD: case TS_MSG_RECORDING_GAP: case TS_MSG_RECORDING_MARK:
        item->kind = TS_ITEM_JSON;
        good = take_json(r, n);
        break;
      case TS_MSG_RECORDING_END: {
        uint8_t more;
        item->kind = TS_ITEM_END;
        good = take_json(r, n);
        if (!good) break;
        r->offset += TS_HEADER_BYTES + n + TS_CRC_BYTES;
        if (ts_source_peek(r->source, &more, 1)) {
          broken(r, "there are bytes behind the end");
          good = false;
          break;
        }
        r->last = TS_ITEM_END;
        r->is_over = true;
        break;
      }
      default: break;
    }
    if (!good) break;
    item->json = item->kind == TS_ITEM_JSON || item->kind == TS_ITEM_END ? r->json : NULL;
    if (item->kind != TS_ITEM_END) r->offset += TS_HEADER_BYTES + n + TS_CRC_BYTES;
    if (told) return item->kind;
  }
  item->kind = r->last;
  item->json = NULL;
  if (r->last == TS_ITEM_BROKEN) snprintf(message, TS_MESSAGE_BYTES, "%s", r->message);
  return r->last;
}

/* What the first message must tell. */
static bool judge_begin(ts_recording_reader *r, char *message)
{
  const char *schema = json_string_value(json_object_get(r->begin, "schema"));
  const json_t *bins = json_object_get(r->begin, "bins"), *width = json_object_get(r->begin, "bin_width_s"), *start = json_object_get(r->begin, "start_s");
  if (!schema || strcmp(schema, "taustream.recording/1")) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: a recording of schema '%.60s': expected taustream.recording/1", r->path, schema ? schema : "");
    return false;
  }
  r->bin_width_s = json_number_value(width);
  r->start_s = json_number_value(start);
  json_int_t n = json_integer_value(bins);
  if (n < 2 || n > (json_int_t)TS_BINS_MAX || !(r->bin_width_s > 0) || !isfinite(r->bin_width_s) || !json_is_number(start)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: %lld bins of %g s: expected 2 to %u of a positive width", r->path, (long long)n, r->bin_width_s, TS_BINS_MAX);
    return false;
  }
  r->bins = (size_t)n;
  return true;
}

ts_error ts_recording_open_source(ts_recording_reader **out, ts_source *source, const char *path, char *message)
{
  ts_recording_reader *r = calloc(1, sizeof *r);
  uint8_t look[TS_RECORDING_LOOK];
  size_t n;
  *out = NULL;
  snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", path);
  if (!r || !(r->path = strdup(path))) {
    ts_source_close(source);
    free(r);
    return TS_ERROR_MEMORY;
  }
  ts_error e = TS_ERROR_INPUT;
  r->source = source;
  if (!ts_recording_is(look, ts_source_peek(source, look, sizeof look))) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: is no recording: expected a file written by taustream live --record", path);
  } else if (read_message(r, &n) == TS_ITEM_BROKEN || !take_json(r, n)) {
    snprintf(message, TS_MESSAGE_BYTES, "%s", r->message);
  } else {
    r->begin = json_incref(r->json);
    r->offset = TS_HEADER_BYTES + n + TS_CRC_BYTES;
    if (judge_begin(r, message)) {
      r->counts = calloc(r->bins, sizeof *r->counts);
      e = r->counts ? TS_OK : TS_ERROR_MEMORY;
    }
  }
  if (e) ts_recording_reader_close(r);
  else *out = r;
  return e;
}

ts_error ts_recording_open(ts_recording_reader **r, const char *path, char *message)
{
  ts_source *s = ts_source_open(path, message);
  *r = NULL;
  return s ? ts_recording_open_source(r, s, path, message) : TS_ERROR_INPUT;
}

void ts_recording_reader_close(ts_recording_reader *r)
{
  if (!r) return;
  ts_source_close(r->source);
  json_decref(r->begin);
  json_decref(r->json);
  free(r->counts);
  free(r->irf);
  free(r->path);
  free(r);
}

const json_t *ts_recording_begin(const ts_recording_reader *r) { return r->begin; }
size_t ts_recording_reader_bins(const ts_recording_reader *r) { return r->bins; }
double ts_recording_reader_bin_width(const ts_recording_reader *r) { return r->bin_width_s; }
double ts_recording_reader_start(const ts_recording_reader *r) { return r->start_s; }
uint64_t ts_recording_reader_frames(const ts_recording_reader *r) { return r->frames; }

const double *ts_recording_reader_irf(const ts_recording_reader *r, size_t *n)
{
  *n = r->irf_n;
  return r->irf;
}
