/* Judges a USB configuration descriptor: is there our interface? The bytes come from a device and are not trusted. */
#ifndef TS_USB_DESCRIPTOR_H
#define TS_USB_DESCRIPTOR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ts_usb_configuration {
  uint8_t value;            /* bConfigurationValue */
  uint16_t out_packet_bytes; /* wMaxPacketSize of the bulk OUT endpoint */
} ts_usb_configuration;

/* False with a reason (room bytes) when the n bytes are not well formed or hold no interface 0 of class FF/00/00 with our two bulk endpoints. */
bool ts_usb_configuration_read(const uint8_t *bytes, size_t n, ts_usb_configuration *c, char *why, size_t room);
/* A string of a device that may be shown and be named in `usb:SERIAL`: 1 to 64 printable characters, no space. */
bool ts_usb_serial_is_sound(const char *serial);
#endif
