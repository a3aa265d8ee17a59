#include "host.h"

#include <algorithm>
#include <cstring>

namespace usb {
namespace {

constexpr std::uint8_t kGetDescriptor = 6, kSetAddress = 5, kSetConfiguration = 9, kSetInterface = 11, kClearFeature = 1;
constexpr unsigned kDeviceDescriptor = 1, kConfigurationDescriptor = 2, kStringDescriptor = 3, kBosDescriptor = 15;
constexpr unsigned kFirstAddress = 1, kLastAddress = 127;
constexpr std::uint8_t kToHost = 0x80;
constexpr double kAddressSettleS = 2e-3;   // USB 2.0, 9.2.6.3
// From the reset on. When the ACK of SET_ADDRESS's status is lost the device keeps address 0, and only a reset brings both together.
constexpr unsigned kResetTries = 4;        // as Linux's hub driver
// Bits of a transaction beside its data: token 35, turn-arounds 2 x 7.5, sync, PID and end of both packets 38, margin.
constexpr double kOverheadBits = 110;
constexpr double kStuffedBitsPerByte = 8.0 * 7 / 6;

}  // namespace

const char *status_name(Status s) {
  switch (s) {
    case Status::kPending: return "pending";
    case Status::kDone: return "done";
    case Status::kStall: return "stall";
    case Status::kError: return "no valid answer";
    case Status::kOverflow: return "more data than asked for";
    case Status::kShort: return "less data than asked for";
    case Status::kCancelled: return "cancelled";
    case Status::kGone: return "device gone";
  }
  return "unknown";
}

Host::Host(Bus *bus, HostOptions options) : bus_{bus}, options_{options} {}

void Host::submit(Transfer *t) {
  t->status = Status::kPending;
  t->actual = 0;
  t->errors = 0;
  t->stage = Transfer::Stage::kSetup;
  queues_[t->endpoint].push_back(t);
}

void Host::end(Transfer *t, Status status) {
  auto &queue = queues_[t->endpoint];
  queue.erase(std::find(queue.begin(), queue.end(), t));
  t->status = status;
  if (t->done) t->done(*t);
}

bool Host::cancel(Transfer *t) {
  const auto &queue = queues_[t->endpoint];
  if (std::find(queue.begin(), queue.end(), t) == queue.end()) return false;
  end(t, Status::kCancelled);
  return true;
}

void Host::end_all(Status status) {
  for (auto &[endpoint, queue] : queues_)
    while (!queue.empty()) end(queue.front(), status);
}

bool Host::anything_pending() const {
  for (const auto &[endpoint, queue] : queues_)
    if (!queue.empty() && !halted(endpoint)) return true;
  return false;
}

void Host::frame_if_due() {
  if (bus_->now() < next_frame_) return;
  bus_->start_of_frame(frame_);
  frame_ = (frame_ + 1) & 0x7ff;
  counts_.frames++;
  next_frame_ = std::max(next_frame_ + kBitsPerFrame, bus_->now());
}

// Nothing may be on the bus when the next frame begins.
bool Host::room_for(std::size_t bytes, bool in) const {
  const double worst = kOverheadBits + kStuffedBitsPerByte * static_cast<double>((in ? kMaxPacketBytes : bytes) + 2);
  return bus_->now() + worst < next_frame_;
}

bool Host::step() {
  frame_if_due();
  // The endpoints take turns.
  std::vector<std::uint8_t> order;
  for (const auto &[endpoint, queue] : queues_)
    if (!queue.empty() && !halted(endpoint)) order.push_back(endpoint);
  auto next = std::upper_bound(order.begin(), order.end(), last_endpoint_);
  std::rotate(order.begin(), next, order.end());
  for (const std::uint8_t endpoint : order) {
    Transfer *t = queues_[endpoint].front();
    const bool in = endpoint ? (endpoint & kToHost) != 0
                             : t->stage != Transfer::Stage::kSetup && ((t->setup.request_type & kToHost) != 0) == (t->stage == Transfer::Stage::kData);
    if (!room_for(std::min(t->length - std::min(t->actual, t->length) + 8, kMaxPacketBytes), in)) continue;
    last_endpoint_ = endpoint;
    bus_->idle(options_.gap_bits);
    return transact(t);
  }
  bus_->idle(std::max(1.0, next_frame_ - bus_->now()));
  return false;
}

bool Host::transact(Transfer *t) {
  if (t->endpoint == 0) return transact_control(t);
  return t->endpoint & kToHost ? transact_in(t) : transact_out(t);
}

bool Host::failed_attempt(Transfer *t) {
  counts_.errors++;
  if (++t->errors < options_.attempts) return false;
  if (t->endpoint) halted_[index_of(t->endpoint)] = true;
  end(t, Status::kError);
  return true;
}

// Everything but the answer that was hoped for. Returns what step() returns.
bool Host::judge_reply(Transfer *t, Reply r) {
  if (r == Reply::kNak) {
    counts_.naks++;
    t->errors = 0;
    return false;
  }
  if (r == Reply::kStall) {
    if (t->endpoint) halted_[index_of(t->endpoint)] = true;
    end(t, Status::kStall);
    return true;
  }
  return failed_attempt(t);
}

bool Host::transact_out(Transfer *t) {
  const std::size_t n = std::min(t->length - t->actual, kMaxPacketBytes);
  bool &toggle = toggle_[index_of(t->endpoint)];
  counts_.transactions++;
  const Reply r = bus_->send(Pid::kOut, address_, t->endpoint & 15u, toggle ? Pid::kData1 : Pid::kData0, t->bytes + t->actual, n);
  if (r != Reply::kAck) return judge_reply(t, r);
  toggle = !toggle;
  t->errors = 0;
  t->actual += n;
  counts_.bytes_out += n;
  if (t->actual == t->length) {
    if (n == kMaxPacketBytes && t->zero_packet) t->zero_packet = false;
    else end(t, Status::kDone);
  }
  return true;
}

bool Host::transact_in(Transfer *t) {
  bool &toggle = toggle_[index_of(t->endpoint)];
  counts_.transactions++;
  const Reply r = bus_->receive(address_, t->endpoint & 15u, &packet_);
  if (r != Reply::kData0 && r != Reply::kData1) return judge_reply(t, r);
  t->errors = 0;
  if ((r == Reply::kData1) != toggle) {  // our ACK was lost: had before
    counts_.repeated++;
    return false;
  }
  toggle = !toggle;
  const std::size_t n = std::min(packet_.size(), t->length - t->actual);
  std::copy_n(packet_.begin(), n, t->bytes + t->actual);
  t->actual += n;
  counts_.bytes_in += n;
  if (n < packet_.size()) end(t, Status::kOverflow);
  else if (n < kMaxPacketBytes && t->actual < t->length) end(t, t->short_not_ok ? Status::kShort : Status::kDone);
  else if (t->actual == t->length) end(t, Status::kDone);
  return true;
}

bool Host::transact_control(Transfer *t) {
  using Stage = Transfer::Stage;
  const Setup &s = t->setup;
  const bool in = s.length && (s.request_type & kToHost);
  bool &toggle = toggle_[0];
  counts_.transactions++;
  if (t->stage == Stage::kSetup) {
    const auto byte = [](unsigned x) { return static_cast<std::uint8_t>(x); };
    const std::uint8_t bytes[8] = {s.request_type, s.request, byte(s.value), byte(s.value >> 8), byte(s.index), byte(s.index >> 8),
                                   byte(s.length), byte(s.length >> 8)};
    const Reply r = bus_->send(Pid::kSetup, address_, 0, Pid::kData0, bytes, sizeof bytes);
    if (r != Reply::kAck) return failed_attempt(t);  // a SETUP is never refused
    toggle = true;
    t->errors = 0;
    t->stage = s.length ? Stage::kData : Stage::kStatus;
    return true;
  }
  if (in == (t->stage == Stage::kData)) {  // from the device: data, or the status of what went to it
    const Reply r = bus_->receive(address_, 0, &packet_);
    if (r != Reply::kData0 && r != Reply::kData1) return judge_reply(t, r);
    t->errors = 0;
    if (t->stage == Stage::kStatus) {
      if (r != Reply::kData1) counts_.repeated++;
      else end(t, packet_.empty() ? Status::kDone : Status::kOverflow);
      return r == Reply::kData1;
    }
    if ((r == Reply::kData1) != toggle) {
      counts_.repeated++;
      return false;
    }
    toggle = !toggle;
    const std::size_t n = std::min(packet_.size(), s.length - t->actual);
    std::copy_n(packet_.begin(), n, t->bytes + t->actual);
    t->actual += n;
    if (n < packet_.size()) end(t, Status::kOverflow);
    else if (n < kMaxPacketBytes || t->actual == s.length) t->stage = Stage::kStatus;
    return true;
  }
  const std::size_t n = t->stage == Stage::kStatus ? 0 : std::min<std::size_t>(s.length - t->actual, kMaxPacketBytes);
  const bool data1 = t->stage == Stage::kStatus || toggle;
  const Reply r = bus_->send(Pid::kOut, address_, 0, data1 ? Pid::kData1 : Pid::kData0, t->bytes + t->actual, n);
  if (r != Reply::kAck) return judge_reply(t, r);
  t->errors = 0;
  if (t->stage == Stage::kStatus) {
    end(t, Status::kDone);
    return true;
  }
  toggle = !toggle;
  t->actual += n;
  if (t->actual == s.length) t->stage = Stage::kStatus;
  return true;
}

Status Host::finish(Transfer *t, double timeout_s) {
  const double until = bus_->now() + timeout_s * kBitsPerSecond;
  while (t->status == Status::kPending) {
    if (bus_->now() > until) cancel(t);
    else step();
  }
  return t->status;
}

Status Host::control(const Setup &setup, std::uint8_t *bytes, std::size_t *actual, double timeout_s) {
  Transfer t;
  t.setup = setup;
  t.bytes = bytes;
  t.length = setup.length;
  submit(&t);
  const Status s = finish(&t, timeout_s);
  if (actual) *actual = t.actual;
  return s;
}

void Host::wait(double seconds) {
  const double until = bus_->now() + seconds * kBitsPerSecond;
  while (bus_->now() < until) {
    frame_if_due();
    bus_->idle(std::max(1.0, std::min(until, next_frame_) - bus_->now()));
  }
}

void Host::bus_reset() {
  bus_->reset(options_.reset_bits);
  toggle_.fill(false);
  halted_.fill(false);
  address_ = 0;
  next_frame_ = bus_->now();
  wait(options_.reset_settle_s);
}

std::string Host::descriptor(unsigned type, unsigned index, unsigned language, std::size_t length, std::vector<std::uint8_t> *bytes) {
  bytes->assign(length, 0);
  std::size_t n = 0;
  const Setup setup{kToHost, kGetDescriptor, static_cast<std::uint16_t>(type << 8 | index), static_cast<std::uint16_t>(language),
                    static_cast<std::uint16_t>(length)};
  const Status s = control(setup, bytes->data(), &n);
  bytes->resize(n);
  if (s == Status::kDone && n >= 2) return {};
  return "descriptor " + std::to_string(type) + " index " + std::to_string(index) + ": " + status_name(s) + ", " + std::to_string(n) + " bytes";
}

std::string Host::text(unsigned index, std::string *out) {
  out->clear();
  if (!index) return {};
  std::vector<std::uint8_t> b;
  std::string e = descriptor(kStringDescriptor, 0, 0, 255, &b);
  if (e.empty() && b.size() < 4) e = "no language of strings";
  if (!e.empty()) return e;
  e = descriptor(kStringDescriptor, index, b[2] | b[3] << 8u, 255, &b);
  for (std::size_t i = 2; i + 1 < b.size(); i += 2) out->push_back(b[i + 1] ? '?' : static_cast<char>(b[i]));
  return e;
}

Status Host::set_configuration(unsigned value) {
  const Status s = control({0, kSetConfiguration, static_cast<std::uint16_t>(value), 0, 0}, nullptr);
  if (s == Status::kDone) {
    toggle_.fill(false);
    halted_.fill(false);
  }
  return s;
}

Status Host::set_interface(unsigned interface, unsigned setting) {
  const Status s = control({1, kSetInterface, static_cast<std::uint16_t>(setting), static_cast<std::uint16_t>(interface), 0}, nullptr);
  if (s == Status::kDone) {
    toggle_.fill(false);
    halted_.fill(false);
  }
  return s;
}

Status Host::clear_halt(std::uint8_t endpoint) {
  const Status s = control({2, kClearFeature, 0, endpoint, 0}, nullptr);
  if (s == Status::kDone) toggle_[index_of(endpoint)] = halted_[index_of(endpoint)] = false;
  return s;
}

std::string Host::try_reset_device() {
  end_all(Status::kGone);
  bus_reset();
  const Status s = control({0, kSetAddress, kFirstAddress, 0, 0}, nullptr);
  if (s != Status::kDone) return std::string("SET_ADDRESS: ") + status_name(s);
  address_ = kFirstAddress;
  wait(kAddressSettleS);
  const Status c = set_configuration(1);
  return c == Status::kDone ? std::string() : std::string("SET_CONFIGURATION: ") + status_name(c);
}

std::string Host::try_enumerate(Enumerated *e) {
  if (!bus_->attached()) return "no pull-up on D+";
  end_all(Status::kGone);
  bus_reset();
  // Linux and Windows ask for 64 bytes first, reset, and only then give an address.
  std::vector<std::uint8_t> b;
  std::string error = descriptor(kDeviceDescriptor, 0, 0, kMaxPacketBytes, &b);
  if (!error.empty()) return error;
  if (b.size() < 8 || b[7] != kMaxPacketBytes) return "device descriptor: endpoint 0 has not 64 bytes";
  bus_reset();
  const unsigned address = kFirstAddress + static_cast<unsigned>(counts_.transactions % (kLastAddress - kFirstAddress + 1));
  const Status s = control({0, kSetAddress, static_cast<std::uint16_t>(address), 0, 0}, nullptr);
  if (s != Status::kDone) return std::string("SET_ADDRESS: ") + status_name(s);
  address_ = address;
  wait(kAddressSettleS);

  error = descriptor(kDeviceDescriptor, 0, 0, 18, &e->device);
  if (error.empty() && e->device.size() != 18) error = "device descriptor of " + std::to_string(e->device.size()) + " bytes";
  if (!error.empty()) return error;
  error = descriptor(kConfigurationDescriptor, 0, 0, 9, &b);
  if (error.empty() && b.size() != 9) error = "configuration descriptor of " + std::to_string(b.size()) + " bytes";
  if (!error.empty()) return error;
  const std::size_t total = b[2] | b[3] << 8u;
  error = descriptor(kConfigurationDescriptor, 0, 0, total, &e->configuration);
  if (error.empty() && e->configuration.size() != total) error = "configuration descriptors end early";
  if (!error.empty()) return error;
  e->bos.clear();
  if ((e->device[2] | e->device[3] << 8u) > 0x200) {  // bcdUSB 2.01: there is a BOS
    error = descriptor(kBosDescriptor, 0, 0, 5, &b);
    if (error.empty() && b.size() != 5) error = "BOS descriptor of " + std::to_string(b.size()) + " bytes";
    if (error.empty()) error = descriptor(kBosDescriptor, 0, 0, b[2] | b[3] << 8u, &e->bos);
    if (!error.empty()) return error;
  }
  for (const auto &[index, out] : {std::pair{e->device[14], &e->manufacturer}, {e->device[15], &e->product}, {e->device[16], &e->serial}}) {
    error = text(index, out);
    if (!error.empty()) return error;
  }
  const Status c = set_configuration(1);
  return c == Status::kDone ? std::string() : std::string("SET_CONFIGURATION: ") + status_name(c);
}

std::string Host::reset_device() {
  std::string error;
  for (unsigned i = 0; i < kResetTries; i++)
    if ((error = try_reset_device()).empty()) break;
  return error;
}

std::string Host::enumerate(Enumerated *e) {
  std::string error;
  for (unsigned i = 0; i < kResetTries; i++)
    if ((error = try_enumerate(e)).empty()) break;
  return error;
}

}  // namespace usb
