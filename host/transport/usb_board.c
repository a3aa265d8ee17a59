#define _POSIX_C_SOURCE 200809L
#include "usb_board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../session/protocol.h"

enum { CONFIGURATION_BYTES_MAX = 512, STRING_BYTES_MAX = 255, VENDOR_OUT = 0x40, DESCRIPTOR_IN = 0x80, CONTROL_MS = 5000 };

/* A board answers within a millisecond, a simulated one on a busy machine within seconds. */
static int control(libusb_device_handle *h, uint8_t type, uint8_t request, unsigned value, unsigned index, uint8_t *data, size_t n) {
  const int wanted = ts_environment_ms("TAUSTREAM_TIMEOUT_S", CONTROL_MS);
  return libusb_control_transfer(h, type, request, (uint16_t)value, (uint16_t)index, data, (uint16_t)n,
                                 wanted > 0 && wanted < CONTROL_MS ? (unsigned)wanted : (unsigned)CONTROL_MS);
}

/* Bytes of a descriptor, or a libusb error. */
static int descriptor(libusb_device_handle *h, unsigned type, unsigned number, unsigned language, uint8_t *data, size_t n) {
  return control(h, DESCRIPTOR_IN, LIBUSB_REQUEST_GET_DESCRIPTOR, type << 8 | number, language, data, n);
}

/* A string in the board's first language; what is not ASCII becomes `?`. 0 or a libusb error. */
static int read_string(libusb_device_handle *h, unsigned number, char *text, size_t room) {
  uint8_t d[STRING_BYTES_MAX];
  int n = descriptor(h, LIBUSB_DT_STRING, 0, 0, d, sizeof d);
  if (n >= 0 && (n < 4 || d[0] < 4 || d[1] != LIBUSB_DT_STRING)) n = LIBUSB_ERROR_IO;
  if (n >= 0) n = descriptor(h, LIBUSB_DT_STRING, number, d[2] | (unsigned)d[3] << 8, d, sizeof d);
  if (n >= 0 && (n < 2 || d[0] > n || d[1] != LIBUSB_DT_STRING)) n = LIBUSB_ERROR_IO;
  if (n < 0) return n;
  size_t k = 0;
  for (int i = 2; i + 1 < d[0] && k + 1 < room; i += 2) text[k++] = d[i] < 0x80 && d[i] && !d[i + 1] ? (char)d[i] : '?';
  text[k] = 0;
  return 0;
}

/* ---- the bus ---- */
static int LIBUSB_CALL board_arrived(libusb_context *context, libusb_device *device, libusb_hotplug_event event, void *user) {
  (void)context, (void)device, (void)event;
  ((ts_usb_bus *)user)->arrived = 1;
  return 0;
}

ts_error ts_usb_bus_open(ts_usb_bus **out, char *message) {
  ts_usb_bus *bus = calloc(1, sizeof *bus);
  if (!bus) return TS_ERROR_MEMORY;
  const int r = libusb_init(&bus->context);
  if (r) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "usb: libusb cannot be started: %s", libusb_strerror(r));
    free(bus);
    return TS_ERROR_TRANSPORT;
  }
  bus->has_callback = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
                      libusb_hotplug_register_callback(bus->context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, 0, (int)TS_USB_VENDOR_ID, (int)TS_USB_PRODUCT_ID,
                                                       LIBUSB_HOTPLUG_MATCH_ANY, board_arrived, bus, &bus->callback) == 0;
  *out = bus;
  return TS_OK;
}

void ts_usb_bus_close(ts_usb_bus *bus) {
  if (!bus || bus->lost) return;
  if (bus->has_callback) libusb_hotplug_deregister_callback(bus->context, bus->callback);
  libusb_exit(bus->context);
  free(bus);
}

void ts_usb_bus_await(ts_usb_bus *bus, int timeout_ms) {
  struct timeval t = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  const struct timespec pause = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
  /* Without hotplug events there is only trying again now and then. An event of another kind ends the wait early, which does no harm. */
  if (bus->has_callback && !bus->arrived) (void)libusb_handle_events_timeout_completed(bus->context, &t, &bus->arrived);
  else if (!bus->has_callback) nanosleep(&pause, NULL);
  bus->arrived = 0;
}

static bool has_our_id(libusb_device *device) {
  struct libusb_device_descriptor d;
  return libusb_get_device_descriptor(device, &d) == 0 && d.idVendor == TS_USB_VENDOR_ID && d.idProduct == TS_USB_PRODUCT_ID;
}

static void name_problem(ts_usb_board *b, int r) {
  b->error = TS_ERROR_TRANSPORT;
  if (r == LIBUSB_ERROR_ACCESS)
    snprintf(b->problem, sizeof b->problem,
             "permission denied: put the line %s into /etc/udev/rules.d/%s (as root; `make install` has it in lib/udev/rules.d), run "
             "`udevadm control --reload` and plug the board in again", TS_USB_RULE, TS_USB_RULE_FILE);
  else if (r == LIBUSB_ERROR_BUSY) snprintf(b->problem, sizeof b->problem, "busy: another program has it");
  else snprintf(b->problem, sizeof b->problem, "%s", libusb_strerror(r));
}

/* Opens a device of our ids and reads its strings. *handle NULL: b->problem, or (ours false) another product with these ids. */
static void ask(libusb_device *device, ts_usb_board *b, libusb_device_handle **handle, bool *ours) {
  struct libusb_device_descriptor d;
  char text[TS_USB_SERIAL_BYTES] = "";
  memset(b, 0, sizeof *b);
  b->bus = libusb_get_bus_number(device);
  b->address = libusb_get_device_address(device);
  *ours = true;
  int r = libusb_open(device, handle);
  if (r) {
    *handle = NULL;
    name_problem(b, r);
    return;
  }
  r = libusb_get_device_descriptor(device, &d);
  if (r == 0) r = d.iProduct ? read_string(*handle, d.iProduct, text, sizeof text) : 0;
  if (r >= 0) *ours = strcmp(text, TS_USB_PRODUCT) == 0;
  if (r >= 0 && *ours && d.iSerialNumber) {
    r = read_string(*handle, d.iSerialNumber, b->serial, sizeof b->serial);
    if (r < 0) {
      b->serial[0] = 0;
    } else if (!ts_usb_serial_is_sound(b->serial)) {
      b->serial[0] = 0;
      b->error = TS_ERROR_PROTOCOL;
      snprintf(b->problem, sizeof b->problem, "its serial number is not 1 to %d printable characters", TS_USB_SERIAL_BYTES - 1);
    }
  }
  if (r < 0) name_problem(b, r);
  if (!*ours || b->error) {
    libusb_close(*handle);
    *handle = NULL;
  }
}

/* ---- taking a board ---- */
static ts_error refuse(const ts_usb_board *b, char *message, const char *what) {
  if (message) snprintf(message, TS_MESSAGE_BYTES, "usb:%s (bus %u device %u): %s", b->serial, b->bus, b->address, what);
  return TS_ERROR_TRANSPORT;
}

static ts_error refuse_code(const ts_usb_board *b, char *message, const char *what, int r) {
  char text[160];
  snprintf(text, sizeof text, "%s: %s", what, r == LIBUSB_ERROR_BUSY ? "another program has the board" : libusb_strerror(r));
  return refuse(b, message, text);
}

/* Both ends at the start, whatever the last user left. First the toggles: they are all that CLEAR_FEATURE resets, so that an IN packet whose ACK was
 * lost still waits in the board and would now pass for a new one. Then the link: the board forgets it. Between the two nothing may ask for data. */
static int start_anew(libusb_device_handle *h) {
  int r = libusb_clear_halt(h, TS_USB_ENDPOINT_OUT);
  if (r == 0) r = libusb_clear_halt(h, TS_USB_ENDPOINT_IN);
  if (r == 0) r = control(h, VENDOR_OUT, TS_USB_REQUEST_LINK_RESET, 0, 0, NULL, 0);
  return r < 0 ? r : 0;
}

static ts_error prepare(libusb_device_handle *h, const ts_usb_board *b, ts_usb_configuration *configuration, char *message) {
  uint8_t bytes[CONFIGURATION_BYTES_MAX];
  char why[160];
  int now = 0, r = descriptor(h, LIBUSB_DT_CONFIG, 0, 0, bytes, sizeof bytes);
  if (r < 0) return refuse_code(b, message, "reading its configuration descriptor", r);
  if (!ts_usb_configuration_read(bytes, (size_t)r, configuration, why, sizeof why)) return refuse(b, message, why);
  r = libusb_get_configuration(h, &now);
  if (r == 0 && now != configuration->value) r = libusb_set_configuration(h, configuration->value);
  if (r) return refuse_code(b, message, "setting its configuration", r);
  r = libusb_claim_interface(h, TS_USB_INTERFACE);
  if (r) return refuse_code(b, message, "claiming its interface", r);
  r = start_anew(h);
  if (r && r != LIBUSB_ERROR_PIPE && r != LIBUSB_ERROR_NO_DEVICE && libusb_reset_device(h) == 0) r = start_anew(h); /* wedged: once from the bus */
  if (r == LIBUSB_ERROR_PIPE) return refuse(b, message, "it does not know the request `link_reset`: its gateware is not of this protocol");
  return r ? refuse_code(b, message, "resetting the link", r) : TS_OK;
}

typedef struct search {
  libusb_device_handle *handle; /* of the last match */
  ts_usb_board match, problem;
  unsigned matches, problems, others;
  char serials[200];            /* of all matches */
} search;

static void look(libusb_device **devices, ssize_t n, const char *serial, search *s) {
  for (ssize_t i = 0; i < n; i++) {
    ts_usb_board b;
    libusb_device_handle *h;
    bool ours;
    if (!has_our_id(devices[i])) continue;
    ask(devices[i], &b, &h, &ours);
    if (!ours) continue;
    if (!h) {
      if (serial && b.serial[0] && strcmp(serial, b.serial) != 0) continue;
      s->problems++;
      s->problem = b;
    } else if (serial && strcmp(serial, b.serial) != 0) {
      s->others++;
      libusb_close(h);
    } else {
      if (s->handle) libusb_close(s->handle);
      s->handle = h;
      s->match = b;
      const size_t k = strlen(s->serials);
      snprintf(s->serials + k, sizeof s->serials - k, "%susb:%s", s->matches++ ? ", " : "", b.serial);
    }
  }
}

ts_error ts_usb_take(libusb_context *context, const char *serial, libusb_device_handle **handle, ts_usb_configuration *configuration, char *serial_found,
                     char *message) {
  libusb_device **devices;
  search s = {0};
  const ssize_t n = libusb_get_device_list(context, &devices);
  if (n < 0) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "usb: the bus cannot be listed: %s", libusb_strerror((int)n));
    return TS_ERROR_TRANSPORT;
  }
  look(devices, n, serial, &s);
  libusb_free_device_list(devices, 1);
  ts_error e = TS_ERROR_TRANSPORT;
  if (s.matches == 1) {
    e = prepare(s.handle, &s.match, configuration, message);
    if (!e) {
      *handle = s.handle;
      if (serial_found) snprintf(serial_found, TS_USB_SERIAL_BYTES, "%s", s.match.serial);
      return TS_OK;
    }
  } else if (message && s.matches > 1) {
    snprintf(message, TS_MESSAGE_BYTES, "usb: %u boards are attached: choose one of %s", s.matches, s.serials);
  } else if (message && s.problems) {
    snprintf(message, TS_MESSAGE_BYTES, "usb%s%s (bus %u device %u): %.400s", s.problem.serial[0] ? ":" : "", s.problem.serial, s.problem.bus,
             s.problem.address, s.problem.problem);
  } else if (message) {
    snprintf(message, TS_MESSAGE_BYTES, "usb%s%.64s: no such board is attached%s", serial ? ":" : "", serial ? serial : "",
             s.others ? " (there are others: `taustream devices` lists them)" : "");
  }
  if (s.handle) libusb_close(s.handle);
  return e;
}

ts_error ts_usb_list(ts_usb_bus *bus, ts_usb_board *boards, size_t *n, char *message) {
  libusb_device **devices;
  *n = 0;
  const ssize_t all = libusb_get_device_list(bus->context, &devices);
  if (all < 0) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "usb: the bus cannot be listed: %s", libusb_strerror((int)all));
    return TS_ERROR_TRANSPORT;
  }
  for (ssize_t i = 0; i < all && *n < TS_USB_BOARDS_MAX; i++) {
    libusb_device_handle *h;
    bool ours;
    if (!has_our_id(devices[i])) continue;
    ask(devices[i], &boards[*n], &h, &ours);
    if (!ours) continue;
    if (h) {
      const int r = libusb_claim_interface(h, TS_USB_INTERFACE);
      if (r) name_problem(&boards[*n], r);
      else libusb_release_interface(h, TS_USB_INTERFACE);
      libusb_close(h);
    }
    ++*n;
  }
  libusb_free_device_list(devices, 1);
  return TS_OK;
}
