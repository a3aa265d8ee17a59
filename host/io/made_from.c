#include "made_from.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#include "record_value.h"

#define PIECE 128u               /* numbers at a time */

static void put(uint8_t *to, uint64_t v)
{
  for (unsigned i = 0; i < 8; i++) to[i] = (uint8_t)(v >> (8 * i));
}

uint32_t ts_crc_numbers(uint32_t crc, const double *v, size_t n)
{
  uint8_t bytes[8 * PIECE];
  while (n) {
    const size_t piece = n < PIECE ? n : PIECE;
    for (size_t i = 0; i < piece; i++) {
      const double x = isnan(v[i]) ? (double)NAN : v[i] + 0.0;   /* -0 + 0 is 0 */
      uint64_t word;
      memcpy(&word, &x, sizeof word);
      put(bytes + 8 * i, word);
    }
    crc = (uint32_t)crc32(crc, bytes, (uInt)(8 * piece));
    v += piece;
    n -= piece;
  }
  return crc;
}

uint32_t ts_crc_number(uint32_t crc, double v)
{
  return ts_crc_numbers(crc, &v, 1);
}

uint32_t ts_crc_counts(uint32_t crc, const uint64_t *counts, size_t n)
{
  uint8_t bytes[8 * PIECE];
  while (n) {
    const size_t piece = n < PIECE ? n : PIECE;
    for (size_t i = 0; i < piece; i++) put(bytes + 8 * i, counts[i]);
    crc = (uint32_t)crc32(crc, bytes, (uInt)(8 * piece));
    counts += piece;
    n -= piece;
  }
  return crc;
}

void ts_made_from_json(json_t *record, const ts_made_from *m)
{
  if (!isnan(m->bin_width_s)) json_object_set_new(record, "bin_width_s", json_real(m->bin_width_s));
  json_object_set_new(record, "options_crc32", json_integer(m->options_crc32));
  json_object_set_new(record, "data_crc32", json_integer(m->data_crc32));
}

static bool is_crc(const json_t *j)
{
  return json_is_integer(j) && json_integer_value(j) >= 0 && json_integer_value(j) <= (json_int_t)UINT32_MAX;
}

bool ts_made_from_read(ts_made_from *m, const json_t *record)
{
  const json_t *width = json_object_get(record, "bin_width_s"), *options = json_object_get(record, "options_crc32"), *data = json_object_get(record, "data_crc32");
  if (!is_crc(options) || !is_crc(data)) return false;
  m->bin_width_s = json_is_number(width) ? json_number_value(width) : (double)NAN;
  m->options_crc32 = (uint32_t)json_integer_value(options);
  m->data_crc32 = (uint32_t)json_integer_value(data);
  return true;
}
