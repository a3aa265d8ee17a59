// rtl/core/device_usb.v, verilated, at its pins: the USB core, the clock crossing and the engine, each engine a verilation of its own.
#pragma once
#include <memory>
#include <string>

#include "usb/wire_device.h"

class BoardCore : public usb::WireDevice {
 public:
  // Work is under way in the engine.
  virtual bool busy() const = 0;
};

// pins: what shines at them (sim/pins.h), empty: nothing. engine: "u16" or "e18", or "small", u16 as a UP5K has it, without pins; clock_hz: the engine's clock (the USB core has 48 MHz). The engine's program and tables are read from a folder
// `rtl-tables` beside this program or in ../share/taustream. Null: *error says why.
std::unique_ptr<BoardCore> make_board_core(const std::string &engine, const std::string &serial, double clock_hz, const std::string &pins,
                                           std::string *error);
