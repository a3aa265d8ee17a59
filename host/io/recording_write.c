#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../session/session.h"
#include "../session/words.h"
#include "recording.h"

#define SYNC_S 1
#define COUNTS_PART ((TS_MAX_PAYLOAD_BYTES - 8) / TS_LEB128_BYTES_MAX)   /* bins that surely fit into one message */
#define IRF_PART ((TS_MAX_PAYLOAD_BYTES - 4) / 8)
#define FRAME_BYTES (TS_HEADER_BYTES + TS_CRC_BYTES)

struct ts_recording {
  int fd;
  uint32_t sequence;
  uint8_t *buffer;
  size_t used, room;
  uint64_t written;             /* whole writes */
  bool failed;
  char message[TS_MESSAGE_BYTES];
  char path[256];
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool has_thread, stop, dirty; /* under the lock */
  int sync_errno;
};

static bool fail(ts_recording *r, const char *what, int code)
{
  if (!r->failed) snprintf(r->message, sizeof r->message, "%.250s: %s%s%s; the recording holds %llu bytes", r->path, what, code ? ": " : "",
                           code ? strerror(code) : "", (unsigned long long)r->written);
  r->failed = true;
  r->used = 0;
  return false;
}

/* Syncs within SYNC_S after the first write that was not synced. */
static void *sync_loop(void *context)
{
  ts_recording *r = context;
  pthread_mutex_lock(&r->lock);
  while (!r->stop) {
    while (!r->dirty && !r->stop) pthread_cond_wait(&r->wake, &r->lock);
    if (r->stop) break;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += SYNC_S;
    t.tv_nsec -= 200000000;     /* the sync itself takes time */
    if (t.tv_nsec < 0) {
      t.tv_nsec += 1000000000;
      t.tv_sec--;
    }
    while (!r->stop && pthread_cond_timedwait(&r->wake, &r->lock, &t) != ETIMEDOUT) {}
    r->dirty = false;
    pthread_mutex_unlock(&r->lock);
    int code = fdatasync(r->fd) && errno != EINVAL && errno != EROFS ? errno : 0;   /* pipes and devices cannot be synced */
    pthread_mutex_lock(&r->lock);
    if (code) r->sync_errno = code;
  }
  pthread_mutex_unlock(&r->lock);
  return NULL;
}

static bool write_all(ts_recording *r)
{
  size_t done = 0;
  while (done < r->used) {
    ssize_t n = write(r->fd, r->buffer + done, r->used - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      int code = n < 0 ? errno : EIO;
      if (done && ftruncate(r->fd, (off_t)r->written)) return fail(r, "cannot be written, and its end is torn", code);
      return fail(r, "cannot be written", code);
    }
    done += (size_t)n;
  }
  r->written += r->used;
  r->used = 0;
  return true;
}

bool ts_recording_flush(ts_recording *r)
{
  if (r->failed) return false;
  if (!r->used) return true;
  if (!write_all(r)) return false;
  pthread_mutex_lock(&r->lock);
  int code = r->sync_errno;
  if (!r->dirty) pthread_cond_signal(&r->wake);
  r->dirty = true;
  pthread_mutex_unlock(&r->lock);
  return code ? fail(r, "cannot be synced", code) : true;
}

bool ts_recording_put(ts_recording *r, uint8_t type, uint16_t config, const void *payload, size_t n)
{
  if (r->failed) return false;
  if (n > TS_MAX_PAYLOAD_BYTES) return fail(r, "a message is longer than the protocol allows", 0);
  if (r->used + n + FRAME_BYTES > r->room) {
    size_t room = r->room ? r->room : 65536;
    while (room < r->used + n + FRAME_BYTES) room *= 2;
    uint8_t *b = realloc(r->buffer, room);
    if (!b) return fail(r, "out of memory", 0);
    r->buffer = b;
    r->room = room;
  }
  r->used += ts_frame_build(r->buffer + r->used, type, r->sequence++, config, payload, n);
  return true;
}

bool ts_recording_json(ts_recording *r, uint8_t type, uint16_t config, const json_t *j)
{
  char *text = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17));
  if (!text) return fail(r, "out of memory", 0);
  bool good = ts_recording_put(r, type, config, text, strlen(text));
  free(text);
  return good;
}

static void put_double(uint8_t *at, double v)
{
  uint64_t bits;
  memcpy(&bits, &v, sizeof bits);
  ts_put_u32(at, (uint32_t)bits);
  ts_put_u32(at + 4, (uint32_t)(bits >> 32));
}

bool ts_recording_irf(ts_recording *r, const double *value, size_t n)
{
  uint8_t *payload = malloc(TS_MAX_PAYLOAD_BYTES);
  bool good = payload || fail(r, "out of memory", 0);
  for (size_t from = 0; good && from < n; from += IRF_PART) {
    size_t part = n - from < IRF_PART ? n - from : IRF_PART;
    ts_put_u32(payload, (uint32_t)from);
    for (size_t i = 0; i < part; i++) put_double(payload + 4 + 8 * i, value[from + i]);
    good = ts_recording_put(r, TS_MSG_RECORDING_IRF, 0, payload, 4 + 8 * part);
  }
  free(payload);
  return good;
}

bool ts_recording_frame(ts_recording *r, const ts_live_frame *f, const uint64_t *counts, size_t bins)
{
  uint8_t *payload = malloc(TS_MAX_PAYLOAD_BYTES), facts[4 * TS_REC_FRAME_WORDS];
  bool good = payload || fail(r, "out of memory", 0);
  for (size_t from = 0; good && from < bins; from += COUNTS_PART) {
    size_t part = bins - from < COUNTS_PART ? bins - from : COUNTS_PART, n = 8;
    ts_put_u32(payload, (uint32_t)f->number);
    ts_put_u32(payload + 4, (uint32_t)from);
    for (size_t i = 0; i < part; i++) n += ts_leb128_put(payload + n, (uint32_t)counts[from + i]);
    good = ts_recording_put(r, TS_MSG_RECORDING_COUNTS, 0, payload, n);
  }
  free(payload);
  if (!good) return false;
  ts_put_u32(facts + 4 * TS_REC_FRAME_FRAME, (uint32_t)f->number);
  ts_put_u32(facts + 4 * TS_REC_FRAME_ENDED_BY, f->ended_by);
  ts_put_u32(facts + 4 * TS_REC_FRAME_PHOTONS, (uint32_t)f->photons);
  ts_put_u32(facts + 4 * TS_REC_FRAME_OUTSIDE, f->outside > UINT32_MAX ? UINT32_MAX : (uint32_t)f->outside);
  ts_put_u32(facts + 4 * TS_REC_FRAME_LOST, f->lost > UINT32_MAX ? UINT32_MAX : (uint32_t)f->lost);
  put_double(facts + 4 * TS_REC_FRAME_START_LOW, f->start_s);
  put_double(facts + 4 * TS_REC_FRAME_END_LOW, f->end_s);
  put_double(facts + 4 * TS_REC_FRAME_PULSES_LOW, f->pulses);
  put_double(facts + 4 * TS_REC_FRAME_DEAD_TIME_LOW, f->dead_time_fraction);
  return ts_recording_put(r, TS_MSG_RECORDING_FRAME, 0, facts, sizeof facts);
}

uint64_t ts_recording_bytes(const ts_recording *r) { return r->written; }
const char *ts_recording_message(const ts_recording *r) { return r->message; }

/* The folder's entry of a new file is to survive a power cut, too. */
static void sync_folder(const char *path)
{
  char folder[4096];
  const char *slash = strrchr(path, '/');
  size_t n = slash ? (size_t)(slash - path) : 0;
  if (n >= sizeof folder) return;
  memcpy(folder, path, n);
  folder[n] = 0;
  int fd = open(slash ? (n ? folder : "/") : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

static void destroy(ts_recording *r)
{
  if (r->has_thread) {
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
  }
  pthread_cond_destroy(&r->wake);
  pthread_mutex_destroy(&r->lock);
  if (r->fd >= 0) close(r->fd);
  free(r->buffer);
  free(r);
}

ts_recording *ts_recording_create(const char *path, const json_t *begin, char *message)
{
  ts_recording *r = calloc(1, sizeof *r);
  if (!r) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", path);
    return NULL;
  }
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&r->lock, NULL);
  pthread_cond_init(&r->wake, &monotonic);
  pthread_condattr_destroy(&monotonic);
  snprintf(r->path, sizeof r->path, "%s", path);
  r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (r->fd < 0) {
    snprintf(message, TS_MESSAGE_BYTES, errno == EEXIST ? "%.300s: exists already: expected a new name; a recording is never overwritten" :
             "%.300s: cannot be created: %s", path, strerror(errno));
    destroy(r);
    return NULL;
  }
  r->has_thread = !pthread_create(&r->thread, NULL, sync_loop, r);
  if (r->has_thread && ts_recording_json(r, TS_MSG_RECORDING_BEGIN, 0, begin) && ts_recording_flush(r)) {
    sync_folder(path);
    return r;
  }
  snprintf(message, TS_MESSAGE_BYTES, "%s", r->failed ? r->message : "no thread can be started");
  destroy(r);
  return NULL;
}

bool ts_recording_close(ts_recording *r, const json_t *end, char *message)
{
  if (!r) return true;
  bool good = ts_recording_json(r, TS_MSG_RECORDING_END, 0, end) && ts_recording_flush(r);
  if (good && fdatasync(r->fd) && errno != EINVAL && errno != EROFS) good = fail(r, "cannot be synced", errno);
  if (!good) snprintf(message, TS_MESSAGE_BYTES, "%s", r->message);
  destroy(r);
  return good;
}
