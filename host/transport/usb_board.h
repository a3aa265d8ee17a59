/* Finding a USB board on the bus and taking its interface: shared by usb.c and usb_board.c. */
#ifndef TS_USB_BOARD_H
#define TS_USB_BOARD_H
#include <libusb.h>

#include "usb.h"

enum { TS_USB_INTERFACE = 0, TS_USB_CONTROL_MS = 1000 };

/* Opens the board with this serial number (NULL: the only one), checks its descriptors, claims its interface, resets the link. */
ts_error ts_usb_take(libusb_context *context, const char *serial, libusb_device_handle **handle, char *serial_found, char *message);
ts_error ts_usb_start(libusb_context **context, char *message);
#endif
