#include "bit_bus.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace usb {
namespace {

constexpr double kClocksPerNs = kDeviceClockHz * 1e-9;
constexpr double kPowerUpBits = 2000;
constexpr double kTimeoutBits = 18;       // 7.1.19: 16 to 18
constexpr double kMyTurnBits = 3, kMyTurnSpread = 3;  // a host answers 2 to 7.5 bit times later
constexpr double kAfterNoiseBits = 20;
constexpr unsigned kResumeSe0Bits = 16;  // two low-speed bits
// Longer than any packet for full-speed bulk: sync, PID, 64 bytes and CRC all stuffed, end.
constexpr std::size_t kLongestCells = 8 + (1 + kMaxPacketBytes + 2) * 8 * 7 / 6 + 4;

}  // namespace

BitBus::BitBus(std::unique_ptr<WireDevice> device, const SignalOptions &signal, const FaultRates &faults, std::uint64_t seed)
    : device_{std::move(device)}, signal_{signal}, faults_{faults}, random_{seed}, bit_{kClocksPerBit / (1 + signal.ppm * 1e-6)},
      origin_{random_.between(0, bit_)} {
  idle(kPowerUpBits);
}

void BitBus::tick(bool host_drives, bool dp, bool dn) {
  WireDevice *d = device_.get();
  if (d->driving) {
    if (host_drives) counts_.contentions++;
    dp = d->dp_out;
    dn = d->dn_out;
  } else if (!host_drives) {
    dp = d->pull_up;
    dn = false;
  }
  if (counts_.clocks < forced_to_ && counts_.clocks >= forced_from_) dp = dn = false;
  d->clock(dp, dn);
  counts_.clocks++;
}

void BitBus::reset(double bit_times) {
  const double end = static_cast<double>(counts_.clocks) + bit_times * bit_;
  while (static_cast<double>(counts_.clocks) < end) tick(true, false, false);
}

void BitBus::reset_later(double in_bit_times, double bit_times) {
  forced_from_ = counts_.clocks + static_cast<std::uint64_t>(in_bit_times * bit_);
  forced_to_ = forced_from_ + static_cast<std::uint64_t>(bit_times * bit_);
}

void BitBus::resume(double bit_times) {
  const double end = static_cast<double>(counts_.clocks) + bit_times * bit_;
  while (static_cast<double>(counts_.clocks) < end) tick(true, false, true);
  for (unsigned i = 0; i < kResumeSe0Bits * kClocksPerBit; i++) tick(true, false, false);  // a low-speed end of packet
  for (unsigned i = 0; i < kClocksPerBit; i++) tick(true, true, false);
}

void BitBus::idle(double bit_times) {
  const double end = static_cast<double>(counts_.clocks) + bit_times * bit_;
  while (static_cast<double>(counts_.clocks) < end) {
    tick(false, false, false);
    counts_.unasked += device_->driving;
  }
}

// Displacement of the next edge: within half the consecutive budget of zero, and not farther than the paired budget from the last but one.
double BitBus::next_jitter() {
  const double half = signal_.jitter_consecutive_ns / 2 * kClocksPerNs, pair = signal_.jitter_paired_ns * kClocksPerNs;
  if (half == 0) return 0;
  const double low = std::max(-half, jitter_before_that_ - pair), high = std::min(half, jitter_before_that_ + pair);
  // Often at the very end of what is allowed.
  const double j = random_.below(2) ? random_.between(low, high) : random_.below(2) ? low : high;
  jitter_before_that_ = jitter_before_;
  jitter_before_ = j;
  return j;
}

void BitBus::transmit(const std::vector<Line> &cells) {
  const double start = origin_ + std::ceil((static_cast<double>(counts_.clocks) - origin_) / bit_) * bit_;
  dp_edges_.clear();
  dn_edges_.clear();
  Line before = Line::kJ;
  for (std::size_t i = 0; i < cells.size(); i++) {
    const Line l = cells[i];
    if (l == before) continue;
    const double t = start + static_cast<double>(i) * bit_ + next_jitter();
    const double skew = signal_.skew_ns > 0 ? random_.between(-0.5, 0.5) * signal_.skew_ns * kClocksPerNs : 0;
    if (dp_of(l) != dp_of(before)) dp_edges_.push_back({t + skew, dp_of(l)});
    if (dn_of(l) != dn_of(before)) dn_edges_.push_back({t - skew, dn_of(l)});
    before = l;
  }
  const double end = start + static_cast<double>(cells.size()) * bit_;
  bool dp = true, dn = false;
  auto p = dp_edges_.cbegin(), n = dn_edges_.cbegin();
  while (static_cast<double>(counts_.clocks) < end) {
    const double now = static_cast<double>(counts_.clocks);
    for (; p != dp_edges_.cend() && p->time <= now; ++p) dp = p->level;
    for (; n != dn_edges_.cend() && n->time <= now; ++n) dn = n->level;
    tick(true, dp, dn);
  }
  end_of_packet_ = end - bit_;
}

void BitBus::transmit_packet(const Packet &packet, double fault_rate, std::uint64_t *count) {
  cells_ = encode(packet);
  if (!random_.chance(fault_rate)) return transmit(cells_);
  ++*count;
  const std::vector<Line> bad = damaged(cells_, packet, &random_);
  if (bad.empty()) return idle(static_cast<double>(cells_.size()));
  transmit(bad);
  // Damage in the sync only may be overlooked: then the answer comes now.
  const double end = static_cast<double>(counts_.clocks) + kAfterNoiseBits * bit_;
  while (static_cast<double>(counts_.clocks) < end && !device_->driving) tick(false, false, false);
}

// What the device says to what was sent. Good data go to bytes.
Reply BitBus::answer(std::vector<std::uint8_t> *bytes) {
  const double limit = end_of_packet_ + kTimeoutBits * bit_;
  while (!device_->driving || line_of(device_->dp_out, device_->dn_out) == Line::kJ) {
    if (static_cast<double>(counts_.clocks) >= limit) return Reply::kNone;
    tick(false, false, false);
  }
  // The first K leaves the pins with the clock that just was.
  const double turn = (static_cast<double>(counts_.clocks) - end_of_packet_) / bit_;
  counts_.turn_min_bits = std::min(counts_.turn_min_bits, turn);
  counts_.turn_max_bits = std::max(counts_.turn_max_bits, turn);

  cells_.clear();
  Line state = Line::kK;
  std::size_t run = 0, se0 = 0;
  bool babble = false;
  while (device_->driving) {
    const Line l = line_of(device_->dp_out, device_->dn_out);
    if (l != state) {
      if (state != Line::kSe0) {
        counts_.uneven += run % kClocksPerBit != 0;
        cells_.insert(cells_.end(), static_cast<std::size_t>(std::lround(static_cast<double>(run) / bit_)), state);
      } else {
        se0 = run;
      }
      state = l;
      run = 0;
    }
    run++;
    if (cells_.size() > kLongestCells || run > kLongestCells * kClocksPerBit) {
      babble = true;
      break;
    }
    tick(false, false, false);
  }
  if (babble) {
    counts_.flawed++;
    for (unsigned k = 0; k < 100000 && device_->driving; k++) tick(false, false, false);
    return Reply::kBabble;
  }
  if (state != Line::kJ || run > 2 * kClocksPerBit || se0 < 2 * kClocksPerBit - 1 || se0 > 2 * kClocksPerBit + 1) counts_.bad_ends++;
  end_of_packet_ = static_cast<double>(counts_.clocks) - static_cast<double>(run);
  if (random_.chance(faults_.reply)) {
    counts_.replies_damaged++;
    return random_.below(2) ? Reply::kBad : Reply::kNone;
  }
  if (decode(cells_.data(), cells_.size(), &packet_) != Flaw::kNone) {
    counts_.flawed++;
    return Reply::kBad;
  }
  switch (static_cast<Pid>(packet_[0] & 15u)) {
    case Pid::kAck: return Reply::kAck;
    case Pid::kNak: return Reply::kNak;
    case Pid::kStall: return Reply::kStall;
    case Pid::kData0:
    case Pid::kData1:
      if (bytes) bytes->assign(packet_.begin() + 1, packet_.end() - 2);
      return static_cast<Pid>(packet_[0] & 15u) == Pid::kData0 ? Reply::kData0 : Reply::kData1;
    default: counts_.flawed++; return Reply::kBad;
  }
}

void BitBus::start_of_frame(unsigned frame) {
  transmit_packet(frame_packet(frame), faults_.token, &counts_.tokens_damaged);
}

Reply BitBus::send(Pid token, unsigned address, unsigned endpoint, Pid toggle, const std::uint8_t *bytes, std::size_t n) {
  if (random_.chance(faults_.noise)) {
    counts_.noises++;
    transmit(noise(&random_));
    idle(kAfterNoiseBits);
  }
  transmit_packet(token_packet(token, address, endpoint), faults_.token, &counts_.tokens_damaged);
  idle(kMyTurnBits);
  transmit_packet(data_packet(toggle, bytes, n), faults_.data, &counts_.data_damaged);
  const Reply r = answer(nullptr);
  if (r == Reply::kData0 || r == Reply::kData1) {
    counts_.flawed++;
    return Reply::kBad;
  }
  return r;
}

Reply BitBus::receive(unsigned address, unsigned endpoint, std::vector<std::uint8_t> *bytes) {
  if (random_.chance(faults_.noise)) {
    counts_.noises++;
    transmit(noise(&random_));
    idle(kAfterNoiseBits);
  }
  transmit_packet(token_packet(Pid::kIn, address, endpoint), faults_.token, &counts_.tokens_damaged);
  const Reply r = answer(bytes);
  if (r == Reply::kAck) {
    counts_.flawed++;
    return Reply::kBad;
  }
  if (r != Reply::kData0 && r != Reply::kData1) return r;
  idle(std::max(0.0, (end_of_packet_ - static_cast<double>(counts_.clocks)) / bit_ + random_.between(kMyTurnBits, kMyTurnBits + kMyTurnSpread)));
  transmit_packet(handshake_packet(Pid::kAck), faults_.handshake, &counts_.handshakes_damaged);
  return r;
}

Reply BitBus::raw(const std::vector<Line> &cells, std::vector<std::uint8_t> *bytes) {
  transmit(cells);
  return answer(bytes);
}

}  // namespace usb
