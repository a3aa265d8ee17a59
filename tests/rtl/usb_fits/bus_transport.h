// A ts_transport over a simulated bus: the library's bytes go through a usb::Host, and time is that of the bus alone. The program around
// it takes no bus time; waiting is running the bus.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

extern "C" {
#include "transport/transport.h"
}
#include "usb/host.h"

class BusTransport {
 public:
  explicit BusTransport(usb::Host *host);
  // The library closes it by its own means; this object stays.
  ts_transport *transport() { return &shell_.base; }
  // Bus time of the last byte that went out, and of the last that came in.
  double last_out_s = 0, last_in_s = 0;

 private:
  static constexpr std::size_t kTransfers = 4, kBytes = 4096;
  struct Shell {
    ts_transport base;
    BusTransport *self;
  };
  struct Slot {
    usb::Transfer transfer;
    std::vector<std::uint8_t> bytes;
    bool busy = false;
  };
  static BusTransport *of(ts_transport *t) { return reinterpret_cast<Shell *>(t)->self; }
  static ts_error write(ts_transport *t, const std::uint8_t *bytes, std::size_t n, std::size_t *moved);
  static ts_error read(ts_transport *t, std::uint8_t *bytes, std::size_t n, std::size_t *moved);
  static ts_error wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready);
  static void close(ts_transport *) {}
  static const char *text(const ts_transport *) { return "simulated bus: a transfer failed"; }
  static const ts_transport_ops kOps;
  void listen(Slot *s);
  void send_held();

  Shell shell_;
  usb::Host *host_;
  std::array<Slot, kTransfers> out_, in_;
  std::vector<std::uint8_t> held_;  // written and not yet submitted
  std::deque<std::uint8_t> received_;
  bool failed_ = false;
};
