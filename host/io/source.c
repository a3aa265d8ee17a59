#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../include/taustream.h"

#define BUFFER_BYTES 65536u

struct ts_source {
  int fd, error;
  bool at_end, started;
  size_t from, to;
  char *line;
  size_t line_room;
  uint8_t buffer[BUFFER_BYTES];
};

ts_source *ts_source_open(const char *path, char *message)
{
  ts_source *s = calloc(1, sizeof *s);
  if (!s) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", path);
    return NULL;
  }
  s->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
  if (s->fd < 0) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: cannot be opened: %s", path, strerror(errno));
    free(s);
    return NULL;
  }
  return s;
}

void ts_source_close(ts_source *s)
{
  if (!s) return;
  if (s->fd > STDIN_FILENO) close(s->fd);
  free(s->line);
  free(s);
}

int ts_source_errno(const ts_source *s)
{
  return s->error;
}

/* One more read behind what the buffer holds; false when nothing more comes. */
static bool fill(ts_source *s)
{
  if (s->at_end) return false;
  if (s->from) {
    memmove(s->buffer, s->buffer + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
  }
  if (s->to == BUFFER_BYTES) return false;
  /* A signal ends the wait for input, not a write of output: poll() is the only call that SA_RESTART does not go on with. */
  struct pollfd wait = {.fd = s->fd, .events = POLLIN};
  ssize_t n = poll(&wait, 1, -1) < 0 ? -1 : read(s->fd, s->buffer + s->to, BUFFER_BYTES - s->to);
  if (n < 0) s->error = errno;
  if (n <= 0) {
    s->at_end = true;
    return false;
  }
  s->to += (size_t)n;
  return true;
}

/* A whole line in the buffer that is neither empty nor a comment. */
static bool has_line(const ts_source *s)
{
  const char *at = (const char *)s->buffer + s->from, *end = (const char *)s->buffer + s->to, *lf;
  for (; at < end && (lf = memchr(at, '\n', (size_t)(end - at))); at = lf + 1) {
    while (at < lf && strchr(" \t\r", *at)) at++;
    if (at < lf && *at != '#') return true;
  }
  return false;
}

bool ts_source_line_waits(ts_source *s)
{
  struct pollfd now = {.fd = s->fd, .events = POLLIN};
  while (!has_line(s))
    if (s->at_end || s->to - s->from == BUFFER_BYTES || poll(&now, 1, 0) <= 0 || !fill(s)) return false;
  return true;
}

size_t ts_source_peek(ts_source *s, uint8_t *bytes, size_t n)
{
  while (s->to - s->from < n && fill(s)) {}
  size_t have = s->to - s->from < n ? s->to - s->from : n;
  memcpy(bytes, s->buffer + s->from, have);
  return have;
}

size_t ts_source_read(ts_source *s, void *bytes, size_t n)
{
  size_t done = 0;
  while (done < n) {
    if (s->from == s->to && !fill(s)) break;
    size_t part = s->to - s->from < n - done ? s->to - s->from : n - done;
    memcpy((uint8_t *)bytes + done, s->buffer + s->from, part);
    s->from += part;
    done += part;
  }
  return done;
}

static bool make_room(ts_source *s, size_t bytes)
{
  if (bytes <= s->line_room) return true;
  size_t room = s->line_room ? s->line_room : 256;
  while (room < bytes) room *= 2;
  char *line = realloc(s->line, room);
  if (!line) return false;
  s->line = line;
  s->line_room = room;
  return true;
}

ts_line ts_source_line(ts_source *s, char **line)
{
  size_t length = 0;
  bool ended = false;
  if (!s->started) {
    uint8_t mark[3];
    s->started = true;
    if (ts_source_peek(s, mark, 3) == 3 && !memcmp(mark, "\xef\xbb\xbf", 3)) s->from += 3;
  }
  while (!ended) {
    if (s->from == s->to && !fill(s)) {
      if (s->error) return TS_LINE_FAILED;
      if (!length) return TS_LINE_END;
      break;
    }
    const uint8_t *start = s->buffer + s->from;
    const uint8_t *lf = memchr(start, '\n', s->to - s->from);
    size_t part = lf ? (size_t)(lf - start) : s->to - s->from;
    if (memchr(start, 0, part)) return TS_LINE_BINARY;
    if (length + part + 1 > TS_LINE_BYTES_MAX) return TS_LINE_LONG;
    if (!make_room(s, length + part + 1)) {
      s->error = ENOMEM;
      return TS_LINE_FAILED;
    }
    memcpy(s->line + length, start, part);
    length += part;
    s->from += part + (lf ? 1 : 0);
    ended = lf != NULL;
  }
  if (!s->line && !make_room(s, 1)) return TS_LINE_FAILED;
  if (length && s->line[length - 1] == '\r') length--;
  s->line[length] = 0;
  *line = s->line;
  return TS_LINE_OK;
}
