#include "usb_core.h"

#include "Vusb_device.h"
#include "verilated.h"

namespace {
constexpr unsigned kResetClocks = 8, kSerialCharacters = 16;
}

UsbCore::UsbCore(const std::string &serial, StreamSide *side)
    : context_{std::make_unique<VerilatedContext>()}, top_{std::make_unique<Vusb_device>(context_.get())}, side_{side} {
  for (unsigned i = 0; i < kSerialCharacters; i++) {
    const unsigned at = kSerialCharacters - 1 - i;
    const std::uint32_t c = static_cast<unsigned char>(i < serial.size() ? serial[i] : '0');
    top_->serial[at / 4] |= c << (at % 4 * 8);
  }
  power_on_reset();
}

UsbCore::~UsbCore() { top_->final(); }

void UsbCore::power_on_reset() {
  top_->rst = 1;
  for (unsigned i = 0; i < kResetClocks; i++) clock(false, false);
  top_->rst = 0;
}

void UsbCore::clock(bool dp, bool dn) {
  std::uint8_t byte = 0;
  top_->usb_dp_in = dp;
  top_->usb_dn_in = dn;
  top_->rx_ready = side_->takes();
  top_->tx_valid = side_->gives(&byte);
  top_->tx_data = byte;
  top_->clk = 0;
  top_->eval();
  // What moves is decided before the edge.
  const bool reset = top_->link_reset, taken = top_->rx_valid && top_->rx_ready, given = top_->tx_valid && top_->tx_ready;
  const std::uint8_t data = top_->rx_data;
  top_->clk = 1;
  top_->eval();
  if (reset) {
    side_->link_reset();
  } else {
    if (taken) side_->taken(data);
    if (given) side_->given();
  }
  driving = top_->usb_output_enable;
  dp_out = top_->usb_dp_out;
  dn_out = top_->usb_dn_out;
  pull_up = top_->usb_pullup;
}

bool UsbCore::configured() const { return top_->configured; }
bool UsbCore::suspended() const { return top_->suspended; }
