#define _POSIX_C_SOURCE 200809L
#include "fd_stream.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool would_block(int e) {
  return e == EAGAIN || e == EINTR
#if EWOULDBLOCK != EAGAIN
         || e == EWOULDBLOCK
#endif
      ;
}

static ts_error broken(ts_fd_stream *s, const char *what) {
  snprintf(s->text, sizeof s->text, "%s: %s %s", s->name, s->peer, what);
  return TS_ERROR_TRANSPORT;
}

static ts_error failed(ts_fd_stream *s, const char *what, int code) {
  snprintf(s->text, sizeof s->text, "%s: %s: %s", s->name, what, strerror(code));
  return TS_ERROR_TRANSPORT;
}

static bool hung_up(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

ts_error ts_fd_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  ts_fd_stream *s = (ts_fd_stream *)t;
  *moved = 0;
  if (n == 0) return TS_OK;
  /* MSG_NOSIGNAL: a peer that died must give an error here, not a SIGPIPE to the whole program. */
  ssize_t k = send(s->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (k < 0 && errno == ENOTSOCK) k = write(s->fd, bytes, n); /* a serial port, opened non-blocking */
  if (k >= 0) {
    *moved = (size_t)k;
    return TS_OK;
  }
  if (would_block(errno)) return TS_OK;
  return failed(s, "no more bytes are taken", errno);
}

ts_error ts_fd_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  ts_fd_stream *s = (ts_fd_stream *)t;
  *moved = 0;
  if (n == 0) return TS_OK;
  ssize_t k = recv(s->fd, bytes, n, MSG_DONTWAIT);
  if (k < 0 && errno == ENOTSOCK) k = read(s->fd, bytes, n);
  if (k > 0) {
    *moved = (size_t)k;
    return TS_OK;
  }
  if (k < 0 && would_block(errno)) return TS_OK;
  if (k == 0 && s->is_serial && !hung_up(s->fd)) return TS_OK;
  return k == 0 ? broken(s, "ended the connection") : failed(s, "reading", errno);
}

ts_error ts_fd_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  ts_fd_stream *s = (ts_fd_stream *)t;
  struct pollfd p = {.fd = s->fd, .events = (short)(want_write ? POLLIN | POLLOUT : POLLIN), .revents = 0};
  const int k = poll(&p, 1, timeout_ms);
  /* A signal counts as ready: the caller looks again and keeps its own deadline. */
  *ready = k > 0 || (k < 0 && errno == EINTR);
  return k < 0 && errno != EINTR ? failed(s, "poll", errno) : TS_OK;
}

const char *ts_fd_text(const ts_transport *t) { return ((const ts_fd_stream *)t)->text; }
