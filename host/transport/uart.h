/* What the two ways to a UART board share. */
#ifndef TS_UART_H
#define TS_UART_H
#include "transport.h"

enum {
  TS_UART_BAUD = 3000000,
  TS_UART_BREAK_MS = 2,    /* the link's reset: longer than two characters at any rate from 10 kbaud on */
  TS_UART_SETTLE_MS = 20,  /* until what an adapter had received before has come up (its latency timer is at most 16 ms) */
  TS_UART_FLUSHES = 8      /* an adapter that still gives bytes then is not reset, but endless: the handshake will say so */
};

/* `uart:ftdi:SERIAL[:A|B|C|D]`: an FTDI chip by its serial number, through libftdi1 (the kernel's driver is detached and put back).
 * Default: channel B of the chips that have several (A programs the FPGA on the usual boards), else A. */
ts_error ts_transport_open_ftdi(ts_transport **t, const char *serial, unsigned baud, char *message);

enum { TS_UART_PORTS_MAX = 64, TS_UART_FTDI_VENDOR = 0x0403 };
typedef struct ts_uart_port {
  char path[200];
  char what[100];              /* what the system calls it; printable */
  int usb_vendor, usb_product; /* 0: not on USB */
} ts_uart_port;
/* The system's serial ports: at most TS_UART_PORTS_MAX (room for so many is given). None is opened. */
ts_error ts_uart_list(ts_uart_port *ports, size_t *n);

/* Splits `WHAT[@BAUD]`; false when what is left does not fit into `what` or the rate is none. */
bool ts_uart_split(const char *text, char *what, size_t room, unsigned *baud);
void ts_uart_sleep_ms(int ms);
#endif
