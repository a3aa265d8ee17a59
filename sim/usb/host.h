// A USB host for one full-speed device: frames, transfers, data toggles, retries, enumeration. What a host controller and the part of an
// operating system above it do; the transactions themselves are the Bus's.
//
// Everything happens inside step() and what calls it; one thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bus.h"

namespace usb {

enum class Status { kPending, kDone, kStall, kError, kOverflow, kShort, kCancelled, kGone };
const char *status_name(Status s);

struct Setup {
  std::uint8_t request_type, request;
  std::uint16_t value, index, length;
};

struct Transfer {
  std::uint8_t endpoint = 0;  // 0: control; bit 7: to the host
  Setup setup{};
  std::uint8_t *bytes = nullptr;  // setup.length of them for a control transfer
  std::size_t length = 0;
  bool zero_packet = false;   // OUT: a full last packet is followed by an empty one
  bool short_not_ok = false;  // IN: less than length is kShort
  Status status = Status::kPending;
  std::size_t actual = 0;
  std::function<void(Transfer &)> done;  // called once, when status is no longer kPending
  void *owner = nullptr;

  // the host's own
  enum class Stage { kSetup, kData, kStatus } stage = Stage::kSetup;
  unsigned errors = 0;
};

struct HostOptions {
  // Failed attempts at one transaction before the transfer fails: 3 as in xHCI. A soak of a bad line takes more.
  unsigned attempts = 3;
  // Of a reset: 10 ms is the least of USB 2.0; 50 ms that of a root port.
  double reset_bits = 10e-3 * kBitsPerSecond;
  double reset_settle_s = 10e-3;  // 7.1.7.5
  // Between transactions, in bit times.
  double gap_bits = 4;
};

struct HostCounts {
  std::uint64_t transactions = 0, naks = 0, errors = 0, repeated = 0, frames = 0, bytes_out = 0, bytes_in = 0;
};

// What is known after enumeration.
struct Enumerated {
  std::vector<std::uint8_t> device, configuration, bos;
  std::string manufacturer, product, serial;
};

class Host {
 public:
  explicit Host(Bus *bus, HostOptions options = {});

  void submit(Transfer *t);
  // False when it is not pending. Its done() is called.
  bool cancel(Transfer *t);
  // Ends everything that is pending with this status (kGone at unplug).
  void end_all(Status status);
  bool anything_pending() const;

  // One transaction, or the time to the next frame when there is none to do. True: bytes or a stage moved.
  bool step();

  // Steps until the transfer is over or bus time is up (then it is cancelled).
  Status finish(Transfer *t, double timeout_s = 1);
  Status control(const Setup &setup, std::uint8_t *bytes, std::size_t *actual = nullptr, double timeout_s = 1);
  // Bus time passes, with frames.
  void wait(double seconds);

  // Reset, address, descriptors, configuration 1. Empty: all went well, else what did not.
  std::string enumerate(Enumerated *e);
  // As an operating system resets a device that it knows: reset, address, configuration. Pending transfers are lost.
  std::string reset_device();
  Status set_configuration(unsigned value);
  Status set_interface(unsigned interface, unsigned setting);
  Status clear_halt(std::uint8_t endpoint);
  bool halted(std::uint8_t endpoint) const { return halted_[index_of(endpoint)]; }

  double seconds() const { return bus_->now() / kBitsPerSecond; }
  const HostCounts &counts() const { return counts_; }
  Bus *bus() { return bus_; }
  unsigned address() const { return address_; }

 private:
  static std::size_t index_of(std::uint8_t endpoint) { return (endpoint & 15u) | ((endpoint & 128u) ? 16u : 0u); }
  void frame_if_due();
  void bus_reset();
  bool room_for(std::size_t bytes_out, bool in) const;
  bool transact(Transfer *t);
  bool transact_control(Transfer *t);
  bool transact_out(Transfer *t);
  bool transact_in(Transfer *t);
  std::string try_reset_device();
  std::string try_enumerate(Enumerated *e);
  bool failed_attempt(Transfer *t);
  bool judge_reply(Transfer *t, Reply r);
  void end(Transfer *t, Status status);
  std::string descriptor(unsigned type, unsigned index, unsigned language, std::size_t length, std::vector<std::uint8_t> *bytes);
  std::string text(unsigned index, std::string *out);

  Bus *bus_;
  HostOptions options_;
  HostCounts counts_;
  std::map<std::uint8_t, std::deque<Transfer *>> queues_;  // by endpoint
  std::uint8_t last_endpoint_ = 0;
  std::array<bool, 32> toggle_{}, halted_{};
  unsigned address_ = 0, frame_ = 0;
  double next_frame_ = 0;
  std::vector<std::uint8_t> packet_;
};

}  // namespace usb
