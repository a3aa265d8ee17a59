// A bus without bits: packets are handed to a PacketDevice as such. Time is accounted as the packets would take on the wire, with the least
// gaps. Faults: a handshake, a token or data are lost with the given probability.
#pragma once
#include <memory>
#include <utility>

#include "bus.h"
#include "packet_device.h"
#include "random.h"

namespace usb {

class PacketBus : public Bus {
 public:
  explicit PacketBus(std::unique_ptr<PacketDevice> device, double loss = 0, std::uint64_t seed = 1)
      : device_{std::move(device)}, loss_{loss}, random_{seed} {}
  bool attached() const override { return true; }
  void reset(double bit_times) override;
  void idle(double bit_times) override { now_ += bit_times; }
  void start_of_frame(unsigned frame) override;
  Reply send(Pid token, unsigned address, unsigned endpoint, Pid toggle, const std::uint8_t *bytes, std::size_t n) override;
  Reply receive(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) override;
  double now() const override { return now_; }

 private:
  bool lost() { return random_.chance(loss_); }

  std::unique_ptr<PacketDevice> device_;
  double loss_;
  Random random_;
  double now_ = 0;
};

}  // namespace usb
