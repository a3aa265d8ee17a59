/* A byte stream on one file descriptor: what the simulated gateware, sockets and serial ports share. */
#ifndef TS_FD_STREAM_H
#define TS_FD_STREAM_H
#include "transport.h"

typedef struct ts_fd_stream {
  ts_transport base;
  int fd;
  bool is_serial;                   /* a read of 0 bytes is no end there: only a hang-up is */
  const char *peer;                 /* who is at the other end, for messages: "the simulation" */
  char name[TS_MESSAGE_BYTES / 2];  /* the backend's: "socket:/run/board" */
  char text[TS_MESSAGE_BYTES];
} ts_fd_stream;

/* As in ts_transport_ops; t is a ts_fd_stream. A socket never raises SIGPIPE here. */
ts_error ts_fd_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved);
ts_error ts_fd_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved);
ts_error ts_fd_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready);
const char *ts_fd_text(const ts_transport *t);
#endif
