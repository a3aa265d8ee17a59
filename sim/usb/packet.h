// Packets as they stand on the wires: PID, CRC, bit stuffing, NRZI, sync and end of packet (USB 2.0, chapters 7.1 and 8.3).
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bus.h"

namespace usb {

// State of the two wires for one bit time. J: D+ high, D- low (full speed's idle).
enum class Line : std::uint8_t { kJ, kK, kSe0, kSe1 };
constexpr Line line_of(bool dp, bool dn) { return dp ? (dn ? Line::kSe1 : Line::kJ) : (dn ? Line::kK : Line::kSe0); }
constexpr bool dp_of(Line l) { return l == Line::kJ || l == Line::kSe1; }
constexpr bool dn_of(Line l) { return l == Line::kK || l == Line::kSe1; }

std::uint8_t crc5(unsigned eleven_bits);
std::uint16_t crc16(const std::uint8_t *bytes, std::size_t n);

using Packet = std::vector<std::uint8_t>;  // from the PID to the CRC
Packet token_packet(Pid pid, unsigned address, unsigned endpoint);
Packet frame_packet(unsigned frame);
Packet data_packet(Pid pid, const std::uint8_t *bytes, std::size_t n);
Packet handshake_packet(Pid pid);

// Sync, the packet, SE0 SE0 J: one entry a bit time.
std::vector<Line> encode(const Packet &packet);

enum class Flaw { kNone, kSync, kStuffing, kLength, kPid, kCrc };
// One packet from its first K to its SE0 (or the end of cells).
Flaw decode(const Line *cells, std::size_t n, Packet *packet);
// Whether a receiver of whatever leniency (a short sync, bits behind the last byte) could take any part of cells for a valid packet other
// than `but`.
bool could_be_taken(const std::vector<Line> &cells, const Packet &but);

}  // namespace usb
