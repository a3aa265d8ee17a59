/* NumPy's .npy: the header of an integer array, its elements, and a writer for uint32. */
#ifndef TAUSTREAM_IO_NPY_H
#define TAUSTREAM_IO_NPY_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "source.h"

typedef struct ts_npy {
  uint64_t rows, columns;      /* a 1-D array has one row */
  unsigned bytes;              /* of an element: 1, 2, 4, 8 */
  bool is_signed, big_endian;
} ts_npy;

/* True when the stream starts as a .npy file does. */
bool ts_npy_is(ts_source *s);
/* Reads the header. False: why (TS_MESSAGE_BYTES) says what is wrong and what was expected. */
bool ts_npy_header(ts_source *s, ts_npy *h, char *why);
/* One element; false when it is negative. */
bool ts_npy_element(const ts_npy *h, const uint8_t *p, uint64_t *value, int64_t *negative);
/* Header of a little-endian uint32 array; rows 0 writes a 1-D shape. False when the write failed. */
bool ts_npy_write_header(FILE *f, uint64_t rows, uint64_t columns);
bool ts_npy_write_row(FILE *f, const uint32_t *values, size_t n);
#endif
