/* Finding a USB board on the bus and taking its interface: shared by usb.c and usb_board.c. */
#ifndef TS_USB_BOARD_H
#define TS_USB_BOARD_H
#include <libusb.h>

#include "usb.h"
#include "usb_descriptor.h"

enum { TS_USB_INTERFACE = 0 };

struct ts_usb_bus {
  libusb_context *context;
  bool lost;       /* a transfer was never given back: the context cannot be closed */
  bool has_callback;
  int arrived;     /* boards plugged in since it was last looked at */
  libusb_hotplug_callback_handle callback;
};

/* Opens the board with this serial number (NULL: the only one), checks its descriptors, claims its interface, resets the link. */
ts_error ts_usb_take(libusb_context *context, const char *serial, libusb_device_handle **handle, ts_usb_configuration *configuration, char *serial_found,
                     char *message);
#endif
