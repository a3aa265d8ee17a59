/* A power cut under a recording: whatever was written a second ago or earlier is on the disk. Clock and disk are the test's own: the sync thread waits by a
 * clock that the test moves, and the disk holds what the last fdatasync() found in the file. */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io/recording.h"

enum { BINS = 64, STEPS = 600, SECOND = 1000000000 };
#define PATIENCE_S 20 /* of real time, until a check that does not hold is given up */

static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
static int64_t now_ns = 5 * (int64_t)SECOND;
static uint64_t on_disk;
static bool is_waiting;

static int64_t ns(const struct timespec *t) { return (int64_t)t->tv_sec * SECOND + t->tv_nsec; }

static struct timespec real_after(int64_t wait_ns) {
  struct timespec t;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
  const int64_t at = ns(&t) + wait_ns;
  return (struct timespec){.tv_sec = at / SECOND, .tv_nsec = at % SECOND};
}

/* ---- in place of the C library's ---- */
int clock_gettime(clockid_t id, struct timespec *t) {
  if (id != CLOCK_MONOTONIC) return (int)syscall(SYS_clock_gettime, id, t);
  pthread_mutex_lock(&own);
  *t = (struct timespec){.tv_sec = now_ns / SECOND, .tv_nsec = now_ns % SECOND};
  pthread_mutex_unlock(&own);
  return 0;
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *until) {
  int code = 0;
  for (bool first = true;; first = false) {
    pthread_mutex_lock(&own);
    const bool is_over = now_ns >= ns(until);
    is_waiting = !is_over && (first || !code || is_waiting);
    pthread_mutex_unlock(&own);
    if (is_over) return ETIMEDOUT;
    const struct timespec soon = real_after(SECOND / 2000);
    code = pthread_cond_clockwait(c, m, CLOCK_MONOTONIC, &soon);
    if (!code) return 0;
  }
}

int fdatasync(int fd) {
  struct stat s;
  if (fstat(fd, &s)) return -1;
  pthread_mutex_lock(&own);
  on_disk = (uint64_t)s.st_size;
  pthread_mutex_unlock(&own);
  return 0;
}

/* ---- the measurement ---- */
static bool comes_about(bool (*holds)(uint64_t), uint64_t bytes) {
  const struct timespec end = real_after(PATIENCE_S * (int64_t)SECOND);
  for (struct timespec t = real_after(0); ns(&t) < ns(&end); t = real_after(0)) {
    pthread_mutex_lock(&own);
    const bool is_there = holds(bytes);
    pthread_mutex_unlock(&own);
    if (is_there) return true;
    usleep(200);
  }
  return false;
}

static bool is_on_disk(uint64_t bytes) { return on_disk >= bytes; }
static bool is_noticed(uint64_t bytes) { return is_waiting || on_disk >= bytes; }

/* Frames in what the disk holds. */
static uint64_t frames_on_disk(const char *path, const char *cut) {
  char message[TS_MESSAGE_BYTES];
  ts_recording_reader *reader;
  ts_item item;
  pthread_mutex_lock(&own);
  const size_t n = on_disk;
  pthread_mutex_unlock(&own);
  uint8_t *bytes = malloc(n);
  FILE *in = fopen(path, "rb"), *out = fopen(cut, "wb");
  CHECK(bytes && in && out && fread(bytes, 1, n, in) == n && fwrite(bytes, 1, n, out) == n);
  if (in) fclose(in);
  if (out) fclose(out);
  free(bytes);
  const ts_error e = ts_recording_open(&reader, cut, message);
  CHECK(!e);
  if (e) return 0;
  ts_item_kind kind;
  while ((kind = ts_recording_next(reader, &item, message)) != TS_ITEM_END && kind != TS_ITEM_BROKEN) {}
  const uint64_t frames = ts_recording_reader_frames(reader);
  ts_recording_reader_close(reader);
  return frames;
}

int main(void) {
  char folder[] = "/tmp/recording_sync.XXXXXX", path[64], cut[64], message[TS_MESSAGE_BYTES];
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/r.tsr", folder);
  snprintf(cut, sizeof cut, "%s/cut.tsr", folder);
  json_t *begin = json_pack("{s:s,s:i,s:f,s:f}", "schema", "taustream.recording/1", "bins", BINS, "bin_width_s", 1e-9, "start_s", 0.0);
  ts_recording *r = ts_recording_create(path, begin, message);
  CHECK(r != NULL);
  struct { int64_t at_ns; uint64_t bytes, frames; } history[STEPS + 1] = {{now_ns, ts_recording_bytes(r), 0}};
  size_t events = 1, old = 0;
  uint64_t frames = 0, counts[BINS], cuts = 0;
  bool all_good = comes_about(is_noticed, history[0].bytes);
  srand(3);
  for (int step = 0; step < STEPS && all_good; step++) {
    if (rand() % 3) {
      uint64_t photons = 0;
      for (int i = 0; i < BINS; i++) photons += counts[i] = (uint64_t)(rand() % 5000);
      const ts_live_frame f = {.number = frames, .ended_by = TS_LIVE_PHOTONS, .photons = photons, .pulses = 1e6, .truth_s = NAN, .dead_time_fraction = NAN};
      CHECK(ts_recording_frame(r, &f, counts, BINS) && ts_recording_flush(r));
      frames++;
      history[events].at_ns = now_ns;
      history[events].bytes = ts_recording_bytes(r);
      history[events++].frames = frames;
      all_good = comes_about(is_noticed, ts_recording_bytes(r)); /* written at the clock's present time */
      CHECK(all_good);
    }
    pthread_mutex_lock(&own);
    now_ns += rand() % 8 ? rand() % (SECOND / 2) : 3 * (int64_t)SECOND;
    pthread_mutex_unlock(&own);
    while (old + 1 < events && history[old + 1].at_ns <= now_ns - SECOND) old++;
    if (history[old].at_ns > now_ns - SECOND) continue;
    all_good = comes_about(is_on_disk, history[old].bytes);
    CHECK(all_good);
    if (step % 20 == 0) {
      CHECK(frames_on_disk(path, cut) >= history[old].frames);
      cuts++;
    }
  }
  CHECK(cuts > 10 && frames > 300);
  json_t *end = json_pack("{s:s}", "schema", "taustream.end/1");
  CHECK(ts_recording_close(r, end, message));
  CHECK(on_disk > history[events - 1].bytes && frames_on_disk(path, cut) == frames);
  json_decref(begin);
  json_decref(end);
  remove(path);
  remove(cut);
  remove(folder);
  return check_end();
}
