/* Backends by their names. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../session/protocol.h"
#include "usb.h"

#define DEFAULT_ENGINE "e18"

static unsigned engine_id(const char *wanted) {
#define X(NAME, name, number, ...) if (strcmp(wanted, name) == 0) return number;
  TS_ENGINE_LIST(X)
#undef X
  return 0;
}

/* What stands behind `prefix:`, or NULL. */
static const char *behind(const char *backend, const char *prefix) {
  const size_t n = strlen(prefix);
  return strncmp(backend, prefix, n) == 0 && backend[n] == ':' && backend[n + 1] ? backend + n + 1 : NULL;
}

/* A board that is attached but cannot be opened counts: falling back on the model in silence would hide it. */
static bool has_usb_board(void) {
  ts_usb_board boards[TS_USB_BOARDS_MAX];
  size_t n;
  return ts_usb_list(boards, &n, NULL) == TS_OK && n > 0;
}

ts_error ts_transport_open(ts_transport **t, const char *backend, const char **engine, char *name, char *message) {
  const unsigned id = engine_id(*engine ? *engine : DEFAULT_ENGINE);
  if (!id) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "engine `%.64s` is unknown, expected u16 or e18", *engine);
    return TS_ERROR_ARGUMENT;
  }
  if (strlen(backend) >= TS_BACKEND_BYTES) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "backend `%.64s...` is too long, expected at most %d characters", backend, TS_BACKEND_BYTES - 1);
    return TS_ERROR_ARGUMENT;
  }
  if (strcmp(backend, "auto") == 0) backend = has_usb_board() ? "usb" : "model";
  snprintf(name, TS_BACKEND_BYTES, "%s", backend);
  const char *usb = behind(backend, "usb"), *uart = behind(backend, "uart"), *path = behind(backend, "socket");
  if (usb || strcmp(backend, "usb") == 0) {
    char serial[TS_USB_SERIAL_BYTES];
    const ts_error e = ts_transport_open_usb(t, usb, serial, message);
    if (!e && serial[0]) snprintf(name, TS_BACKEND_BYTES, "usb:%s", serial);
    return e;
  }
  if (uart) return ts_transport_open_uart(t, uart, message);
  if (path) return ts_transport_open_socket(t, path, message);
  if (!*engine) *engine = DEFAULT_ENGINE;
  if (strcmp(backend, "model") == 0) return ts_transport_open_model(t, id, message);
  if (strcmp(backend, "rtl") == 0) return ts_transport_open_rtl(t, *engine, message);
  if (message)
    snprintf(message, TS_MESSAGE_BYTES, "backend `%.64s` is unknown, expected auto, model, rtl, usb, usb:SERIAL, uart:PATH, uart:ftdi:SERIAL or socket:PATH",
             backend);
  return TS_ERROR_ARGUMENT;
}

static bool is_usb(const char *name) { return strcmp(name, "usb") == 0 || behind(name, "usb"); }

bool ts_backend_is_board(const char *name) { return is_usb(name) || behind(name, "uart") || behind(name, "socket"); }

void ts_backend_await(const char *name, int timeout_ms) {
  if (is_usb(name)) {
    ts_usb_await(timeout_ms);
    return;
  }
  const struct timespec pause = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
  nanosleep(&pause, NULL);
}
