/* Widths of a detection's bins (differential nonlinearity), from a histogram of uncorrelated light: a JSON file, schema taustream.dnl/1, with a CRC-32.
 *
 * The file has the counts themselves; a bin's width, relative to the mean of all, is its counts over their mean, its error 1 / sqrt(counts). */
#ifndef TAUSTREAM_IO_DNL_FILE_H
#define TAUSTREAM_IO_DNL_FILE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../include/taustream.h"

#define TS_DNL_COUNTS_MIN 400      /* of a bin: its width is then known to 5 % */

typedef struct ts_dnl {
  char device[256];                /* what it was measured on: "usb:SERIAL", "tags" */
  double bin_width_s, start_s;     /* left edge of bin 0 */
  size_t bins;
  uint64_t *counts;
  double *width, *error;           /* relative to 1; relative to the width */
  uint32_t crc;
} ts_dnl;

/* counts: of uncorrelated light. False: message (TS_MESSAGE_BYTES) says why
 * the counts make no calibration, or why the file cannot be written; no file is left then. */
bool ts_dnl_write(const char *path, const char *device, double bin_width_s, double start_s, size_t bins, const uint64_t *counts, char *message);
/* NULL: message says why. */
ts_dnl *ts_dnl_read(const char *path, char *message);
void ts_dnl_free(ts_dnl *d);
#endif
