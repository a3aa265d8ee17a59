/* One byte stream each way to a device. Nothing above knows what stands behind it.
 *
 * Thread safety: one stream belongs to one thread at a time.
 */
#ifndef TS_TRANSPORT_H
#define TS_TRANSPORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "taustream.h"

typedef struct ts_transport ts_transport;

typedef struct ts_transport_ops {
  /* Both move what can be moved at once and never block; *moved may be 0. TS_ERROR_TRANSPORT when the stream failed or ended. */
  ts_error (*write)(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved);
  ts_error (*read)(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved);
  /* Sleeps until bytes can be read (or, with want_write, written), at most timeout_ms. *ready false: the time is over, or
   * nothing can ever come. Called only after write and read moved nothing. */
  ts_error (*wait)(ts_transport *t, bool want_write, int timeout_ms, bool *ready);
  void (*close)(ts_transport *t);
  /* What failed, for messages; never NULL. */
  const char *(*text)(const ts_transport *t);
} ts_transport_ops;

/* First member of every backend's own structure. */
struct ts_transport {
  const ts_transport_ops *ops;
  bool throttles;   /* what the device cannot take yet waits on this side; a serial line has no such means, its device holds TS_INBOX_BYTES */
};

/* Each gives a message (TS_MESSAGE_BYTES, may be NULL) with the particulars of a failure. engine: id of protocol.h. */
ts_error ts_transport_open_model(ts_transport **t, unsigned engine, char *message);

/* Runs `taustream-rtl-<engine_name>` from $TAUSTREAM_RTL_DIR or from beside the executable or the library. */
ts_error ts_transport_open_rtl(ts_transport **t, const char *engine_name, char *message);
/* A unix stream socket. */
ts_error ts_transport_open_socket(ts_transport **t, const char *path, char *message);
/* PATH[@BAUD] of a serial port, or ftdi:SERIAL[:CHANNEL][@BAUD]. */
ts_error ts_transport_open_uart(ts_transport **t, const char *path, char *message);

/* Milliseconds from an environment variable that holds seconds (at least zero), else what is usual. */
int ts_environment_ms(const char *variable, int usual);

/* ---- by name ---- */
enum { TS_BACKEND_BYTES = 256 };

/* How to open a device, and to open the same one again. */
typedef struct ts_backend ts_backend;
/* name as in ts_device_open(). engine: NULL or a name. */
ts_error ts_backend_create(ts_backend **b, const char *name, const char *engine, char *message);
void ts_backend_destroy(ts_backend *b); /* after its transport */
/* After the first success it opens that device only: a board with that serial number. */
ts_error ts_backend_open(ts_backend *b, ts_transport **t, char *message);
const char *ts_backend_name(const ts_backend *b);   /* "model", "usb:SERIAL": what was opened */
const char *ts_backend_engine(const ts_backend *b); /* what was asked for; NULL: whatever a board has */
/* A board can go away and come back; the model and the simulated gateware do not. */
bool ts_backend_is_board(const ts_backend *b);
/* Sleeps at most timeout_ms, less when a board is plugged in. */
void ts_backend_await(ts_backend *b, int timeout_ms);
#endif
