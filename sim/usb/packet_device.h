// A full-speed device at packet level, without gateware: chapter 9, data toggles and the two bulk endpoints of rtl/usb/usb_device.v, with a
// ByteStream behind them. For speed, and as a second opinion beside the gateware. What it does not have: wires, clocks, suspend.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bus.h"
#include "byte_stream.h"

namespace usb {

class PacketDevice {
 public:
  // serial: 16 characters
  PacketDevice(std::unique_ptr<ByteStream> stream, const std::string &serial);

  void reset();
  // One transaction: kNone when it is not for this device. good: the data packet's CRC.
  Reply setup(unsigned address, unsigned endpoint, const std::uint8_t *bytes, std::size_t n);
  Reply out(unsigned address, unsigned endpoint, Pid toggle, const std::uint8_t *bytes, std::size_t n);
  // acknowledged() follows when the host's ACK came.
  Reply in(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes);
  void acknowledged();
  ByteStream *stream() { return stream_.get(); }

 private:
  enum class Stage { kIdle, kDataIn, kDataOut, kStatusIn, kStatusOut, kStalled };
  bool is_mine(unsigned address, unsigned endpoint) const;
  bool prepare();
  bool standard_request();
  bool endpoint_request(std::uint8_t request, unsigned value, unsigned endpoint);
  bool vendor_request();
  bool get_descriptor(unsigned type, unsigned index);
  void link_reset();
  void apply();

  std::unique_ptr<ByteStream> stream_;
  std::string serial_;
  unsigned address_ = 0, configuration_ = 0;
  // control transfer
  Stage stage_ = Stage::kIdle;
  std::array<std::uint8_t, 8> setup_{};
  std::vector<std::uint8_t> answer_;
  std::size_t answer_at_ = 0, sent_ = 0;
  bool control_toggle_ = false, applied_ = false;
  // bulk
  bool out_toggle_ = false, in_toggle_ = false, out_halted_ = false, in_halted_ = false;
  std::vector<std::uint8_t> out_rest_, in_packet_;  // taken but not yet accepted by the stream; sent but not yet acknowledged
  bool in_prepared_ = false, in_last_full_ = false;
  enum class Unacknowledged { kNothing, kControl, kBulk } unacknowledged_ = Unacknowledged::kNothing;
};

}  // namespace usb
