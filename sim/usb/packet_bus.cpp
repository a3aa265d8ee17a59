#include "packet_bus.h"

namespace usb {
namespace {

// Bit times: sync 8, PID 8, EOP 3; token 16 more, data 16 of CRC. Answers begin 4 bit times behind their question. Stuffed bits: one in 64, as
// random data have.
constexpr double kHandshakeBits = 19, kTokenBits = 35, kTurnBits = 4, kTimeoutBits = 18;
double data_bits(std::size_t n) { return 35 + 8.0 * static_cast<double>(n) * 65 / 64; }

}  // namespace

void PacketBus::reset(double bit_times) {
  now_ += bit_times;
  device_->reset();
}

void PacketBus::start_of_frame(unsigned) { now_ += kTokenBits; }

Reply PacketBus::send(Pid token, unsigned address, unsigned endpoint, Pid toggle, const std::uint8_t *bytes, std::size_t n) {
  device_->stream()->advance(now_);
  now_ += kTokenBits + kTurnBits + data_bits(n);
  if (lost()) {
    now_ += kTimeoutBits;
    return Reply::kNone;
  }
  const Reply r = token == Pid::kSetup ? device_->setup(address, endpoint, bytes, n) : device_->out(address, endpoint, toggle, bytes, n);
  if (r == Reply::kNone || lost()) {
    now_ += kTimeoutBits;
    return Reply::kNone;
  }
  now_ += kTurnBits + kHandshakeBits;
  return r;
}

Reply PacketBus::receive(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) {
  device_->stream()->advance(now_);
  now_ += kTokenBits;
  const Reply r = lost() ? Reply::kNone : device_->in(address, endpoint, bytes);
  if (r == Reply::kNone) {
    now_ += kTimeoutBits;
    return r;
  }
  if (r != Reply::kData0 && r != Reply::kData1) {
    now_ += kTurnBits + kHandshakeBits;
    return lost() ? Reply::kBad : r;
  }
  now_ += kTurnBits + data_bits(bytes->size());
  if (lost()) return Reply::kBad;
  now_ += kTurnBits + kHandshakeBits;
  if (!lost()) device_->acknowledged();
  return r;
}

}  // namespace usb
