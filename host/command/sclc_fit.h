/* A file's sweeps through the device and into the sink. */
#ifndef TAUSTREAM_SCLC_FIT_H
#define TAUSTREAM_SCLC_FIT_H
#include "sclc_sink.h"

typedef enum sclc_end { SCLC_DONE, SCLC_INPUT_FAILED, SCLC_DEVICE_FAILED, SCLC_INTERRUPTED } sclc_end;

/* Every column of the file, every branch of it. */
sclc_end sclc_fit_file(const char *path, const sclc_options *o, ts_device *d, ts_sclc *s, sclc_sink *sink);
/* The same for one column while it is written: provisional answers first. */
sclc_end sclc_follow(const char *path, const sclc_options *o, ts_device *d, ts_sclc *s, sclc_sink *sink);
/* A published voltage (--v-tfl): the conventional density, and whether it can be resolved. */
ts_sclc_status sclc_published(const sclc_options *o, double v_tfl_v, uint64_t index, sclc_sink *sink);
#endif
