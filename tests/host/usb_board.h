/* A USB board without a board: answers the usbfs ioctls that the unmodified libusb makes (umockdev), with the integer model behind its bulk
 * endpoints, and breaks on purpose. Packet level: a URB is one transfer; there is no bus below it.
 *
 * The program must run with libumockdev-preload in LD_PRELOAD: usb_board_preload() runs it again that way.
 */
#ifndef TS_TEST_USB_BOARD_H
#define TS_TEST_USB_BOARD_H
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <umockdev.h>
#include <unistd.h>

#include "model/device.h"
#include "session/protocol.h"
#include "session/words.h"

typedef enum usb_fault {
  USB_GOOD,
  /* before the first message */
  USB_OTHER_PRODUCT, USB_STRINGS_STALL, USB_STRING_OF_RUBBISH, USB_SERIAL_UNSOUND, USB_CONFIGURATION_SHORT, USB_CONFIGURATION_LIES, USB_CONFIGURATION_STALL,
  USB_NO_ENDPOINTS, USB_CLAIM_BUSY, USB_RESET_STALL, USB_RESET_SILENT, USB_CLEAR_FAILS,
  /* when the answer number at_answer is due */
  USB_ANSWER_SILENT, USB_ANSWER_STALL, USB_ANSWER_BABBLE, USB_ANSWER_PROTOCOL_ERROR, USB_ANSWER_EMPTY_FOR_EVER, USB_ANSWER_RUBBISH_FOR_EVER, USB_ANSWER_CORRUPT,
  USB_ANSWER_TRUNCATED, USB_ANSWER_TWICE, USB_ANSWER_DRIPS, USB_OUT_STALL, USB_OUT_NEVER_ENDS, USB_OUT_PARTIAL, USB_UNPLUG,
  USB_FAULTS
} usb_fault;

typedef struct usb_urb {
  struct usb_urb *next;
  UMockdevIoctlClient *client;
  UMockdevIoctlData *urb, *buffer;
} usb_urb;

struct usb_board;

/* One plugging in. It stays until the end: a host may hold its node open for ever, and umockdev ends a program whose node goes away. */
typedef struct usb_plugged {
  struct usb_plugged *next;
  struct usb_board *board;
  UMockdevIoctlBase *handler;
  int address;
  char node[64];
  int fifo;                  /* stands in for the device node: writable when there is something to reap */
  bool signalled, gone;
  size_t fetched;            /* bytes of answers that the host has got */
  usb_urb *waiting, *stuck, *done; /* waiting: IN transfers without data; stuck: ended by nothing but a cancellation */
} usb_plugged;

typedef struct usb_board {
  UMockdevTestbed *bed;
  pthread_mutex_t lock;
  int number;                /* port */
  char serial[40];
  usb_plugged *now;          /* the last plugging in, and before it */
  ts_model *model;
  unsigned engine;
  uint8_t out[1 << 16], in[1 << 16]; /* message being received; answers not yet fetched */
  size_t out_bytes, in_bytes;
  unsigned answers, resets, links;
  bool toggles_new;          /* set back, and the link not reset since: an IN packet may come twice */
  unsigned early;            /* bulk transfers asked for meanwhile */
  bool holds_out;            /* OUT transfers end when usb_release() is called */
  unsigned outs, filled, split; /* OUT transfers; of whole packets behind one that the host has not got back; short ones there: packets wasted */
  usb_fault fault;
  unsigned at_answer;
  bool faulted;
  bool is_ftdi;              /* an FT2232H whose channel B leads to the device */
  unsigned breaks, latency_ms, baud_requests;
  bool in_break;
} usb_board;

static const uint8_t usb_configuration[] = {9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 0xff, 0, 0, 0, 7, 5, TS_USB_ENDPOINT_OUT, 2, 64, 0, 0,
                                            7, 5, TS_USB_ENDPOINT_IN, 2, 64, 0, 0};
static const uint8_t usb_device[] = {18, 1, 0, 2, 0, 0, 0, 64, 0x09, 0x12, 1, 0, 1, 0, 1, 2, 3, 1};

static const uint8_t usb_ftdi_configuration[] = {9, 2, 55, 0, 2, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 0xff, 0xff, 0xff, 0, 7, 5, 0x81, 2, 0, 2, 0, 7, 5, 2, 2, 0, 2, 0,
                                                 9, 4, 1, 0, 2, 0xff, 0xff, 0xff, 0, 7, 5, 0x83, 2, 0, 2, 0, 7, 5, 4, 2, 0, 2, 0};
static const uint8_t usb_ftdi_device[] = {18, 1, 0, 2, 0, 0, 0, 64, 0x03, 0x04, 0x10, 0x60, 0, 7, 1, 2, 3, 1};
enum { USB_FTDI_IN = 0x83, USB_FTDI_OUT = 4, USB_FTDI_BAUD = 3, USB_FTDI_DATA = 4, USB_FTDI_LATENCY = 9, USB_FTDI_BREAK = 1 << 14, USB_FTDI_STATUS_BYTES = 2,
       USB_FTDI_PACKET = 512 };

/* ---- the device ---- */
static inline int usb_string(const usb_board *b, unsigned index, uint8_t *p, size_t room) {
  uint8_t d[130] = {4, 3, 9, 4};
  const char *text = index == 1 ? "taustream" : index == 2 ? (b->fault == USB_OTHER_PRODUCT ? "toaster" : TS_USB_PRODUCT) : b->serial;
  if (index > 3 || b->fault == USB_STRINGS_STALL) return -EPIPE;
  if (index) {
    const char *unsound = "no \001good";
    if (index == 3 && b->fault == USB_SERIAL_UNSOUND) text = unsound;
    d[0] = (uint8_t)(2 + 2 * strlen(text));
    for (size_t i = 0; i < strlen(text); i++) d[2 + 2 * i] = (uint8_t)text[i], d[3 + 2 * i] = 0;
    if (b->fault == USB_STRING_OF_RUBBISH) memset(d, 0xfe, sizeof d);
  }
  const size_t n = d[0] < room ? d[0] : room;
  memcpy(p, d, n < sizeof d ? n : sizeof d);
  return (int)(n < sizeof d ? n : sizeof d);
}

static inline void usb_link_reset(usb_board *b) {
  ts_model_destroy(b->model);
  b->model = ts_model_create(b->engine);
  b->out_bytes = b->in_bytes = 0;
  b->links++;
  b->toggles_new = false;
}

/* Requests to the chip; the end of a break resets the link. */
static inline int usb_ftdi_control(usb_board *b, const uint8_t *setup, uint8_t *data, size_t room) {
  const unsigned value = setup[2] | (unsigned)setup[3] << 8;
  if (setup[0] & 0x80) {
    memset(data, 0, room);
    return (int)room;
  }
  if (setup[1] == USB_FTDI_LATENCY) b->latency_ms = value;
  if (setup[1] == USB_FTDI_BAUD) b->baud_requests++;
  if (setup[1] == USB_FTDI_DATA) {
    if (b->in_break && !(value & USB_FTDI_BREAK)) b->breaks++, usb_link_reset(b);
    b->in_break = value & USB_FTDI_BREAK;
  }
  return 0;
}

/* Bytes or a negative errno; *silent: never answered. */
static inline int usb_control(usb_board *b, const uint8_t *setup, uint8_t *data, size_t room, bool *silent) {
  const unsigned value = setup[2] | (unsigned)setup[3] << 8;
  if (setup[0] == 0x80 && setup[1] == 6 && value >> 8 == 3) return usb_string(b, value & 255, data, room);
  if (b->is_ftdi && (setup[0] & 0x60) == 0x40) return usb_ftdi_control(b, setup, data, room);
  if (setup[0] == 0x80 && setup[1] == 6 && value >> 8 == 2) {
    uint8_t d[sizeof usb_configuration];
    size_t n = sizeof d;
    memcpy(d, usb_configuration, n);
    if (b->fault == USB_CONFIGURATION_STALL) return -EPIPE;
    if (b->fault == USB_CONFIGURATION_SHORT) n = 20;
    if (b->fault == USB_CONFIGURATION_LIES) d[9] = 200;
    if (b->fault == USB_NO_ENDPOINTS) d[18 + 3] = d[25 + 3] = 3;
    if (n > room) n = room;
    memcpy(data, d, n);
    return (int)n;
  }
  if (setup[0] == 0x40 && setup[1] == TS_USB_REQUEST_LINK_RESET) {
    if (b->fault == USB_RESET_STALL) return -EPIPE;
    if (b->fault == USB_RESET_SILENT) *silent = true;
    usb_link_reset(b);
    return 0;
  }
  return -EPIPE;
}

static inline void usb_answer(usb_board *b, const uint8_t *p, size_t n) {
  if (b->in_bytes + n > sizeof b->in) abort();
  memcpy(b->in + b->in_bytes, p, n);
  b->in_bytes += n;
}

/* One whole message from the host: to the model, and its answers from there. */
static inline void usb_message(usb_board *b, const uint8_t *p, size_t n) {
  uint8_t answer[4096];
  for (size_t at = 0; at < n;) {
    const size_t taken = ts_model_write(b->model, p + at, n - at);
    at += taken;
    const size_t k = ts_model_read(b->model, answer, sizeof answer);
    if (!k) {
      if (!taken) abort();
      continue;
    }
    const bool now = b->fault > USB_CLEAR_FAILS && b->answers++ == b->at_answer;
    b->faulted |= now;
    if (b->faulted && (b->fault == USB_ANSWER_SILENT || b->fault == USB_OUT_NEVER_ENDS || b->fault == USB_OUT_PARTIAL)) continue;
    if (now && b->fault == USB_ANSWER_CORRUPT) answer[k / 2] ^= 0x40;
    usb_answer(b, answer, now && b->fault == USB_ANSWER_TRUNCATED ? k / 2 : k);
    if (now && b->fault == USB_ANSWER_TWICE) usb_answer(b, answer, k);
  }
}

static inline void usb_out(usb_board *b, const uint8_t *p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (b->out_bytes == sizeof b->out) abort();
    b->out[b->out_bytes++] = p[i];
    if (b->out_bytes < TS_HEADER_BYTES) continue;
    const size_t whole = TS_HEADER_BYTES + ts_get_u32(b->out + TS_HEADER_LENGTH_BYTE) + TS_CRC_BYTES;
    if (b->out_bytes < whole) continue;
    usb_message(b, b->out, whole);
    b->out_bytes = 0;
  }
}

/* ---- usbfs ---- */
static inline struct usbdevfs_urb *usb_of(const usb_urb *x) { return (struct usbdevfs_urb *)x->urb->data; }

static inline void usb_signal(usb_plugged *p) {
  static const char fill[65536];
  char drain[65536];
  const bool on = p->done || p->gone;
  if (on == p->signalled) return;
  if (on) while (read(p->fifo, drain, sizeof drain) > 0) {}
  else while (write(p->fifo, fill, sizeof fill) > 0) {}
  p->signalled = on;
}

static inline void usb_append(usb_urb **list, usb_urb *x) {
  while (*list) list = &(*list)->next;
  x->next = NULL;
  *list = x;
}

static inline void usb_finish(usb_plugged *p, usb_urb *x, int status, size_t n) {
  usb_of(x)->status = status;
  usb_of(x)->actual_length = (int)n;
  usb_append(&p->done, x);
}

/* Gives what there is to the IN transfers that wait. */
static inline void usb_fill(usb_plugged *p) {
  usb_board *b = p->board;
  while (p->waiting) {
    usb_urb *x = p->waiting;
    const size_t room = (size_t)usb_of(x)->buffer_length;
    size_t n = b->in_bytes < room ? b->in_bytes : room;
    int status = 0;
    bool ends = n > 0;
    if (b->faulted) {
      if (b->fault == USB_ANSWER_STALL) status = -EPIPE;
      if (b->fault == USB_ANSWER_BABBLE) status = -EOVERFLOW;
      if (b->fault == USB_ANSWER_PROTOCOL_ERROR) status = -EPROTO;
      if (b->fault == USB_ANSWER_EMPTY_FOR_EVER) ends = true, n = 0;
      if (b->fault == USB_ANSWER_DRIPS && n > 1) n = 1;
      if (b->fault == USB_ANSWER_RUBBISH_FOR_EVER) {
        ends = true, n = 0;
        for (size_t i = 0; i < room; i++) x->buffer->data[i] = (uint8_t)rand();
        b->in_bytes = 0;
        usb_of(x)->actual_length = (int)room;
      }
    }
    if (b->is_ftdi && !status) { /* every packet begins with the line's state; the chip answers at once, whether it has data or not */
      n = n < USB_FTDI_PACKET - USB_FTDI_STATUS_BYTES ? n : USB_FTDI_PACKET - USB_FTDI_STATUS_BYTES;
      p->waiting = x->next;
      x->buffer->data[0] = 1;
      x->buffer->data[1] = 0x60;
      memcpy(x->buffer->data + USB_FTDI_STATUS_BYTES, b->in, n);
      memmove(b->in, b->in + n, b->in_bytes - n);
      b->in_bytes -= n;
      usb_finish(p, x, 0, n + USB_FTDI_STATUS_BYTES);
      continue;
    }
    if (!ends && !status) return;
    p->waiting = x->next;
    if (status) n = 0;
    memcpy(x->buffer->data, b->in, n);
    memmove(b->in, b->in + n, b->in_bytes - n);
    b->in_bytes -= n;
    usb_finish(p, x, status, b->faulted && b->fault == USB_ANSWER_RUBBISH_FOR_EVER ? room : n);
  }
}

static inline void usb_free(usb_urb *x) {
  if (x->buffer) umockdev_ioctl_data_unref(x->buffer);
  umockdev_ioctl_data_unref(x->urb);
  free(x);
}

static inline void usb_submit(usb_plugged *p, UMockdevIoctlClient *c, UMockdevIoctlData *argument) {
  usb_board *b = p->board;
  usb_urb *x = calloc(1, sizeof *x);
  if (!x) abort();
  x->client = c;
  x->urb = umockdev_ioctl_data_resolve(argument, 0, sizeof(struct usbdevfs_urb), NULL);
  struct usbdevfs_urb *u = usb_of(x);
  const size_t n = (size_t)u->buffer_length;
  b->early += u->type == USBDEVFS_URB_TYPE_BULK && b->toggles_new;
  if (u->type == USBDEVFS_URB_TYPE_BULK && u->endpoint == TS_USB_ENDPOINT_OUT && !b->is_ftdi) {
    const bool whole = n % TS_USB_PACKET_BYTES == 0;
    bool behind = false;
    const usb_urb *const lists[] = {p->done, p->stuck};
    for (int i = 0; i < 2; i++)
      for (const usb_urb *y = lists[i]; y; y = y->next) behind |= y->client == c && usb_of(y)->endpoint == TS_USB_ENDPOINT_OUT;
    b->outs++;
    b->filled += behind && whole;
    b->split += behind && !whole;
  }
  if (n) x->buffer = umockdev_ioctl_data_resolve(x->urb, offsetof(struct usbdevfs_urb, buffer), n, NULL);
  if (u->type == USBDEVFS_URB_TYPE_CONTROL) {
    bool silent = false;
    const int r = usb_control(b, x->buffer->data, x->buffer->data + 8, n - 8, &silent);
    if (silent) usb_append(&p->stuck, x);
    else usb_finish(p, x, r < 0 ? r : 0, r > 0 ? (size_t)r : 0);
  } else if (u->endpoint == (b->is_ftdi ? USB_FTDI_OUT : TS_USB_ENDPOINT_OUT)) {
    usb_out(b, x->buffer->data, n);
    if (b->holds_out || (b->faulted && b->fault == USB_OUT_NEVER_ENDS)) usb_append(&p->stuck, x);
    else if (b->faulted && b->fault == USB_OUT_STALL) usb_finish(p, x, -EPIPE, 0);
    else usb_finish(p, x, 0, b->faulted && b->fault == USB_OUT_PARTIAL ? n / 2 : n);
    usb_fill(p);
  } else {
    usb_append(&p->waiting, x);
    usb_fill(p);
  }
}

/* Takes the URB at this address of the client out of a list; NULL: it is not there. */
static inline usb_urb *usb_take_out(usb_urb **list, const UMockdevIoctlClient *c, unsigned long address) {
  for (; *list; list = &(*list)->next)
    if ((*list)->client == c && (!address || (*list)->urb->client_addr == address)) {
      usb_urb *x = *list;
      *list = x->next;
      return x;
    }
  return NULL;
}

static inline void usb_reap(usb_plugged *p, UMockdevIoctlClient *c, UMockdevIoctlData *argument) {
  usb_urb *x = usb_take_out(&p->done, c, 0);
  if (!x) {
    umockdev_ioctl_client_complete(c, -1, p->gone ? ENODEV : EAGAIN);
    return;
  }
  UMockdevIoctlData *to = umockdev_ioctl_data_resolve(argument, 0, sizeof(void *), NULL);
  umockdev_ioctl_data_set_ptr(to, 0, x->urb);
  if (usb_of(x)->endpoint & 0x80) p->fetched += (size_t)usb_of(x)->actual_length;
  umockdev_ioctl_client_complete(c, 0, 0);
  umockdev_ioctl_data_unref(to);
  usb_free(x);
}

/* The device leaves the bus: whatever is under way ends. Called with the lock held. */
static inline void usb_go(usb_plugged *p) {
  p->gone = true;
  usb_urb **lists[] = {&p->waiting, &p->stuck};
  for (int i = 0; i < 2; i++)
    while (*lists[i]) {
      usb_urb *x = *lists[i];
      *lists[i] = x->next;
      usb_finish(p, x, -ESHUTDOWN, 0);
    }
}

static gboolean usb_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *c, gpointer user) {
  (void)base;
  usb_plugged *p = user;
  usb_board *b = p->board;
  const unsigned long request = umockdev_ioctl_client_get_request(c);
  UMockdevIoctlData *argument = umockdev_ioctl_client_get_arg(c);
  pthread_mutex_lock(&b->lock);
  if (p->gone && request != USBDEVFS_REAPURBNDELAY && request != USBDEVFS_REAPURB && request != USBDEVFS_DISCARDURB) {
    umockdev_ioctl_client_complete(c, -1, ENODEV);
    pthread_mutex_unlock(&b->lock);
    return TRUE;
  }
  switch (request) {
    case USBDEVFS_GET_CAPABILITIES: {
      UMockdevIoctlData *d = umockdev_ioctl_data_resolve(argument, 0, 4, NULL);
      ts_put_u32(d->data, USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_BULK_CONTINUATION | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT);
      umockdev_ioctl_client_complete(c, 0, 0);
      umockdev_ioctl_data_unref(d);
      break;
    }
    case USBDEVFS_CLAIMINTERFACE: case USBDEVFS_DISCONNECT_CLAIM:
      umockdev_ioctl_client_complete(c, b->fault == USB_CLAIM_BUSY ? -1 : 0, b->fault == USB_CLAIM_BUSY ? EBUSY : 0);
      break;
    case USBDEVFS_CLEAR_HALT:
      b->toggles_new = true;
      umockdev_ioctl_client_complete(c, b->fault == USB_CLEAR_FAILS ? -1 : 0, b->fault == USB_CLEAR_FAILS ? EPROTO : 0);
      break;
    case USBDEVFS_RESET: b->resets++; /* fallthrough */
    case USBDEVFS_RELEASEINTERFACE: case USBDEVFS_SETCONFIGURATION: case USBDEVFS_SETINTERFACE: umockdev_ioctl_client_complete(c, 0, 0); break;
    case USBDEVFS_GETDRIVER: case USBDEVFS_IOCTL: umockdev_ioctl_client_complete(c, -1, ENODATA); break; /* no kernel driver there */
    case USBDEVFS_SUBMITURB:
      usb_submit(p, c, argument);
      if (b->faulted && b->fault == USB_UNPLUG) usb_go(p);
      umockdev_ioctl_client_complete(c, 0, 0);
      break;
    case USBDEVFS_DISCARDURB: {
      const unsigned long address = *(unsigned long *)(void *)argument->data;
      usb_urb *x = usb_take_out(&p->waiting, c, address);
      if (!x) x = usb_take_out(&p->stuck, c, address);
      if (x) usb_finish(p, x, -ENOENT, 0);
      umockdev_ioctl_client_complete(c, x ? 0 : -1, x ? 0 : EINVAL);
      break;
    }
    case USBDEVFS_REAPURB: case USBDEVFS_REAPURBNDELAY: usb_reap(p, c, argument); break;
    default: umockdev_ioctl_client_complete(c, -1, ENOTTY);
  }
  usb_signal(p);
  pthread_mutex_unlock(&b->lock);
  return TRUE;
}

/* ---- plugging ---- */
static inline void usb_path(const usb_board *b, char *path, size_t room) { snprintf(path, room, "/sys/devices/usb1/1-%d", b->number); }

static inline void usb_plug(usb_board *b) {
  char hex[201], text[2048], path[512], made[520], *root = umockdev_testbed_get_root_dir(b->bed);
  static int next_address = 2;
  GError *error = NULL;
  usb_plugged *p = calloc(1, sizeof *p);
  if (!p) abort();
  const uint8_t *device = b->is_ftdi ? usb_ftdi_device : usb_device, *configuration = b->is_ftdi ? usb_ftdi_configuration : usb_configuration;
  for (size_t i = 0; i < sizeof usb_device; i++) sprintf(hex + 2 * i, "%02X", device[i]);
  for (size_t i = 0; i < configuration[2]; i++) sprintf(hex + 2 * sizeof usb_device + 2 * i, "%02X", configuration[i]);
  p->board = b;
  p->address = next_address++;
  p->signalled = true;
  p->handler = umockdev_ioctl_base_new();
  g_signal_connect(p->handler, "handle-ioctl", G_CALLBACK(usb_ioctl), p);
  snprintf(p->node, sizeof p->node, "/dev/bus/usb/%03d/%03d", 1 + p->address / 128, p->address % 128);
  snprintf(text, sizeof text,
           "P: /devices/usb1/1-%d\nN: %s=%s\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DEVNAME=%s\nE: BUSNUM=%03d\nE: DEVNUM=%03d\n"
           "E: MAJOR=189\nE: MINOR=%d\nA: busnum=%d\\n\nA: devnum=%d\\n\nA: speed=%d\\n\nA: bConfigurationValue=1\\n\n"
           "A: idVendor=%02x%02x\\n\nA: idProduct=%02x%02x\\n\n"
           "H: descriptors=%s\n\n", b->number, p->node + strlen("/dev/"), hex, p->node, 1 + p->address / 128, p->address % 128, p->address - 1,
           1 + p->address / 128, p->address % 128, b->is_ftdi ? 480 : 12, device[9], device[8], device[11], device[10], hex);
  /* Before it can be seen: a host that finds a node without its socket is ended by umockdev. */
  if (!umockdev_testbed_attach_ioctl(b->bed, p->node, p->handler, &error)) fprintf(stderr, "usb_plug: %s\n", error->message), abort();
  if (!umockdev_testbed_add_from_string(b->bed, text, &error)) fprintf(stderr, "usb_plug: %s\n", error->message), abort();
  snprintf(path, sizeof path, "%s%s", root, p->node);
  free(root);
  snprintf(made, sizeof made, "%s.new", path);
  if (mkfifo(made, 0666) || rename(made, path)) perror(path), abort();
  p->fifo = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  usb_signal(p);
  pthread_mutex_lock(&b->lock);
  b->faulted = false;
  p->next = b->now;
  b->now = p;
  pthread_mutex_unlock(&b->lock);
  usb_path(b, path, sizeof path);
  umockdev_testbed_uevent(b->bed, path, "add");
}

static inline void usb_unplug(usb_board *b) {
  char path[64], node[512], kept[520], *root = umockdev_testbed_get_root_dir(b->bed);
  usb_path(b, path, sizeof path);
  umockdev_testbed_uevent(b->bed, path, "remove");
  /* The node stays, dead: umockdev loses a place in its table whenever a node is not there any more when it is opened. */
  snprintf(node, sizeof node, "%s%s", root, b->now->node);
  snprintf(kept, sizeof kept, "%s.kept", node);
  if (link(node, kept)) perror(node), abort();
  umockdev_testbed_remove_device(b->bed, path);
  if (rename(kept, node)) perror(node), abort();
  free(root);
  pthread_mutex_lock(&b->lock);
  usb_go(b->now);
  usb_signal(b->now);
  pthread_mutex_unlock(&b->lock);
}

static inline size_t usb_fetched(usb_board *b) {
  pthread_mutex_lock(&b->lock);
  const size_t n = b->now->fetched;
  pthread_mutex_unlock(&b->lock);
  return n;
}

static inline void usb_release(usb_board *b) {
  pthread_mutex_lock(&b->lock);
  for (usb_plugged *p = b->now; p; p = p->next) {
    while (p->stuck) {
      usb_urb *x = p->stuck;
      p->stuck = x->next;
      usb_finish(p, x, 0, (size_t)usb_of(x)->buffer_length);
    }
    usb_signal(p);
  }
  pthread_mutex_unlock(&b->lock);
}

/* The node's mode: who may open the board. */
static inline void usb_lock_node(usb_board *b, mode_t mode) {
  char path[512], *root = umockdev_testbed_get_root_dir(b->bed);
  snprintf(path, sizeof path, "%s%s", root, b->now->node);
  free(root);
  if (chmod(path, mode)) perror(path), abort();
}

static inline void usb_create(usb_board *b, UMockdevTestbed *bed, int number, unsigned engine) {
  memset(b, 0, sizeof *b);
  b->bed = bed;
  b->number = number;
  b->engine = engine;
  pthread_mutex_init(&b->lock, NULL);
  snprintf(b->serial, sizeof b->serial, "0123456789ABCD%02d", number);
  b->model = ts_model_create(engine);
}

/* When no host has it open any more. */
static inline void usb_destroy(usb_board *b) {
  while (b->now) {
    usb_plugged *p = b->now;
    b->now = p->next;
    umockdev_testbed_detach_ioctl(b->bed, p->node, NULL);
    while (p->done) usb_free(usb_take_out(&p->done, p->done->client, 0));
    close(p->fifo);
    g_object_unref(p->handler);
    free(p);
  }
  ts_model_destroy(b->model);
  pthread_mutex_destroy(&b->lock);
}

/* The bus with its root hub. */
static inline UMockdevTestbed *usb_bus(void) {
  UMockdevTestbed *bed = umockdev_testbed_new();
  GError *error = NULL;
  static const char hub[] =
      "P: /devices/usb1\nN: bus/usb/001/001=12010002090001406B1D020014050302010109021900010100E0000904000001090000000705810304000C\nE: SUBSYSTEM=usb\n"
      "E: DEVTYPE=usb_device\nE: DEVNAME=/dev/bus/usb/001/001\nE: BUSNUM=001\nE: DEVNUM=001\nE: MAJOR=189\nE: MINOR=0\nA: busnum=1\\n\nA: devnum=1\\n\n"
      "A: speed=480\\n\nA: bConfigurationValue=1\\n\nA: idVendor=1d6b\\n\nA: idProduct=0002\\n\n"
      "H: descriptors=12010002090001406B1D020014050302010109021900010100E0000904000001090000000705810304000C\n\n";
  if (!umockdev_testbed_add_from_string(bed, hub, &error)) fprintf(stderr, "usb_bus: %s\n", error->message), abort();
  return bed;
}

/* Runs the program again under umockdev's preload (behind the sanitizer's runtime, when it is built with one). Returns when it is there already. */
static inline void usb_board_preload(char **argv) {
  const char *now = getenv("LD_PRELOAD");
  if (now && strstr(now, "umockdev")) return;
#ifdef __SANITIZE_ADDRESS__
  setenv("LD_PRELOAD", "libasan.so.8 libumockdev-preload.so.0", 1);
#else
  setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
#endif
  execv("/proc/self/exe", argv);
  perror("exec");
  exit(1);
}
#endif
