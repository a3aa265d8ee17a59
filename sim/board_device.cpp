// A UP5K board with a UART as a program, from the netlist that place and route writes (tests/gates/placed.py): bytes from standard input go down the
// line to the pin, the pin's bytes to standard output. First the board reads the fit's program from its flash; a byte that comes earlier waits.
// The program's image is rtl-tables/program.bin beside this program (tables.h). Ends when the input has ended, or nobody reads: a host reads its results before it closes.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "Vplaced.h"
#include "spi_flash.h"
#include "tables.h"
#include "verilated.h"

namespace {
constexpr unsigned kBit = CLOCKS_PER_BIT;
constexpr unsigned kFlashAddress = FLASH_ADDRESS;
constexpr bool kErrorLow = ERROR_LED_LOW;   // lit when low
constexpr unsigned kStartClocks = 4000000;
constexpr unsigned kLongRead = 1000;        // clocks that no other transfer has
constexpr unsigned kRest = 10000;           // without a transfer: the loader has ended
constexpr unsigned kLookClocks = 256;
// the host closes behind its last answer; what it asked last may still be on the line
constexpr unsigned kEndClocks = 20000;

class Board {
 public:
  explicit Board(std::vector<std::uint8_t> image) : flash_(std::move(image), kFlashAddress), top_(&context_) { top_.uart_rx = 1; }
  ~Board() { top_.final(); }

  // One clock. True: a byte has come.
  bool clock(bool rx, std::uint8_t *byte) {
    top_.uart_rx = rx;
    top_.clk_in = 1;
    top_.eval();
    top_.flash_in = flash_.step(top_.flash_select_n, top_.flash_clock, top_.flash_out);
    reading_ = !top_.flash_select_n;
    top_.clk_in = 0;
    top_.eval();
    const bool level = top_.uart_tx;
    if (phase_ == 0) {
      phase_ = !level && started_;
      return false;
    }
    if (phase_++ % kBit != kBit / 2 || phase_ <= kBit) return false;
    const unsigned place = (phase_ - 1) / kBit;
    if (place < 9) {
      shift_ |= static_cast<unsigned>(level) << (place - 1);
      return false;
    }
    *byte = static_cast<std::uint8_t>(shift_);
    phase_ = shift_ = 0;
    return true;
  }
  // Until the board has read its flash, if need be again. False: its error LED is lit.
  bool start() {
    std::uint8_t none = 0;
    unsigned reads = 0, still = 0;
    for (unsigned t = 0; t < kStartClocks && (reads < kLongRead || still < kRest); t++) {
      clock(true, &none);
      still = reading_ ? 0 : still + 1;
      reads += reading_;
    }
    started_ = true;
    return top_.led_error == kErrorLow;
  }

 private:
  sim::Flash flash_;
  VerilatedContext context_;
  Vplaced top_;
  bool reading_ = false, started_ = false;
  unsigned phase_ = 0, shift_ = 0;
};
}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  if (!go_to_tables("board")) return 1;
  const std::vector<std::uint8_t> image = sim::read_file("program.bin");
  static Board board(image);
  if (image.empty() || !board.start()) {
    std::fprintf(stderr, "board: the flash's program was not taken\n");
    return 1;
  }
  std::uint8_t in[4096], byte = 0;
  std::size_t at = 0, size = 0;
  unsigned phase = 0, left = kEndClocks;
  bool ended = false;
  for (std::uint64_t t = 0; left; t++) {
    if (at == size && phase == 0 && !ended && t % kLookClocks == 0) {
      pollfd p{STDIN_FILENO, POLLIN, 0};
      if (poll(&p, 1, 0) > 0) {
        const ssize_t n = read(STDIN_FILENO, in, sizeof in);
        ended = n <= 0;
        at = 0;
        size = ended ? 0 : static_cast<std::size_t>(n);
      }
    }
    bool level = true;
    if (at < size) {
      const unsigned place = phase / kBit;
      level = place == 9 || (place > 0 && (in[at] >> (place - 1) & 1));
      if (++phase == 10 * kBit) phase = 0, at++;
    } else if (ended) {
      left--;
    }
    if (board.clock(level, &byte)) {
      if (write(STDOUT_FILENO, &byte, 1) != 1) return 0;
      if (ended) left = kEndClocks;
    }
  }
  return 0;
}
