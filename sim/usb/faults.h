// What goes wrong on a bad line. Every damaged packet is checked: no receiver can take it for another valid packet, so that whatever the
// device makes of it is the device's doing and not a CRC's weakness.
#pragma once
#include <cstdint>
#include <vector>

#include "packet.h"
#include "random.h"

namespace usb {

// Probabilities that a packet is damaged or lost, and that noise comes before a transaction.
struct FaultRates {
  double token = 0, data = 0, handshake = 0;  // of the host
  double reply = 0;                           // of the device, as the host sees it
  double noise = 0;
  bool any() const { return token > 0 || data > 0 || handshake > 0 || reply > 0 || noise > 0; }
};

// One of: states flipped, a state lost or doubled, cut short, an SE0 in the middle, no end (babble), replaced by noise, not sent at all (empty).
std::vector<Line> damaged(const std::vector<Line> &cells, const Packet &packet, Random *random);
std::vector<Line> noise(Random *random);

}  // namespace usb
