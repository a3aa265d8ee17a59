#include "make_bus.h"

#include "usb/byte_stream.h"
#include "usb/packet_bus.h"
#include "usb/packet_device.h"

namespace {
constexpr double kPacketQuietBits = 1000;    // a device at packet level does everything at once
constexpr double kGatewareQuietBits = 20e-3 * usb::kBitsPerSecond;  // several times the longest fit
}  // namespace

std::unique_ptr<usb::Bus> make_bus(const Options &o, const std::string &serial, std::uint64_t seed, std::string *error) {
  if (o.level == "packet") {
    auto device = std::make_unique<usb::PacketDevice>(usb::make_model_stream(o.engine), serial);
    return std::make_unique<usb::PacketBus>(std::move(device), o.loss, seed);
  }
  *error = "this build has no bit level";
  return nullptr;
}

double quiet_bits(const Options &o) { return o.level == "packet" ? kPacketQuietBits : kGatewareQuietBits; }

std::string describe(const Options &o) {
  if (o.level == "packet") return "packet level: no gateware, no bits; integer model of engine " + o.engine;
  return "bit level: simulated gateware, engine " + o.engine;
}
