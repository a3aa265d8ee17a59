/* The part of `taustream selftest` for transient absorption. */
#ifndef TAUSTREAM_SELFTEST_TA_H
#define TAUSTREAM_SELFTEST_TA_H
#include <stdbool.h>
#include <stddef.h>

#include "../include/taustream.h"

/* Traces and a matrix with known lifetimes; with a model (else NULL) also its bits. detail says what was found. */
bool selftest_ta(ts_device *d, ts_device *model, char *detail, size_t detail_bytes);
#endif
