/* A line of progress on a terminal; nothing in a pipe. */
#ifndef TAUSTREAM_PROGRESS_H
#define TAUSTREAM_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
  bool shown, on_line;
  double begun, last;
} progress;

double seconds_now(void);   /* of a clock that never jumps */
void progress_begin(progress *p, bool quiet);
void progress_update(progress *p, const char *source, uint64_t done, uint64_t of);
void progress_clear(progress *p);   /* before other output to the terminal */
#endif
