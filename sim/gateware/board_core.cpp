#include "board_core.h"

#include <algorithm>
#include <cstdint>

#include "Vdevice_usb_e18.h"
#include "Vdevice_usb_small.h"
#include "Vdevice_usb_u16.h"
#include "in_tables.h"
#include "pins.h"
#include "verilated.h"

namespace {

constexpr unsigned kResetClocks = 16, kSerialCharacters = 16;

template <typename Top>
class VerilatedBoard : public BoardCore {
 public:
  VerilatedBoard(const std::string &serial, double clock_hz, const std::string &pins) : top_{&context_}, clocks_per_clock_{clock_hz / usb::kDeviceClockHz} {
    for (unsigned i = 0; i < kSerialCharacters; i++) {
      const unsigned at = kSerialCharacters - 1 - i;
      top_.serial[at / 4] |= static_cast<std::uint32_t>(static_cast<unsigned char>(serial.at(i))) << (at % 4 * 8);
    }
    if (!pins.empty()) pins_.set(pins);
    top_.rst = top_.rst_48 = 1;
    for (double clocks = 0; clocks < kResetClocks; clocks += std::min(clocks_per_clock_, 1.0)) clock(false, false);
    top_.rst = top_.rst_48 = 0;
  }
  ~VerilatedBoard() override { top_.final(); }

  void clock(bool dp, bool dn) override {
    top_.usb_dp_in = dp;
    top_.usb_dn_in = dn;
    top_.clk_48 = 0;
    top_.eval();
    top_.clk_48 = 1;
    top_.eval();
    // The engine's edges lie between those of the USB core.
    for (phase_ += clocks_per_clock_; phase_ >= 1; phase_ -= 1) {
      if (pins_.on()) {
        const sim::Samples s = pins_.next();
        top_.sync_samples = s.sync;
        top_.detector_samples = s.detector;
        top_.marker_samples = s.marker;
      }
      top_.clk = 0;
      top_.eval();
      top_.clk = 1;
      top_.eval();
    }
    driving = top_.usb_output_enable;
    dp_out = top_.usb_dp_out;
    dn_out = top_.usb_dn_out;
    pull_up = top_.usb_pullup;
  }
  bool busy() const override { return top_.led_busy; }

 private:
  VerilatedContext context_;
  Top top_;
  sim::Pins pins_;
  double clocks_per_clock_, phase_ = 0;
};

}  // namespace

std::unique_ptr<BoardCore> make_board_core(const std::string &engine, const std::string &serial, double clock_hz, const std::string &pins, std::string *error) {
  const InTables here;
  if (!here.found) {
    *error = "no folder rtl-tables beside this program or in ../share/taustream";
    return nullptr;
  }
  if (engine == "u16") return std::make_unique<VerilatedBoard<Vdevice_usb_u16>>(serial, clock_hz, pins);
  if (engine == "small" && pins.empty()) return std::make_unique<VerilatedBoard<Vdevice_usb_small>>(serial, clock_hz, pins);
  if (engine == "e18") return std::make_unique<VerilatedBoard<Vdevice_usb_e18>>(serial, clock_hz, pins);
  *error = "there is no engine " + engine;
  return nullptr;
}
