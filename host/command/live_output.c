#define _GNU_SOURCE /* fopencookie */
#include "live_output.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interrupt.h"

#define KEPT_BYTES 67108864.0
#define LITTLE_BYTES 65536u      /* enough that the thread is never idle */
#define LOOK_MS 100              /* between two looks for an interrupt */

typedef struct piece {
  struct piece *next;
  size_t n;
  char bytes[];
} piece;

struct live_output {
  FILE *before, *stream;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t more, less;
  /* under the lock */
  piece *first, **last;
  size_t waiting, most;           /* bytes */
  bool ends, failed;
};

static bool write_all(const char *bytes, size_t n)
{
  while (n) {
    const ssize_t written = write(STDOUT_FILENO, bytes, n);
    if (written > 0) {
      bytes += written;
      n -= (size_t)written;
    } else if (written < 0 && errno == EAGAIN) {
      poll(&(struct pollfd){.fd = STDOUT_FILENO, .events = POLLOUT}, 1, -1);
    } else if (written == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

static void *work(void *context)
{
  live_output *o = context;
  pthread_mutex_lock(&o->lock);
  for (;;) {
    while (!o->first && !o->ends) pthread_cond_wait(&o->more, &o->lock);
    piece *p = o->first;
    if (!p) break;
    if (!(o->first = p->next)) o->last = &o->first;
    const bool tries = !o->failed;
    pthread_mutex_unlock(&o->lock);
    const bool good = tries && write_all(p->bytes, p->n);
    pthread_mutex_lock(&o->lock);
    o->failed = o->failed || !good;
    o->waiting -= p->n;
    pthread_cond_signal(&o->less);
    free(p);
  }
  pthread_mutex_unlock(&o->lock);
  return NULL;
}

static ssize_t keep(void *context, const char *bytes, size_t n)
{
  live_output *o = context;
  piece *p = malloc(sizeof *p + n);
  if (!p) {
    errno = ENOMEM;
    return 0;                     /* an error, to fopencookie() */
  }
  p->next = NULL;
  p->n = n;
  memcpy(p->bytes, bytes, n);
  pthread_mutex_lock(&o->lock);
  *o->last = p;
  o->last = &p->next;
  o->waiting += n;
  pthread_cond_signal(&o->more);
  pthread_mutex_unlock(&o->lock);
  return (ssize_t)n;
}

/* Interrupts are for the thread that measures. */
static bool start(live_output *o)
{
  sigset_t ours, before;
  sigemptyset(&ours);
  sigaddset(&ours, SIGINT);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &ours, &before);
  const bool started = !pthread_create(&o->thread, NULL, work, o);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return started;
}

live_output *live_output_begin(void)
{
  live_output *o = calloc(1, sizeof *o);
  if (!o) return NULL;
  const char *most = getenv("TAUSTREAM_OUTPUT_BYTES");
  const double bytes = most ? strtod(most, NULL) : KEPT_BYTES;
  o->most = bytes >= 0 && bytes < 1e15 ? (size_t)bytes : (size_t)KEPT_BYTES;
  o->last = &o->first;
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&o->lock, NULL);
  pthread_cond_init(&o->more, NULL);
  pthread_cond_init(&o->less, &monotonic);
  pthread_condattr_destroy(&monotonic);
  o->before = stdout;
  o->stream = fflush(stdout) ? NULL : fopencookie(o, "w", (cookie_io_functions_t){.write = keep});
  if (o->stream && start(o)) {
    stdout = o->stream;           /* an ordinary variable in the GNU C library */
    return o;
  }
  if (o->stream) fclose(o->stream);
  pthread_cond_destroy(&o->more);
  pthread_cond_destroy(&o->less);
  pthread_mutex_destroy(&o->lock);
  free(o);
  return NULL;
}

bool live_output_has_room(live_output *o)
{
  if (!o) return true;
  pthread_mutex_lock(&o->lock);
  const bool room = o->waiting <= o->most || o->failed;
  pthread_mutex_unlock(&o->lock);
  return room;
}

bool live_output_has_failed(live_output *o)
{
  if (!o) return false;
  pthread_mutex_lock(&o->lock);
  const bool failed = o->failed;
  pthread_mutex_unlock(&o->lock);
  return failed;
}

void live_output_wait(live_output *o)
{
  if (!o) return;
  pthread_mutex_lock(&o->lock);
  while (o->waiting > LITTLE_BYTES && !o->failed && !interrupted()) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += LOOK_MS * 1000000L;
    if (t.tv_nsec >= 1000000000L) t.tv_sec++, t.tv_nsec -= 1000000000L;
    pthread_cond_timedwait(&o->less, &o->lock, &t);
  }
  pthread_mutex_unlock(&o->lock);
}

bool live_output_end(live_output *o)
{
  if (!o) return true;
  const bool kept = !fflush(o->stream) && !ferror(o->stream);
  pthread_mutex_lock(&o->lock);
  o->ends = true;
  pthread_cond_signal(&o->more);
  pthread_mutex_unlock(&o->lock);
  pthread_join(o->thread, NULL);
  const bool good = kept && !o->failed;
  stdout = o->before;
  fclose(o->stream);
  pthread_cond_destroy(&o->more);
  pthread_cond_destroy(&o->less);
  pthread_mutex_destroy(&o->lock);
  free(o);
  return good;
}
