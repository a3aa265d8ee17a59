// A whole UP5K board with a UART from power-up on: a flash that sleeps, and a host that asks again and again from the first clock on.
//   bench PROGRAM.bin FLASH_ADDRESS REQUEST ANSWER LIMIT     prints the clocks until the answer's last byte; 0: none within LIMIT. The error LED behind it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vice40_uart.h"
#include "spi_flash.h"
#include "verilated.h"

namespace {
constexpr unsigned kBit = 12;                // clocks: 3 Mbaud at 36 MHz
constexpr std::uint64_t kAgain = 72000;      // a request each 2 ms
constexpr std::uint64_t kSilence = 4000;     // behind an answer

}  // namespace

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  sim::Flash flash(sim::read_file(argv[1]), static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 0)));
  const std::vector<std::uint8_t> request = sim::read_file(argv[3]);
  const std::uint64_t limit = std::strtoull(argv[5], nullptr, 0);
  std::vector<std::uint8_t> answer;
  VerilatedContext context;
  Vice40_uart top(&context);
  std::uint64_t t = 0, last = 0;
  unsigned receiving = 0, shift = 0;         // clocks into a character from the device
  for (; t < limit && (answer.empty() || t < last + kSilence); t++) {
    // host -> device: bytes without gaps from each kAgain on
    const std::uint64_t bit = t % kAgain / kBit, byte = bit / 10, place = bit % 10;
    top.uart_rx = byte >= request.size() || !answer.empty() || place == 9 || (place > 0 && (request[byte] >> (place - 1) & 1));
    top.clk_in = 1;
    top.eval();
    top.flash_in = flash.step(top.flash_select_n, top.flash_clock, top.flash_out);
    top.clk_in = 0;
    top.eval();
    if (receiving == 0) {
      if (!top.uart_tx && t > 16) receiving = 1, shift = 0;     // a register before its first clock is no start bit
    } else if (receiving++ % kBit == kBit / 2 && receiving > kBit) {
      const unsigned got = (receiving - 1) / kBit;
      if (got < 9) shift |= static_cast<unsigned>(top.uart_tx) << (got - 1);
      else answer.push_back(static_cast<std::uint8_t>(shift)), last = t, receiving = 0;
    }
  }
  std::FILE *f = std::fopen(argv[4], "wb");
  if (!f) return 1;
  std::fwrite(answer.data(), 1, answer.size(), f);
  std::fclose(f);
  std::printf("%llu %d\n", static_cast<unsigned long long>(last), top.led_error);
  top.final();
  return 0;
}
