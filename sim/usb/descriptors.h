// The descriptors of rtl/usb/usb_device.v, for the device at packet level.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "usb_descriptors.h"

namespace usb {

constexpr unsigned kMicrosoftDescriptorIndex = 7;  // Microsoft OS 2.0 descriptors specification

// Empty: there is none.
std::vector<std::uint8_t> descriptor(unsigned type, unsigned index, const std::string &serial);
std::vector<std::uint8_t> microsoft_descriptors();

}  // namespace usb
