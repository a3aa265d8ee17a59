/* When bytes for a bulk OUT endpoint leave: shared by the libusb transport and the tests' simulated bus. */
#ifndef TS_USB_GATHER_H
#define TS_USB_GATHER_H
#include <stddef.h>

/* Bytes of the `held` ones to hand to the bus now. With nothing under way: all, so nothing ever waits for later bytes. Else whole packets only: the
 * rest fills up with what is written meanwhile, or leaves when the last transfer has ended. A short packet costs as much of the bus beside its data
 * as a full one. Nobody can be stuck on the rest: what is under way are bytes before it, which the board must take first. */
static inline size_t ts_usb_gather(size_t held, unsigned under_way, size_t packet_bytes) { return under_way ? held - held % packet_bytes : held; }
#endif
