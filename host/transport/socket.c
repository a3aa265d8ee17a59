/* Backend `socket:PATH`: a simulated board in another process, behind a unix stream socket. Connecting is the link's reset. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fd_stream.h"

static void socket_close(ts_transport *t) {
  close(((ts_fd_stream *)t)->fd);
  free(t);
}

static const ts_transport_ops socket_ops = {ts_fd_write, ts_fd_read, ts_fd_wait, socket_close, ts_fd_text};

ts_error ts_transport_open_socket(ts_transport **t, const char *path, char *message) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!*path || strlen(path) >= sizeof address.sun_path) {
    if (message)
      snprintf(message, TS_MESSAGE_BYTES, "socket:%.200s: a socket's path has 1 to %zu characters", path, sizeof address.sun_path - 1);
    return TS_ERROR_ARGUMENT;
  }
  memcpy(address.sun_path, path, strlen(path));
  ts_fd_stream *s = calloc(1, sizeof *s);
  if (!s) return TS_ERROR_MEMORY;
  s->fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (s->fd < 0 || fcntl(s->fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(s->fd, F_SETFL, O_NONBLOCK) != 0 ||
      connect(s->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
    if (message)
      snprintf(message, TS_MESSAGE_BYTES, "socket:%s: %s%s", path, strerror(errno),
               errno == ECONNREFUSED || errno == ENOENT ? " (no simulated board listens there)" : errno == EAGAIN ? " (its board is busy)" : "");
    if (s->fd >= 0) close(s->fd);
    free(s);
    return TS_ERROR_TRANSPORT;
  }
  s->base.ops = &socket_ops;
  s->peer = "the board";
  snprintf(s->name, sizeof s->name, "socket:%s", path);
  *t = &s->base;
  return TS_OK;
}
