// What stands behind the USB core's byte streams in the benches.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gateware/usb_core.h"
#include "usb/random.h"

// Takes and gives all the time: bytes of a pattern to the host; those from the host must be the pattern's, too.
class FullSpeedSide : public StreamSide {
 public:
  FullSpeedSide(std::uint64_t out_seed, std::uint64_t in_seed, int constant = -1) : out_{out_seed}, in_{in_seed}, constant_{constant} { advance(); }
  bool takes() override { return true; }
  bool gives(std::uint8_t *byte) override {
    *byte = next_;
    return giving;
  }
  void taken(std::uint8_t byte) override {
    received++;
    wrong += byte != (constant_ < 0 ? static_cast<std::uint8_t>(out_.next()) : constant_);
  }
  void given() override { advance(); }
  void link_reset() override {}

  bool giving = false;
  std::uint64_t received = 0, wrong = 0;

 private:
  void advance() { next_ = static_cast<std::uint8_t>(constant_ < 0 ? in_.next() : static_cast<unsigned>(constant_)); }
  usb::Random out_, in_;
  int constant_;
  std::uint8_t next_ = 0;
};

// Gives back what it takes, in fits and starts: both directions stall at random, sometimes for milliseconds.
class LoopSide : public StreamSide {
 public:
  explicit LoopSide(std::uint64_t seed, bool stalls) : random_{seed}, stalls_{stalls}, expected_{0} {}
  bool takes() override {
    run(&take_);
    return take_.open && bytes_.size() - at_ < kRoom;
  }
  bool gives(std::uint8_t *byte) override {
    run(&give_);
    if (give_.open && at_ < bytes_.size()) offered_ = true;
    if (offered_) *byte = bytes_[at_];
    return offered_;
  }
  void taken(std::uint8_t byte) override {
    received++;
    wrong += byte != static_cast<std::uint8_t>(expected_.next());
    if (at_ > kRoom) {
      bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
      at_ = 0;
    }
    bytes_.push_back(byte);
  }
  void given() override {
    at_++;
    offered_ = false;
  }
  void link_reset() override {
    bytes_.clear();
    at_ = 0;
    offered_ = false;
    expected_ = usb::Random(next_seed);
    resets++;
  }

  std::uint64_t next_seed = 0;  // of the bytes after the next reset of the link
  std::uint64_t received = 0, wrong = 0, resets = 0;

 private:
  static constexpr std::size_t kRoom = 1000;
  struct Gate {
    bool open = true;
    std::uint64_t clocks = 1;
  };
  void run(Gate *g) {
    if (!stalls_ || --g->clocks) return;
    g->open = !g->open;
    // Open: up to 100 us. Closed: mostly a few clocks, sometimes up to 2 ms.
    g->clocks = 1 + (g->open ? random_.below(5000) : random_.below(50) ? random_.below(300) : random_.below(100000));
  }
  usb::Random random_;
  bool stalls_;
  Gate take_, give_;
  std::vector<std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool offered_ = false;
  usb::Random expected_;
};
