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
struct ts_transport { const ts_transport_ops *ops; };

/* engine: id of protocol.h. message (TS_MESSAGE_BYTES) gets the particulars of a failure. */
ts_error ts_transport_open_model(ts_transport **t, unsigned engine, char *message);

/* Runs `taustream-rtl-<engine_name>` from $TAUSTREAM_RTL_DIR or from beside the executable or the library. */
ts_error ts_transport_open_rtl(ts_transport **t, const char *engine_name, char *message);
#endif
