#include "dnl_file.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "output_file.h"

#define SCHEMA "taustream.dnl/1"
#define BINS_MAX 65536u
#define COUNT_MAX 9e15          /* whole numbers in double */
#define PARTS 8u                /* of the window, whose means are compared */
#define TREND_MAX 0.05          /* light that is correlated with SYNC has more */
#define TREND_SIGMAS 6.0

static uint32_t add_word(uint32_t crc, uint64_t v)
{
  uint8_t bytes[8];
  for (unsigned i = 0; i < 8; i++) bytes[i] = (uint8_t)(v >> 8 * i);
  return (uint32_t)crc32(crc, bytes, sizeof bytes);
}

static uint32_t add_real(uint32_t crc, double v)
{
  uint64_t word;
  memcpy(&word, &v, sizeof word);
  return add_word(crc, word);
}

/* Of the device's name, width and start as doubles, the counts as 64-bit words; all little-endian. */
static uint32_t checksum(const char *device, double bin_width_s, double start_s, size_t bins, const uint64_t *counts)
{
  uint32_t crc = (uint32_t)crc32(0, (const Bytef *)device, (uInt)strlen(device));
  crc = add_real(add_real(crc, bin_width_s), start_s);
  for (size_t i = 0; i < bins; i++) crc = add_word(crc, counts[i]);
  return crc;
}

/* Uncorrelated light has no trend over the window, whatever single bins are like. */
static bool is_uncorrelated(const uint64_t *counts, size_t bins, double mean, char *why)
{
  for (size_t part = 0; part < PARTS; part++) {
    const size_t from = bins * part / PARTS, to = bins * (part + 1) / PARTS;
    double sum = 0;
    for (size_t i = from; i < to; i++) sum += (double)counts[i];
    const double expected = mean * (double)(to - from), off = fabs(sum - expected);
    if (off > TREND_MAX * expected && off > TREND_SIGMAS * sqrt(expected)) {
      snprintf(why, TS_MESSAGE_BYTES, "bins %zu to %zu have %.3f times the mean counts: expected light that is not correlated with SYNC, to %g %%", from, to - 1,
               sum / expected, 100 * TREND_MAX);
      return false;
    }
  }
  return true;
}

static bool judge(const uint64_t *counts, size_t bins, char *why)
{
  double sum = 0;
  for (size_t i = 0; i < bins; i++) {
    sum += (double)counts[i];
    if (counts[i] >= TS_DNL_COUNTS_MIN && (double)counts[i] < COUNT_MAX) continue;
    snprintf(why, TS_MESSAGE_BYTES, "bin %zu has %llu counts: expected %u or more of uncorrelated light in every bin", i, (unsigned long long)counts[i],
             TS_DNL_COUNTS_MIN);
    return false;
  }
  return is_uncorrelated(counts, bins, sum / (double)bins, why);
}

bool ts_dnl_write(const char *path, const char *device, double bin_width_s, double start_s, size_t bins, const uint64_t *counts, char *message)
{
  char why[TS_MESSAGE_BYTES];
  if (!judge(counts, bins, why)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.150s: not written: %.300s", path, why);
    return false;
  }
  json_t *j = json_object(), *a = json_array();
  json_object_set_new(j, "schema", json_string(SCHEMA));
  json_object_set_new(j, "device", json_string(device));
  json_object_set_new(j, "bin_width_s", json_real(bin_width_s));
  json_object_set_new(j, "start_s", json_real(start_s));
  for (size_t i = 0; i < bins; i++) json_array_append_new(a, json_integer((json_int_t)counts[i]));
  json_object_set_new(j, "counts", a);
  json_object_set_new(j, "crc32", json_integer(checksum(device, bin_width_s, start_s, bins, counts)));
  bool good = json_array_size(a) == bins;
  snprintf(message, TS_MESSAGE_BYTES, "out of memory");
  ts_output *o = good ? ts_output_open(path, message) : NULL;
  good = o && !json_dumpf(j, ts_output_stream(o), JSON_COMPACT | JSON_REAL_PRECISION(17)) && fputc('\n', ts_output_stream(o)) != EOF;
  json_decref(j);
  if (good) return ts_output_commit(o, message);
  if (o) snprintf(message, TS_MESSAGE_BYTES, "%.300s: it cannot be written", path);
  ts_output_abandon(o);
  return false;
}

static bool take(ts_dnl *d, json_t *j, char *why)
{
  const json_t *a = json_object_get(j, "counts"), *width = json_object_get(j, "bin_width_s"), *start = json_object_get(j, "start_s"),
               *crc = json_object_get(j, "crc32");
  const char *schema = json_string_value(json_object_get(j, "schema")), *device = json_string_value(json_object_get(j, "device"));
  if (!schema || strcmp(schema, SCHEMA)) return snprintf(why, TS_MESSAGE_BYTES, "schema '%.60s': expected " SCHEMA, schema ? schema : ""), false;
  d->bin_width_s = json_number_value(width);
  d->start_s = json_number_value(start);
  d->bins = json_array_size(a);
  if (!device || strlen(device) >= sizeof d->device || !json_is_number(width) || !(d->bin_width_s > 0) || !json_is_number(start) || d->bins < 16 || d->bins > BINS_MAX)
    return snprintf(why, TS_MESSAGE_BYTES, "expected device, bin_width_s, start_s and 16 to %u counts", BINS_MAX), false;
  snprintf(d->device, sizeof d->device, "%s", device);
  d->counts = malloc(d->bins * sizeof *d->counts);
  d->width = malloc(d->bins * sizeof *d->width);
  d->error = malloc(d->bins * sizeof *d->error);
  if (!d->counts || !d->width || !d->error) return snprintf(why, TS_MESSAGE_BYTES, "out of memory"), false;
  double sum = 0;
  for (size_t i = 0; i < d->bins; i++) {
    const json_t *x = json_array_get(a, i);
    if (!json_is_integer(x) || json_integer_value(x) < 0) return snprintf(why, TS_MESSAGE_BYTES, "counts of bin %zu are no whole number from 0 on", i), false;
    d->counts[i] = (uint64_t)json_integer_value(x);
    sum += (double)d->counts[i];
  }
  d->crc = checksum(d->device, d->bin_width_s, d->start_s, d->bins, d->counts);
  if (!json_is_integer(crc) || json_integer_value(crc) != (json_int_t)d->crc)
    return snprintf(why, TS_MESSAGE_BYTES, "its CRC-32 is not that of its values: it was changed or damaged"), false;
  if (!judge(d->counts, d->bins, why)) return false;
  for (size_t i = 0; i < d->bins; i++) {
    d->width[i] = (double)d->counts[i] * (double)d->bins / sum;
    d->error[i] = 1 / sqrt((double)d->counts[i]);
  }
  return true;
}

ts_dnl *ts_dnl_read(const char *path, char *message)
{
  char why[TS_MESSAGE_BYTES];
  json_error_t at;
  json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, &at);
  if (!j) {
    if (at.line > 0) snprintf(message, TS_MESSAGE_BYTES, "%.200s:%d: %.100s: expected a file written by --save-dnl", path, at.line, at.text);
    else snprintf(message, TS_MESSAGE_BYTES, "%.200s: %.200s", path, at.text);
    return NULL;
  }
  ts_dnl *d = calloc(1, sizeof *d);
  snprintf(why, sizeof why, "out of memory");
  const bool good = d && take(d, j, why);
  json_decref(j);
  if (good) return d;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s: %.300s", path, why);
  ts_dnl_free(d);
  return NULL;
}

void ts_dnl_free(ts_dnl *d)
{
  if (!d) return;
  free(d->counts);
  free(d->width);
  free(d->error);
  free(d);
}
