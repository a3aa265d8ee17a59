// Bytes there and back over a bad line, with a slow consumer, link resets and bus resets at any moment: none lost, doubled or changed.
//
// An epoch is the time between two resets of the link. Its bytes are a pattern of their own, checked where they come out of the core and
// where they come back to the host, so that a byte of an earlier epoch is seen. At the end of an epoch either everything that was sent has come back,
// or what has come back is a beginning of it.
#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench.h"
#include "sides.h"
#include "usb/descriptors.h"

namespace {

constexpr unsigned kAttempts = 1000, kResetTries = 50;
constexpr double kPatienceS = 0.2;  // of bus time without a byte
const usb::FaultRates kBadLine = {0.01, 0.01, 0.01, 0.01, 0.005};

enum class Ending { kLinkReset, kConfiguration, kInterface, kBusReset, kBusResetAnywhere, kHalt, kSuspend, kCount };
const char *const kEndingNames[] = {"link resets", "SET_CONFIGURATIONs", "SET_INTERFACEs", "bus resets", "bus resets inside transactions", "halts", "suspends"};

class Soak {
 public:
  Soak(Checks *checks, std::uint64_t seed)
      : checks_{checks}, random_{seed}, side_{seed + 1, true}, bus_{std::make_unique<UsbCore>(kSerial, &side_), signal(seed), {}, seed + 2},
        host_{&bus_, options()}, sent_pattern_{0}, back_pattern_{0} {}

  bool start() {
    side_.next_seed = seed_ = random_.next();
    const std::string error = host_.enumerate(&e_);
    if (!checks_->check(error.empty(), "soak: enumeration: " + error)) return false;
    bus_.set_faults(kBadLine);
    begin_epoch();
    return true;
  }

  // One epoch. False: something was wrong.
  bool epoch() {
    const std::uint64_t planned = 500 + random_.below(30000);
    const bool drain = random_.below(2);
    while (sent_ < planned)
      if (!exchange()) return false;
    stop_sending_ = true;
    while (drain && (back_ < sent_ || out_.status == usb::Status::kPending))
      if (!exchange()) return false;
    bool good = !wrong_ && !side_.wrong;
    if (drain) good = good && back_ == sent_ && side_.received - received_before_ == sent_;
    if (!checks_->check(good, "soak: epoch " + std::to_string(epochs) + ": sent " + std::to_string(sent_) + ", taken by the device " +
                                  std::to_string(side_.received - received_before_) + ", back " + std::to_string(back_) + ", wrong " +
                                  std::to_string(side_.wrong) + " there, " + std::to_string(wrong_) + " here, the first at byte " +
                                  std::to_string(first_wrong_) + "; it began after " + before_))
      return false;
    epochs++;
    return end(static_cast<Ending>(random_.below(static_cast<std::uint64_t>(Ending::kCount))));
  }

  std::uint64_t moved() const { return moved_ + back_ + side_.received - received_before_; }
  const usb::WireCounts &wires() const { return bus_.counts(); }
  const usb::HostCounts &host() const { return host_.counts(); }
  double seconds() const { return host_.seconds(); }

  std::uint64_t epochs = 0, endings[static_cast<std::size_t>(Ending::kCount)] = {};

 private:
  static usb::SignalOptions signal(std::uint64_t seed) {
    usb::SignalOptions s;
    s.ppm = seed & 1 ? 500 : -500;
    s.jitter_consecutive_ns = 4;
    s.jitter_paired_ns = 2;
    return s;
  }
  static usb::HostOptions options() {
    usb::HostOptions o = quick_host();
    o.attempts = kAttempts;
    return o;
  }

  void begin_epoch() {
    moved_ += back_ + side_.received - received_before_;
    sent_ = back_ = 0;
    received_before_ = side_.received;
    sent_pattern_ = back_pattern_ = usb::Random(seed_);
    stop_sending_ = false;
    progress_at_ = host_.seconds();
  }

  // One transaction; transfers of random length are kept going both ways.
  bool exchange() {
    if (out_.status != usb::Status::kPending && !stop_sending_) {
      if (out_.length && out_.status != usb::Status::kDone) return fail("OUT", out_);
      const std::size_t n = random_.below(20) ? random_.below(700) : 64 * random_.below(8);
      out_bytes_.resize(n);
      for (std::uint8_t &b : out_bytes_) b = static_cast<std::uint8_t>(sent_pattern_.next());
      sent_ += n;
      out_ = {};
      out_.endpoint = usb::kOutAddress;
      out_.bytes = out_bytes_.data();
      out_.length = n;
      out_.zero_packet = random_.below(2);
      host_.submit(&out_);
    }
    if (in_.status != usb::Status::kPending) {
      if (in_.length && in_.status != usb::Status::kDone) return fail("IN", in_);
      count_in();
      in_bytes_.assign(64 * (1 + random_.below(16)), 0);
      in_ = {};
      in_.endpoint = usb::kInAddress;
      in_.bytes = in_bytes_.data();
      in_.length = in_bytes_.size();
      host_.submit(&in_);
    }
    const std::uint64_t before = host_.counts().bytes_in + host_.counts().bytes_out;
    host_.step();
    if (host_.counts().bytes_in + host_.counts().bytes_out != before) progress_at_ = host_.seconds();
    if (in_.status != usb::Status::kPending) {
      count_in();
      in_.actual = 0;
    }
    return host_.seconds() - progress_at_ < kPatienceS || checks_->check(false, "soak: nothing moves any more");
  }

  void count_in() {
    for (std::size_t i = 0; i < in_.actual; i++) {
      if (in_bytes_[i] == static_cast<std::uint8_t>(back_pattern_.next())) continue;
      if (!wrong_++) first_wrong_ = back_ + i;
    }
    back_ += in_.actual;
    in_.actual = 0;
  }

  bool fail(const char *what, const usb::Transfer &t) { return checks_->check(false, std::string("soak: ") + what + ": " + usb::status_name(t.status)); }

  // What came before the transfers were called off counts, too.
  void call_off() {
    host_.cancel(&out_);
    host_.cancel(&in_);
    count_in();
  }

  bool done(usb::Status s, const char *what) { return checks_->check(s == usb::Status::kDone, std::string("soak: ") + what + ": " + usb::status_name(s)); }

  bool reset_bus() {
    // With damaged packets SET_ADDRESS can end with the two sides of two opinions: a host starts anew.
    std::string error;
    for (unsigned i = 0; i < kResetTries; i++) {
      error = host_.reset_device();
      if (error.empty()) return true;
    }
    return checks_->check(false, "soak: after a reset: " + error);
  }

  bool end(Ending how) {
    endings[static_cast<std::size_t>(how)]++;
    before_ = kEndingNames[static_cast<std::size_t>(how)];
    if (how == Ending::kHalt) return halt();
    if (how == Ending::kSuspend) return suspend();
    side_.next_seed = seed_ = random_.next();
    bool good = true;
    if (how == Ending::kBusResetAnywhere) {
      bus_.reset_later(random_.between(0, 1500), random_.between(40, 2000));
      // Whatever the transactions bring meanwhile, the host drops it: it will know of the reset.
      const double until = bus_.now() + 4000;
      while (bus_.now() < until) {
        if (out_.status != usb::Status::kPending || in_.status != usb::Status::kPending) bus_.idle(50);
        else host_.step();
      }
      host_.end_all(usb::Status::kGone);
      in_.actual = 0;  // not to be compared: its bytes may be of either side of the reset
      good = reset_bus();
    } else {
      call_off();
      switch (how) {
        case Ending::kLinkReset: good = reset_link(); break;
        case Ending::kConfiguration: good = done(host_.set_configuration(1), "SET_CONFIGURATION"); break;
        case Ending::kInterface: good = done(host_.set_interface(0, 0), "SET_INTERFACE"); break;
        default: good = reset_bus();
      }
    }
    out_ = {};
    in_ = {};
    out_.status = in_.status = usb::Status::kDone;
    if (wrong_) return checks_->check(false, "soak: wrong bytes while the epoch ended");
    begin_epoch();
    return good;
  }

  // Nothing is lost by a halt, nor by CLEAR_FEATURE, when the host has no packet of which it does not know whether it was taken.
  bool halt() {
    call_off();
    bool good = done(host_.control({2, 3, 0, usb::kInAddress, 0}, nullptr), "SET_FEATURE") && done(host_.control({2, 3, 0, usb::kOutAddress, 0}, nullptr), "SET_FEATURE");
    std::uint8_t room[64];
    usb::Transfer t;
    t.bytes = room;
    t.length = sizeof room;
    for (const std::uint8_t endpoint : {usb::kInAddress, usb::kOutAddress}) {
      t.endpoint = endpoint;
      host_.submit(&t);
      good = good && checks_->check(host_.finish(&t) == usb::Status::kStall, "soak: a halted endpoint stalls");
      good = good && done(host_.clear_halt(endpoint), "CLEAR_FEATURE");
    }
    // Called off: that transfer's remaining bytes were not sent. The epoch goes on with the pattern where it stopped.
    return good && new_epoch_by_link_reset();
  }

  bool suspend() {
    call_off();
    bus_.idle(4e-3 * usb::kBitsPerSecond);
    const bool asleep = static_cast<UsbCore *>(bus_.device())->suspended();
    bus_.resume(1e-3 * usb::kBitsPerSecond);
    bus_.idle(100);
    const bool awake = !static_cast<UsbCore *>(bus_.device())->suspended();
    return checks_->check(asleep && awake, "soak: suspended after 4 ms without frames, awake after a resume") && new_epoch_by_link_reset();
  }

  // LINK_RESET leaves the toggles alone. A transfer called off after a lost ACK may have left the two sides with different ones, and the first
  // packet would be taken for a repetition: so the host has both reset.
  bool reset_link() {
    return done(host_.control({0x40, usb::kLinkReset, 0, 0, 0}, nullptr), "LINK_RESET") &&
           done(host_.clear_halt(usb::kInAddress), "CLEAR_FEATURE") && done(host_.clear_halt(usb::kOutAddress), "CLEAR_FEATURE");
  }

  bool new_epoch_by_link_reset() {
    side_.next_seed = seed_ = random_.next();
    const bool good = reset_link();
    out_ = {};
    in_ = {};
    out_.status = in_.status = usb::Status::kDone;
    begin_epoch();
    return good;
  }

  Checks *checks_;
  usb::Random random_;
  LoopSide side_;
  usb::BitBus bus_;
  usb::Host host_;
  usb::Enumerated e_;
  usb::Transfer out_ = idle_transfer(), in_ = idle_transfer();
  std::vector<std::uint8_t> out_bytes_, in_bytes_;
  std::uint64_t seed_ = 0, sent_ = 0, back_ = 0, wrong_ = 0, first_wrong_ = 0, received_before_ = 0, moved_ = 0;
  std::string before_ = "the start";
  usb::Random sent_pattern_, back_pattern_;
  bool stop_sending_ = false;
  double progress_at_ = 0;

  static usb::Transfer idle_transfer() {
    usb::Transfer t;
    t.status = usb::Status::kDone;
    return t;
  }
};

}  // namespace

void bench_soak(Checks *checks, std::uint64_t bytes, std::uint64_t seed, double seconds) {
  Soak soak(checks, seed);
  if (!soak.start()) return;
  const auto begun = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
  bool good = true;
  while (good && soak.moved() < bytes && (seconds <= 0 || elapsed() < seconds)) good = soak.epoch();
  const usb::WireCounts &w = soak.wires();
  const usb::HostCounts &h = soak.host();
  judge_signal(checks, w, "soak", true);
  checks->check(good, "soak: ended early");
  std::string text = "soak: " + std::to_string(soak.moved()) + " bytes in " + std::to_string(soak.epochs) + " epochs and " + std::to_string(soak.seconds()) +
                     " s of bus time, seed " + std::to_string(seed) + "; damaged: " + std::to_string(w.tokens_damaged) + " tokens, " +
                     std::to_string(w.data_damaged) + " data, " + std::to_string(w.handshakes_damaged) + " ACKs of the host, " +
                     std::to_string(w.replies_damaged) + " packets of the device; " + std::to_string(w.noises) + " times noise, " + std::to_string(h.naks) +
                     " NAKs, " + std::to_string(h.repeated) + " packets repeated";
  for (std::size_t i = 0; i < static_cast<std::size_t>(Ending::kCount); i++) text += ", " + std::to_string(soak.endings[i]) + " " + kEndingNames[i];
  checks->note(text);
}
