/* Backends by their names. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../session/protocol.h"
#include "usb.h"

#define DEFAULT_ENGINE "e18"

typedef enum kind { MODEL, RTL, USB, UART, SOCKET } kind;

struct ts_backend {
  kind kind;
  char name[TS_BACKEND_BYTES];
  const char *path;      /* into name: behind the colon; NULL: any USB board */
  const char *engine;
  ts_usb_bus *bus;
};

int ts_environment_ms(const char *variable, int usual) {
  const char *text = getenv(variable);
  char *end = NULL;
  const double seconds = text ? strtod(text, &end) : -1;
  return text && end != text && seconds >= 0 && seconds < 1e6 ? (int)(seconds * 1000 + 0.5) : usual;
}

/* The name as this library has it, so that it lives as long as needed; NULL when unknown. */
static const char *engine_named(const char *wanted, unsigned *id) {
#define X(NAME, name, number, ...) if (strcmp(wanted, name) == 0) { *id = number; return name; }
  TS_ENGINE_LIST(X)
#undef X
  return NULL;
}

static const struct { const char *name; kind kind; bool alone, with_path; } kinds[] = {
    {"model", MODEL, true, false}, {"rtl", RTL, true, false}, {"usb", USB, true, true}, {"uart", UART, false, true}, {"socket", SOCKET, false, true}};

static bool take_name(ts_backend *b, const char *name) {
  const size_t n = strcspn(name, ":");
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strlen(kinds[i].name) != n || strncmp(kinds[i].name, name, n) != 0) continue;
    const bool has_path = name[n] && name[n + 1];
    if (has_path ? !kinds[i].with_path : !kinds[i].alone || name[n]) return false;
    b->kind = kinds[i].kind;
    snprintf(b->name, sizeof b->name, "%s", name);
    b->path = has_path ? b->name + n + 1 : NULL;
    return true;
  }
  return false;
}

/* A board that is attached but cannot be opened counts: falling back on the model in silence would hide it. Where libusb cannot even start
 * there is none. */
static bool find_usb_board(ts_backend *b) {
  ts_usb_board boards[TS_USB_BOARDS_MAX];
  size_t n = 0;
  if (ts_usb_bus_open(&b->bus, NULL)) return false;
  if (ts_usb_list(b->bus, boards, &n, NULL) == TS_OK && n > 0) return true;
  ts_usb_bus_close(b->bus);
  b->bus = NULL;
  return false;
}

ts_error ts_backend_create(ts_backend **out, const char *name, const char *engine, char *message) {
  unsigned id;
  if (engine && !engine_named(engine, &id)) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "engine `%.64s` is unknown, expected u16, e18 or e20", engine);
    return TS_ERROR_ARGUMENT;
  }
  if (strlen(name) >= TS_BACKEND_BYTES) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "backend `%.64s...` is too long, expected at most %d characters", name, TS_BACKEND_BYTES - 1);
    return TS_ERROR_ARGUMENT;
  }
  ts_backend *b = calloc(1, sizeof *b);
  if (!b) return TS_ERROR_MEMORY;
  if (!take_name(b, strcmp(name, "auto") != 0 ? name : find_usb_board(b) ? "usb" : "model")) {
    if (message)
      snprintf(message, TS_MESSAGE_BYTES, "backend `%.64s` is unknown, expected auto, model, rtl, usb, usb:SERIAL, uart:PATH, uart:ftdi:SERIAL or socket:PATH",
               name);
    ts_backend_destroy(b);
    return TS_ERROR_ARGUMENT;
  }
  b->engine = engine ? engine_named(engine, &id) : ts_backend_is_board(b) ? NULL : DEFAULT_ENGINE;
  const ts_error e = b->kind == USB && !b->bus ? ts_usb_bus_open(&b->bus, message) : TS_OK;
  if (e) {
    ts_backend_destroy(b);
    return e;
  }
  *out = b;
  return TS_OK;
}

void ts_backend_destroy(ts_backend *b) {
  if (!b) return;
  ts_usb_bus_close(b->bus);
  free(b);
}

static ts_error open_usb(ts_backend *b, ts_transport **t, char *message) {
  char serial[TS_USB_SERIAL_BYTES];
  const ts_error e = ts_transport_open_usb(t, b->bus, b->path, serial, message);
  if (e || b->path || !serial[0]) return e;
  snprintf(b->name, sizeof b->name, "usb:%s", serial);
  b->path = b->name + strlen("usb:");
  return TS_OK;
}

ts_error ts_backend_open(ts_backend *b, ts_transport **t, char *message) {
  unsigned id = 0;
  switch (b->kind) {
    case MODEL: return engine_named(b->engine, &id) ? ts_transport_open_model(t, id, message) : TS_ERROR_ARGUMENT;
    case RTL: return ts_transport_open_rtl(t, b->engine, message);
    case USB: return open_usb(b, t, message);
    case UART: return ts_transport_open_uart(t, b->path, message);
    default: return ts_transport_open_socket(t, b->path, message);
  }
}

const char *ts_backend_name(const ts_backend *b) { return b->name; }
const char *ts_backend_engine(const ts_backend *b) { return b->engine; }
bool ts_backend_is_board(const ts_backend *b) { return b->kind == USB || b->kind == UART || b->kind == SOCKET; }

void ts_backend_await(ts_backend *b, int timeout_ms) {
  const struct timespec pause = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
  if (b->bus) ts_usb_bus_await(b->bus, timeout_ms);
  else nanosleep(&pause, NULL);
}
