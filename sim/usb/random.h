// Random numbers that are the same for a seed on every machine (the standard library's distributions are not).
#pragma once
#include <cstdint>

namespace usb {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_{seed} {}
  // splitmix64 (Steele, Lea, Flood 2014)
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // 0 .. n - 1; n at most 2^32
  std::uint64_t below(std::uint64_t n) { return n ? ((next() >> 32) * n) >> 32 : 0; }
  // [0, 1)
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * unit(); }
  bool chance(double probability) { return probability > 0 && unit() < probability; }

 private:
  std::uint64_t state_;
};

}  // namespace usb
