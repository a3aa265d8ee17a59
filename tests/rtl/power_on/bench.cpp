// A whole UP5K board with a UART from power-up on: a flash that sleeps, and a host that asks again and again from the first clock on.
//   bench PROGRAM.bin FLASH_ADDRESS REQUEST ANSWER LIMIT     prints the clocks until the answer's last byte; 0: none within LIMIT. The error LED behind it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vice40_uart.h"
#include "verilated.h"

namespace {
constexpr unsigned kBit = 8;                 // clocks: 3 Mbaud at 24 MHz
constexpr std::uint64_t kAgain = 48000;      // a request each 2 ms
constexpr std::uint64_t kSilence = 4000;     // behind an answer

std::vector<std::uint8_t> read(const char *path) {
  std::vector<std::uint8_t> bytes;
  if (std::FILE *f = std::fopen(path, "rb")) {
    for (int c; (c = std::fgetc(f)) != EOF;) bytes.push_back(static_cast<std::uint8_t>(c));
    std::fclose(f);
  }
  return bytes;
}

// SPI mode 0: takes on rising, shows on falling edges; asleep until 0xAB, then 0x03 reads.
class Flash {
 public:
  Flash(std::vector<std::uint8_t> image, std::uint32_t from) : image_(std::move(image)), from_(from) {}
  bool step(bool select_n, bool clock, bool in) {
    if (select_n) {
      if (!was_select_n_ && bits_ == 8 && (command_ & 255) == 0xAB) awake_ = true;
      bits_ = 0, out_ = true;
    } else if (clock && !was_clock_) {
      if (bits_ < 32) command_ = command_ << 1 | in;
      bits_++;
    } else if (!clock && was_clock_ && bits_ >= 32 && awake_ && command_ >> 24 == 3) {
      const std::uint64_t at = (command_ & 0xffffff) + (bits_ - 32) / 8;
      const unsigned byte = at >= from_ && at - from_ < image_.size() ? image_[at - from_] : 0xff;
      out_ = byte >> (7 - bits_ % 8) & 1;
    }
    was_select_n_ = select_n, was_clock_ = clock;
    return out_;
  }

 private:
  std::vector<std::uint8_t> image_;
  std::uint64_t from_, bits_ = 0;
  std::uint32_t command_ = 0;
  bool awake_ = false, out_ = true, was_select_n_ = true, was_clock_ = false;
};
}  // namespace

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  Flash flash(read(argv[1]), static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 0)));
  const std::vector<std::uint8_t> request = read(argv[3]);
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
