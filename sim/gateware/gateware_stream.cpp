#include "gateware_stream.h"

#include <algorithm>
#include <cstdint>
#include <deque>

#include "Vdevice_top_u16.h"
#include "in_tables.h"
#include "pins.h"
#include "usb/bus.h"
#include "verilated.h"

namespace {

constexpr unsigned kResetClocks = 16;
// Bytes between the packets and the device, each way, as in device_usb.
constexpr std::size_t kFifoBytes = 512;
// Clocks with nothing to do after which nothing will be done.
constexpr unsigned kSettleClocks = 64;

class GatewareStream : public usb::ByteStream {
 public:
  GatewareStream(const std::string &pins, double clock_hz) : top_{&context_}, clocks_per_bit_{clock_hz / usb::kBitsPerSecond} {
    pins_.set(pins);
    reset();
  }
  ~GatewareStream() override { top_.final(); }

  void reset() override {
    in_.clear();
    out_.clear();
    top_.rst = 1;
    top_.rx_valid = top_.tx_ready = 0;
    for (unsigned i = 0; i < kResetClocks; i++) clock();
    top_.rst = 0;
    quiet_ = 0;
  }
  std::size_t write(const std::uint8_t *bytes, std::size_t n) override {
    const std::size_t k = std::min(n, kFifoBytes - in_.size());
    in_.insert(in_.end(), bytes, bytes + k);
    return k;
  }
  std::size_t read(std::uint8_t *bytes, std::size_t n) override {
    const std::size_t k = std::min(n, out_.size());
    std::copy_n(out_.begin(), k, bytes);
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(k));
    return k;
  }
  void advance(double bit_times) override {
    for (due_ += (bit_times - now_) * clocks_per_bit_; due_ >= 1; due_ -= 1) {
      if (!in_.empty()) quiet_ = 0;
      if (quiet_ < kSettleClocks) work();
    }
    now_ = bit_times;
  }

 private:
  void clock() {
    top_.clk = 1;
    top_.eval();
    top_.clk = 0;
    top_.eval();
  }
  void work() {
    const sim::Samples s = pins_.next();
    top_.sync_samples = s.sync;
    top_.detector_samples = s.detector;
    top_.marker_samples = s.marker;
    top_.rx_valid = !in_.empty();
    top_.rx_data = in_.empty() ? 0 : in_.front();
    top_.tx_ready = out_.size() < kFifoBytes;
    top_.eval();
    // What moves in this clock is decided before its edge.
    const bool taken = top_.rx_valid && top_.rx_ready, given = top_.tx_valid && top_.tx_ready;
    if (given) out_.push_back(top_.tx_data);
    quiet_ = taken || given || top_.busy ? 0 : quiet_ + 1;
    clock();
    if (taken) in_.pop_front();
  }

  VerilatedContext context_;
  Vdevice_top_u16 top_;
  sim::Pins pins_;
  double clocks_per_bit_, now_ = 0, due_ = 0;
  std::deque<std::uint8_t> in_, out_;
  unsigned quiet_ = 0;
};

}  // namespace

std::unique_ptr<usb::ByteStream> make_gateware_stream(const std::string &pins, double clock_hz, std::string *error) {
  const InTables here;
  if (!here.found) {
    *error = "no folder rtl-tables beside this program or in ../share/taustream";
    return nullptr;
  }
  return std::make_unique<GatewareStream>(pins, clock_hz);
}
