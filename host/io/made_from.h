/* What a result was made from, as its record tells it: a later run sees whether it would be the same (--resume). */
#ifndef TAUSTREAM_IO_MADE_FROM_H
#define TAUSTREAM_IO_MADE_FROM_H
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_made_from {
  double bin_width_s;            /* NAN: there are no bins */
  uint32_t options_crc32;        /* of all that was asked for and changes the numbers, the IRF and other files too; not of the device */
  uint32_t data_crc32;           /* of the histogram or trace and its axis */
} ts_made_from;

/* CRC-32 that goes on with numbers, as 8 bytes each, low ones first; 0 and -0 are one, and so are all NANs. Begins with 0. */
uint32_t ts_crc_numbers(uint32_t crc, const double *v, size_t n);
uint32_t ts_crc_number(uint32_t crc, double v);
uint32_t ts_crc_counts(uint32_t crc, const uint64_t *counts, size_t n);

void ts_made_from_json(json_t *record, const ts_made_from *m);
/* False: the record does not tell (of an earlier version), or what stands there is none of these. */
bool ts_made_from_read(ts_made_from *m, const json_t *record);
#endif
