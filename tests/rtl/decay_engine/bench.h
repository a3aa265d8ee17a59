// What the benches share: random numbers, random layouts.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

extern "C" {
#include "fit_float.h"
#include "model.h"
}
#include "verilated.h"

class Random {
public:
  explicit Random(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du >> 16;
  }
  uint32_t below(uint32_t n) { return n ? uint32_t(next() % n) : 0; }
  bool one_in(uint32_t n) { return below(n) == 0; }

private:
  uint64_t state;
};

struct Layout {
  uint32_t word[TS_LAYOUT_WORDS];
};

// A layout that the build holds, from small ones up to its limits.
inline Layout random_layout(Random &r, unsigned engine, uint32_t groups_wanted = ~0u) {
  const ts_engine_limits &m = *model_limits(engine);
  for (;;) {
    Layout l = {};
    const uint32_t taps = 2 + 2 * r.below(4);
    l.word[TS_LAYOUT_MODEL] = (1 + r.below(m.components_max)) | taps << 8 | (taps == 2 ? 1 : taps) << 16 | r.below(4) << 24;
    uint32_t octave[12] = {};
    const uint32_t octaves = r.below(12);
    for (uint32_t o = 1; o <= octaves; o++) octave[o] = r.one_in(8) ? 1 + r.below(60) : 1 + r.below(9);
    if (octaves && r.one_in(16)) octave[1] = 255;
    uint32_t fine = r.one_in(4) ? 2 : 2 + r.below(r.one_in(3) ? m.fine_max - 1 : 60), pre = r.one_in(2) ? 0 : r.below(r.one_in(4) ? 120 : 12);
    uint32_t bins = 8 * pre + fine, groups = pre + fine;
    for (uint32_t o = 1; o < 12; o++) {
      bins += octave[o] << o;
      groups += octave[o];
      l.word[TS_LAYOUT_OCTAVES_0 + (o - 1) / 4] |= octave[o] << (8 * ((o - 1) % 4));
    }
    if (bins > m.bins_max || groups > m.groups_max || groups > groups_wanted) continue;
    if (r.one_in(64) && bins + 1 < m.bins_max) {   // stretch to a limit
      const uint32_t more = std::min(std::min(m.bins_max - bins, m.groups_max - groups), m.fine_max - fine);
      fine += more;
      bins += more;
      groups += more;
    }
    l.word[TS_LAYOUT_FINE] = fine | pre << 16;
    l.word[TS_LAYOUT_BINS] = bins;
    l.word[TS_LAYOUT_GROUPS] = groups;
    return l;
  }
}

// A good layout, one changed in a few bits or fields (its sums put right again or not), or words of chance.
inline Layout hostile_layout(Random &r, unsigned engine) {
  Layout l = random_layout(r, engine);
  const uint32_t kind = r.below(8);
  if (kind == 0) return l;
  if (kind == 1) {
    for (uint32_t &w : l.word) w = uint32_t(r.next());
    return l;
  }
  for (uint32_t n = 1 + r.below(3); n; n--) {
    uint32_t &w = l.word[r.below(TS_LAYOUT_WORDS)];
    switch (r.below(4)) {
      case 0: w ^= 1u << r.below(32); break;
      case 1: w += r.below(9) - 4; break;
      case 2: w = (w & ~(0xffu << 8)) | r.below(256) << 8; break;
      default: {
        const uint32_t at = 8 * r.below(4);
        w = (w & ~(0xffu << at)) | (r.one_in(2) ? 0 : r.below(256)) << at;
      }
    }
  }
  if (r.one_in(3)) return l;
  const model_layout d = model_decode(engine, l.word);
  uint32_t bins = 8 * d.layout.pre + d.layout.fine, groups = d.layout.pre + d.layout.fine;
  for (unsigned o = 1; o <= TS_PASS_OCTAVES; o++) {
    bins += d.layout.octave_groups[o] << o;
    groups += d.layout.octave_groups[o];
  }
  l.word[TS_LAYOUT_BINS] = bins;
  l.word[TS_LAYOUT_GROUPS] = groups;
  return l;
}

// A count: mostly small, sometimes anything.
inline uint32_t random_count(Random &r, uint32_t typical) {
  if (r.one_in(200)) return uint32_t(r.next());
  if (r.one_in(20)) return r.below(typical * 20 + 1);
  return r.below(typical + 1);
}

struct Score {
  uint64_t compared = 0, failed = 0;
  void equal(const char *what, uint64_t is, uint64_t should) {
    compared++;
    if (is == should) return;
    if (failed++ < 20) std::printf("FAIL %s: %llx instead of %llx\n", what, (unsigned long long)is, (unsigned long long)should);
  }
};
