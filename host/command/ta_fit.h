/* A file's traces or matrix through the device and into the sink. */
#ifndef TAUSTREAM_TA_FIT_H
#define TAUSTREAM_TA_FIT_H
#include "progress.h"
#include "resume.h"
#include "ta_select.h"
#include "ta_sink.h"

typedef enum ta_end { TA_DONE, TA_INPUT_FAILED, TA_DEVICE_FAILED, TA_INTERRUPTED } ta_end;

/* done: traces that are left out; may be NULL. */
ta_end ta_fit_file(const char *path, const ta_options *o, const ta_chirp *chirp, const resume *done, ts_device *d, ta_sink *sink, progress *p);
/* The same while the file is written: provisional answers first. */
ta_end ta_follow(const char *path, const ta_options *o, const ta_chirp *chirp, ts_device *d, ta_sink *sink);
#endif
