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
#define RAW_BYTES 16384u    /* of UTF-16: at most three bytes of UTF-8 for two */
#define CRS_MAX 2u          /* before an LF that they end one line with */

typedef enum encoding { BYTES, UTF16_LITTLE, UTF16_BIG } encoding;

struct ts_source {
  int fd, error;
  bool at_end, started;
  encoding encoding;
  bool looked;              /* for a mark of UTF-16 */
  uint8_t raw[RAW_BYTES];   /* of UTF-16: read, not yet in the buffer */
  size_t raw_bytes;
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

/* One read; 0 when nothing more comes. */
static size_t read_some(ts_source *s, uint8_t *bytes, size_t room)
{
  /* A signal ends the wait for input, not a write of output: poll() is the only call that SA_RESTART does not go on with. */
  struct pollfd wait = {.fd = s->fd, .events = POLLIN};
  ssize_t n = poll(&wait, 1, -1) < 0 ? -1 : read(s->fd, bytes, room);
  if (n < 0) s->error = errno;
  if (n <= 0) s->at_end = true;
  return n > 0 ? (size_t)n : 0;
}

/* Appends a character as UTF-8. */
static void put_character(ts_source *s, uint32_t c)
{
  uint8_t *at = s->buffer + s->to;
  const unsigned more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};
  at[0] = (uint8_t)(first[more] | c >> 6 * more);
  for (unsigned i = 1; i <= more; i++) at[i] = (uint8_t)(0x80 | (c >> 6 * (more - i) & 0x3f));
  s->to += more + 1;
}

static uint32_t unit_at(const ts_source *s, size_t i)
{
  const unsigned a = s->raw[i], b = s->raw[i + 1];
  return s->encoding == UTF16_BIG ? a << 8 | b : b << 8 | a;
}

/* As much of the raw bytes as makes whole characters; halves of pairs and of units are the replacement character, which is no number. */
static void decode(ts_source *s)
{
  size_t i = 0;
  while (s->raw_bytes - i >= 2) {
    uint32_t c = unit_at(s, i);
    size_t used = 2;
    if (c >= 0xd800 && c < 0xdc00) {
      if (s->raw_bytes - i < 4 && !s->at_end) break;
      const uint32_t low = s->raw_bytes - i >= 4 ? unit_at(s, i + 2) : 0;
      if (low >= 0xdc00 && low < 0xe000) c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00), used = 4;
    }
    put_character(s, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
    i += used;
  }
  memmove(s->raw, s->raw + i, s->raw_bytes - i);
  s->raw_bytes -= i;
  if (s->at_end && s->raw_bytes) put_character(s, 0xfffd), s->raw_bytes = 0;
}

/* The first bytes tell whether the file is UTF-16 (spreadsheets and some instruments on Windows write it). */
static void look(ts_source *s)
{
  s->looked = true;
  while (s->to < 2 && !s->at_end) s->to += read_some(s, s->buffer + s->to, BUFFER_BYTES / 4 - s->to);
  if (s->to < 2) return;
  const unsigned mark = (unsigned)s->buffer[0] << 8 | s->buffer[1];
  s->encoding = mark == 0xfffe ? UTF16_LITTLE : mark == 0xfeff ? UTF16_BIG : BYTES;
  if (s->encoding == BYTES) return;
  s->raw_bytes = s->to - 2;
  memcpy(s->raw, s->buffer + 2, s->raw_bytes);
  s->to = 0;
  decode(s);
}

/* One more read behind what the buffer holds; false when nothing more comes. */
static bool fill(ts_source *s)
{
  if (s->from) {
    memmove(s->buffer, s->buffer + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
  }
  const size_t before = s->to;
  if (!s->looked) {
    look(s);
    if (s->to > before) return true;
  }
  while (!s->at_end && s->to == before) {
    if (s->encoding == BYTES) {
      if (s->to == BUFFER_BYTES) return false;
      s->to += read_some(s, s->buffer + s->to, BUFFER_BYTES - s->to);
    } else {
      if (BUFFER_BYTES - s->to < 2 * RAW_BYTES) return false;
      s->raw_bytes += read_some(s, s->raw + s->raw_bytes, RAW_BYTES - s->raw_bytes);
      decode(s);
    }
  }
  return s->to > before;
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

/* Bytes up to the next end of a line, or all. */
static size_t line_length(const uint8_t *bytes, size_t n)
{
  const uint8_t *lf = memchr(bytes, '\n', n);
  if (lf) n = (size_t)(lf - bytes);
  const uint8_t *cr = memchr(bytes, '\r', n);
  return cr ? (size_t)(cr - bytes) : n;
}

/* Of the end of a line that the buffer begins with: LF, CR LF (some programs write CR CR LF), or a CR alone, as old Macs wrote it. */
static size_t end_bytes(ts_source *s)
{
  if (s->buffer[s->from] == '\n') return 1;
  size_t crs = 1;
  while (s->to - s->from > crs || (crs < CRS_MAX && fill(s))) {
    const uint8_t next = s->buffer[s->from + crs];
    if (next == '\n') return crs + 1;
    if (next != '\r' || crs >= CRS_MAX) break;
    crs++;
  }
  return 1;
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
    size_t part = line_length(start, s->to - s->from), end = 0;
    if (memchr(start, 0, part)) return TS_LINE_BINARY;
    if (length + part + 1 > TS_LINE_BYTES_MAX) return TS_LINE_LONG;
    if (!make_room(s, length + part + 1)) {
      s->error = ENOMEM;
      return TS_LINE_FAILED;
    }
    memcpy(s->line + length, start, part);
    length += part;
    s->from += part;
    if (s->from < s->to) end = end_bytes(s);
    s->from += end;
    ended = end > 0;
  }
  if (!s->line && !make_room(s, 1)) return TS_LINE_FAILED;
  s->line[length] = 0;
  *line = s->line;
  return TS_LINE_OK;
}
