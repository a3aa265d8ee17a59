#include "board.h"

#include <cstdio>

#include "make_bus.h"

namespace {

// Transactions between two looks at what else there is to do.
constexpr unsigned kBurst = 8;
// At one transaction on a bad line, before the host gives up.
constexpr unsigned kPatientAttempts = 1000;
constexpr double kShortReset = 100e-6 * usb::kBitsPerSecond, kShortResetSettleS = 100e-6;

void add(usb::HostCounts *sum, const usb::HostCounts &c) {
  sum->transactions += c.transactions;
  sum->naks += c.naks;
  sum->errors += c.errors;
  sum->repeated += c.repeated;
  sum->frames += c.frames;
  sum->bytes_out += c.bytes_out;
  sum->bytes_in += c.bytes_in;
}

}  // namespace

Board::Board(const Options &options, const std::string &serial, bool first) : options_{options}, serial_{serial}, first_{first} {}

std::string Board::plug() {
  std::string error;
  // Another seed each time, so that not every life of the board is the same.
  auto bus = make_bus(options_, serial_, options_.seed + unplugs_, &error);
  if (!bus) return error;
  bus_ = std::make_unique<WatchedBus>(std::move(bus));
  usb::HostOptions host_options;
  if (options_.loss > 0) host_options.attempts = kPatientAttempts;
  if (options_.level == "bit") {  // an operating system's pauses would be most of the work
    host_options.reset_bits = kShortReset;
    host_options.reset_settle_s = kShortResetSettleS;
  }
  host_ = std::make_unique<usb::Host>(bus_.get(), host_options);
  error = host_->enumerate(&enumerated_);
  wake();
  return error;
}

void Board::unplug() {
  host_->end_all(usb::Status::kGone);
  before_s_ = bus_seconds();
  before_ = counts();
  host_.reset();
  bus_.reset();
  unplugs_++;
}

bool Board::wants_unplug() const {
  return first_ && plugged() && unplugs_ < options_.unplug_after.size() && bus_->bulk_bytes() >= options_.unplug_after[unplugs_];
}

bool Board::quiet_long_enough() {
  if (!options_.pins.empty()) return false;  // photons come whatever the host does
  if (quiet_since_ < 0) quiet_since_ = bus_->now();
  return bus_->now() - quiet_since_ > quiet_bits(options_);
}

bool Board::run() {
  if (!plugged()) return false;
  for (unsigned i = 0; i < kBurst && host_->anything_pending(); i++) {
    const std::uint64_t failed = host_->counts().errors + host_->counts().repeated;
    // A failed attempt is tried again: not quiet, either.
    if (host_->step() || host_->counts().errors + host_->counts().repeated != failed) quiet_since_ = -1;
    else if (quiet_long_enough()) return false;
    if (wants_unplug()) return true;
    if (first_ && wedges_ < options_.wedge_after.size() && bus_->bulk_bytes() >= options_.wedge_after[wedges_]) {
      bus_->wedge();
      wedges_++;
    }
  }
  return host_->anything_pending();
}

usb::HostCounts Board::counts() const {
  usb::HostCounts sum = before_;
  if (host_) add(&sum, host_->counts());
  return sum;
}

double Board::bus_seconds() const { return before_s_ + (host_ ? host_->seconds() : 0); }
