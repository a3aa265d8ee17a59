// What happens on a USB: transactions, as a host controller starts them. Two implementations: BitBus (every bit on two wires, sim/usb/
// bit_bus.h) and PacketBus (packets handed over as such, with the time they would take, sim/usb/packet_bus.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace usb {

constexpr double kBitsPerSecond = 12e6;  // full speed
constexpr double kBitsPerFrame = 12000;
constexpr std::size_t kMaxPacketBytes = 64;

enum class Pid : std::uint8_t { kOut = 0x1, kIn = 0x9, kSof = 0x5, kSetup = 0xd, kData0 = 0x3, kData1 = 0xb, kAck = 0x2, kNak = 0xa, kStall = 0xe };

// What a transaction brought. kNone: no answer in 18 bit times; kBad: an answer that is not a packet; kBabble: one without an end.
enum class Reply { kAck, kNak, kStall, kData0, kData1, kNone, kBad, kBabble };

class Bus {
 public:
  Bus() = default;
  Bus(const Bus &) = delete;
  Bus &operator=(const Bus &) = delete;
  virtual ~Bus() = default;

  // The device's pull-up is there.
  virtual bool attached() const = 0;
  virtual void reset(double bit_times) = 0;
  virtual void idle(double bit_times) = 0;
  virtual void start_of_frame(unsigned frame) = 0;
  // SETUP or OUT: token, data packet, the device's handshake.
  virtual Reply send(Pid token, unsigned address, unsigned endpoint, Pid toggle, const std::uint8_t *bytes, std::size_t n) = 0;
  // IN: token and the device's answer. Good data are acknowledged.
  virtual Reply receive(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) = 0;
  // Time since the bus was made, in the host's bit times.
  virtual double now() const = 0;
};

}  // namespace usb
