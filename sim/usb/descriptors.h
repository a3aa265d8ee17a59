// The descriptors of rtl/usb/usb_device.v, for the device at packet level.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace usb {

constexpr unsigned kVendorId = 0x1209, kProductId = 0x0001;
constexpr std::uint8_t kOutAddress = 0x01, kInAddress = 0x81;
// vendor requests
constexpr std::uint8_t kLinkReset = 0x01, kMicrosoftVendorCode = 0x20;
constexpr unsigned kMicrosoftDescriptorIndex = 7;

// Empty: there is none.
std::vector<std::uint8_t> descriptor(unsigned type, unsigned index, const std::string &serial);
std::vector<std::uint8_t> microsoft_descriptors();

}  // namespace usb
