#include "progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_S 0.2

double seconds_now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void progress_begin(progress *p, bool quiet)
{
  p->shown = !quiet && isatty(STDERR_FILENO);
  p->on_line = false;
  p->begun = p->last = seconds_now();
}

void progress_update(progress *p, const char *source, uint64_t done, uint64_t of)
{
  double now = p->shown ? seconds_now() : 0;
  if (!p->shown || now - p->last < INTERVAL_S) return;
  p->last = now;
  p->on_line = true;
  fprintf(stderr, "\r\033[K%.60s: %llu of %llu (%.0f/s)", source, (unsigned long long)done, (unsigned long long)of,
          (double)done / (now - p->begun));
  fflush(stderr);
}

void progress_clear(progress *p)
{
  if (p->on_line) fputs("\r\033[K", stderr);
  p->on_line = false;
}
