// A full-speed device seen at its pins, one 48 MHz clock at a time.
#pragma once

namespace usb {

constexpr double kDeviceClockHz = 48e6;
constexpr unsigned kClocksPerBit = 4;

class WireDevice {
 public:
  WireDevice() = default;
  WireDevice(const WireDevice &) = delete;
  WireDevice &operator=(const WireDevice &) = delete;
  virtual ~WireDevice() = default;
  // One rising edge with these levels at the pins; afterwards the members below are what the device drives.
  virtual void clock(bool dp, bool dn) = 0;

  bool driving = false, dp_out = false, dn_out = false, pull_up = false;
};

}  // namespace usb
