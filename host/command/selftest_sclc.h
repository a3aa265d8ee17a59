/* The part of `taustream selftest` for current-voltage sweeps. */
#ifndef TAUSTREAM_SELFTEST_SCLC_H
#define TAUSTREAM_SELFTEST_SCLC_H
#include <stdbool.h>
#include <stddef.h>

#include "../include/taustream.h"

/* Sweeps of simulated devices with known traps, one without; with a model (else NULL) also its bits. detail says what was found. */
bool selftest_sclc(ts_device *d, ts_device *model, char *detail, size_t detail_bytes);
#endif
