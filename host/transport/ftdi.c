/* Backend `uart:ftdi:SERIAL`: the UART of an FTDI chip through libftdi1, where there is no serial port driver or its port's name changes.
 *
 * The chip answers every read at once, with two status bytes at least once a latency timer (1 ms): reads and writes here wait for that, no
 * longer. Nothing is threaded. */
#define _POSIX_C_SOURCE 200809L
#include <ftdi.h>
#include <libusb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "uart.h"

enum { FTDI_LATENCY_MS = 1, FTDI_IO_MS = 50, FTDI_WRITE_MS = 2000, FTDI_WRITE_BYTES = 512, FTDI_READ_BYTES = 4096,
       FTDI_NOT_FOUND = -3 };

typedef struct ftdi_transport {
  ts_transport base;
  struct ftdi_context *chip;
  char name[64], text[TS_MESSAGE_BYTES];
  uint8_t in[FTDI_READ_BYTES];
  size_t in_at, in_bytes;
} ftdi_transport;

static ts_error failed(ftdi_transport *f, const char *what) {
  snprintf(f->text, sizeof f->text, "%s: %s: %s", f->name, what, ftdi_get_error_string(f->chip));
  return TS_ERROR_TRANSPORT;
}

static ts_error ftdi_stream_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  ftdi_transport *f = (ftdi_transport *)t;
  *moved = 0;
  const int k = ftdi_write_data(f->chip, bytes, (int)(n < FTDI_WRITE_BYTES ? n : FTDI_WRITE_BYTES));
  if (k < 0) return failed(f, "no more bytes are taken");
  *moved = (size_t)k;
  return TS_OK;
}

/* One look at what the chip has. */
static ts_error refill(ftdi_transport *f) {
  const int k = ftdi_read_data(f->chip, f->in, sizeof f->in);
  f->in_at = 0;
  f->in_bytes = k > 0 ? (size_t)k : 0;
  return k < 0 && k != LIBUSB_ERROR_TIMEOUT ? failed(f, "reading") : TS_OK;
}

static ts_error ftdi_stream_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  ftdi_transport *f = (ftdi_transport *)t;
  *moved = 0;
  const ts_error e = f->in_at == f->in_bytes ? refill(f) : TS_OK;
  if (e) return e;
  const size_t left = f->in_bytes - f->in_at, k = n < left ? n : left;
  memcpy(bytes, f->in + f->in_at, k);
  f->in_at += k;
  *moved = k;
  return TS_OK;
}

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static ts_error ftdi_stream_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  ftdi_transport *f = (ftdi_transport *)t;
  const int64_t end = now_ms() + timeout_ms;
  ts_error e = TS_OK;
  *ready = want_write;
  while (!e && !*ready && now_ms() < end) {
    e = refill(f);
    *ready = f->in_bytes > 0;
  }
  return e;
}

static void ftdi_stream_close(ts_transport *t) {
  ftdi_transport *f = (ftdi_transport *)t;
  ftdi_usb_close(f->chip);
  ftdi_free(f->chip);
  free(f);
}

static const char *ftdi_stream_text(const ts_transport *t) { return ((const ftdi_transport *)t)->text; }

static const ts_transport_ops ftdi_ops = {ftdi_stream_write, ftdi_stream_read, ftdi_stream_wait, ftdi_stream_close, ftdi_stream_text};

/* 0: opened, and *found; else what libftdi1 says. channel 0: the usual one. */
static int open_chip(struct ftdi_context *chip, const char *serial, char channel) {
  static const struct { int product; char usual; } kinds[] = {{0x6010, 'B'}, {0x6011, 'B'}, {0x6014, 'A'}, {0x6015, 'A'}, {0x6001, 'A'}};
  int r = FTDI_NOT_FOUND;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && r == FTDI_NOT_FOUND; i++) {
    const char c = channel ? channel : kinds[i].usual;
    r = ftdi_set_interface(chip, (enum ftdi_interface)(INTERFACE_A + (c - 'A')));
    if (r == 0) r = ftdi_usb_open_desc(chip, TS_UART_FTDI_VENDOR, kinds[i].product, NULL, serial);
  }
  return r;
}

static int set_up(struct ftdi_context *chip, unsigned baud) {
  int r = ftdi_usb_reset(chip);
  if (r == 0) r = ftdi_set_baudrate(chip, (int)baud);
  if (r == 0) r = ftdi_setflowctrl(chip, SIO_DISABLE_FLOW_CTRL);
  if (r == 0) r = ftdi_set_latency_timer(chip, FTDI_LATENCY_MS);
  if (r == 0) r = ftdi_read_data_set_chunksize(chip, FTDI_READ_BYTES);
  if (r == 0) r = ftdi_write_data_set_chunksize(chip, FTDI_WRITE_BYTES);
  if (r == 0) r = ftdi_set_line_property2(chip, BITS_8, STOP_BIT_1, NONE, BREAK_ON);
  if (r == 0) ts_uart_sleep_ms(TS_UART_BREAK_MS);
  if (r == 0) r = ftdi_set_line_property2(chip, BITS_8, STOP_BIT_1, NONE, BREAK_OFF);
  if (r == 0) ts_uart_sleep_ms(TS_UART_SETTLE_MS);
  return r == 0 ? ftdi_tcioflush(chip) : r;
}

ts_error ts_transport_open_ftdi(ts_transport **t, const char *text, unsigned baud, char *message) {
  char serial[48], channel = 0;
  const char *colon = strrchr(text, ':');
  const size_t n = colon ? (size_t)(colon - text) : strlen(text);
  if (colon && strlen(colon) == 2 && colon[1] >= 'A' && colon[1] <= 'D') channel = colon[1];
  if (n == 0 || n >= sizeof serial || (colon && !channel)) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "uart:ftdi:%.100s: expected uart:ftdi:SERIAL or uart:ftdi:SERIAL:A to :D", text);
    return TS_ERROR_ARGUMENT;
  }
  memcpy(serial, text, n);
  serial[n] = 0;
  ftdi_transport *f = calloc(1, sizeof *f);
  if (!f || !(f->chip = ftdi_new())) {
    free(f);
    if (message) snprintf(message, TS_MESSAGE_BYTES, "uart:ftdi:%s: libftdi1 cannot be started (out of memory, or no USB)", serial);
    return TS_ERROR_MEMORY;
  }
  f->chip->module_detach_mode = AUTO_DETACH_REATACH_SIO_MODULE;
  f->chip->usb_read_timeout = FTDI_IO_MS;
  f->chip->usb_write_timeout = FTDI_WRITE_MS;
  int r = open_chip(f->chip, serial, channel);
  if (r == FTDI_NOT_FOUND) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "uart:ftdi:%s: no FTDI chip with that serial number is there, or it may not be opened", serial);
  } else {
    if (r == 0) r = set_up(f->chip, baud);
    if (r && message)
      snprintf(message, TS_MESSAGE_BYTES, "uart:ftdi:%s: %s%s", serial, ftdi_get_error_string(f->chip),
               r == -8 || r == -4 ? " (a udev rule for 0403 in the manner of 70-taustream.rules gives access)" : "");
  }
  if (r) {
    ftdi_free(f->chip);
    free(f);
    return TS_ERROR_TRANSPORT;
  }
  f->base.ops = &ftdi_ops;
  snprintf(f->name, sizeof f->name, "uart:ftdi:%s", serial);
  *t = &f->base;
  return TS_OK;
}
