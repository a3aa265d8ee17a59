#include "descriptors.h"

#include <iterator>

namespace usb {
namespace {

using Bytes = std::vector<std::uint8_t>;

template <typename Array>
Bytes bytes(const Array &a) {
  return Bytes(std::begin(a), std::end(a));
}

Bytes text(const std::string &s) {
  Bytes b{static_cast<std::uint8_t>(2 + 2 * s.size()), 3};
  for (const char c : s) b.insert(b.end(), {static_cast<std::uint8_t>(c), 0});
  return b;
}

}  // namespace

Bytes microsoft_descriptors() { return bytes(kMicrosoftDescriptor); }

Bytes descriptor(unsigned type, unsigned index, const std::string &serial) {
  switch (type << 8 | index) {
    case 0x0100: return bytes(kDeviceDescriptor);
    case 0x0200: return bytes(kConfigurationDescriptor);
    case 0x0300: return bytes(kLanguagesDescriptor);
    case 0x0301: return bytes(kManufacturerDescriptor);
    case 0x0302: return bytes(kProductDescriptor);
    case 0x0303: return text(serial);
    case 0x0f00: return bytes(kBosDescriptor);
    default: return {};
  }
}

}  // namespace usb
