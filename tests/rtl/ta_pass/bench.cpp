// ta_pass against host/model/ta_pass.c: every pair sum, bit by bit, over traces as they are and hostile ones, signals missing; then the sums of the
// residual of another trace with the same columns, made from those kept.
// WORD_BITS: 18 or 20, KEEP: 0 or 1, as the gateware was built.
//   bench SEED PASSES [VECTORS]    VECTORS: a file that tb.v reads, with the same passes
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "Vta_pass.h"
#include "verilated.h"

extern "C" {
#include "fit_float.h"
#include "ta_pass.h"
}

static std::mt19937_64 rng;
static uint64_t below(uint64_t n) { return rng() % n; }
static bool one_in(uint64_t n) { return below(n) == 0; }
static double uniform(double low, double high) { return low + (high - low) * static_cast<double>(rng() >> 11) * 0x1p-53; }
static double spread(double low, double high) { return low * std::pow(high / low, uniform(0, 1)); }

struct Trace {
  ts_ta_layout layout;
  std::vector<int32_t> t, y;
  std::vector<uint32_t> weight;
  std::vector<bool> gone;
  uint32_t word[TS_TA_OUT_WORDS] = {};
};

// The processor's words: M and W with a mantissa of W bits, X.
constexpr int W = WORD_BITS, TOP = (1 << W) - 1;
static uint32_t magnitude(double x) {
  if (!(x > 0)) return 0;
  int e;
  const double m = std::frexp(x, &e);
  const int shift = W - e;
  return static_cast<uint32_t>(shift < 0 ? 0 : shift > 63 ? 63 : shift) << 24 | static_cast<uint32_t>(std::fmin(std::floor(std::ldexp(m, W)), TOP));
}
static uint32_t weight_word(double x, double reference) {
  int e;
  std::frexp(reference, &e);
  const double m = std::fmax(std::fmin(std::rint(std::ldexp(x, W - e)), TOP), -TOP);
  return (static_cast<uint32_t>(W - e) & 127u) << 24 | (static_cast<uint32_t>(static_cast<int32_t>(m)) & 0xffffffu);
}
static uint32_t real(double x) {
  int e;
  const double m = std::frexp(x, &e);
  return (static_cast<uint32_t>(e - W) & 255u) << 24 | (static_cast<uint32_t>(static_cast<int32_t>(std::rint(std::ldexp(m, W)))) & 0xffffffu);
}

static void make_linear(Trace &x);
static void make_signals(Trace &x, bool hostile);

static Trace make() {
  Trace x;
  x.layout.word_bits = WORD_BITS;
  x.layout.extended = one_in(3);
  x.layout.components = static_cast<unsigned>(1 + below(x.layout.extended ? 3 : 4));
  x.layout.delays = static_cast<unsigned>(one_in(10) ? 512 : 2 + below(60));
  const bool hostile = one_in(5);
  const double sigma = spread(2000, 200000), span = spread(20, 20000);
  for (unsigned k = 0; k < x.layout.components; k++) {
    const double rate = 0.85 * (one_in(4) ? uniform(0, 4.5) : 1 / spread(0.3, 1e6));
    x.word[TS_TA_OUT_COMPONENT + 4 * k] = magnitude(rate);
    x.word[TS_TA_OUT_COMPONENT + 4 * k + 1] = magnitude(rate * rate);
  }
  make_linear(x);
  x.word[TS_TA_OUT_T0] = real(uniform(-3, 3) * sigma);
  x.word[TS_TA_OUT_INVERSE] = magnitude(0.85 / sigma);
  if (hostile)
    for (uint32_t &w : x.word)
      if (one_in(4)) {
        // mantissas as the processor can give them: M with its leading one, W and X of W bits and a sign
        const unsigned at = static_cast<unsigned>(&w - x.word);
        const bool of_m = at == TS_TA_OUT_INVERSE || (at >= TS_TA_OUT_COMPONENT && at % 4 < 2);
        const uint32_t m = static_cast<uint32_t>(below(1u << (W - 1))) | 1u << (W - 1);
        if (of_m) w = one_in(8) ? 0 : static_cast<uint32_t>(below(64)) << 24 | m;
        else w = static_cast<uint32_t>(rng()) << 24 | ((one_in(2) ? m : 0 - m) & 0xffffffu);
        if (at == TS_TA_OUT_OFFSET || at == TS_TA_OUT_T0) continue;
        if (!of_m) w &= 0x7fffffffu;
      }
  for (unsigned n = 0; n < x.layout.delays; n++) {
    const double place = one_in(2) ? uniform(-6, 12) : spread(1, span);
    x.t.push_back(hostile && one_in(4) ? static_cast<int32_t>(rng()) : static_cast<int32_t>(place * sigma));
    x.weight.push_back(one_in(2) ? 65536 : static_cast<uint32_t>(below(65537)));
  }
  make_signals(x, hostile);
  return x;
}

static void make_linear(Trace &x) {
  double a[TS_TA_COMPONENTS_MAX], largest = 0x1p-10;
  for (unsigned k = 0; k < x.layout.components; k++) {
    a[k] = (one_in(2) ? 1 : -1) * spread(1e-3, one_in(8) ? 1000 : 2);
    largest = std::fmax(largest, std::fabs(a[k]));
  }
  for (unsigned k = 0; k < x.layout.components; k++) x.word[TS_TA_OUT_COMPONENT + 4 * k + 2] = weight_word(a[k], largest);
  x.word[TS_TA_OUT_ARTEFACT] = weight_word(uniform(-largest, largest), largest);
  x.word[TS_TA_OUT_SLOPE] = weight_word(uniform(-largest, largest), largest);
  x.word[TS_TA_OUT_OFFSET] = real(uniform(-1, 1) * spread(1e-6, 1));
}

static void make_signals(Trace &x, bool hostile) {
  const bool gaps = one_in(4);
  x.y.clear(), x.gone.clear();
  for (unsigned n = 0; n < x.layout.delays; n++) {
    x.y.push_back(hostile && one_in(2) ? static_cast<int32_t>(rng()) >> 8 : static_cast<int32_t>(uniform(-1, 1) * 0x1p22));
    x.gone.push_back(gaps && one_in(3));
  }
}

constexpr unsigned long READING_MAX = 25;   // clocks of a pass over kept columns, but for the delays

static Vta_pass *top;
static const Trace *present;
static unsigned long clocks;
static ts_ta_cache cache;

static void write_vectors(FILE *f, const Trace &x, const int64_t *pair) {
  const unsigned items = ts_ta_items(&x.layout), pairs = items * (items + 1) / 2;
  std::fprintf(f, "%x %x %x\n", x.layout.components, x.layout.extended, x.layout.delays);
  for (unsigned n = 0; n < x.layout.delays; n++) std::fprintf(f, "%x %x %x\n", static_cast<uint32_t>(x.t[n]), x.gone[n] ? 0 : x.weight[n], static_cast<uint32_t>(x.y[n]) & 0xffffffu);
  std::fprintf(f, "%x", TS_TA_OUT_WORDS);
  for (uint32_t w : x.word) std::fprintf(f, " %x", w);
  std::fprintf(f, "\n%x", pairs);
  for (unsigned i = 0; i < pairs; i++) std::fprintf(f, " %llx", static_cast<unsigned long long>(pair[i]) & ((1ull << 54) - 1));
  std::fprintf(f, "\n");
}

static void tick() {
  top->clk = 0;
  top->eval();
  // memories: data a clock behind the address
  const unsigned n = present ? static_cast<unsigned>(present->t.size()) : 0;
  const uint32_t t = top->t_address < n ? static_cast<uint32_t>(present->t[top->t_address]) : 0x12345678;
  const uint32_t w = top->weight_address < n ? present->weight[top->weight_address] : 0x5555;
  const bool gone = top->weight_address < n && present->gone[top->weight_address];
  const uint32_t y = top->y_address < n ? static_cast<uint32_t>(present->y[top->y_address]) & 0xffffffu : 0x765432;
  top->clk = 1;
  top->eval();
  top->t = t;
  top->weight = w;
  top->gone = gone;
  top->y = y;
  clocks++;
}

// Runs the pass for x and compares its sums; of the residual alone where `gradient` asks for no others.
static bool run(const Trace &x, bool gradient, const int64_t *expected, unsigned long i, unsigned long *taken) {
  present = &x;
  top->components = x.layout.components;
  top->extended = x.layout.extended;
  top->delays = x.layout.delays;
  top->gradient = gradient;
  for (unsigned a = 0; a < TS_TA_OUT_WORDS; a++) {
    top->cf_write = 1;
    top->cf_address = a;
    top->cf_word = x.word[a];
    tick();
  }
  top->cf_write = 0;
  tick();
  top->start = 1;
  tick();
  top->start = 0;
  const unsigned long begun = clocks;
  while (!top->done && clocks - begun < 20000) tick();
  *taken = clocks - begun;
  bool same = top->done;
  const unsigned items = ts_ta_items(&x.layout);
  for (unsigned p = 0, row = 0; p < items * (items + 1) / 2; p++) {
    const bool first = p == row * (row + 1) / 2;
    row += first;
    if (gradient && !first) continue;
    top->acc_address = p;
    tick(), tick();
    const int64_t got = static_cast<int64_t>(top->acc_value << 10) >> 10;
    if (got == expected[p]) continue;
    if (same) std::printf("pass %lu%s, K %u%s, %u delays, pair %u: %lld, expected %lld\n", i, gradient ? " over kept columns" : "", x.layout.components,
                          x.layout.extended ? " extended" : "", x.layout.delays, p, static_cast<long long>(got), static_cast<long long>(expected[p]));
    same = false;
  }
  tick();
  return same;
}

static void model(const Trace &x, int64_t *pair) {
  std::vector<uint32_t> used = x.weight;
  for (unsigned n = 0; n < x.layout.delays; n++)
    if (x.gone[n]) used[n] = 0;
  cache.valid = false;
  ts_ta_pass(&x.layout, x.t.data(), used.data(), x.y.data(), x.word, &cache, pair);
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  rng.seed(std::strtoull(argv[1], nullptr, 10));
  const unsigned long count = std::strtoul(argv[2], nullptr, 10);
  FILE *vectors = argc > 3 ? std::fopen(argv[3], "w") : nullptr;
  unsigned long passed = 0, failed = 0;
  static Vta_pass device;
  top = &device;
  top->rst = 1;
  for (int i = 0; i < 4; i++) tick();
  top->rst = 0;
  unsigned long typical[5] = {}, kept = 0;
  for (unsigned long i = 0; i < count; i++) {
    Trace x = make();
    int64_t expected[TS_TA_PAIRS_MAX];
    unsigned long taken;
    model(x, expected);
    if (vectors) write_vectors(vectors, x, expected);
    top->forget = 1;
    tick();
    top->forget = 0;
    bool same = run(x, false, expected, i, &taken);
    if (x.layout.delays == 512) typical[x.layout.components + x.layout.extended] = taken;
    for (unsigned other = KEEP ? static_cast<unsigned>(below(3)) : 0; other > 0; other--) {
      make_linear(x);
      make_signals(x, one_in(4));
      model(x, expected);
      same = run(x, true, expected, i, &taken) && same;
      kept++;
      if (taken <= x.layout.delays + READING_MAX) continue;
      if (same) std::printf("pass %lu: %lu clocks for %u delays of kept columns\n", i, taken, x.layout.delays);
      same = false;
    }
    if (same) passed++;
    else failed++;
    tick();
  }
  std::printf("clocks of 512 delays: %lu %lu %lu %lu\n", typical[1], typical[2], typical[3], typical[4]);
  std::printf("%lu over kept columns\n%lu passed, %lu failed\n", kept, passed, failed);
  top->final();
  if (vectors) std::fclose(vectors);
  return failed != 0;
}
