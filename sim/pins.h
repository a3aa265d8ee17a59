// What a simulated device sees at its pins: pulses, and a detector that tells the photons of a film.
//
// NAME=VALUE,..: seed; period, tau, place, fwhm, in samples of even width; photons, background: a pulse, each its mean; dark: uncorrelated light instead
// (every photon a background); marker: clocks between two of them, 0 none; loose, back: SYNC's cable is off from the one clock to the other (0: for good); uneven: even samples are wider by that share, odd ones narrower.
// A photon is a sample high at the detector: of two photons in neighbouring samples the second makes no edge of its own, as at a comparator.
#ifndef TAUSTREAM_SIM_PINS_H
#define TAUSTREAM_SIM_PINS_H
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace sim {

struct Samples { std::uint8_t sync, detector, marker; };   // bit 0 the earliest

class Pins {
 public:
  static constexpr unsigned kSamples = 4;
  static constexpr const char *kExpected =
    "expected NAME=VALUE,.. with seed, period, tau, place, fwhm, photons, background, dark, marker, uneven, loose, back; a period of 8 to 16384 samples, a multiple of 4";

  bool set(const std::string &text) {
    std::map<std::string, double> v{{"seed", 1}, {"period", 400}, {"tau", 26.8}, {"place", 40.3}, {"fwhm", 0.2}, {"photons", 0.5}, {"background", 0.005},
                                    {"dark", 0}, {"marker", 0}, {"uneven", 0}, {"loose", 0}, {"back", 0}};
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(',', at), text.size()), equals = text.find('=', at);
      if (equals == std::string::npos || equals > end) return false;
      const auto found = v.find(text.substr(at, equals - at));
      char *rest = nullptr;
      const std::string number = text.substr(equals + 1, end - equals - 1);
      if (found == v.end() || number.empty()) return false;
      found->second = std::strtod(number.c_str(), &rest);
      if (*rest || !(found->second >= 0)) return false;
      at = end + 1;
    }
    period_ = static_cast<unsigned>(v["period"]);
    if (period_ < 8 || period_ > 16384 || period_ % kSamples || v["period"] != period_ || v["uneven"] >= 1) return false;
    state_ = static_cast<std::uint64_t>(v["seed"]) * 2 + 1;
    tau_ = v["tau"], place_ = v["place"], sigma_ = v["fwhm"] / 2.3548200450309493;
    photons_ = v["dark"] > 0 ? 0 : v["photons"];
    background_ = v["dark"] > 0 ? v["photons"] : v["background"];
    marker_ = static_cast<std::uint64_t>(v["marker"]);
    uneven_ = v["uneven"];
    loose_ = static_cast<std::uint64_t>(v["loose"]) * kSamples, back_ = static_cast<std::uint64_t>(v["back"]) * kSamples;
    level_.assign(kRing, 0);
    on_ = true;
    return true;
  }
  bool on() const { return on_; }

  Samples next() {
    Samples s{0, 0, 0};
    for (unsigned i = 0; i < kSamples; i++, at_++) {
      if (at_ % period_ == 0) pulse();
      const bool off = loose_ && at_ >= loose_ && (!back_ || at_ < back_);
      if (!off && at_ % period_ < period_ / 2) s.sync |= static_cast<std::uint8_t>(1u << i);
      if (level_[at_ % kRing]) s.detector |= static_cast<std::uint8_t>(1u << i);
      level_[at_ % kRing] = 0;
    }
    if (marker_ && ++clock_ % marker_ < marker_ / 2) s.marker = 15;
    return s;
  }

 private:
  static constexpr std::size_t kRing = 1u << 17;
  double uniform() {     // in (0, 1); splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (static_cast<double>((z ^ z >> 31) >> 12) + 0.5) / 4503599627370496.0;
  }
  unsigned poisson(double mean) {
    unsigned n = 0;
    for (double p = uniform(), least = std::exp(-mean); p > least; p *= uniform()) n++;
    return n;
  }
  void put(double delay) {
    // pairs of samples: the first takes (1 + uneven) of two
    const double pair = std::floor(delay / 2), rest = delay - 2 * pair;
    const double sample = 2 * pair + (rest < 1 + uneven_ ? 0 : 1);
    if (sample >= 0 && sample < static_cast<double>(kRing)) level_[(at_ + static_cast<std::uint64_t>(sample)) % kRing] = 1;
  }
  void pulse() {
    for (unsigned n = poisson(photons_); n; n--)
      put(place_ + sigma_ * std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::acos(-1.0) * uniform()) - tau_ * std::log(uniform()));
    for (unsigned n = poisson(background_); n; n--) put(period_ * uniform());
  }

  bool on_ = false;
  unsigned period_ = 400;
  double tau_ = 0, place_ = 0, sigma_ = 0, photons_ = 0, background_ = 0, uneven_ = 0;
  std::uint64_t state_ = 1, at_ = 0, marker_ = 0, clock_ = 0, loose_ = 0, back_ = 0;
  std::vector<std::uint8_t> level_;
};

}  // namespace sim
#endif
