// A full-speed USB bit by bit: a host's transceiver with a clock of its own against a device's pins.
//
// Time is counted in the device's 48 MHz clocks, which are taken to be exact; the host's bit is 4 / (1 + ppm / 10^6) of them, its edges are
// moved by jitter, and D+ and D- change up to `skew_ns` apart (a receiver then sees SE0 or SE1 for a moment). The host's receiver takes its time from
// the edges of what it receives, with its own clock.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "bus.h"
#include "faults.h"
#include "packet.h"
#include "random.h"
#include "wire_device.h"

namespace usb {

struct SignalOptions {
  double ppm = 0;
  // Largest change of an edge's displacement from one edge to the next, and from an edge to the one after that (USB 2.0, 7.1.13.2: 18.5 and
  // 9 ns a receiver must bear).
  double jitter_consecutive_ns = 0, jitter_paired_ns = 0;
  double skew_ns = 0;
};

// What was seen of the device on the wires, and what was done to it.
struct WireCounts {
  std::uint64_t clocks = 0;
  double turn_min_bits = 1e9, turn_max_bits = 0;  // end of the host's packet to the begin of the device's; 2 to 6.5 allowed (7.1.18)
  std::uint64_t contentions = 0;                  // clocks in which both drove
  std::uint64_t uneven = 0;                       // device's edges not a whole number of bits apart
  std::uint64_t bad_ends = 0;                     // no two bits of SE0, or not released one bit later
  std::uint64_t flawed = 0;                       // the device's packets that are none
  std::uint64_t unasked = 0;                      // clocks in which it drove when it should not
  std::uint64_t tokens_damaged = 0, data_damaged = 0, handshakes_damaged = 0, replies_damaged = 0, noises = 0;
};

class BitBus : public Bus {
 public:
  BitBus(std::unique_ptr<WireDevice> device, const SignalOptions &signal, const FaultRates &faults, std::uint64_t seed);
  WireDevice *device() { return device_.get(); }
  const WireCounts &counts() const { return counts_; }
  void set_faults(const FaultRates &f) { faults_ = f; }

  bool attached() const override { return device_->pull_up; }
  void reset(double bit_times) override;
  void idle(double bit_times) override;
  void start_of_frame(unsigned frame) override;
  Reply send(Pid token, unsigned address, unsigned endpoint, Pid toggle, const std::uint8_t *bytes, std::size_t n) override;
  Reply receive(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) override;
  double now() const override { return static_cast<double>(counts_.clocks) / bit_; }

  // SE0 for so long from a moment on, whatever is going on then: a reset that does not wait for the end of a packet.
  void reset_later(double in_bit_times, double bit_times);
  // K for so long, then the end of a resume.
  void resume(double bit_times);

  // Any packet, as it is: for tests of what a device must ignore. The answer, if there is one.
  Reply raw(const std::vector<Line> &cells, std::vector<std::uint8_t> *bytes);

 private:
  struct Edge {
    double time;
    bool level;
  };
  void tick(bool host_drives, bool dp, bool dn);
  void transmit(const std::vector<Line> &cells);
  void transmit_packet(const Packet &packet, double fault_rate, std::uint64_t *count);
  double next_jitter();
  Reply answer(std::vector<std::uint8_t> *bytes);

  std::unique_ptr<WireDevice> device_;
  SignalOptions signal_;
  FaultRates faults_;
  Random random_;
  double bit_;     // device clocks
  double origin_;  // a moment of the host's bit clock
  double jitter_before_ = 0, jitter_before_that_ = 0;
  double end_of_packet_ = 0;
  std::uint64_t forced_from_ = 0, forced_to_ = 0;  // device clocks
  WireCounts counts_;
  std::vector<Edge> dp_edges_, dn_edges_;
  std::vector<Line> cells_;
  Packet packet_;
};

}  // namespace usb
