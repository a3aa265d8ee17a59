// A bus that counts the bulk bytes which have moved, and can wedge: from then on the bulk endpoints only say NAK, until the link is reset.
#pragma once
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "usb/bus.h"

class WatchedBus : public usb::Bus {
 public:
  explicit WatchedBus(std::unique_ptr<usb::Bus> bus) : bus_{std::move(bus)} {}
  std::uint64_t bulk_bytes() const { return bulk_bytes_; }
  bool wedged() const { return wedged_; }
  void wedge() { wedged_ = true; }

  bool attached() const override { return bus_->attached(); }
  void reset(double bit_times) override;
  void idle(double bit_times) override { bus_->idle(bit_times); }
  void start_of_frame(unsigned frame) override { bus_->start_of_frame(frame); }
  usb::Reply send(usb::Pid token, unsigned address, unsigned endpoint, usb::Pid toggle, const std::uint8_t *bytes, std::size_t n) override;
  usb::Reply receive(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) override;
  double now() const override { return bus_->now(); }

 private:
  std::unique_ptr<usb::Bus> bus_;
  std::uint64_t bulk_bytes_ = 0;
  bool wedged_ = false;
};
