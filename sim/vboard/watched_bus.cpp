#include "watched_bus.h"

#include "usb/descriptors.h"

namespace {
constexpr double kNakBits = 60;
}

void WatchedBus::reset(double bit_times) {
  wedged_ = false;
  bus_->reset(bit_times);
}

usb::Reply WatchedBus::send(usb::Pid token, unsigned address, unsigned endpoint, usb::Pid toggle, const std::uint8_t *bytes, std::size_t n) {
  if (endpoint && wedged_) {
    bus_->idle(kNakBits);
    return usb::Reply::kNak;
  }
  const usb::Reply r = bus_->send(token, address, endpoint, toggle, bytes, n);
  if (endpoint && r == usb::Reply::kAck) bulk_bytes_ += n;
  if (token == usb::Pid::kSetup && r == usb::Reply::kAck && n >= 2 && bytes[0] == 0x40 && bytes[1] == usb::kLinkReset) wedged_ = false;
  return r;
}

usb::Reply WatchedBus::receive(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) {
  if (endpoint && wedged_) {
    bus_->idle(kNakBits);
    return usb::Reply::kNak;
  }
  const usb::Reply r = bus_->receive(address, endpoint, bytes);
  if (endpoint && (r == usb::Reply::kData0 || r == usb::Reply::kData1)) bulk_bytes_ += bytes->size();
  return r;
}
