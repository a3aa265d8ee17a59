// Random control transfers to the gateware and to the device at packet level: the same answers.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bench.h"
#include "sides.h"
#include "usb/packet_bus.h"
#include "usb/packet_device.h"

namespace {

class NoStream : public usb::ByteStream {
 public:
  void reset() override {}
  std::size_t write(const std::uint8_t *, std::size_t n) override { return n; }
  std::size_t read(std::uint8_t *, std::size_t) override { return 0; }
};

std::string hex(const usb::Setup &s) {
  char text[64];
  std::snprintf(text, sizeof text, "%02x %02x value %04x index %04x length %u", s.request_type, s.request, s.value, s.index, s.length);
  return text;
}

usb::Setup random_setup(usb::Random *r) {
  const auto pick = [r](std::initializer_list<unsigned> list) { return list.begin()[r->below(list.size())]; };
  usb::Setup s{};
  s.request_type = static_cast<std::uint8_t>(pick({0x80, 0x80, 0x81, 0x82, 0x00, 0x01, 0x02, 0x40, 0xc0, 0xa1, 0x21, 0xc1, 0x83}));
  s.request = static_cast<std::uint8_t>(pick({0, 1, 3, 6, 6, 6, 8, 9, 10, 11, 0x20, 0x01, 12, static_cast<unsigned>(r->below(256))}));
  s.value = static_cast<std::uint16_t>(pick({0, 0, 1, 2, 0x100, 0x200, 0x300, 0x301, 0x302, 0x303, 0x304, 0xf00, 0x600, 0x101, static_cast<unsigned>(r->below(65536))}));
  s.index = static_cast<std::uint16_t>(pick({0, 0, 1, 0x81, 0x80, 7, 2, 0x409, 0x101, static_cast<unsigned>(r->below(65536))}));
  s.length = static_cast<std::uint16_t>(pick({0, 0, 1, 2, 8, 9, 17, 18, 19, 31, 32, 33, 63, 64, 65, 127, 128, 129, 162, 255, 256, 4096, 65535}));
  if (!(s.request_type & 0x80)) s.length = static_cast<std::uint16_t>(r->below(8) ? 0 : r->below(100));
  // A new address is the host's business; half of the rest is what hosts ask for, a little changed.
  if (s.request_type == 0x00 && s.request == 5) s.request = 6;
  if (r->below(3) == 0) s = {0x80, 6, static_cast<std::uint16_t>(pick({0x100, 0x200, 0x300, 0x301, 0x302, 0x303, 0xf00})), 0, s.length};
  return s;
}

struct Answer {
  usb::Status status;
  std::vector<std::uint8_t> bytes;
};

Answer ask(usb::Host *host, const usb::Setup &s) {
  Answer a{usb::Status::kPending, std::vector<std::uint8_t>(s.length)};
  std::size_t n = 0;
  // Those that go through the host's own hands, for its toggles.
  if (s.request_type == 0x00 && s.request == 9 && !s.length && !s.index) a.status = host->set_configuration(s.value);
  else a.status = host->control(s, a.bytes.data(), &n);
  a.bytes.resize(s.request_type & 0x80 ? n : 0);
  return a;
}

}  // namespace

void bench_control(Checks *checks, unsigned requests, std::uint64_t seed) {
  FullSpeedSide side(41, 42);
  usb::BitBus wires(std::make_unique<UsbCore>(kSerial, &side), {}, {}, seed);
  usb::PacketBus packets(std::make_unique<usb::PacketDevice>(std::make_unique<NoStream>(), kSerial));
  usb::Host a(&wires, quick_host()), b(&packets, quick_host());
  usb::Enumerated ea, eb;
  std::string error = a.enumerate(&ea);
  if (error.empty()) error = b.enumerate(&eb);
  if (!checks->check(error.empty(), "control: enumeration: " + error)) return;
  usb::Random random(seed);
  unsigned answered = 0, wrong = 0;
  for (unsigned i = 0; i < requests && wrong < 5; i++) {
    const usb::Setup s = random_setup(&random);
    const Answer x = ask(&a, s), y = ask(&b, s);
    answered += x.status == usb::Status::kDone;
    if (x.status == y.status && x.bytes == y.bytes) continue;
    wrong++;
    checks->check(false, "control " + hex(s) + ": gateware " + usb::status_name(x.status) + ", " + std::to_string(x.bytes.size()) + " bytes; packet level " +
                             usb::status_name(y.status) + ", " + std::to_string(y.bytes.size()) + " bytes");
  }
  checks->check(!wrong && answered > requests / 10, "control: " + std::to_string(answered) + " of " + std::to_string(requests) + " answered");
  judge_signal(checks, wires.counts(), "control", false);
  checks->note("control: " + std::to_string(requests) + " random requests, " + std::to_string(answered) + " of them answered with data or done, " +
               std::to_string(wrong) + " differences");
}
