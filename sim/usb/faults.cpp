#include "faults.h"

#include <algorithm>

namespace usb {
namespace {

constexpr std::size_t kNoiseCellsMax = 300, kBabbleCellsMax = 2000;
// An SE0 of 2.5 us and more is a reset.
constexpr unsigned kSe0CellsMax = 4;

void append_noise(std::vector<Line> *cells, std::size_t n, Random *random) {
  unsigned se0 = 0;
  for (std::size_t i = 0; i < n; i++) {
    const bool low = se0 < kSe0CellsMax && random->below(24) == 0;
    se0 = low ? se0 + 1 : 0;
    cells->push_back(low ? Line::kSe0 : random->below(2) ? Line::kJ : Line::kK);
  }
}

void flip(Line *l) { *l = *l == Line::kJ ? Line::kK : Line::kJ; }

std::vector<Line> once(const std::vector<Line> &good, Random *random) {
  std::vector<Line> cells = good;
  const auto at = static_cast<std::ptrdiff_t>(random->below(good.size() - 3));
  switch (random->below(8)) {
    case 0:
      for (std::uint64_t k = 1 + random->below(4); k; k--) flip(&cells[random->below(good.size() - 3)]);
      break;
    case 1: cells.erase(cells.begin() + at); break;
    case 2: cells.insert(cells.begin() + at, cells[static_cast<std::size_t>(at)]); break;
    case 3: cells.erase(cells.begin() + at, cells.end() - 3); break;
    case 4: cells[static_cast<std::size_t>(at)] = Line::kSe0; break;
    case 5:
      cells.resize(cells.size() - 3);
      append_noise(&cells, random->below(kBabbleCellsMax), random);
      if (random->below(2)) cells.insert(cells.end(), {Line::kSe0, Line::kSe0});
      cells.push_back(Line::kJ);
      break;
    case 6: cells = noise(random); break;
    default: cells.clear();
  }
  return cells;
}

}  // namespace

std::vector<Line> damaged(const std::vector<Line> &good, const Packet &packet, Random *random) {
  for (;;) {
    std::vector<Line> cells = once(good, random);
    // A flaw in the sync alone may be overlooked, unless more follows: the device's answer would then meet it.
    const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(std::min<std::size_t>(cells.size(), 3));
    const bool ends_once = std::count(cells.begin(), cells.end() - last, Line::kSe0) == 0;
    if (!could_be_taken(cells, ends_once ? packet : Packet{})) return cells;
  }
}

std::vector<Line> noise(Random *random) {
  for (;;) {
    std::vector<Line> cells;
    append_noise(&cells, 1 + random->below(kNoiseCellsMax), random);
    if (random->below(2)) cells.insert(cells.end(), {Line::kSe0, Line::kSe0});
    cells.push_back(Line::kJ);
    if (!could_be_taken(cells, {})) return cells;
  }
}

}  // namespace usb
