// One virtual board at the port of a host: plugged and unplugged, run as long as there is something to do.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "options.h"
#include "usb/host.h"
#include "watched_bus.h"

class Board {
 public:
  Board(const Options &options, const std::string &serial, bool first);

  // Power, reset, enumeration. Empty: the board is ready, else what went wrong.
  std::string plug();
  // Everything pending ends with kGone.
  void unplug();
  bool plugged() const { return host_ != nullptr; }
  usb::Host *host() { return host_.get(); }
  const usb::Enumerated &enumerated() const { return enumerated_; }

  // Something new to do: the bus wakes up.
  void wake() { quiet_since_ = -1; }
  // A few transactions. False: nothing will happen before wake(): the bus stands still.
  bool run();
  // As many bytes have moved as --unplug-after says.
  bool wants_unplug() const;

  const std::string &serial() const { return serial_; }
  unsigned unplugs() const { return unplugs_; }
  usb::HostCounts counts() const;
  double bus_seconds() const;

 private:
  bool quiet_long_enough();

  const Options &options_;
  std::string serial_;
  bool first_;
  std::unique_ptr<WatchedBus> bus_;
  std::unique_ptr<usb::Host> host_;
  usb::Enumerated enumerated_;
  double quiet_since_ = -1;  // bit times; negative: not quiet
  unsigned unplugs_ = 0, wedges_ = 0;
  usb::HostCounts before_{};
  double before_s_ = 0;
};
