/* Backend `usb[:SERIAL]`: a board on USB, through libusb-1.0.
 *
 * Several asynchronous transfers are kept in flight each way, so that the bus is never idle while this side computes. A transfer's buffer
 * belongs to the kernel while it is busy; it is touched and freed only after its callback. Callbacks run inside read, write, wait and close of
 * this transport (and in waiting on its bus), in the caller's thread: there is no thread of our own, and devices in different threads share
 * nothing: each has a bus, that is a libusb context, of its own.
 */
#define _POSIX_C_SOURCE 200809L
#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../session/protocol.h"
#include "usb_board.h"
#include "usb_gather.h"

enum {
  IN_TRANSFERS = 4, OUT_TRANSFERS = 4,
  TRANSFER_BYTES = 4096,      /* a multiple of any packet's size: no packet overruns it */
  CLOSE_MS = 5000, CLOSE_STEP_MS = 100
};

struct usb_transport;

typedef struct usb_transfer {
  struct usb_transport *owner;
  struct libusb_transfer *transfer;
  bool busy, done;            /* busy: the kernel has it; done: its callback came and it was not looked at yet */
  size_t at;                  /* IN: bytes already passed on */
  uint8_t bytes[TRANSFER_BYTES];
} usb_transfer;

typedef struct usb_transport {
  ts_transport base;
  ts_usb_bus *bus;
  libusb_device_handle *handle;
  libusb_hotplug_callback_handle unplug_callback;
  bool has_unplug_callback, unplugged, event;
  bool out_failed;            /* an OUT transfer did; its status, LIBUSB_TRANSFER_COMPLETED when only a part was taken: */
  enum libusb_transfer_status out_status;
  usb_transfer in[IN_TRANSFERS], out[OUT_TRANSFERS];
  unsigned in_next, out_next; /* bulk transfers of an endpoint end in the order of submission */
  uint8_t held[TRANSFER_BYTES]; /* written and not yet submitted (usb_gather.h) */
  size_t held_bytes, out_packet_bytes;
  char serial[TS_USB_SERIAL_BYTES], text[TS_MESSAGE_BYTES];
} usb_transport;

static ts_error failed(usb_transport *u, const char *what) {
  snprintf(u->text, sizeof u->text, "usb:%s: %s", u->serial, what);
  return TS_ERROR_TRANSPORT;
}

static ts_error failed_code(usb_transport *u, int r) {
  if (r == LIBUSB_ERROR_NO_DEVICE) return failed(u, "the board was unplugged");
  char text[160];
  snprintf(text, sizeof text, "libusb: %s", libusb_strerror(r));
  return failed(u, text);
}

static ts_error failed_transfer(usb_transport *u, enum libusb_transfer_status status) {
  switch (status) {
    case LIBUSB_TRANSFER_NO_DEVICE: return failed(u, "the board was unplugged");
    case LIBUSB_TRANSFER_STALL: return failed(u, "the board refused a transfer (stall)");
    case LIBUSB_TRANSFER_OVERFLOW: return failed(u, "the board sent more than was asked for (babble)");
    case LIBUSB_TRANSFER_COMPLETED: return failed(u, "the board took only a part of a transfer");
    case LIBUSB_TRANSFER_CANCELLED: return failed(u, "a transfer was cancelled by the system");
    default: return failed(u, "a transfer failed: the board does not answer, or what it answers arrives damaged");
  }
}

static void LIBUSB_CALL transfer_ended(struct libusb_transfer *transfer) {
  usb_transfer *x = transfer->user_data;
  x->busy = false;
  x->done = true;
  x->owner->event = true;
  if (transfer->endpoint != TS_USB_ENDPOINT_OUT || x->owner->out_failed) return;
  x->owner->out_failed = transfer->status != LIBUSB_TRANSFER_COMPLETED || transfer->actual_length != transfer->length;
  x->owner->out_status = transfer->status;
}

static int LIBUSB_CALL device_left(libusb_context *context, libusb_device *device, libusb_hotplug_event event, void *user) {
  (void)context, (void)event;
  usb_transport *u = user;
  if (device == libusb_get_device(u->handle)) u->unplugged = u->event = true;
  return 0;
}

static ts_error submit(usb_transport *u, usb_transfer *x) {
  const int r = libusb_submit_transfer(x->transfer);
  if (r) return failed_code(u, r);
  x->busy = true;
  return TS_OK;
}

/* Submits what may leave now. */
static ts_error send_held(usb_transport *u) {
  usb_transfer *x = &u->out[u->out_next];
  if (!u->held_bytes || x->busy) return TS_OK;
  if (u->out_failed) return failed_transfer(u, u->out_status);
  if (u->unplugged) return failed(u, "the board was unplugged");
  unsigned under_way = 0;
  for (int i = 0; i < OUT_TRANSFERS; i++) under_way += u->out[i].busy;
  const size_t k = ts_usb_gather(u->held_bytes, under_way, u->out_packet_bytes);
  if (!k) return TS_OK;
  x->done = false;
  memcpy(x->bytes, u->held, k);
  x->transfer->length = (int)k;
  const ts_error e = submit(u, x);
  if (e) return e;
  u->held_bytes -= k;
  memmove(u->held, u->held + k, u->held_bytes);
  u->out_next = (u->out_next + 1) % OUT_TRANSFERS;
  return TS_OK;
}

static ts_error handle_events(usb_transport *u, int timeout_ms) {
  struct timeval t = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
  const int r = libusb_handle_events_timeout_completed(u->bus->context, &t, NULL);
  return r == 0 || r == LIBUSB_ERROR_INTERRUPTED || r == LIBUSB_ERROR_BUSY ? TS_OK : failed_code(u, r);
}

static ts_error usb_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  usb_transport *u = (usb_transport *)t;
  ts_error e = u->out[u->out_next].busy ? handle_events(u, 0) : TS_OK;
  *moved = 0;
  if (!e) e = send_held(u);
  while (!e && *moved < n && u->held_bytes < TRANSFER_BYTES) {
    const size_t left = n - *moved, room = TRANSFER_BYTES - u->held_bytes, k = left < room ? left : room;
    memcpy(u->held + u->held_bytes, bytes + *moved, k);
    u->held_bytes += k;
    *moved += k;
    e = send_held(u);
  }
  return e;
}

static ts_error usb_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  usb_transport *u = (usb_transport *)t;
  ts_error e = TS_OK;
  *moved = 0;
  if (u->in[u->in_next].busy) e = handle_events(u, 0);
  /* No more rounds than there are transfers: a board that ends transfers without data keeps nobody here. */
  for (unsigned i = 0; !e && *moved < n && i < IN_TRANSFERS; i++) {
    usb_transfer *x = &u->in[u->in_next];
    if (x->busy) break;
    if (x->transfer->status != LIBUSB_TRANSFER_COMPLETED) return *moved ? TS_OK : failed_transfer(u, x->transfer->status);
    const size_t got = (size_t)x->transfer->actual_length, left = got - x->at, k = n - *moved < left ? n - *moved : left;
    memcpy(bytes + *moved, x->bytes + x->at, k);
    *moved += k;
    x->at += k;
    if (x->at < got) break;
    x->done = false;
    x->at = 0;
    e = submit(u, x);
    if (e && *moved) { /* what came is passed on first: the next call fails again */
      x->transfer->actual_length = 0;
      return TS_OK;
    }
    u->in_next = (u->in_next + 1) % IN_TRANSFERS;
  }
  if (!e && !*moved) e = send_held(u); /* what came goes before a failure */
  if (e || *moved) return e;
  if (u->out_failed) return failed_transfer(u, u->out_status);
  return u->unplugged ? failed(u, "the board was unplugged") : TS_OK;
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static ts_error usb_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  (void)want_write; /* any transfer that ends is worth a look */
  usb_transport *u = (usb_transport *)t;
  const int64_t end = now_ms() + timeout_ms;
  for (;;) {
    *ready = u->event;
    u->event = false;
    if (*ready) return TS_OK;
    const int64_t left = end - now_ms();
    if (left <= 0) return TS_OK;
    ts_error e = send_held(u);
    if (!e) e = handle_events(u, (int)left);
    if (e) return e;
  }
}

static bool any_busy(const usb_transport *u) {
  bool busy = false;
  for (int i = 0; i < IN_TRANSFERS; i++) busy |= u->in[i].busy;
  for (int i = 0; i < OUT_TRANSFERS; i++) busy |= u->out[i].busy;
  return busy;
}

static void usb_close(ts_transport *t) {
  usb_transport *u = (usb_transport *)t;
  const int64_t end = now_ms() + CLOSE_MS;
  for (int i = 0; i < IN_TRANSFERS; i++)
    if (u->in[i].busy) libusb_cancel_transfer(u->in[i].transfer);
  for (int i = 0; i < OUT_TRANSFERS; i++)
    if (u->out[i].busy) libusb_cancel_transfer(u->out[i].transfer);
  while (any_busy(u) && now_ms() < end) (void)handle_events(u, CLOSE_STEP_MS);
  /* A kernel that never gives a transfer back still owns its buffer: losing the memory is better than lending it twice. */
  if (any_busy(u)) {
    u->bus->lost = true;
    return;
  }
  for (int i = 0; i < IN_TRANSFERS; i++) libusb_free_transfer(u->in[i].transfer);
  for (int i = 0; i < OUT_TRANSFERS; i++) libusb_free_transfer(u->out[i].transfer);
  if (u->has_unplug_callback) libusb_hotplug_deregister_callback(u->bus->context, u->unplug_callback);
  if (u->handle) {
    libusb_release_interface(u->handle, TS_USB_INTERFACE);
    libusb_close(u->handle);
  }
  free(u);
}

static const char *usb_text(const ts_transport *t) { return ((const usb_transport *)t)->text; }

static const ts_transport_ops usb_ops = {usb_write, usb_read, usb_wait, usb_close, usb_text};

static bool make_transfers(usb_transport *u) {
  for (int i = 0; i < IN_TRANSFERS + OUT_TRANSFERS; i++) {
    const bool is_in = i < IN_TRANSFERS;
    usb_transfer *x = is_in ? &u->in[i] : &u->out[i - IN_TRANSFERS];
    x->owner = u;
    x->transfer = libusb_alloc_transfer(0);
    if (!x->transfer) return false;
    /* No timeout of its own: the session has the one that counts, and closing cancels. */
    libusb_fill_bulk_transfer(x->transfer, u->handle, is_in ? TS_USB_ENDPOINT_IN : TS_USB_ENDPOINT_OUT, x->bytes, TRANSFER_BYTES, transfer_ended, x, 0);
  }
  return true;
}

ts_error ts_transport_open_usb(ts_transport **t, ts_usb_bus *bus, const char *serial, char *serial_found, char *message) {
  usb_transport *u = calloc(1, sizeof *u);
  if (!u) return TS_ERROR_MEMORY;
  u->base = (ts_transport){.ops = &usb_ops, .throttles = true};
  u->bus = bus;
  ts_usb_configuration configuration;
  ts_error e = ts_usb_take(u->bus->context, serial, &u->handle, &configuration, u->serial, message);
  if (!e) u->out_packet_bytes = configuration.out_packet_bytes;
  if (!e && libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG))
    u->has_unplug_callback = libusb_hotplug_register_callback(u->bus->context, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT, 0, (int)TS_USB_VENDOR_ID, (int)TS_USB_PRODUCT_ID,
                                                              LIBUSB_HOTPLUG_MATCH_ANY, device_left, u, &u->unplug_callback) == 0;
  if (!e && !make_transfers(u)) e = TS_ERROR_MEMORY;
  for (int i = 0; i < IN_TRANSFERS && !e; i++) {
    e = submit(u, &u->in[i]);
    if (e && message) snprintf(message, TS_MESSAGE_BYTES, "%s", u->text);
  }
  if (e) {
    usb_close(&u->base);
    return e;
  }
  snprintf(serial_found, TS_USB_SERIAL_BYTES, "%s", u->serial);
  *t = &u->base;
  return TS_OK;
}
