#include "usb_descriptor.h"

#include <stdio.h>
#include <string.h>

#include "../session/protocol.h"

enum {
  TYPE_CONFIGURATION = 2, TYPE_INTERFACE = 4, TYPE_ENDPOINT = 5,
  CONFIGURATION_BYTES = 9, INTERFACE_BYTES = 9, ENDPOINT_BYTES = 7,
  CLASS_VENDOR = 0xff, TRANSFER_MASK = 3, TRANSFER_BULK = 2, PACKET_MASK = 0x7ff, SERIAL_MAX = 64
};

static unsigned u16(const uint8_t *p) { return p[0] | (unsigned)p[1] << 8; }

/* A bulk endpoint's largest packet: full speed has 8 to 64 bytes, high speed 512. */
static bool is_bulk_packet(unsigned n) { return n == 8 || n == 16 || n == 32 || n == 64 || n == 512; }

bool ts_usb_configuration_read(const uint8_t *bytes, size_t n, ts_usb_configuration *c, char *why, size_t room) {
  if (n < CONFIGURATION_BYTES || bytes[0] < CONFIGURATION_BYTES || bytes[1] != TYPE_CONFIGURATION) {
    snprintf(why, room, "its configuration descriptor is none (%zu bytes)", n);
    return false;
  }
  const size_t total = u16(bytes + 2);
  if (total > n || total < bytes[0]) {
    snprintf(why, room, "its configuration descriptor claims %zu bytes and has %zu", total, n);
    return false;
  }
  bool inside = false, has_in = false, has_out = false;
  c->value = bytes[5];
  for (size_t at = bytes[0]; at < total;) {
    const uint8_t *d = bytes + at;
    const size_t left = total - at, length = d[0];
    if (length < 2 || length > left) {
      snprintf(why, room, "a descriptor at byte %zu has %zu bytes, expected 2 to %zu", at, length, left);
      return false;
    }
    if (d[1] == TYPE_INTERFACE && length >= INTERFACE_BYTES)
      inside = d[2] == 0 && d[3] == 0 && d[5] == CLASS_VENDOR && d[6] == 0 && d[7] == 0;
    if (d[1] == TYPE_ENDPOINT && length >= ENDPOINT_BYTES && inside && (d[3] & TRANSFER_MASK) == TRANSFER_BULK) {
      const unsigned packet = u16(d + 4) & PACKET_MASK;
      if (is_bulk_packet(packet) && d[2] == TS_USB_ENDPOINT_IN) has_in = true;
      if (is_bulk_packet(packet) && d[2] == TS_USB_ENDPOINT_OUT) {
        has_out = true;
        c->out_packet_bytes = (uint16_t)packet;
      }
    }
    at += length;
  }
  if (c->value && has_in && has_out) return true;
  snprintf(why, room, "it has no interface 0 of class FF/00/00 with bulk endpoints 0x%02x and 0x%02x", TS_USB_ENDPOINT_OUT, TS_USB_ENDPOINT_IN);
  return false;
}

bool ts_usb_serial_is_sound(const char *serial) {
  const size_t n = strlen(serial);
  if (n < 1 || n > SERIAL_MAX) return false;
  for (size_t i = 0; i < n; i++)
    if (serial[i] <= ' ' || serial[i] > '~') return false;
  return true;
}
