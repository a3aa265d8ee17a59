/* A file written under a temporary name beside its place, and renamed when it is complete: nobody ever sees half of it.
 * `-` is standard output; devices and pipes are written directly. */
#ifndef TAUSTREAM_IO_OUTPUT_FILE_H
#define TAUSTREAM_IO_OUTPUT_FILE_H
#include <stdbool.h>
#include <stdio.h>

typedef struct ts_output ts_output;
/* NULL on failure; message (TS_MESSAGE_BYTES) then holds `FILE: reason`. */
ts_output *ts_output_open(const char *path, char *message);
FILE *ts_output_stream(ts_output *o);
const char *ts_output_written_path(const ts_output *o);  /* name while it is being written, for libraries that open by name */
/* Flushes, renames and frees. False on failure: message is set and the temporary file is gone. */
bool ts_output_commit(ts_output *o, char *message);
/* A library could not write to the file, which is of no use any more: message says why. */
void ts_output_tell(const ts_output *o, char *message);
/* Forgets the file; the temporary one is removed. o may be NULL. */
void ts_output_abandon(ts_output *o);
#endif
