/* What stands behind the opaque ts_device: shared by the session and fit layers. */
#ifndef TS_DEVICE_PRIVATE_H
#define TS_DEVICE_PRIVATE_H
#include "session.h"

enum {
  TS_RECONNECT_MS = 10000,      /* for so long a board that went away is waited for; TAUSTREAM_RECONNECT_S changes it, 0: not at all */
  TS_RECONNECT_STEP_MS = 250,   /* between two attempts, unless a board is plugged in */
  TS_RECONNECTS_FRUITLESS = 3   /* one after the other without a result in between: given up */
};

/* Opens the same device again; the message says why it cannot. wait: sleeps at most that long, less when another attempt is worth while. */
typedef struct ts_reopen {
  ts_error (*open)(void *context, ts_transport **t, char *message);
  void (*wait)(void *context, int timeout_ms);
  void *context;
} ts_reopen;

struct ts_device {
  ts_session *session;
  ts_device_info info;
  uint16_t configured; /* configuration that the device holds, 0: none */
  uint16_t sclc_configured; /* sweep that the device holds, 0: none */
  ts_backend *backend; /* NULL: opened over a transport */
  ts_reopen reopen;    /* open NULL: a device that does not come back */
  int reconnect_ms;
  bool (*stop)(void);  /* asked between the evaluations of a matrix: true ends the fit with TS_ERROR_DEVICE. NULL: it never does */
  unsigned fruitless;  /* reconnections since the last result */
  char message[TS_MESSAGE_BYTES];
  char reconnect_reason[TS_MESSAGE_BYTES];
};

/* Opens over any transport, which it takes over. engine NULL: whatever the device has. */
ts_error ts_device_open_transport(ts_device **d, ts_transport *t, const char *backend, const char *engine, char *message);

/* After an error e of the session: opens the stream again when it was the stream that failed and the device may come back, and submits again
 * every job that has no answer, each after its prepare(). TS_OK: go on. Else the error, with ts_device_message() set. */
ts_error ts_device_recover(ts_device *d, ts_error e);

/* Sets the message and returns e. */
ts_error ts_device_fail(ts_device *d, ts_error e, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;
/* Takes the session's message over and returns e. */
ts_error ts_device_session_error(ts_device *d, ts_error e);
#endif
