/* USB boards: what is attached, and why something cannot be opened. */
#ifndef TS_USB_H
#define TS_USB_H
#include "transport.h"

/* As shipped in host/transport/70-taustream.rules. */
#define TS_USB_RULE_FILE "70-taustream.rules"
#define TS_USB_RULE "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"1209\", ATTR{idProduct}==\"0001\", MODE=\"0660\", GROUP=\"plugdev\", TAG+=\"uaccess\""

enum { TS_USB_BOARDS_MAX = 32, TS_USB_SERIAL_BYTES = 65 };

typedef struct ts_usb_board {
  uint8_t bus, address;
  char serial[TS_USB_SERIAL_BYTES];  /* empty: it has none, or it could not be asked */
  ts_error error;                    /* TS_OK: it can be opened; why not: */
  char problem[TS_MESSAGE_BYTES];
} ts_usb_board;

/* The bus as this program sees it: one libusb context with its list of devices, kept over unplugging. One thread at a time. */
typedef struct ts_usb_bus ts_usb_bus;
ts_error ts_usb_bus_open(ts_usb_bus **bus, char *message);
void ts_usb_bus_close(ts_usb_bus *bus); /* after the transports on it */
/* Sleeps until a board is plugged in, at most timeout_ms. */
void ts_usb_bus_await(ts_usb_bus *bus, int timeout_ms);

/* Fills in at most TS_USB_BOARDS_MAX boards (room for so many is given) and *n. Asks each for its strings only: a board at work is not disturbed. */
ts_error ts_usb_list(ts_usb_bus *bus, ts_usb_board *boards, size_t *n, char *message);

/* serial NULL: the only board. serial_found: room for TS_USB_SERIAL_BYTES. */
ts_error ts_transport_open_usb(ts_transport **t, ts_usb_bus *bus, const char *serial, char *serial_found, char *message);
#endif
