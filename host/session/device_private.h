/* What stands behind the opaque ts_device: shared by the session and fit layers. */
#ifndef TS_DEVICE_PRIVATE_H
#define TS_DEVICE_PRIVATE_H
#include "session.h"

struct ts_device {
  ts_session *session;
  ts_device_info info;
  uint16_t configured; /* configuration that the device holds, 0: none */
  uint16_t sclc_configured; /* sweep that the device holds, 0: none */
  char message[TS_MESSAGE_BYTES];
};

/* Opens over any transport, which it takes over. engine NULL: whatever the device has. */
ts_error ts_device_open_transport(ts_device **d, ts_transport *t, const char *backend, const char *engine, char *message);

/* Sets the message and returns e. */
ts_error ts_device_fail(ts_device *d, ts_error e, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;
/* Takes the session's message over and returns e. */
ts_error ts_device_session_error(ts_device *d, ts_error e);
#endif
