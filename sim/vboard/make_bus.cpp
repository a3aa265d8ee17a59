#include "make_bus.h"

#include <utility>

#include "gateware/board_core.h"
#include "gateware/gateware_stream.h"
#include "usb/bit_bus.h"
#include "usb/byte_stream.h"
#include "usb/packet_bus.h"
#include "usb/packet_device.h"

namespace {
constexpr double kPacketQuietBits = 1000;    // a device at packet level does everything at once
constexpr double kGatewareQuietBits = 20e-3 * usb::kBitsPerSecond;  // several times the longest fit
}  // namespace

std::unique_ptr<usb::Bus> make_bus(const Options &o, const std::string &serial, std::uint64_t seed, std::string *error) {
  if (o.level == "packet") {
    auto stream = o.pins.empty() ? usb::make_model_stream(o.engine) : make_gateware_stream(o.pins, o.clock_hz, error);
    if (!stream) return nullptr;
    auto device = std::make_unique<usb::PacketDevice>(std::move(stream), serial);
    return std::make_unique<usb::PacketBus>(std::move(device), o.loss, seed);
  }
  auto core = make_board_core(o.engine, serial, o.clock_hz, o.pins, error);
  if (!core) return nullptr;
  usb::SignalOptions signal;
  signal.ppm = o.ppm;
  signal.jitter_consecutive_ns = o.jitter_ns;
  signal.jitter_paired_ns = o.jitter_ns / 2;
  const usb::FaultRates faults{o.loss, o.loss, o.loss, o.loss, o.loss};
  return std::make_unique<usb::BitBus>(std::move(core), signal, faults, seed);
}

double quiet_bits(const Options &o) { return o.level == "packet" ? kPacketQuietBits : kGatewareQuietBits; }

std::string describe(const Options &o) {
  if (o.level == "packet" && !o.pins.empty())
    return "packet level: no bits; simulated gateware (rtl/core/device_top.v), engine u16 at " + std::to_string(o.clock_hz * 1e-6) + " MHz, a film at its pins";
  if (o.level == "packet") return "packet level: no gateware, no bits; integer model of engine " + o.engine;
  return "bit level: simulated gateware (rtl/core/device_usb.v), engine " + o.engine + " at " + std::to_string(o.clock_hz * 1e-6) + " MHz";
}
