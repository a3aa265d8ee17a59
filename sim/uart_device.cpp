// The gateware on a serial line as a program: a pseudo-terminal or a socket on one side, the pins of device_uart on the other, bit by bit.
//
//   taustream-uart-ENGINE --pty PATH | --socket PATH [--lose N] [--corrupt N] [--low-stop N]
//
// PATH becomes a link to the pseudo-terminal, or a Unix socket. `ready` on standard output says that it is there; the program ends when
// standard input does. A pseudo-terminal carries no break, a socket neither: opening is one (the line is low for 3 characters before the
// first byte that comes after nobody had it open). --lose N: every N-th byte to the device is lost on the line; --corrupt: a bit of it
// turns over; --low-stop: its stop bit is low.
//
// Clocks run only while there is work. When the host has been silent for kSilenceMs, the line is silent for as long as the device waits
// before it gives a message up: wall-clock time decides nothing but when that is.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "Vdevice_uart.h"
#include "tables.h"
#include "verilated.h"

namespace {

constexpr unsigned kClocksPerBit = 4;       // UART_DIVIDER 1024
constexpr unsigned kIdleClocks = 4096;      // IDLE_CLOCKS
constexpr unsigned kBreakBits = 30;
constexpr unsigned kResetClocks = 8;
constexpr unsigned kSettleClocks = 256;     // what the device does after the line's last bit
constexpr int kSilenceMs = 200;
constexpr int kReopenMs = 20;

struct Faults {
  unsigned lose = 0, corrupt = 0, low_stop = 0;
};

// ---- the pins ----
class Line {
 public:
  explicit Line(const Faults &faults) : faults_(faults), top_{&context_} {
    top_.uart_rx = 1;
    top_.rst = 1;
    for (unsigned i = 0; i < kResetClocks; i++) edge();
    top_.rst = 0;
  }
  ~Line() { top_.final(); }

  bool sending() const { return bits_ != 0; }
  void send_break() { start(0, kBreakBits, 2); }
  void send(std::uint8_t byte) {
    count_++;
    if (faults_.lose && count_ % faults_.lose == 0) return;
    if (faults_.corrupt && count_ % faults_.corrupt == 0) byte ^= static_cast<std::uint8_t>(1u << (count_ / faults_.corrupt % 8));
    const bool low = faults_.low_stop && count_ % faults_.low_stop == 0;
    start(static_cast<std::uint64_t>(byte) << 1 | (low ? 0u : 1u << 9), 10, low ? 2 : 0);
  }

  // One clock. True when a byte has come from the device.
  bool clock(std::uint8_t *byte) {
    top_.uart_rx = bits_ ? frame_ & 1 : 1;
    edge();
    if (bits_ && ++phase_ == kClocksPerBit) {
      phase_ = 0;
      frame_ >>= 1;
      bits_--;
    }
    return receive(byte);
  }
  bool busy() const { return top_.led_busy || receiving_; }

 private:
  void start(std::uint64_t frame, unsigned bits, unsigned rest) {
    frame_ = frame | ~std::uint64_t{0} << bits;
    bits_ = bits + rest;
    phase_ = 0;
  }
  void edge() {
    top_.clk = 0;
    top_.eval();
    top_.clk = 1;
    top_.eval();
  }
  bool receive(std::uint8_t *byte) {
    const bool level = top_.uart_tx;
    if (!receiving_) {
      receiving_ = !level;
      place_ = 0;
      wait_ = kClocksPerBit / 2;
      return false;
    }
    if (--wait_) return false;
    wait_ = kClocksPerBit;
    if (place_ > 0 && place_ < 9) shift_ = static_cast<std::uint8_t>(shift_ >> 1 | (level ? 0x80 : 0));
    if (place_++ < 9) return false;
    receiving_ = false;
    *byte = shift_;
    return true;
  }

  Faults faults_;
  VerilatedContext context_;
  Vdevice_uart top_;
  std::uint64_t frame_ = 0;
  unsigned bits_ = 0, phase_ = 0, wait_ = 0, place_ = 0, count_ = 0;
  std::uint8_t shift_ = 0;
  bool receiving_ = false;
};

// ---- the host's end ----
class Host {
 public:
  virtual ~Host() = default;
  // -1: nobody has it open
  virtual int fd() const = 0;
  // Waits at most so long for somebody who opens it.
  virtual void wait_open(int timeout_ms) = 0;
  virtual void closed() = 0;
};

class Pty : public Host {
 public:
  explicit Pty(const char *path) : path_(path) {
    int slave;
    char name[128];
    termios raw{};
    cfmakeraw(&raw);
    if (openpty(&master_, &slave, name, &raw, nullptr)) return;
    close(slave);
    fcntl(master_, F_SETFL, O_NONBLOCK);
    unlink(path);
    good_ = symlink(name, path) == 0;
  }
  ~Pty() override {
    if (good_) unlink(path_.c_str());
    close(master_);
  }
  bool good() const { return good_; }
  int fd() const override { return open_ ? master_ : -1; }
  // A pseudo-terminal that nobody has open reports a hang-up.
  void wait_open(int timeout_ms) override {
    pollfd p{master_, POLLIN, 0};
    if (poll(&p, 1, 0) >= 0 && !(p.revents & POLLHUP)) open_ = true;
    else usleep(static_cast<useconds_t>(timeout_ms) * 1000);
  }
  void closed() override {
    open_ = false;
    tcflush(master_, TCIOFLUSH);
  }

 private:
  std::string path_;
  int master_ = -1;
  bool good_ = false, open_ = false;
};

class Socket : public Host {
 public:
  explicit Socket(const char *path) : path_(path) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    if (path_.size() >= sizeof a.sun_path) return;
    std::memcpy(a.sun_path, path, path_.size());
    unlink(path);
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    good_ = listener_ >= 0 && !bind(listener_, reinterpret_cast<sockaddr *>(&a), sizeof a) && !listen(listener_, 1);
  }
  ~Socket() override {
    closed();
    close(listener_);
    if (good_) unlink(path_.c_str());
  }
  bool good() const { return good_; }
  int fd() const override { return fd_; }
  void wait_open(int timeout_ms) override {
    pollfd p{listener_, POLLIN, 0};
    if (poll(&p, 1, timeout_ms) <= 0) return;
    fd_ = accept(listener_, nullptr, nullptr);
    if (fd_ >= 0) fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  void closed() override {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  std::string path_;
  int listener_ = -1, fd_ = -1;
  bool good_ = false;
};

// ---- both together ----
class Server {
 public:
  Server(Line &line, Host &host) : line_(line), host_(host) {}

  void run() {
    while (!input_ended()) {
      if (host_.fd() < 0) {
        host_.wait_open(kReopenMs);
        if (host_.fd() < 0) continue;
        in_at_ = in_size_ = out_size_ = 0;
        told_ = true;
        line_.send_break();
        run_line(kSettleClocks);
        out_size_ = 0;             // what the device was sending when the break came
      }
      if (!run_line(kSettleClocks) || !flush() || !wait_for_input()) host_.closed();
    }
  }

 private:
  // Runs until nothing has happened for so many clocks and there is nothing to send. False: the host is gone.
  bool run_line(unsigned settle) {
    unsigned since_look = 0;
    for (unsigned quiet = 0; quiet < settle;) {
      if (!line_.sending() && in_at_ < in_size_) {
        line_.send(in_[in_at_++]);
        told_ = false;
      }
      std::uint8_t byte;
      if (line_.clock(&byte)) {
        out_[out_size_++] = byte;
        if (out_size_ == sizeof out_ && !flush()) return false;
      }
      quiet = line_.sending() || line_.busy() ? 0 : quiet + 1;
      // A fit takes long: what has come is passed on, what the host writes is seen.
      if ((++since_look & 1023u) == 0 && (!flush() || (in_at_ == in_size_ && !read_input()) || input_ended())) return false;
    }
    return true;
  }

  bool wait_for_input() {
    pollfd p[2] = {{host_.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    const int n = poll(p, 2, told_ ? -1 : kSilenceMs);
    if (n == 0) {
      told_ = true;
      return run_line(kIdleClocks + kSettleClocks) && flush();
    }
    return n < 0 ? errno == EINTR : p[1].revents ? true : read_input();
  }

  // False: the host is gone.
  bool read_input() {
    const ssize_t n = read(host_.fd(), in_, sizeof in_);
    if (n > 0) {
      in_at_ = 0;
      in_size_ = static_cast<std::size_t>(n);
    }
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
  }

  bool flush() {
    for (std::size_t at = 0; at < out_size_;) {
      const ssize_t n = write(host_.fd(), out_ + at, out_size_ - at);
      if (n > 0) {
        at += static_cast<std::size_t>(n);
      } else if (errno == EAGAIN) {
        pollfd p{host_.fd(), POLLOUT, 0};
        if (poll(&p, 1, kSilenceMs) > 0 && (p.revents & (POLLHUP | POLLERR))) return false;
        if (input_ended()) return false;
      } else if (errno != EINTR) {
        return false;
      }
    }
    out_size_ = 0;
    return true;
  }

  static bool input_ended() {
    pollfd p{STDIN_FILENO, POLLIN, 0};
    char c;
    return poll(&p, 1, 0) > 0 && read(STDIN_FILENO, &c, 1) <= 0;
  }

  Line &line_;
  Host &host_;
  std::uint8_t in_[4096];
  std::uint8_t out_[1024];
  std::size_t in_at_ = 0, in_size_ = 0, out_size_ = 0;
  bool told_ = true;               // the device has had its silence since the last byte
};

int usage() {
  std::fputs("usage: taustream-uart-ENGINE --pty PATH | --socket PATH [--lose N] [--corrupt N] [--low-stop N]\n", stderr);
  return 2;
}

bool number(const char *text, unsigned *value) {
  char *end;
  errno = 0;
  const unsigned long n = std::strtoul(text, &end, 10);
  *value = static_cast<unsigned>(n);
  return *text >= '0' && *text <= '9' && !*end && !errno && n > 0 && n < 1000000000;
}

}  // namespace

int main(int argc, char **argv) {
  const char *pty_path = nullptr, *socket_path = nullptr;
  Faults faults;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return usage();
    const std::string name = argv[i];
    bool good = true;
    if (name == "--pty") pty_path = argv[i + 1];
    else if (name == "--socket") socket_path = argv[i + 1];
    else if (name == "--lose") good = number(argv[i + 1], &faults.lose);
    else if (name == "--corrupt") good = number(argv[i + 1], &faults.corrupt);
    else if (name == "--low-stop") good = number(argv[i + 1], &faults.low_stop);
    else good = false;
    if (!good) return usage();
  }
  if (!pty_path == !socket_path) return usage();
  std::signal(SIGPIPE, SIG_IGN);

  // The path belongs to the caller's working directory, the tables to another.
  if (const char *path = pty_path ? pty_path : socket_path; path[0] != '/') {
    std::fprintf(stderr, "taustream-uart: %s: an absolute path is needed\n", path);
    return 2;
  }
  if (!go_to_tables("taustream-uart")) return 1;
  static Line line(faults);
  const auto serve = [&](auto &&host) {
    if (!host.good()) {
      std::perror("taustream-uart");
      return 1;
    }
    std::puts("ready");
    std::fflush(stdout);
    Server(line, host).run();
    return 0;
  };
  return pty_path ? serve(Pty(pty_path)) : serve(Socket(socket_path));
}
