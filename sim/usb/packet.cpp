#include "packet.h"

#include <algorithm>

namespace usb {
namespace {

constexpr unsigned kStuffAfter = 6;
constexpr Line kSync[] = {Line::kK, Line::kJ, Line::kK, Line::kJ, Line::kK, Line::kJ, Line::kK, Line::kK};

constexpr bool is_token(unsigned pid) { return (pid & 3u) == 1; }
constexpr bool is_data(unsigned pid) { return (pid & 3u) == 3; }
constexpr bool is_handshake(unsigned pid) { return (pid & 3u) == 2; }

std::uint8_t pid_byte(Pid p) {
  const unsigned x = static_cast<unsigned>(p);
  return static_cast<std::uint8_t>(x | (~x & 15u) << 4);
}

Flaw check(const Packet &p) {
  if (p.empty()) return Flaw::kLength;
  const unsigned pid = p[0] & 15u;
  if ((p[0] >> 4 ^ pid) != 15u) return Flaw::kPid;
  if (is_handshake(pid)) return p.size() == 1 ? Flaw::kNone : Flaw::kLength;
  if (p.size() < 3) return Flaw::kLength;
  if (is_token(pid)) {
    if (p.size() != 3) return Flaw::kLength;
    const unsigned bits = p[1] | (p[2] & 7u) << 8;
    return crc5(bits) == p[2] >> 3 ? Flaw::kNone : Flaw::kCrc;
  }
  if (!is_data(pid)) return Flaw::kPid;
  const std::size_t n = p.size() - 3;
  return crc16(p.data() + 1, n) == (p[n + 1] | p[n + 2] << 8) ? Flaw::kNone : Flaw::kCrc;
}

// Bits behind the sync, whose last one is a 1 that counts for stuffing. Whole bytes only; *rest: bits left over.
Flaw bytes_of(const Line *cells, std::size_t n, Line before, Packet *packet, unsigned *rest) {
  packet->clear();
  unsigned ones = 1, bits = 0, byte = 0;
  for (std::size_t i = 0; i < n && cells[i] != Line::kSe0; i++) {
    if (cells[i] == Line::kSe1) return Flaw::kSync;
    const bool one = cells[i] == before;
    before = cells[i];
    if (ones == kStuffAfter) {
      if (one) return Flaw::kStuffing;
      ones = 0;
      continue;
    }
    ones = one ? ones + 1 : 0;
    byte = byte >> 1 | (one ? 128u : 0u);
    if (++bits == 8) {
      packet->push_back(static_cast<std::uint8_t>(byte));
      bits = 0;
    }
  }
  *rest = bits;
  return Flaw::kNone;
}

}  // namespace

std::uint8_t crc5(unsigned x) {
  unsigned crc = 31;
  for (unsigned i = 0; i < 11; i++, x >>= 1) crc = (crc >> 1) ^ (((crc ^ x) & 1u) ? 0x14u : 0u);
  return static_cast<std::uint8_t>(~crc & 31u);
}

std::uint16_t crc16(const std::uint8_t *bytes, std::size_t n) {
  unsigned crc = 0xffff;
  for (std::size_t i = 0; i < n; i++) {
    crc ^= bytes[i];
    for (unsigned k = 0; k < 8; k++) crc = (crc >> 1) ^ ((crc & 1u) ? 0xa001u : 0u);
  }
  return static_cast<std::uint16_t>(~crc & 0xffffu);
}

Packet token_packet(Pid pid, unsigned address, unsigned endpoint) {
  const unsigned bits = address | endpoint << 7;
  return {pid_byte(pid), static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8 | static_cast<unsigned>(crc5(bits)) << 3)};
}

Packet frame_packet(unsigned frame) { return token_packet(Pid::kSof, frame & 127u, frame >> 7); }

Packet data_packet(Pid pid, const std::uint8_t *bytes, std::size_t n) {
  Packet p;
  p.reserve(n + 3);
  p.push_back(pid_byte(pid));
  for (std::size_t i = 0; i < n; i++) p.push_back(bytes[i]);
  const unsigned crc = crc16(bytes, n);
  p.push_back(static_cast<std::uint8_t>(crc));
  p.push_back(static_cast<std::uint8_t>(crc >> 8));
  return p;
}

Packet handshake_packet(Pid pid) { return {pid_byte(pid)}; }

std::vector<Line> encode(const Packet &packet) {
  std::vector<Line> cells(std::begin(kSync), std::end(kSync));
  Line now = Line::kK;
  unsigned ones = 1;
  const auto put = [&](bool one) {
    if (!one) now = now == Line::kJ ? Line::kK : Line::kJ;
    cells.push_back(now);
    ones = one ? ones + 1 : 0;
  };
  for (const std::uint8_t byte : packet)
    for (unsigned k = 0; k < 8; k++) {
      put(byte >> k & 1);
      if (ones == kStuffAfter) put(false);  // also behind the last bit
    }
  cells.insert(cells.end(), {Line::kSe0, Line::kSe0, Line::kJ});
  return cells;
}

Flaw decode(const Line *cells, std::size_t n, Packet *packet) {
  constexpr std::size_t kSyncBits = sizeof kSync / sizeof *kSync;
  if (n < kSyncBits || !std::equal(std::begin(kSync), std::end(kSync), cells)) return Flaw::kSync;
  unsigned rest = 0;
  const Flaw flaw = bytes_of(cells + kSyncBits, n - kSyncBits, Line::kK, packet, &rest);
  if (flaw != Flaw::kNone) return flaw;
  return rest ? Flaw::kLength : check(*packet);
}

bool could_be_taken(const std::vector<Line> &cells, const Packet &but) {
  Packet packet;
  unsigned rest = 0;
  // A sync, however short, ends in two equal states.
  for (std::size_t i = 1; i < cells.size(); i++) {
    if (cells[i] != cells[i - 1] || cells[i] == Line::kSe0) continue;
    if (bytes_of(&cells[i] + 1, cells.size() - i - 1, cells[i], &packet, &rest) != Flaw::kNone) continue;
    while (!packet.empty()) {
      if (check(packet) == Flaw::kNone && packet != but) return true;
      if (!rest) break;
      packet.pop_back();  // with bits left over, one byte less is a packet with a long dribble
      rest = 0;
    }
  }
  return false;
}

}  // namespace usb
