/* Fits every histogram of a file on a device. */
#ifndef TAUSTREAM_TRPL_FIT_H
#define TAUSTREAM_TRPL_FIT_H
#include "resume.h"
#include "trpl_irf.h"
#include "trpl_options.h"
#include "trpl_sink.h"

typedef enum fit_end { FIT_DONE, FIT_INPUT_FAILED, FIT_DEVICE_FAILED, FIT_INTERRUPTED } fit_end;

/* Errors are complained about. done: histograms that are left out; may be NULL. */
/* options_crc32: as its records tell it. */
fit_end trpl_fit_file(const char *path, const trpl_options *o, const trpl_irf *irf, uint32_t options_crc32, const resume *done, ts_device *d, trpl_sink *sink, progress *p);
#endif
