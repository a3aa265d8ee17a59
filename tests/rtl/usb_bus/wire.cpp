// Enumeration, rates, clock offset and jitter, packets that must be ignored.
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench.h"
#include "sides.h"
#include "usb/descriptors.h"

namespace {

constexpr std::size_t kTransferBytes = 4096;
constexpr double kPatienceS = 0.1;  // of bus time without a byte
constexpr std::uint64_t kTransactionsPerError = 500;

std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}

struct Rig {
  Rig(StreamSide *side, const usb::SignalOptions &signal, std::uint64_t seed)
      : bus{std::make_unique<UsbCore>(kSerial, side), signal, {}, seed}, host{&bus, quick_host()} {}
  usb::BitBus bus;
  usb::Host host;
  usb::Enumerated e;
};

// Bytes of a pattern through one bulk endpoint; wrong ones are counted. Seconds of bus time.
double move(Rig *rig, std::uint8_t endpoint, std::uint64_t bytes, usb::Random *pattern, int constant, std::uint64_t *wrong) {
  std::vector<std::uint8_t> buffers[2];
  usb::Transfer transfers[2];
  std::uint64_t submitted = 0, finished = 0;
  const double begun = rig->host.seconds();
  const auto next = [&] { return static_cast<std::uint8_t>(constant < 0 ? pattern->next() : static_cast<unsigned>(constant)); };
  const auto submit = [&](unsigned k) {
    usb::Transfer *t = &transfers[k];
    t->endpoint = endpoint;
    buffers[k].resize(std::min<std::uint64_t>(kTransferBytes, bytes - submitted));
    if (endpoint == usb::kOutAddress)
      for (std::uint8_t &b : buffers[k]) b = next();
    t->bytes = buffers[k].data();
    t->length = buffers[k].size();
    submitted += t->length;
    rig->host.submit(t);
  };
  for (unsigned k = 0; k < 2; k++)
    if (submitted < bytes) submit(k);
  double moved_at = begun;
  while (finished < bytes) {
    if (rig->host.step()) moved_at = rig->host.seconds();
    if (rig->host.seconds() - moved_at > kPatienceS) {
      ++*wrong;
      return 1e9;
    }
    for (unsigned k = 0; k < 2; k++) {
      usb::Transfer *t = &transfers[k];
      if (t->status == usb::Status::kPending || !t->length) continue;
      if (t->status != usb::Status::kDone || t->actual != t->length) {
        ++*wrong;
        return 1e9;
      }
      if (endpoint == usb::kInAddress)
        for (const std::uint8_t b : buffers[k]) *wrong += b != next();
      finished += t->length;
      t->length = 0;
      if (submitted < bytes) submit(k);
    }
  }
  return rig->host.seconds() - begun;
}

}  // namespace

usb::HostOptions quick_host() {
  usb::HostOptions o;
  o.reset_bits = 100e-6 * usb::kBitsPerSecond;
  o.reset_settle_s = 100e-6;
  return o;
}

void judge_signal(Checks *checks, const usb::WireCounts &c, const char *where, bool faults) {
  const std::string name = where;
  checks->check(c.turn_min_bits >= 2 && c.turn_max_bits <= 6.5, name + ": answers begin after 2 to 6.5 bit times, not " + number(c.turn_min_bits) + " to " +
                                                                    number(c.turn_max_bits));
  checks->check(!c.contentions, name + ": both sides drive in " + std::to_string(c.contentions) + " clocks");
  checks->check(!c.uneven, name + ": " + std::to_string(c.uneven) + " edges of the device not a whole number of bits apart");
  checks->check(!c.bad_ends, name + ": " + std::to_string(c.bad_ends) + " packets of the device end wrongly");
  checks->check(!c.flawed, name + ": " + std::to_string(c.flawed) + " flawed packets of the device");
  if (!faults) checks->check(!c.unasked, name + ": the device drives unasked");
}

void bench_enumeration(Checks *checks) {
  FullSpeedSide side(1, 2);
  usb::BitBus bus(std::make_unique<UsbCore>(kSerial, &side), {}, {}, 1);
  usb::Host host(&bus);  // resets and pauses as long as USB 2.0 wants
  usb::Enumerated e;
  const std::string error = host.enumerate(&e);
  checks->check(error.empty(), "enumeration: " + error);
  const auto same = [](const std::vector<std::uint8_t> &a, unsigned type, unsigned index) { return a == usb::descriptor(type, index, kSerial); };
  checks->check(same(e.device, 1, 0) && same(e.configuration, 2, 0) && same(e.bos, 15, 0), "descriptors are those of usb.toml");
  checks->check(e.serial == kSerial && e.product == "taustream" && e.manufacturer == "taustream", "texts: " + e.manufacturer + ", " + e.product + ", " + e.serial);
  judge_signal(checks, bus.counts(), "enumeration", false);
  checks->note("enumeration: " + number(host.seconds() * 1e3) + " ms of bus time, answers after " + number(bus.counts().turn_min_bits) + " to " +
               number(bus.counts().turn_max_bits) + " bit times");
}

void bench_rate(Checks *checks, std::uint64_t bytes) {
  // With a bit stuffed behind every six a frame has room for 17 transactions of 64 bytes, 1.088 MB/s (USB 2.0, table 5-10, with 7/6 of the data bits).
  constexpr double kTarget = 1.1e6, kStuffedTarget = 0.995 * 17 * usb::kMaxPacketBytes * 1e3;
  for (const int constant : {-1, 0x00, 0xff}) {
    FullSpeedSide side(11, 12, constant);
    Rig rig(&side, {}, 1);
    const std::string error = rig.host.enumerate(&rig.e);
    if (!checks->check(error.empty(), "rate: enumeration: " + error)) return;
    usb::Random out(11), in(12);
    std::uint64_t wrong = 0;
    const double out_rate = static_cast<double>(bytes) / move(&rig, usb::kOutAddress, bytes, &out, constant, &wrong);
    side.giving = true;
    const double in_rate = static_cast<double>(bytes) / move(&rig, usb::kInAddress, bytes, &in, constant, &wrong);
    const std::string data = constant < 0 ? "random bytes" : constant ? "bytes FF (most stuffing)" : "bytes 00";
    checks->check(!wrong && !side.wrong && side.received == bytes, data + ": " + std::to_string(wrong + side.wrong) + " wrong");
    checks->note("rate, " + data + ": OUT " + number(out_rate / 1e6) + " MB/s, IN " + number(in_rate / 1e6) + " MB/s of bus time");
    const double wanted = constant == 0xff ? kStuffedTarget : kTarget;
    checks->check(out_rate >= wanted && in_rate >= wanted, data + ": at least " + number(wanted * 1e-6) + " MB/s each way");
    judge_signal(checks, rig.bus.counts(), "rate", false);
  }
}

void bench_offset(Checks *checks, std::uint64_t bytes) {
  // USB 2.0's budget of a receiver, spent on jitter alone or on jitter and wires that change one after the other.
  const struct {
    double ppm, consecutive_ns, paired_ns, skew_ns;
  } cases[] = {{-2500, 18.5, 9, 0}, {2500, 18.5, 9, 0}, {-2500, 12, 4, 5}, {2500, 12, 4, 5}};
  for (const auto &c : cases) {
    usb::SignalOptions signal;
    signal.ppm = c.ppm;
    signal.jitter_consecutive_ns = c.consecutive_ns;
    signal.jitter_paired_ns = c.paired_ns;
    signal.skew_ns = c.skew_ns;
    const std::string name = number(c.ppm) + " ppm, jitter " + number(c.consecutive_ns) + "/" + number(c.paired_ns) + " ns, skew " + number(c.skew_ns) + " ns";
    FullSpeedSide side(21, 22);
    Rig rig(&side, signal, 7);
    const std::string error = rig.host.enumerate(&rig.e);
    if (!checks->check(error.empty(), name + ": enumeration: " + error)) continue;
    usb::Random out(21), in(22);
    std::uint64_t wrong = 0;
    move(&rig, usb::kOutAddress, bytes / 2, &out, -1, &wrong);
    side.giving = true;
    move(&rig, usb::kInAddress, bytes - bytes / 2, &in, -1, &wrong);
    checks->check(!wrong && !side.wrong && side.received == bytes / 2, name + ": " + std::to_string(wrong + side.wrong) + " wrong");
    // Jitter at its limits on top of the offset, which USB 2.0 counts within them: a packet may be lost now and then, and is repeated.
    const usb::HostCounts &h = rig.host.counts();
    checks->check(h.errors * kTransactionsPerError <= h.transactions, name + ": " + std::to_string(h.errors) + " failed transactions of " +
                                                                          std::to_string(h.transactions));
    judge_signal(checks, rig.bus.counts(), name.c_str(), false);
    checks->note("offset: " + name + ": " + std::to_string(bytes) + " bytes, " + std::to_string(h.errors) + " of " + std::to_string(h.transactions) +
                 " transactions repeated");
  }
}

// Valid and invalid packets that are not for this device or that no host sends: silence, and nothing taken.
void bench_rejects(Checks *checks) {
  FullSpeedSide side(31, 32);
  Rig rig(&side, {}, 1);
  const std::string error = rig.host.enumerate(&rig.e);
  if (!checks->check(error.empty(), "rejects: enumeration: " + error)) return;
  const unsigned address = rig.host.address();
  const std::vector<std::uint8_t> data(1100, 0x5a);
  const auto silent = [&](const std::string &what, const usb::Packet &packet) {
    rig.bus.idle(30);
    checks->check(rig.bus.raw(usb::encode(packet), nullptr) == usb::Reply::kNone, what + ": the device answers");
    checks->check(side.received == 0, what + ": the device takes data");
  };
  const auto out_of = [&](std::size_t n, unsigned to, unsigned endpoint) {
    const auto token = usb::encode(usb::token_packet(usb::Pid::kOut, to, endpoint));
    auto cells = token;
    cells.insert(cells.end(), 3, usb::Line::kJ);
    const auto packet = usb::encode(usb::data_packet(usb::Pid::kData0, data.data(), n));
    cells.insert(cells.end(), packet.begin(), packet.end());
    return cells;
  };
  silent("another address", usb::token_packet(usb::Pid::kIn, address + 1, 0));
  silent("an endpoint that is not there", usb::token_packet(usb::Pid::kIn, address, 2));
  silent("data without a token", usb::data_packet(usb::Pid::kData0, data.data(), 64));
  silent("a lonely ACK", usb::handshake_packet(usb::Pid::kAck));
  silent("a lonely NAK", usb::handshake_packet(usb::Pid::kNak));
  usb::Packet bad = usb::token_packet(usb::Pid::kIn, address, 1);
  bad[2] ^= 0x80;
  silent("a token with a wrong CRC", bad);
  bad = usb::token_packet(usb::Pid::kIn, address, 1);
  bad[0] ^= 0x10;
  silent("a PID that is not its own complement", bad);
  for (const std::size_t n : {65u, 66u, 127u, 128u, 192u, 1023u}) {
    rig.bus.idle(30);
    const usb::Reply r = rig.bus.raw(out_of(n, address, 1), nullptr);
    checks->check(r != usb::Reply::kAck, "OUT of " + std::to_string(n) + " bytes: accepted");
    rig.host.wait(100e-6);
    checks->check(side.received == 0, "OUT of " + std::to_string(n) + " bytes: taken");
  }
  rig.bus.idle(30);
  checks->check(rig.bus.raw(out_of(64, address + 1, 1), nullptr) == usb::Reply::kNone, "OUT to another address: accepted");
  checks->check(side.received == 0, "OUT to another address: taken");
  // And it still works.
  usb::Random out(31), in(32);
  std::uint64_t wrong = 0;
  move(&rig, usb::kOutAddress, 1000, &out, -1, &wrong);
  side.giving = true;
  move(&rig, usb::kInAddress, 1024, &in, -1, &wrong);
  checks->check(!wrong && !side.wrong && side.received == 1000, "after all that: " + std::to_string(wrong + side.wrong) + " wrong");
}
