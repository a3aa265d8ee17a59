/* Time tags of a file or a pipe as a source of photons. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

#define BUFFER_BYTES 65536u

typedef struct tags {
  live_source base;
  ts_ptu *ptu;
  int fd;
  char name[200];
  uint8_t buffer[BUFFER_BYTES];
  size_t at, filled;
  bool at_end, is_broken;
  char why[TS_MESSAGE_BYTES];
} tags;

/* Bytes that are there now. LIVE_READY: the buffer holds some, or the end was reached. */
static live_state fill(tags *t, char *message)
{
  struct pollfd p = {.fd = t->fd, .events = POLLIN};
  if (t->at < t->filled || t->at_end) return LIVE_READY;
  if (poll(&p, 1, 0) == 0) return LIVE_WAIT;
  ssize_t n = read(t->fd, t->buffer, sizeof t->buffer);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return LIVE_WAIT;
  if (n < 0) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: cannot be read: %s", t->name, strerror(errno));
    return LIVE_BROKEN;
  }
  t->at = 0;
  t->filled = (size_t)n;
  t->at_end = n == 0;
  return LIVE_READY;
}

static live_state tags_read(live_source *base, live_event *event, size_t room, size_t *n, char *message)
{
  tags *t = (tags *)base;
  size_t used;
  *n = 0;
  if (t->is_broken) {           /* told behind the events that were sound */
    snprintf(message, TS_MESSAGE_BYTES, "%s", t->why);
    return LIVE_BROKEN;
  }
  live_state state = fill(t, message);
  if (state != LIVE_READY) return state;
  if (t->at_end) return ts_ptu_end(t->ptu, message) ? LIVE_BROKEN : LIVE_END;
  ts_error e = ts_ptu_feed(t->ptu, t->buffer + t->at, t->filled - t->at, &used, event, room, n, t->why);
  t->at += used;
  t->is_broken = e != TS_OK;
  const ts_ptu_axis *a = ts_ptu_get_axis(t->ptu);
  if (a && !base->is_open) {
    base->axis.bins = a->bins;
    base->axis.bin_width_s = a->bin_width_s;
    base->axis.tick_s = a->tick_s;
    base->axis.period_s = a->period_s;
    base->axis.sync_s = a->sync_s;
    base->is_open = true;
  }
  return LIVE_READY;
}

static int tags_fd(const live_source *base) { return ((const tags *)base)->fd; }

static void tags_close(live_source *base)
{
  tags *t = (tags *)base;
  if (t->fd > STDIN_FILENO) close(t->fd);
  ts_ptu_destroy(t->ptu);
  free(t);
}

live_source *live_tags_open(const char *path, const live_tag_options *o, char *message)
{
  tags *t = calloc(1, sizeof *t);
  const ts_ptu_options p = {.channel = o->channel, .sync_channel = o->sync_channel, .bin_width_s = o->bin_width_s, .period_s = o->period_s,
                          .dead_time_s = o->dead_time_s};
  bool is_pipe = !strcmp(path, "-");
  if (!t || !(t->ptu = ts_ptu_create(path, &p))) {
    free(t);
    snprintf(message, TS_MESSAGE_BYTES, "out of memory");
    return NULL;
  }
  snprintf(t->name, sizeof t->name, "%s", path);
  t->base = (live_source){.axis = {.dead_time_s = o->dead_time_s}, .waits = !is_pipe, .paced = !is_pipe, .read = tags_read, .fd = tags_fd, .close = tags_close};
  t->fd = is_pipe ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
  if (t->fd >= 0) return &t->base;
  snprintf(message, TS_MESSAGE_BYTES, "%.300s: cannot be opened: %s", path, strerror(errno));
  tags_close(&t->base);
  return NULL;
}
