/* Configuration descriptors and serial numbers of any bytes. */
#include <stdlib.h>
#include <string.h>

#include "transport/usb_descriptor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  ts_usb_configuration c;
  char why[160] = "", *text = malloc(size + 1);
  uint8_t *exact = malloc(size ? size : 1); /* so that one byte beyond is seen */
  if (!text || !exact) abort();
  memcpy(exact, data, size);
  memcpy(text, data, size);
  text[size] = 0;
  const bool good = ts_usb_configuration_read(exact, size, &c, why, sizeof why);
  if (good ? !c.value || !c.out_packet_bytes || size < 32 : !why[0]) abort();
  if (ts_usb_serial_is_sound(text) && strlen(text) > 64) abort();
  free(exact);
  free(text);
  return 0;
}
