#include "packet_device.h"

#include <algorithm>
#include <utility>

#include "descriptors.h"

namespace usb {
namespace {

constexpr unsigned kBulkEndpoint = 1;
constexpr std::uint8_t kToHost = 0x80;
constexpr std::uint8_t kGetStatus = 0, kClearFeature = 1, kSetFeature = 3, kSetAddress = 5, kGetDescriptor = 6, kGetConfiguration = 8,
                       kSetConfiguration = 9, kGetInterface = 10, kSetInterface = 11;

}  // namespace

PacketDevice::PacketDevice(std::unique_ptr<ByteStream> stream, const std::string &serial) : stream_{std::move(stream)}, serial_{serial} {}

void PacketDevice::reset() {
  address_ = configuration_ = 0;
  stage_ = Stage::kIdle;
  out_halted_ = in_halted_ = out_toggle_ = in_toggle_ = false;
  unacknowledged_ = Unacknowledged::kNothing;
  link_reset();
}

void PacketDevice::link_reset() {
  stream_->reset();
  out_rest_.clear();
  in_packet_.clear();
  in_prepared_ = in_last_full_ = false;
  if (unacknowledged_ == Unacknowledged::kBulk) unacknowledged_ = Unacknowledged::kNothing;
}

bool PacketDevice::is_mine(unsigned address, unsigned endpoint) const {
  return address == address_ && (endpoint == 0 || (endpoint == kBulkEndpoint && configuration_));
}

// ---- control ----
Reply PacketDevice::setup(unsigned address, unsigned endpoint, const std::uint8_t *bytes, std::size_t n) {
  unacknowledged_ = Unacknowledged::kNothing;
  if (!is_mine(address, endpoint) || endpoint || n != setup_.size()) return Reply::kNone;
  std::copy_n(bytes, n, setup_.begin());
  answer_.clear();
  answer_at_ = sent_ = 0;
  control_toggle_ = true;
  applied_ = false;
  const std::size_t length = setup_[6] | setup_[7] << 8u;
  if (!prepare()) {
    stage_ = Stage::kStalled;
  } else if (length && (setup_[0] & kToHost)) {
    answer_.resize(std::min(answer_.size(), length));
    stage_ = Stage::kDataIn;
  } else {
    stage_ = length ? Stage::kDataOut : Stage::kStatusIn;
  }
  return Reply::kAck;
}

bool PacketDevice::prepare() {
  switch (setup_[0] & 0x60u) {
    case 0x00: return standard_request();
    case 0x40: return vendor_request();
    default: return false;
  }
}

bool PacketDevice::get_descriptor(unsigned type, unsigned index) {
  answer_ = descriptor(type, index, serial_);
  return !answer_.empty();
}

bool PacketDevice::endpoint_request(std::uint8_t request, unsigned value, unsigned endpoint) {
  const bool control = endpoint == 0 || (endpoint == kToHost && request == kGetStatus);
  if (!control && (!configuration_ || (endpoint != kOutAddress && endpoint != kInAddress))) return false;
  const bool halted = endpoint == kOutAddress ? out_halted_ : endpoint == kInAddress && in_halted_;
  if (setup_[0] == 0x82) {
    answer_ = {static_cast<std::uint8_t>(halted), 0};
    return request == kGetStatus;
  }
  // Endpoint 0 never halts.
  return value == 0 && (request == kClearFeature || (request == kSetFeature && !control));
}

bool PacketDevice::standard_request() {
  const unsigned value = setup_[2] | setup_[3] << 8u, index = setup_[4] | setup_[5] << 8u, length = setup_[6] | setup_[7] << 8u;
  const std::uint8_t type = setup_[0], request = setup_[1];
  if (!(type & kToHost) && length) return false;
  switch (type) {
    case 0x80:
      if (request == kGetStatus) answer_ = {0, 0};
      else if (request == kGetDescriptor) return get_descriptor(value >> 8, value & 255u);
      else if (request == kGetConfiguration) answer_ = {static_cast<std::uint8_t>(configuration_)};
      else return false;
      return true;
    case 0x00: return (request == kSetAddress && value < 256) || (request == kSetConfiguration && value < 2);
    case 0x81:
      if (!configuration_ || index) return false;
      if (request == kGetStatus) answer_ = {0, 0};
      else if (request == kGetInterface) answer_ = {0};
      else return false;
      return true;
    case 0x01: return configuration_ && request == kSetInterface && !value && !index;
    case 0x82:
    case 0x02: return endpoint_request(request, value, index);
    default: return false;
  }
}

bool PacketDevice::vendor_request() {
  const unsigned value = setup_[2] | setup_[3] << 8u, index = setup_[4] | setup_[5] << 8u, length = setup_[6] | setup_[7] << 8u;
  if (setup_[0] == 0x40 && setup_[1] == kLinkReset) return configuration_ && !length && !value;
  if (setup_[0] != 0xc0 || setup_[1] != kMicrosoftVendorCode || index != kMicrosoftDescriptorIndex) return false;
  answer_ = microsoft_descriptors();
  return true;
}

// What a request without data does: done before its status is given (9.2.6), but a new address is taken after that.
void PacketDevice::apply() {
  const unsigned value = setup_[2] | setup_[3] << 8u;
  if (applied_) return;
  applied_ = true;
  if (setup_[0] == 0x40) {
    link_reset();
  } else if ((setup_[0] == 0x00 && setup_[1] == kSetConfiguration) || (setup_[0] == 0x01 && setup_[1] == kSetInterface)) {
    if (setup_[0] == 0x00) configuration_ = value;
    out_toggle_ = in_toggle_ = out_halted_ = in_halted_ = false;
    link_reset();
  } else if (setup_[0] == 0x02 && (setup_[4] & 0x7fu)) {
    const bool in = setup_[4] & kToHost;
    (in ? in_halted_ : out_halted_) = setup_[1] == kSetFeature;
    if (setup_[1] == kClearFeature) (in ? in_toggle_ : out_toggle_) = false;
  }
}

// ---- OUT ----
Reply PacketDevice::out(unsigned address, unsigned endpoint, Pid toggle, const std::uint8_t *bytes, std::size_t n) {
  unacknowledged_ = Unacknowledged::kNothing;
  if (!is_mine(address, endpoint)) return Reply::kNone;
  const bool data1 = toggle == Pid::kData1;
  if (endpoint == 0) {
    switch (stage_) {
      case Stage::kStalled: return Reply::kStall;
      case Stage::kDataIn:  // the host may end the data early
      case Stage::kStatusOut: stage_ = Stage::kIdle; return Reply::kAck;
      case Stage::kIdle: return Reply::kAck;  // a status again whose ACK was lost
      default: return Reply::kStall;          // no request takes data
    }
  }
  if (out_halted_) return Reply::kStall;
  if (data1 != out_toggle_) return Reply::kAck;  // our ACK was lost: had before
  if (!out_rest_.empty()) {
    out_rest_.erase(out_rest_.begin(), out_rest_.begin() + static_cast<std::ptrdiff_t>(stream_->write(out_rest_.data(), out_rest_.size())));
    if (!out_rest_.empty()) return Reply::kNak;
  }
  out_toggle_ = !out_toggle_;
  const std::size_t taken = stream_->write(bytes, n);
  out_rest_.assign(bytes + taken, bytes + n);
  return Reply::kAck;
}

// ---- IN ----
Reply PacketDevice::in(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) {
  unacknowledged_ = Unacknowledged::kNothing;
  if (!is_mine(address, endpoint)) return Reply::kNone;
  if (endpoint == 0) {
    bytes->clear();
    if (stage_ == Stage::kStatusIn) {
      apply();
      unacknowledged_ = Unacknowledged::kControl;
      return Reply::kData1;
    }
    if (stage_ != Stage::kDataIn) return Reply::kStall;
    sent_ = std::min(answer_.size() - answer_at_, kMaxPacketBytes);
    bytes->assign(answer_.begin() + static_cast<std::ptrdiff_t>(answer_at_), answer_.begin() + static_cast<std::ptrdiff_t>(answer_at_ + sent_));
    unacknowledged_ = Unacknowledged::kControl;
    return control_toggle_ ? Reply::kData1 : Reply::kData0;
  }
  if (in_halted_) return Reply::kStall;
  if (!in_prepared_) {
    if (!out_rest_.empty())
      out_rest_.erase(out_rest_.begin(), out_rest_.begin() + static_cast<std::ptrdiff_t>(stream_->write(out_rest_.data(), out_rest_.size())));
    in_packet_.resize(kMaxPacketBytes);
    in_packet_.resize(stream_->read(in_packet_.data(), in_packet_.size()));
    if (in_packet_.empty() && !in_last_full_) return Reply::kNak;
    in_prepared_ = true;
  }
  *bytes = in_packet_;
  unacknowledged_ = Unacknowledged::kBulk;
  return in_toggle_ ? Reply::kData1 : Reply::kData0;
}

void PacketDevice::acknowledged() {
  if (unacknowledged_ == Unacknowledged::kBulk) {
    in_last_full_ = in_packet_.size() == kMaxPacketBytes;
    in_prepared_ = false;
    in_toggle_ = !in_toggle_;
  } else if (unacknowledged_ == Unacknowledged::kControl && stage_ == Stage::kStatusIn) {
    stage_ = Stage::kIdle;
    if (setup_[0] == 0x00 && setup_[1] == kSetAddress) address_ = setup_[2] & 127u;
  } else if (unacknowledged_ == Unacknowledged::kControl) {
    answer_at_ += sent_;
    control_toggle_ = !control_toggle_;
    if (sent_ < kMaxPacketBytes) stage_ = Stage::kStatusOut;
  }
  unacknowledged_ = Unacknowledged::kNothing;
}

}  // namespace usb
