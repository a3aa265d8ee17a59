// rtl/usb/usb_device.v, verilated, at its pins; its byte streams go to a StreamSide.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "usb/wire_device.h"

class Vusb_device;
class VerilatedContext;

// What stands behind the core, clock by clock.
class StreamSide {
 public:
  StreamSide() = default;
  StreamSide(const StreamSide &) = delete;
  StreamSide &operator=(const StreamSide &) = delete;
  virtual ~StreamSide() = default;
  // Before an edge: what this side offers. A byte offered stays until it is taken.
  virtual bool takes() = 0;
  virtual bool gives(std::uint8_t *byte) = 0;
  // What moved in the edge.
  virtual void taken(std::uint8_t byte) = 0;
  virtual void given() = 0;
  // In every clock of link_reset.
  virtual void link_reset() = 0;
};

class UsbCore : public usb::WireDevice {
 public:
  UsbCore(const std::string &serial, StreamSide *side);
  ~UsbCore() override;
  void clock(bool dp, bool dn) override;
  bool configured() const;
  bool suspended() const;
  // High, then low for a few clocks, as after power-up.
  void power_on_reset();

 private:
  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vusb_device> top_;
  StreamSide *side_;
};
