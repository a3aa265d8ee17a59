#include "descriptors.h"

namespace usb {
namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint8_t low(unsigned x) { return static_cast<std::uint8_t>(x); }
constexpr std::uint8_t high(unsigned x) { return static_cast<std::uint8_t>(x >> 8); }

Bytes text(const std::string &s) {
  Bytes b{low(static_cast<unsigned>(2 + 2 * s.size())), 3};
  for (const char c : s) b.insert(b.end(), {static_cast<std::uint8_t>(c), 0});
  return b;
}

}  // namespace

Bytes microsoft_descriptors() { return {}; }

Bytes descriptor(unsigned type, unsigned index, const std::string &serial) {
  switch (type << 8 | index) {
    case 0x0100: return {18, 1, 0x00, 0x02, 0xff, 0, 0, 64, low(kVendorId), high(kVendorId), low(kProductId), high(kProductId), 0x00, 0x01, 1, 2, 3, 1};
    case 0x0200:
      return {9, 2, 32, 0, 1, 1, 0, 0x80, 50,
              9, 4, 0, 0, 2, 0xff, 0, 0, 0,
              7, 5, kOutAddress, 2, 64, 0, 0,
              7, 5, kInAddress, 2, 64, 0, 0};
    case 0x0300: return {4, 3, 0x09, 0x04};
    case 0x0301:
    case 0x0302: return text("taustream");
    case 0x0303: return text(serial);
    default: return {};
  }
}

}  // namespace usb
