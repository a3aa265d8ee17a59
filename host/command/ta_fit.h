/* A file's traces or matrix through the device and into the sink. */
#ifndef TAUSTREAM_TA_FIT_H
#define TAUSTREAM_TA_FIT_H
#include "progress.h"
#include "resume.h"
#include "ta_select.h"
#include "ta_sink.h"

typedef enum ta_end { TA_DONE, TA_INPUT_FAILED, TA_DEVICE_FAILED, TA_INTERRUPTED } ta_end;

/* The device, and one of longer words for signals that the first one's words do not carry: opened when the first such comes, where the user named no engine and it is no board. */
typedef struct ta_devices {
  ts_device *first, *wide;
  bool may_widen;
} ta_devices;

/* done: traces that are left out; may be NULL. */
/* options_crc32: as the records of --mode trace tell it. */
ta_end ta_fit_file(const char *path, const ta_options *o, const ta_chirp *chirp, uint32_t options_crc32, const resume *done, ta_devices *d, ta_sink *sink, progress *p);
/* The same while the file is written: provisional answers first. */
ta_end ta_follow(const char *path, const ta_options *o, const ta_chirp *chirp, ta_devices *d, ta_sink *sink);
#endif
