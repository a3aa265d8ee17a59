/* Backend `uart:PATH[@BAUD]`: a serial port, 8N1 without flow control. Opening it sends a break, which resets the link. */
#include "uart.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/serial.h>
#endif

#include "fd_stream.h"

typedef struct uart_transport {
  ts_fd_stream stream;
  struct sp_port *port; /* NULL: a terminal that libserialport does not know (a pseudo-terminal) */
} uart_transport;

void ts_uart_sleep_ms(int ms) {
  struct timespec left = {ms / 1000, ms % 1000 * 1000000L};
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

bool ts_uart_split(const char *text, char *what, size_t room, unsigned *baud) {
  const char *at = strrchr(text, '@');
  size_t n = strlen(text);
  *baud = TS_UART_BAUD;
  if (at && at[1] && strspn(at + 1, "0123456789") == strlen(at + 1)) {
    const unsigned long v = strtoul(at + 1, NULL, 10);
    if (v < 300 || v > 100000000) return false;
    *baud = (unsigned)v;
    n = (size_t)(at - text);
  }
  if (n == 0 || n >= room) return false;
  memcpy(what, text, n);
  what[n] = 0;
  return true;
}

ts_error ts_uart_list(ts_uart_port *ports, size_t *n) {
  struct sp_port **list;
  *n = 0;
  if (sp_list_ports(&list) != SP_OK) return TS_ERROR_TRANSPORT;
  for (size_t i = 0; list[i] && *n < TS_UART_PORTS_MAX; i++) {
    ts_uart_port *p = &ports[*n];
    const char *name = sp_get_port_name(list[i]), *what = sp_get_port_description(list[i]);
    if (!name || strlen(name) >= sizeof p->path) continue;
    memset(p, 0, sizeof *p);
    snprintf(p->path, sizeof p->path, "%s", name);
    snprintf(p->what, sizeof p->what, "%s", what ? what : "");
    for (char *c = p->what; *c; c++)
      if (*c < ' ' || *c > '~') *c = '?';
    if (sp_get_port_usb_vid_pid(list[i], &p->usb_vendor, &p->usb_product) != SP_OK) p->usb_vendor = p->usb_product = 0;
    ++*n;
  }
  sp_free_port_list(list);
  return TS_OK;
}

static void uart_close(ts_transport *t) {
  uart_transport *u = (uart_transport *)t;
  tcflush(u->stream.fd, TCIOFLUSH); /* else closing waits for what an adapter does not send any more */
  if (u->port) {
    sp_close(u->port);
    sp_free_port(u->port);
  } else {
    close(u->stream.fd);
  }
  free(u);
}

static const ts_transport_ops uart_ops = {ts_fd_write, ts_fd_read, ts_fd_wait, uart_close, ts_fd_text};

/* Adapters hold received bytes back for up to 16 ms unless told otherwise; with few histograms in flight that is the rate. */
static void want_low_latency(int fd) {
#ifdef __linux__
  struct serial_struct s;
  if (ioctl(fd, TIOCGSERIAL, &s) == 0) {
    s.flags |= (int)ASYNC_LOW_LATENCY;
    (void)ioctl(fd, TIOCSSERIAL, &s); /* not every driver has it: slower then, not wrong */
  }
#else
  (void)fd;
#endif
}

/* Break, then forget what had come before it. */
static bool reset_link(int fd) {
  char old[256];
  tcflush(fd, TCOFLUSH);
  if (ioctl(fd, TIOCSBRK) != 0) return false;
  ts_uart_sleep_ms(TS_UART_BREAK_MS);
  if (ioctl(fd, TIOCCBRK) != 0) return false;
  ts_uart_sleep_ms(TS_UART_SETTLE_MS);
  tcflush(fd, TCIFLUSH);
  for (int i = 0; i < TS_UART_FLUSHES && read(fd, old, sizeof old) > 0; i++) {}
  return true;
}

/* Through libserialport. */
static bool open_port(uart_transport *u, unsigned baud, char *why, size_t room) {
  enum sp_return r = sp_open(u->port, SP_MODE_READ_WRITE);
  if (r == SP_OK) r = sp_set_baudrate(u->port, (int)baud);
  if (r == SP_OK) r = sp_set_bits(u->port, 8);
  if (r == SP_OK) r = sp_set_parity(u->port, SP_PARITY_NONE);
  if (r == SP_OK) r = sp_set_stopbits(u->port, 1);
  if (r == SP_OK) r = sp_set_flowcontrol(u->port, SP_FLOWCONTROL_NONE);
  if (r == SP_OK) r = sp_get_port_handle(u->port, &u->stream.fd);
  if (r == SP_OK) return true;
  const int code = sp_last_error_code();
  char *text = r == SP_ERR_FAIL ? sp_last_error_message() : NULL;
  snprintf(why, room, "%s%s", text ? text : r == SP_ERR_SUPP ? "the port does not do that rate" : "libserialport refuses it",
           r == SP_ERR_FAIL && code == EACCES ? " (add yourself to the group that owns the port: usually `sudo adduser $USER dialout`, then log in again)"
           : r == SP_ERR_FAIL && code == EBUSY ? " (another program has it)" : "");
  sp_free_error_message(text);
  return false;
}

/* A terminal that is no port of the system's list. */
static bool open_terminal(uart_transport *u, const char *path, char *why, size_t room) {
  struct termios raw;
  u->stream.fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (u->stream.fd >= 0 && tcgetattr(u->stream.fd, &raw) == 0) {
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(u->stream.fd, TCSANOW, &raw) == 0) return true;
  }
  snprintf(why, room, "%s", strerror(errno));
  if (u->stream.fd >= 0) close(u->stream.fd);
  return false;
}

ts_error ts_transport_open_uart(ts_transport **t, const char *text, char *message) {
  char path[200], why[200] = "";
  unsigned baud;
  if (!ts_uart_split(text, path, sizeof path, &baud)) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "uart:%.200s: expected uart:PATH or uart:ftdi:SERIAL, then @BAUD (300 to 100000000) if it is not %d", text,
                          TS_UART_BAUD);
    return TS_ERROR_ARGUMENT;
  }
  if (strncmp(path, "ftdi:", 5) == 0) return ts_transport_open_ftdi(t, path + 5, baud, message);
  uart_transport *u = calloc(1, sizeof *u);
  char *real = realpath(path, NULL); /* libserialport knows no links such as /dev/serial/by-id/... */
  if (!u) {
    free(real);
    return TS_ERROR_MEMORY;
  }
  bool good = false, open = false;
  if (!real) snprintf(why, sizeof why, "%s", strerror(errno));
  else if (sp_get_port_by_name(real, &u->port) == SP_OK) open = good = open_port(u, baud, why, sizeof why);
  else open = good = open_terminal(u, real, why, sizeof why);
  free(real);
  if (good) {
    want_low_latency(u->stream.fd);
    good = reset_link(u->stream.fd);
    if (!good) snprintf(why, sizeof why, "the break that resets the link cannot be sent: %s", strerror(errno));
  }
  if (!good) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "uart:%s: %s", path, why);
    if (u->port) sp_close(u->port), sp_free_port(u->port);
    else if (open) close(u->stream.fd);
    free(u);
    return TS_ERROR_TRANSPORT;
  }
  u->stream.base.ops = &uart_ops;
  u->stream.is_serial = true;
  u->stream.peer = "the port";
  snprintf(u->stream.name, sizeof u->stream.name, "uart:%s", path);
  *t = &u->stream.base;
  return TS_OK;
}
