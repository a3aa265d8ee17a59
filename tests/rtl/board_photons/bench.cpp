// A UP5K board for photons: a host's bytes go in over the UART once, its answers come out; a pulse at SYNC every PERIOD samples, one at DETECTOR
// (7 k + 3) mod PLACES samples behind the k-th. A sample is half a clock: the first is taken at the rising edge, the second at the falling one.
//   bench REQUEST ANSWER CLOCKS PERIOD PLACES
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vice40_uart.h"
#include "spi_flash.h"
#include "verilated.h"

namespace {
constexpr unsigned kBit = 10;                // clocks: 3 Mbaud at 30 MHz
constexpr std::uint64_t kFirst = 2000;       // the host begins: reset is over
constexpr unsigned kPulse = 4;               // samples
}  // namespace

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  const std::vector<std::uint8_t> request = sim::read_file(argv[1]);
  const std::uint64_t clocks = std::strtoull(argv[3], nullptr, 0), period = std::strtoull(argv[4], nullptr, 0), places = std::strtoull(argv[5], nullptr, 0);
  std::vector<std::uint8_t> answer;
  VerilatedContext context;
  Vice40_uart top(&context);
  top.flash_in = 1;
  top.pin_marker = 0;
  const auto shine = [&](std::uint64_t sample) {
    const std::uint64_t since = sample % period, place = (7 * (sample / period) + 3) % places;
    top.pin_sync = since < kPulse;
    top.pin_detector = since >= place && since < place + kPulse;
  };
  unsigned receiving = 0, shift = 0;         // clocks into a character from the device
  for (std::uint64_t t = 0; t < clocks; t++) {
    const std::uint64_t bit = (t - kFirst) / kBit, byte = bit / 10, place = bit % 10;
    top.uart_rx = t < kFirst || byte >= request.size() || place == 9 || (place > 0 && (request[byte] >> (place - 1) & 1));
    shine(2 * t);
    top.eval();
    top.clk_in = 1;
    top.eval();
    shine(2 * t + 1);
    top.eval();
    top.clk_in = 0;
    top.eval();
    if (receiving == 0) {
      if (!top.uart_tx && t > 16) receiving = 1, shift = 0;
    } else if (receiving++ % kBit == kBit / 2 && receiving > kBit) {
      const unsigned got = (receiving - 1) / kBit;
      if (got < 9) shift |= static_cast<unsigned>(top.uart_tx) << (got - 1);
      else answer.push_back(static_cast<std::uint8_t>(shift)), receiving = 0;
    }
  }
  std::FILE *f = std::fopen(argv[2], "wb");
  if (!f) return 1;
  std::fwrite(answer.data(), 1, answer.size(), f);
  std::fclose(f);
  top.final();
  return 0;
}
