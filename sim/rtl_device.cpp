// The gateware as a program: bytes from standard input go to the device, its bytes to standard output.
//
// Clocks run only while there is work: when the device waits for bytes and none are there, the program sleeps in poll. It ends
// when the input has ended and every answer has left, or when nobody reads the output any more.
//
// The engine's program and tables are read by the gateware's $readmemh from the working directory; they stand in a folder
// `rtl-tables` beside this program or in ../share/taustream, and the program goes there first.
//
// With TAUSTREAM_RTL_GAPS=SEED (not zero) bytes of both directions come and go with gaps of chance, in stretches with none, with some, with many,
// and with nothing at all.
// Built with PROGRAM_IN_RAM the fit's program is written through the device's port first, as a board does it from its flash.
//
// With TAUSTREAM_RTL_PINS=NAME=VALUE,.. (pins.h) a film shines at the device's pins.
//
// With TAUSTREAM_RTL_CLOCKS in the environment the clocks in which the device was busy are written to that file (a full path) at the end.
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "Vdevice_top.h"
#include "pins.h"
#include "tables.h"
#include "verilated.h"

namespace {

constexpr std::size_t kInputBytes = 65536;
constexpr std::size_t kOutputBytes = 4096;
constexpr unsigned kResetClocks = 8;
// Clocks with nothing to do before the program sleeps: covers what the device does after its last byte and does not call busy.
constexpr unsigned kSettleClocks = 64;
// Clocks without a byte from the device after which what it gave is passed on: more than there are inside a message.
constexpr unsigned kPauseClocks = 8;
// Clocks behind the end of the input for which a measurement of pins goes on.
constexpr unsigned kPinsClocks = 4000000;
#ifdef PROGRAM_IN_RAM
constexpr unsigned kProgramWords = 8192;
#endif
// A busy device looks for new input in every 32nd clock: it hardly waits, and a look costs less than ten clocks.
constexpr unsigned kLookMask = 31;

// Whether a side of a byte stream is ready in a clock.
class Gaps {
 public:
  explicit Gaps(std::uint64_t seed) : state_(seed) {}
  bool ready() {
    if (!state_) return true;
    if (left_ == 0) {
      left_ = 1 + next() % 4096;
      const unsigned kind = next() % 8;
      of_256_ = kind == 0 ? 0 : kind < 3 ? 256 : kind < 6 ? 128 : 4;
    }
    left_--;
    return next() % 256 < of_256_;
  }

 private:
  unsigned next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<unsigned>(state_ * 0x2545f4914f6cdd1du >> 40);
  }
  std::uint64_t state_;
  unsigned left_ = 0, of_256_ = 256;
};

std::uint64_t gaps_seed() {
  const char *const text = std::getenv("TAUSTREAM_RTL_GAPS");
  return text ? std::strtoull(text, nullptr, 0) : 0;
}

class Device {
 public:
  Device() : context_{}, top_{&context_}, in_gaps_{gaps_seed()}, out_gaps_{~gaps_seed() * (gaps_seed() != 0)} {
    top_.rst = 1;
    top_.rx_valid = 0;
    top_.rx_mark = 0;
    top_.tx_ready = 0;
    top_.program_write = 0;
    top_.sync_samples = top_.detector_samples = top_.marker_samples = 0;
    for (unsigned i = 0; i < kResetClocks; i++) clock();
    top_.rst = 0;
  }
  ~Device() { top_.final(); }

  // False: the text is none of pins.h's.
  bool shine(const char *text) { return pins_.set(text); }
  std::uint64_t busy_clocks() const { return busy_clocks_; }

#ifdef PROGRAM_IN_RAM
  // Hexadecimal words, one a line. False: no such file, or too long a one.
  bool load_program(const char *path) {
    std::FILE *const file = std::fopen(path, "r");
    if (!file) return false;
    std::uint64_t word = 0;
    unsigned address = 0;
    bool good = true;
    // in reset, its lowest part last, as flash_loader.v does it
    top_.rst = 1;
    clock();
    while (good && std::fscanf(file, "%" SCNx64, &word) == 1) {
      good = address < kProgramWords;
      top_.program_address = address++ & (kProgramWords - 1);
      for (unsigned part = 3; part-- > 0;) {   // all nibbles of 16 bits
        top_.program_word = word >> (16 * part) & 0xffff;
        top_.program_write = 0x10 << part | 0xf;
        clock();
      }
    }
    top_.rst = 0;
    top_.program_write = 0;
    good = good && std::feof(file) && address > 0;
    std::fclose(file);
    return good;
  }
#endif

  // Runs until the input has ended and nothing is left to do. Returns the program's exit code.
  int run() {
    unsigned quiet = 0;
    bool offered = false;          // a byte stays until it is taken
    for (;;) {
      if (in_at_ == in_size_ && !ended_ && quiet >= kSettleClocks) {
        if (!flush()) return 0;
        if (!wait_for_input()) return 1;
        quiet = 0;
      }
      // a measurement of pins that nobody can end any more
      const bool given_up = ended_ && in_at_ == in_size_ && pins_.on() && ++since_end_ > kPinsClocks;
      if ((ended_ && in_at_ == in_size_ && quiet >= kSettleClocks) || given_up) {
        flush();
        return 0;
      }

      top_.rx_valid = in_at_ < in_size_ && (offered || in_gaps_.ready());
      top_.rx_data = top_.rx_valid ? in_[in_at_] : 0;
      top_.tx_ready = out_gaps_.ready();
      if (pins_.on()) {
        const sim::Samples s = pins_.next();
        top_.sync_samples = s.sync;
        top_.detector_samples = s.detector;
        top_.marker_samples = s.marker;
      }
      top_.clk = 0;
      top_.eval();
      // What moves in this clock is decided before its edge.
      const bool taken = top_.rx_valid && top_.rx_ready;
      const bool given = top_.tx_valid && top_.tx_ready;
      offered = top_.rx_valid && !taken;
      if (given) out_[out_size_++] = top_.tx_data;
      const bool active = taken || given || top_.busy;
      if (top_.busy) busy_clocks_++;
      top_.clk = 1;
      top_.eval();
      if (taken) in_at_++;
      quiet = active ? 0 : quiet + 1;
      since_given_ = given ? 0 : since_given_ + 1;
      if (out_size_ == kOutputBytes || (out_size_ && since_given_ >= kPauseClocks)) {
        if (!flush()) return 0;
      }
      // An engine at work must not keep the device from seeing new input.
      if (in_at_ == in_size_ && !ended_ && (++since_look_ & kLookMask) == 0 && !look_for_input()) return 1;
    }
  }

 private:
  void clock() {
    top_.clk = 0;
    top_.eval();
    top_.clk = 1;
    top_.eval();
  }

  bool poll_input(int timeout_ms, bool *ready) {
    pollfd p{STDIN_FILENO, POLLIN, 0};
    const int n = poll(&p, 1, timeout_ms);
    *ready = n > 0;
    return n >= 0 || errno == EINTR;
  }

  bool read_input() {
    const ssize_t n = read(STDIN_FILENO, in_, sizeof in_);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    in_at_ = 0;
    in_size_ = static_cast<std::size_t>(n);
    ended_ = n == 0;
    return true;
  }

  bool wait_for_input() {
    bool ready = false;
    return poll_input(-1, &ready) && (!ready || read_input());
  }

  bool look_for_input() {
    bool ready = false;
    return poll_input(0, &ready) && (!ready || read_input());
  }

  // False when nobody reads.
  bool flush() {
    std::size_t at = 0;
    while (at < out_size_) {
      const ssize_t n = write(STDOUT_FILENO, out_ + at, out_size_ - at);
      if (n > 0) {
        at += static_cast<std::size_t>(n);
      } else if (errno == EAGAIN) {
        pollfd p{STDOUT_FILENO, POLLOUT, 0};
        poll(&p, 1, -1);
      } else if (errno != EINTR) {
        return false;
      }
    }
    out_size_ = 0;
    return true;
  }

  VerilatedContext context_;
  Vdevice_top top_;
  Gaps in_gaps_, out_gaps_;
  std::uint8_t in_[kInputBytes];
  std::uint8_t out_[kOutputBytes];
  std::size_t in_at_ = 0, in_size_ = 0, out_size_ = 0;
  unsigned since_look_ = 0, since_given_ = 0, since_end_ = 0;
  sim::Pins pins_;
  bool ended_ = false;
  std::uint64_t busy_clocks_ = 0;
};

}  // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  if (!go_to_tables("taustream-rtl")) return 1;
  static Device device;
  const char *const film = std::getenv("TAUSTREAM_RTL_PINS");
  if (film && !device.shine(film)) {
    std::fprintf(stderr, "taustream-rtl: TAUSTREAM_RTL_PINS: '%s' cannot be used: %s\n", film, sim::Pins::kExpected);
    return 1;
  }
#ifdef PROGRAM_IN_RAM
  if (!device.load_program("decay_program.hex")) {
    std::fprintf(stderr, "taustream-rtl: rtl-tables/decay_program.hex: not a program of up to 8192 hexadecimal words\n");
    return 1;
  }
#endif
  const int code = device.run();
  if (code) std::perror("taustream-rtl: standard input");
  const char *const clocks = std::getenv("TAUSTREAM_RTL_CLOCKS");
  std::FILE *const file = clocks ? std::fopen(clocks, "w") : nullptr;
  if (clocks && !file) std::perror("taustream-rtl: TAUSTREAM_RTL_CLOCKS");
  if (file) {
    std::fprintf(file, "%llu\n", static_cast<unsigned long long>(device.busy_clocks()));
    std::fclose(file);
  }
  return code;
}
