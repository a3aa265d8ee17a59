// Fits through the whole board on a bus of bits: histograms and photons a second of bus time, and what the bus adds to a fit's time.
//
//   bench [--histograms N] [--photons N] [--engine u16|e18] [--clock HZ]
// The host program takes no bus time. Histograms of 256 bins and 1e5 counts, two lifetimes, everything free; photons of the same decay in frames
// of 25000, each with its counts sent back and compared with the photons that it was given.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "session/device_private.h"
#include "taustream.h"
}
#include "bus_transport.h"
#include "gateware/board_core.h"
#include "usb/bit_bus.h"
#include "usb/random.h"

namespace {

constexpr std::size_t kBins = 256;
constexpr double kBinS = 50e-12, kCounts = 1e5, kFwhmS = 250e-12, kStartS = 20 * kBinS;
constexpr double kAddedLatencyMaxS = 2e-3, kHistogramsPerSecondMin = 3000, kCompactPerSecondMin = 5000, kPhotonsPerSecondMin = 700e3;
constexpr std::uint32_t kFramePhotons = 25000;
unsigned passed, failed;

void check(bool good, const std::string &what) {
  (good ? passed : failed)++;
  if (!good) std::printf("FAIL %s\n", what.c_str());
}

double normal(usb::Random *r) { return std::sqrt(-2 * std::log(1 - r->unit())) * std::cos(2 * M_PI * r->unit()); }

// Two exponentials after a Gauss, with noise of the size of the counts'.
std::vector<std::uint64_t> histogram(usb::Random *r) {
  const double tau[] = {1e-9, 4e-9}, share[] = {0.6, 0.4}, sigma = kFwhmS / 2.3548;
  std::vector<double> mu(kBins);
  double sum = 0;
  for (std::size_t i = 0; i < kBins; i++) {
    const double t = (static_cast<double>(i) + 0.5) * kBinS - kStartS;
    for (unsigned k = 0; k < 2; k++)
      mu[i] += share[k] * std::exp(sigma * sigma / (2 * tau[k] * tau[k]) - t / tau[k]) * std::erfc((sigma / tau[k] - t / sigma) / std::sqrt(2.0));
    sum += mu[i];
  }
  std::vector<std::uint64_t> counts(kBins);
  for (std::size_t i = 0; i < kBins; i++) {
    const double m = mu[i] * kCounts / sum + 0.5;
    counts[i] = static_cast<std::uint64_t>(std::lround(std::max(0.0, m + std::sqrt(m) * normal(r))));
  }
  return counts;
}

struct Setup {
  std::string engine = "u16";
  double clock_hz = 48e6;
  std::uint64_t histograms = 100, photons = 25000;
};

// One at a time: what stands between the last byte out and the result, beside the fit itself.
void measure_latency(const Setup &setup, const BusTransport &link, ts_trpl_plan *plan, usb::Random *random) {
  constexpr unsigned kSingles = 20;
  double worst = 0, sum = 0;
  ts_trpl_result r;
  bool got = false;
  unsigned bad = 0;
  for (unsigned i = 0; i < kSingles; i++) {
    const auto counts = histogram(random);
    bad += ts_trpl_submit(plan, counts.data(), i) || ts_trpl_poll(plan, true, &r, &got) || !got || r.cycles <= 0;
    const double added = link.last_in_s - link.last_out_s - static_cast<double>(r.cycles) / setup.clock_hz;
    if (i) worst = std::max(worst, added);  // the first one configures
    if (i) sum += added;
  }
  check(!bad, "every histogram has its result");
  check(worst <= kAddedLatencyMaxS, "added latency at most 2 ms");
  std::printf("latency added to the fit, last byte out to result in: %.1f us (mean of %u), %.1f us at most\n", sum / (kSingles - 1) * 1e6, kSingles - 1,
              worst * 1e6);
}

// As many in flight as the device allows.
void measure_rate(const Setup &setup, const char *results, double wanted, const usb::Host &host, ts_device *device, ts_trpl_plan *plan, usb::Random *random) {
  ts_trpl_result r;
  bool got = false;
  const auto first = histogram(random);
  check(!ts_trpl_submit(plan, first.data(), 0) && !ts_trpl_poll(plan, true, &r, &got) && got, "the first one, which configures");
  const double begun = host.seconds();
  const usb::HostCounts before = host.counts();
  const std::uint64_t to = ts_device_bytes_to(device), from = ts_device_bytes_from(device);
  std::uint64_t submitted = 0, polled = 0, ok = 0, next_index = 0;
  while (polled < setup.histograms) {
    if (submitted < setup.histograms && submitted - polled < ts_trpl_in_flight_max(plan)) {
      const auto counts = histogram(random);
      if (ts_trpl_submit(plan, counts.data(), submitted++)) break;
      continue;
    }
    if (ts_trpl_poll(plan, true, &r, &got) || !got) break;
    check(r.index == next_index++, "results in order");
    ok += r.status == TS_STATUS_OK;
    polled++;
  }
  check(polled == setup.histograms, std::string("the batch: ") + ts_device_message(device));
  const double seconds = host.seconds() - begun, n = static_cast<double>(polled);
  const usb::HostCounts after = host.counts();
  std::printf("%s results: %.0f histograms a second of bus time (%.0f of them, %.0f ok, %.1f ms); a histogram: %.0f bytes out, %.0f in, "
              "%.1f transactions, %.1f of them NAK\n", results, n / seconds, n, static_cast<double>(ok), seconds * 1e3,
              static_cast<double>(ts_device_bytes_to(device) - to) / n, static_cast<double>(ts_device_bytes_from(device) - from) / n,
              static_cast<double>(after.transactions - before.transactions) / n, static_cast<double>(after.naks - before.naks) / n);
  // Below that clock the engine is the limit.
  if (setup.clock_hz >= 48e6) check(n / seconds >= wanted, "at least " + std::to_string(wanted) + " histograms a second of bus time");
  check(ok > polled * 9 / 10, "most fits are ok");
}

// Photons sent ahead as the device takes them, in the order of chance in which a tagger would give them.
void measure_photons(const Setup &setup, const usb::Host &host, ts_device *device, ts_trpl_plan *plan, usb::Random *random) {
  std::vector<std::uint32_t> decay;  // a bin for each of the counts of a histogram
  const auto counts = histogram(random);
  for (std::size_t i = 0; i < kBins; i++) decay.insert(decay.end(), static_cast<std::size_t>(counts[i]), static_cast<std::uint32_t>(i));
  ts_frames_options o{};
  o.photons = kFramePhotons;
  o.warm = o.send_histogram = true;
  ts_frames *frames = nullptr;
  check(!ts_frames_open(device, plan, &o, &frames), "a measurement of photons");
  if (!frames) return;
  std::size_t groups;
  const std::uint32_t *edge = ts_frames_groups(frames, &groups);
  std::vector<std::uint32_t> bins(setup.photons / kFramePhotons * kFramePhotons);
  for (std::uint32_t &b : bins) b = decay[static_cast<std::size_t>(random->unit() * static_cast<double>(decay.size()))];
  const double begun = host.seconds();
  const usb::HostCounts before = host.counts();
  std::size_t sent = 0, taken = 0, ok = 0, wrong = 0;
  bool good = true;
  while (good && taken < bins.size()) {
    ts_frame f;
    bool got = false;
    const std::size_t part = std::min<std::size_t>(bins.size() - sent, 4096);
    good = !ts_frames_photons(frames, bins.data() + sent, part);
    sent += part;
    good = good && !ts_frames_next(frames, &f, part ? 0 : 1, &got);
    if (!good || !got) continue;
    std::vector<std::uint32_t> expected(groups);
    for (std::size_t i = 0; i < kFramePhotons; i++)
      expected[static_cast<std::size_t>(std::upper_bound(edge, edge + groups, bins[taken + i]) - edge) - 1]++;
    for (std::size_t g = 0; g < groups; g++) wrong += f.counts[g] != expected[g];
    wrong += f.photons != kFramePhotons || f.outside != 0 || f.groups != groups;
    ok += f.result.status == TS_STATUS_OK;
    taken += kFramePhotons;
  }
  check(good, std::string("the photons: ") + ts_device_message(device));
  check(wrong == 0, "every frame's counts are its photons");
  const double seconds = host.seconds() - begun, n = static_cast<double>(taken);
  const usb::HostCounts after = host.counts();
  std::printf("photons: %.0f a second of bus time (%.0f of them, %.0f frames, %.0f ok, %.1f ms, to the last result); %.3f bytes out a photon, %.1f %% of OUT and IN "
              "are NAK\n", n / seconds, n, n / kFramePhotons, static_cast<double>(ok), seconds * 1e3,
              static_cast<double>(after.bytes_out - before.bytes_out) / n,
              100 * static_cast<double>(after.naks - before.naks) / static_cast<double>(after.transactions - before.transactions));
  if (setup.clock_hz >= 48e6) check(n / seconds >= kPhotonsPerSecondMin, "at least 700000 photons a second of bus time");
  check(ok * kFramePhotons == taken, "every frame's fit is ok");
  ts_frames_destroy(frames);
}

int run(const Setup &setup) {
  std::string error;
  auto core = make_board_core(setup.engine, "0000000000000001", setup.clock_hz, "", &error);
  if (!core) {
    std::printf("FAIL %s\n", error.c_str());
    return 1;
  }
  usb::BitBus bus(std::move(core), {}, {}, 1);
  usb::HostOptions quick;
  quick.reset_bits = quick.reset_settle_s * usb::kBitsPerSecond / 10;
  usb::Host host(&bus, quick);
  usb::Enumerated e;
  error = host.enumerate(&e);
  if (!error.empty()) {
    std::printf("FAIL %s\n", error.c_str());
    return 1;
  }
  BusTransport link(&host);
  ts_device *device = nullptr;
  char message[TS_MESSAGE_BYTES] = "";
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = kBinS;
  o.components = 2;
  o.irf_kind = TS_IRF_GAUSS;
  o.irf_fwhm_s = kFwhmS;
  o.irf_start_s = kStartS;
  usb::Random random(1);
  const std::vector<std::uint64_t> first = histogram(&random);
  const std::vector<double> example(first.begin(), first.end());
  ts_trpl_plan *whole = nullptr, *compact = nullptr;
  error = ts_device_open_transport(&device, link.transport(), "bus", nullptr, message) ? message : "";
  if (error.empty() && ts_trpl_plan_create(&whole, device, &o, kBins, example.data())) error = ts_device_message(device);
  o.compact = true;
  if (error.empty() && ts_trpl_plan_create(&compact, device, &o, kBins, example.data())) error = ts_device_message(device);
  check(error.empty(), error);
  if (error.empty()) {
    std::printf("engine %s at %g MHz\n", setup.engine.c_str(), setup.clock_hz * 1e-6);
    measure_latency(setup, link, whole, &random);
    measure_rate(setup, "whole", kHistogramsPerSecondMin, host, device, whole, &random);
    measure_rate(setup, "compact", kCompactPerSecondMin, host, device, compact, &random);
    measure_photons(setup, host, device, whole, &random);
  }
  ts_trpl_plan_destroy(whole);
  ts_trpl_plan_destroy(compact);
  ts_device_close(device);
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  Setup s;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!std::strcmp(argv[i], "--histograms")) s.histograms = std::strtoull(argv[i + 1], nullptr, 10);
    else if (!std::strcmp(argv[i], "--photons")) s.photons = std::strtoull(argv[i + 1], nullptr, 10);
    else if (!std::strcmp(argv[i], "--engine")) s.engine = argv[i + 1];
    else if (!std::strcmp(argv[i], "--clock")) s.clock_hz = std::strtod(argv[i + 1], nullptr);
    else return 2;
  }
  failed += static_cast<unsigned>(run(s));
  std::printf("%u passed, %u failed\n", passed, failed);
  return failed ? 1 : 0;
}
