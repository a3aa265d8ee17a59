/* A record of schema taustream.live/1 back into its values. */
#ifndef TAUSTREAM_IO_TRPL_RECORD_READ_H
#define TAUSTREAM_IO_TRPL_RECORD_READ_H
#include "trpl_record.h"

typedef struct ts_read_record {
  ts_trpl_result result;
  ts_live_frame frame;
  ts_device_info device;        /* backend, engine */
  char source[512], framed_by[16], not_fitted[128];   /* not_fitted empty: it is */
} ts_read_record;

/* False: why (TS_MESSAGE_BYTES) says which value is wrong. */
bool ts_trpl_record_read(const json_t *j, ts_read_record *r, char *why);
/* What is told of a frame that has no record. */
void ts_trpl_record_missing(const ts_live_frame *f, ts_read_record *r);
#endif
