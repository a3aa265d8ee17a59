/* Standard output of `taustream live`, in a thread of its own: frames are taken and recorded while nobody reads it (a pager that waits, a full pipe). */
#ifndef TAUSTREAM_LIVE_OUTPUT_H
#define TAUSTREAM_LIVE_OUTPUT_H
#include <stdbool.h>

typedef struct live_output live_output;

/* From here on what is written to `stdout` is kept and written by the thread. NULL: no memory, no thread; `stdout` stays as it was. */
live_output *live_output_begin(void);
/* May more be put? At most TAUSTREAM_OUTPUT_BYTES (64 MiB) are kept; nothing refuses more. o may be NULL: yes. */
bool live_output_has_room(live_output *o);
bool live_output_has_failed(live_output *o);   /* o may be NULL: no */
/* Until little of it waits, an interrupt comes or the output fails. */
void live_output_wait(live_output *o);
/* Everything is written out, however long that takes, and `stdout` is what it was. False: not everything could be written. o may be NULL. */
bool live_output_end(live_output *o);
#endif
