// sclc_engine against host/model/sclc_engine.c: every result word of random and hostile sweeps, every refusal.
//   engine_bench SEED SWEEPS
// Sweeps come whole, in pieces and point by point; as an instrument would give them (ohmic, trap-filled limit by the template, Child, noise, any spacing), and
// with points that no instrument gives. Some messages are sent twice, break off, name another sweep, a wrong start or a wrong length.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vsclc_engine.h"
#include "verilated.h"
extern "C" {
#include "protocol.h"
#include "sclc_engine.h"
#include "words.h"
}

namespace {

constexpr unsigned kPointsMax = TS_SCLC_POINTS_MAX;
constexpr unsigned kClocksMax = 4000000;

struct Random {
  uint64_t state;
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du >> 16;
  }
  uint32_t below(uint32_t n) { return uint32_t(next() % n); }
  bool one_in(uint32_t n) { return below(n) == 0; }
  double uniform(double low, double high) { return low + (high - low) * double(next() & 0xffffffff) / 4294967296.0; }
  double normal() { return std::sqrt(-2 * std::log(uniform(1e-9, 1))) * std::cos(6.283185307 * uniform(0, 1)); }
};

struct Point {
  uint32_t v, j;
};

// The filled-trap branch: voltage in V_t and current in J_0 by z.
void branch(double z, double &v, double &j) {
  const double l = z < 1e-3 ? z * z / 2 - z * z * z / 3 : z - std::log1p(z);
  const double u = z < 1e-3 ? z * z * z / 3 - z * z * z * z / 4 : z * z / 2 - z + std::log1p(z);
  v = 2 * u / (l * l);
  j = 1 / l;
}

std::vector<Point> instrument(Random &r, unsigned n) {
  const double vt = std::exp(r.uniform(-2, 2.5)), j0 = std::exp(r.uniform(-8, 8)), leak = j0 * std::exp(r.uniform(-12, -1)) / vt;
  const double noise = r.one_in(3) ? 0 : r.uniform(0, 0.06), top = vt * std::exp(r.uniform(0.5, 2.5)), resistance = r.one_in(4) ? r.uniform(0, 3) * vt / j0 : 0;
  const bool linear = r.one_in(2);
  std::vector<double> v(n), j(n);
  for (unsigned i = 0; i < n; i++) {
    const double x = linear ? top * (i + 1) / n : top * std::exp(-r.uniform(6, 6.01) * (n - 1 - i) / std::max(1u, n - 1));
    double low = -12, high = 14;
    for (int k = 0; k < 50; k++) {
      double a, b;
      branch(std::exp((low + high) / 2), a, b);
      (a * vt > x ? low : high) = (low + high) / 2;
    }
    double a, b;
    branch(std::exp(low), a, b);
    j[i] = leak * x + (x > vt * 1.0001 ? b * j0 : 0) + j0 * 1e-3 * std::pow(x / vt, 8) * (x < vt);
    v[i] = x + resistance * j[i];
    j[i] *= 1 + noise * r.normal();
  }
  std::vector<Point> p(n);
  for (unsigned i = 0; i < n; i++) p[i] = {ts_f32x_from_double(v[i]), ts_f32x_from_double(j[i])};
  return p;
}

std::vector<Point> hostile(Random &r, unsigned n) {
  std::vector<Point> p(n);
  const unsigned kind = r.below(6);
  double v = std::exp(r.uniform(-10, 1)), j = std::exp(r.uniform(-30, 30));
  for (auto &q : p) switch (kind) {
      case 0: q = {uint32_t(r.next()), uint32_t(r.next())}; break;
      case 1:   // rising by steps of every size, currents anywhere
        v *= std::exp(r.uniform(0, r.one_in(8) ? 5 : 0.2));
        q = {ts_f32x_from_double(v), ts_f32x_from_double(std::exp(r.uniform(-45, 45)))};
        break;
      case 2:   // steps of current
        v *= 1 + r.uniform(0, 0.2);
        if (r.one_in(6)) j *= std::exp(r.uniform(-20, 20));
        q = {ts_f32x_from_double(v), ts_f32x_from_double(j)};
        break;
      case 3: q = {ts_f32x_from_double(std::ldexp(1.0, int(r.below(60)) - 30)), ts_f32x_from_double(1)}; break;
      case 4:   // the edges of the format
        q = {(r.below(256) << 24) | (r.one_in(2) ? 0x7fffffu : 0x800000u >> r.below(24)), (r.below(256) << 24) | (0x7fffffu >> r.below(24))};
        break;
      default:  // a power law of any steepness
        v *= 1 + r.uniform(0, 0.1);
        q = {ts_f32x_from_double(v), ts_f32x_from_double(std::pow(v, 1 + double(n % 40)))};
    }
  return p;
}

struct Bench {
  Vsclc_engine d;
  ts_sclc_engine *model;
  Random r;
  uint64_t compared = 0, wrong = 0, results = 0, fitted = 0, refused = 0, clocks = 0, longest = 0, clocks_256 = 0;

  explicit Bench(uint64_t seed) : model(ts_sclc_engine_create()), r{seed * 0x9e3779b97f4a7c15u + 1} {
    d.rst = 1;
    for (int i = 0; i < 4; i++) clock();
    d.rst = 0;
  }
  ~Bench() {
    d.final();
    ts_sclc_engine_destroy(model);
  }
  void clock() {
    d.clk = 0;
    d.eval();
    d.clk = 1;
    d.eval();
    clocks++;
  }
  void equal(const char *what, uint64_t got, uint64_t expected) {
    compared++;
    if (got != expected && wrong++ < 20) std::printf("%s: %llx, expected %llx\n", what, (unsigned long long)got, (unsigned long long)expected);
  }

  // Loads words as the dispatcher does. Returns the error code or 0; with `broken` the load is given up at its end.
  unsigned load(bool points, uint16_t config, const std::vector<uint32_t> &words, bool broken) {
    d.ld_begin_valid = 1;
    d.ld_points = points;
    d.ld_seq = uint32_t(r.next());
    const uint32_t seq = d.ld_seq;
    d.ld_config = config;
    for (;;) {
      d.clk = 0;
      d.eval();
      const bool taken = d.ld_begin_ready;
      clock();
      if (taken) break;
    }
    d.ld_begin_valid = 0;
    const bool missing = d.ld_missing;
    clock();
    unsigned got = 0;
    bool surplus = false;
    if (!missing)
      for (const uint32_t w : words) {
        if (r.one_in(8)) clock();
        clock();   // a word takes four bytes on the link
        if (got == d.ld_expect) {
          surplus = true;
          continue;
        }
        d.ld_valid = 1;
        d.ld_word = w;
        d.clk = 0;
        d.eval();
        equal("ld_ready", d.ld_ready, 1);
        clock();
        d.ld_valid = 0;
        got++;
      }
    clock();
    clock();
    unsigned code = missing ? TS_ERR_CONFIG : surplus || got != d.ld_expect ? TS_ERR_LENGTH : 0;
    if (broken || code) {
      d.ld_abort = 1;
      clock();
      d.ld_abort = 0;
    } else {
      d.ld_commit = 1;
      d.clk = 0;
      d.eval();
      if (d.ld_reject) code = TS_ERR_VALUE;
      clock();
      d.ld_commit = 0;
    }
    clock();
    if (!broken && !code && points) equal("sequence", d.rs_seq, seq);
    return code;
  }

  void result(uint16_t config, const uint32_t *expected, unsigned points) {
    unsigned waited = 0;
    for (unsigned i = 0; i <= TS_SCLC_RES_WORDS; i++) {
      while (!d.rs_valid && waited++ < kClocksMax) clock();
      while (r.one_in(4)) clock();
      if (i == TS_SCLC_RES_WORDS) {
        if (d.rs_word > longest) longest = d.rs_word;
        if (points == 1 && expected[TS_SCLC_RES_POINTS] == 256 && d.rs_word > clocks_256) clocks_256 = d.rs_word;
      } else {
        equal("result word", d.rs_word, expected[i]);
      }
      equal("last", d.rs_last, i == TS_SCLC_RES_WORDS);
      equal("config", d.rs_config, config);
      equal("words", d.rs_words, TS_SCLC_RES_WORDS + 1);
      d.rs_ready = 1;
      clock();
      d.rs_ready = 0;
    }
    results++;
    if (expected[0] & TS_SCLC_MASK_FITTED) fitted++;
  }

  void configure(uint16_t id) {
    std::vector<uint32_t> words = {uint32_t(r.one_in(4) ? r.next() : uint32_t(65536 * r.uniform(1, 3))), uint32_t(int32_t(65536 * r.uniform(-3, 1)))};
    if (r.one_in(30)) words[1] = uint32_t(r.next());
    if (r.one_in(20)) {   // one that fails changes nothing
      std::vector<uint32_t> bad = words;
      if (r.one_in(2)) bad.resize(r.below(5));
      load(false, uint16_t(id + 1), bad, true);
    }
    const unsigned code = ts_sclc_engine_config(model, id, words.data(), words.size());
    equal("configuration", load(false, id, words, false), code);
  }

  void sweep(uint16_t id) {
    configure(id);
    const unsigned n = r.one_in(40) ? 1 + r.below(kPointsMax) : 6 + r.below(60);
    const std::vector<Point> p = r.one_in(3) ? hostile(r, n) : instrument(r, n);
    unsigned at = 0;
    const unsigned pieces = r.below(3);
    while (at < n) {
      unsigned take = pieces == 0 ? n - at : pieces == 1 ? 1 + r.below(n) : 1 + r.below(3);
      if (n > 100 && pieces == 2) take = r.one_in(3) ? 1 : 40;
      take = std::min(take, n - at);
      std::vector<uint32_t> words = {at | take << 16};
      for (unsigned i = 0; i < take; i++) {
        words.push_back(p[at + i].v);
        words.push_back(p[at + i].j);
      }
      uint16_t config = id;
      bool bad = false;
      std::vector<uint32_t> sent = words;
      if (r.one_in(25)) {   // something is wrong with it
        bad = true;
        switch (r.below(5)) {
          case 0: config ^= uint16_t(1 + r.below(65535)); break;
          case 1: sent[0] = uint32_t(r.next()); break;
          case 2: sent.resize(r.below(uint32_t(sent.size()))); break;
          case 3: sent.push_back(7); break;
          default: sent[0] += 1 + r.below(3);
        }
      }
      if (r.one_in(30)) load(true, id, sent, true);   // a damaged one
      uint32_t expected[TS_SCLC_RES_WORDS + 1];
      const unsigned code = ts_sclc_engine_points(model, config, sent.data(), sent.size(), expected);
      equal("error code", load(true, config, sent, false), code);
      if (!code) result(config, expected, take);
      refused += code != 0;
      if (!bad) at += r.one_in(25) ? 0 : take;   // sent again: the answer was lost
    }
  }
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  Bench b(uint64_t(std::atoll(argv[1])));
  const long sweeps = std::atol(argv[2]);
  for (long n = 0; n < sweeps && b.wrong == 0; n++) b.sweep(uint16_t(n));
  std::printf("sclc engine: %ld sweeps, %llu results (%llu fitted), %llu refusals, longest job %llu clocks, behind point 256 %llu, %llu comparisons, %llu wrong, %.0f Mclk\n", sweeps,
              (unsigned long long)b.results, (unsigned long long)b.fitted, (unsigned long long)b.refused, (unsigned long long)b.longest,
              (unsigned long long)b.clocks_256, (unsigned long long)b.compared, (unsigned long long)b.wrong, double(b.clocks) / 1e6);
  return b.wrong || b.fitted < b.results / 20 || b.refused < uint64_t(sweeps) / 20;
}
