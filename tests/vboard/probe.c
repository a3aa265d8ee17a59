/* A plain libusb-1.0 program that talks to the board by itself: what a driver relies on, without the driver.
 *
 *   probe all SERIAL       everything below but unplug
 *   probe unplug           waits in a transfer until the board is gone, then until it is back
 * Prints `FAIL ...` and ends with 1 at the first thing that is not as it should be.
 */
#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <zlib.h>

#include "session/protocol.h"

enum { VENDOR = 0x1209, PRODUCT = 0x0001, OUT = 0x01, IN = 0x81, ECHO_BYTES = 64, FRAME_BYTES = TS_HEADER_BYTES + ECHO_BYTES + TS_CRC_BYTES };
#define CHECK(x) do { const int r_ = (int)(x); if (r_ < 0) { printf("FAIL %s: %s (line %d)\n", #x, libusb_error_name(r_), __LINE__); exit(1); } } while (0)
#define EXPECT(x) do { if (!(x)) { printf("FAIL %s (line %d)\n", #x, __LINE__); exit(1); } } while (0)

static void put(uint8_t *p, uint32_t x, unsigned n) {
  for (unsigned i = 0; i < n; i++) p[i] = (uint8_t)(x >> (8 * i));
}

static size_t frame(uint8_t *p, uint8_t type, uint32_t sequence, const uint8_t *payload, size_t n) {
  put(p + TS_HEADER_MAGIC_BYTE, TS_PROTOCOL_MAGIC, 2);
  p[TS_HEADER_VERSION_BYTE] = TS_PROTOCOL_VERSION;
  p[TS_HEADER_TYPE_BYTE] = type;
  put(p + TS_HEADER_SEQUENCE_BYTE, sequence, 4);
  put(p + TS_HEADER_LENGTH_BYTE, (uint32_t)n, 4);
  put(p + TS_HEADER_CONFIG_BYTE, 0, 2);
  put(p + TS_HEADER_CHECK_BYTE, (uint32_t)crc32(0, p, TS_HEADER_CHECK_BYTE) & 0xffffu, 2);
  if (n) memcpy(p + TS_HEADER_BYTES, payload, n);
  put(p + TS_HEADER_BYTES + n, (uint32_t)crc32(0, p, (uInt)(TS_HEADER_BYTES + n)), 4);
  return TS_HEADER_BYTES + n + TS_CRC_BYTES;
}

static libusb_device_handle *open_board(libusb_context *context, const char *serial) {
  libusb_device **list;
  libusb_device_handle *found = NULL;
  const ssize_t n = libusb_get_device_list(context, &list);
  CHECK(n);
  for (ssize_t i = 0; i < n && !found; i++) {
    struct libusb_device_descriptor d;
    CHECK(libusb_get_device_descriptor(list[i], &d));
    if (d.idVendor != VENDOR || d.idProduct != PRODUCT) continue;
    EXPECT(libusb_get_device_speed(list[i]) == LIBUSB_SPEED_FULL);
    libusb_device_handle *h;
    unsigned char text[64];
    CHECK(libusb_open(list[i], &h));
    CHECK(libusb_get_string_descriptor_ascii(h, d.iSerialNumber, text, sizeof text));
    if (!serial || strcmp((char *)text, serial) == 0) found = h;
    else libusb_close(h);
  }
  libusb_free_device_list(list, 1);
  return found;
}

static void link_reset(libusb_device_handle *h) { CHECK(libusb_control_transfer(h, 0x40, 0x01, 0, 0, NULL, 0, 20000)); }

/* Nothing of before is left, whatever the line loses: a packet whose ACK was lost waits in the board to be sent again, and its toggle is the board's
 * only sign that it was had. The reset drops the packet, but with it that sign, so the toggles have to be agreed on anew; toggles alone would give the packet twice. */
static void begin_anew(libusb_device_handle *h) {
  link_reset(h);
  CHECK(libusb_clear_halt(h, IN));
  CHECK(libusb_clear_halt(h, OUT));
}

struct stream {
  uint8_t *bytes;
  int at, total, running;
};

static void LIBUSB_CALL on_data(struct libusb_transfer *t) {
  struct stream *s = t->user_data;
  EXPECT(t->status == LIBUSB_TRANSFER_COMPLETED);
  s->at += t->actual_length;
  s->running = s->at < s->total;
  if (!s->running) return;
  t->buffer = s->bytes + s->at;
  t->length = (s->total - s->at + 63) / 64 * 64;
  CHECK(libusb_submit_transfer(t));
}

/* n echo messages out and all answers in, both ways at the same time. */
static void echo(libusb_context *context, libusb_device_handle *h, unsigned n, unsigned seed) {
  uint8_t *out = malloc((size_t)n * FRAME_BYTES), *expected = malloc((size_t)n * FRAME_BYTES), *in = malloc((size_t)n * FRAME_BYTES + 64);
  uint8_t payload[ECHO_BYTES];
  int moved;
  size_t total = 0;
  EXPECT(out && expected && in);
  for (unsigned k = 0; k < n; k++) {
    const size_t length = (k * 7 + seed) % (ECHO_BYTES + 1);
    for (size_t i = 0; i < length; i++) payload[i] = (uint8_t)(seed = seed * 1103515245u + 12345u, seed >> 16);
    frame(out + total, TS_MSG_ECHO_REQUEST, k + 1, payload, length);
    total += frame(expected + total, TS_MSG_ECHO, k + 1, payload, length);
  }
  struct stream s = {in, 0, (int)total, 1};
  struct libusb_transfer *t = libusb_alloc_transfer(0);
  EXPECT(t);
  libusb_fill_bulk_transfer(t, h, IN, in, (int)(total + 63) / 64 * 64, on_data, &s, 0);
  CHECK(libusb_submit_transfer(t));
  for (size_t sent = 0; sent < total; sent += (size_t)moved)
    CHECK(libusb_bulk_transfer(h, OUT, out + sent, total - sent < 4096 ? (int)(total - sent) : 4096, &moved, 60000));
  while (s.running) CHECK(libusb_handle_events(context));
  libusb_free_transfer(t);
  size_t same = 0;
  while (same < total && in[same] == expected[same]) same++;
  if (s.at != s.total || same < total) {
    printf("FAIL echo of %u messages: %d of %d bytes came, the first %zu as expected\n", n, s.at, s.total, same);
    exit(1);
  }
  free(out);
  free(expected);
  free(in);
}

static double cpu_s(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) + 1e-6 * (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static int cancelled;
static void LIBUSB_CALL on_cancelled(struct libusb_transfer *t) { cancelled += t->status == LIBUSB_TRANSFER_CANCELLED; }

static void all(libusb_context *context, const char *serial) {
  libusb_device_handle *h = open_board(context, serial), *second;
  uint8_t b[256];
  int moved;
  EXPECT(h);
  CHECK(libusb_set_auto_detach_kernel_driver(h, 1));
  CHECK(libusb_claim_interface(h, 0));
  EXPECT(libusb_claim_interface(h, 1) == LIBUSB_ERROR_INVALID_PARAM);
  second = open_board(context, serial);
  EXPECT(second && libusb_claim_interface(second, 0) == LIBUSB_ERROR_BUSY);
  libusb_close(second);
  EXPECT(libusb_control_transfer(h, 0xc0, 0x55, 0, 0, b, 64, 20000) == LIBUSB_ERROR_PIPE);
  EXPECT(libusb_control_transfer(h, 0x80, 0, 0, 0, b, 2, 20000) == 2);
  begin_anew(h);
  echo(context, h, 1, 3);
  echo(context, h, 200, 5);

  /* Half a message, then a reset of the link: nothing of it is left. */
  const size_t n = frame(b, TS_MSG_ECHO_REQUEST, 7, (const uint8_t *)"lost", 4);
  CHECK(libusb_bulk_transfer(h, OUT, b, (int)n - 3, &moved, 20000));
  begin_anew(h);
  echo(context, h, 3, 9);
  /* An answer nobody took: gone, too. */
  CHECK(libusb_bulk_transfer(h, OUT, b, (int)n, &moved, 20000));
  begin_anew(h);
  echo(context, h, 3, 10);

  const double before = cpu_s();
  EXPECT(libusb_bulk_transfer(h, IN, b, 64, &moved, 300) == LIBUSB_ERROR_TIMEOUT && moved == 0);
  EXPECT(cpu_s() - before < 0.15); /* it slept */

  struct libusb_transfer *t[4];
  for (int i = 0; i < 4; i++) {
    EXPECT((t[i] = libusb_alloc_transfer(0)));
    libusb_fill_bulk_transfer(t[i], h, IN, b + 64 * i, 64, on_cancelled, NULL, 0);
    CHECK(libusb_submit_transfer(t[i]));
  }
  for (int i = 0; i < 4; i++) CHECK(libusb_cancel_transfer(t[i]));
  while (cancelled < 4) CHECK(libusb_handle_events(context));
  for (int i = 0; i < 4; i++) libusb_free_transfer(t[i]);
  echo(context, h, 2, 11);
  begin_anew(h);
  echo(context, h, 2, 12);
  link_reset(h);
  CHECK(libusb_set_interface_alt_setting(h, 0, 0));
  echo(context, h, 2, 13);
  CHECK(libusb_reset_device(h));
  echo(context, h, 2, 14);
  CHECK(libusb_release_interface(h, 0));
  libusb_close(h);
}

static int events;
static int LIBUSB_CALL on_hotplug(libusb_context *c, libusb_device *d, libusb_hotplug_event e, void *u) {
  (void)c, (void)d, (void)u;
  events |= (int)e;
  return 0;
}

static void await(libusb_context *context, int event) {
  for (int i = 0; i < 200 && !(events & event); i++) {
    struct timeval t = {0, 100000};
    CHECK(libusb_handle_events_timeout(context, &t));
  }
  EXPECT(events & event);
}

static void unplug(libusb_context *context) {
  libusb_hotplug_callback_handle handle;
  uint8_t b[64];
  int moved;
  CHECK(libusb_hotplug_register_callback(context, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT | LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED, 0, VENDOR, PRODUCT,
                                         LIBUSB_HOTPLUG_MATCH_ANY, on_hotplug, NULL, &handle));
  for (int life = 0; life < 2; life++) {
    libusb_device_handle *h = open_board(context, NULL);
    EXPECT(h);
    CHECK(libusb_claim_interface(h, 0));
    events = 0;
    int r = 0;
    for (int i = 0; i < 1000 && r == 0; i++) { /* until the board goes */
      const size_t n = frame(b, TS_MSG_ECHO_REQUEST, 1, NULL, 0);
      r = libusb_bulk_transfer(h, OUT, b, (int)n, &moved, 20000);
      if (r == 0) r = libusb_bulk_transfer(h, IN, b, 64, &moved, 20000);
    }
    EXPECT(r == LIBUSB_ERROR_NO_DEVICE);
    EXPECT(libusb_control_transfer(h, 0x80, 0, 0, 0, b, 2, 1000) == LIBUSB_ERROR_NO_DEVICE);
    await(context, LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT);
    libusb_close(h);
    await(context, LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED);
  }
  libusb_device_handle *h = open_board(context, NULL);
  EXPECT(h);
  CHECK(libusb_claim_interface(h, 0));
  echo(context, h, 5, 1);
  libusb_close(h);
  libusb_hotplug_deregister_callback(context, handle);
}

int main(int argc, char **argv) {
  libusb_context *context;
  setvbuf(stdout, NULL, _IOLBF, 0);
  CHECK(libusb_init(&context));
  if (argc == 3 && strcmp(argv[1], "all") == 0) all(context, argv[2]);
  else if (argc == 2 && strcmp(argv[1], "unplug") == 0) unplug(context);
  else return 2;
  libusb_exit(context);
  puts("PASS");
  return 0;
}
