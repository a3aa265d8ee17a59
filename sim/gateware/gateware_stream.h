// The gateware (rtl/core/device_top.v, engine u16, four samples a clock at its pins) behind the packets of a USB device, in bus time.
#pragma once
#include <memory>
#include <string>

#include "usb/byte_stream.h"

// pins: what shines at them (sim/pins.h). Null: *error says why.
std::unique_ptr<usb::ByteStream> make_gateware_stream(const std::string &pins, double clock_hz, std::string *error);
