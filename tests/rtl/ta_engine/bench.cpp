// ta_engine at word level against host/model/ta_engine.c: every word but `cycles`, every answer to a load.
// KEEP: 1 where the gateware keeps columns; then that it reads them is checked too.
//   bench SEED TRACES
// Loads come with gaps, some are aborted, some name what is not held, some ask for too much; results are taken with pauses.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "Vta_engine.h"
#include "verilated.h"

extern "C" {
#include "protocol.h"
#include "ta_engine.h"
#include "words.h"
}

static std::mt19937_64 rng;
static uint64_t below(uint64_t n) { return rng() % n; }
static bool one_in(uint64_t n) { return below(n) == 0; }
static double uniform(double low, double high) { return low + (high - low) * static_cast<double>(rng() >> 11) * 0x1p-53; }
static double spread(double low, double high) { return low * std::pow(high / low, uniform(0, 1)); }

constexpr uint32_t READING_MAX = 560;    // clocks of an evaluation of kept columns, but for the delays

static Vta_engine *top;
static unsigned long clocks;
static void tick() {
  top->clk = 0;
  top->eval();
  top->clk = 1;
  top->eval();
  clocks++;
}

struct Setup {
  std::vector<uint32_t> config, axis;
  unsigned components, delays;
  double sigma, noise;
  double rate[4], amplitude[4], offset, t0;
};

static double decay(double u, double k) { return u - k > 0 ? std::exp(-k * u + k * k / 2) * 0.5 * std::erfc((k - u) / std::sqrt(2)) : 0.5 * std::exp(-u * u / 2) * (k - u > 5 ? 0.11 : std::exp((k - u) * (k - u) / 2) * std::erfc((k - u) / std::sqrt(2))); }

static Setup make_setup() {
  Setup s = {};
  const bool extended = one_in(3), hostile = one_in(6);
  s.components = static_cast<unsigned>(1 + below(extended ? 3 : 4));
  s.delays = static_cast<unsigned>(one_in(20) ? 2 + below(511) : 8 + below(40));
  s.sigma = one_in(3) ? 65536 : spread(3000, 150000);
  s.noise = spread(1e-4, 1e-1);
  const double window = s.sigma * spread(30, 5000);
  double f[TS_TA_CFG_WORDS] = {};
  f[TS_TA_CFG_INV_SIGMA2] = 1 / (s.noise * s.noise);
  f[TS_TA_CFG_INV_FREEDOM] = 1.0 / s.delays;
  f[TS_TA_CFG_RATE_MIN] = 1 / (50 * window);
  f[TS_TA_CFG_RATE_MAX] = 4 / s.sigma;
  f[TS_TA_CFG_T0_MAX] = 4 * s.sigma;
  f[TS_TA_CFG_WIDTH_MIN] = s.sigma / 4;
  f[TS_TA_CFG_WIDTH_MAX] = s.sigma * 4;
  f[TS_TA_CFG_EVALUATIONS_MAX] = one_in(5) ? 0 : one_in(3) ? 40 : 1 + static_cast<double>(below(6));
  const bool linear = one_in(8);   // columns stay what they are throughout a fit
  for (unsigned k = 0; k < 4; k++) f[TS_TA_CFG_HELD_RATE_1 + k] = linear || one_in(8);
  f[TS_TA_CFG_HELD_OFFSET] = one_in(6);
  f[TS_TA_CFG_HELD_T0] = linear || one_in(4);
  f[TS_TA_CFG_HELD_WIDTH] = linear || one_in(2);
  f[TS_TA_CFG_HELD_ARTEFACT] = one_in(2);
  f[TS_TA_CFG_HELD_ARTEFACT_SLOPE] = f[TS_TA_CFG_HELD_WIDTH] == 0 || one_in(2);
  s.config = {s.components | (extended ? 256u : 0u), s.delays};
  for (double x : f) s.config.push_back(ts_f32x_from_double(x));
  if (hostile)
    for (unsigned i = TS_TA_LAYOUT_WORDS; i < s.config.size(); i++)
      if (one_in(6)) s.config[i] = static_cast<uint32_t>(rng());   /* an absurd number of evaluations is refused */
  for (unsigned n = 0; n < s.delays; n++) {
    const double place = n < s.delays / 3 ? uniform(-4, 8) * s.sigma : spread(s.sigma, window);
    s.axis.push_back(hostile && one_in(8) ? static_cast<uint32_t>(rng()) : static_cast<uint32_t>(static_cast<int32_t>(place)));
    s.axis.push_back(one_in(3) ? static_cast<uint32_t>(below(65536)) : one_in(50) ? static_cast<uint32_t>(rng()) : 65536);
  }
  for (unsigned k = 0; k < 4; k++) {
    s.rate[k] = 1 / spread(s.sigma / 3, window);
    s.amplitude[k] = uniform(-1, 1);
  }
  s.offset = uniform(-0.1, 0.1);
  s.t0 = uniform(-1, 1) * s.sigma;
  return s;
}

// Where the signals go: mostly within the memory, at its end, beyond it.
static uint32_t make_place(const Setup &s) {
  const uint32_t last = TS_ENGINE_E18_TA_SIGNALS_MAX - s.delays;
  return one_in(3) ? 0 : one_in(6) ? last : one_in(40) ? last + 1 + static_cast<uint32_t>(below(600)) : one_in(200) ? static_cast<uint32_t>(rng()) : static_cast<uint32_t>(below(last + 1));
}

// What another trace's columns need to have in common with these to be the same.
static std::vector<uint32_t> shared_of(const Setup &s, const std::vector<uint32_t> &start) {
  std::vector<uint32_t> out = {start[TS_TA_START_T0], start[TS_TA_START_WIDTH]};
  for (unsigned k = 0; k < s.components; k++) out.push_back(start[TS_TA_START_RATE_1 + 2 * k]);
  return out;
}

// like: shared parameters of an earlier trace, or none; brief: no Gram matrix.
static std::vector<uint32_t> make_trace(const Setup &s, const std::vector<uint32_t> &like, bool brief) {
  std::vector<uint32_t> words;
  double start[TS_TA_START_WORDS] = {};
  for (unsigned k = 0; k < s.components; k++) {
    start[TS_TA_START_RATE_1 + 2 * k] = s.rate[k] * spread(0.6, 1.6);
    start[TS_TA_START_AMPLITUDE_1 + 2 * k] = s.amplitude[k] * uniform(0.5, 1.5);
  }
  start[TS_TA_START_OFFSET] = one_in(2) ? 0 : s.offset;
  start[TS_TA_START_T0] = s.t0 + uniform(-0.7, 0.7) * s.sigma;
  start[TS_TA_START_WIDTH] = s.sigma * (one_in(2) ? 1 : uniform(0.8, 1.2));
  start[TS_TA_START_ARTEFACT] = one_in(2) ? 0 : uniform(-0.5, 0.5);
  start[TS_TA_START_ARTEFACT_SLOPE] = one_in(2) ? 0 : uniform(-0.5, 0.5);
  start[TS_TA_START_DAMPING] = one_in(3) ? 0 : spread(1e-5, 10);
  for (double x : start) words.push_back(one_in(200) ? static_cast<uint32_t>(rng()) : ts_f32x_from_double(x));
  if (!like.empty()) {
    words[TS_TA_START_T0] = like[0];
    words[TS_TA_START_WIDTH] = like[1];
    for (unsigned k = 0; k < s.components; k++) words[TS_TA_START_RATE_1 + 2 * k] = like[2 + k];
  }
  words[TS_TA_START_PLACE] = make_place(s) ^ (brief ? 1u << TS_TA_BRIEF_BIT : 0);
  const bool hostile = one_in(15), nothing = one_in(30), gaps = one_in(6);
  for (unsigned n = 0; n < s.delays; n++) {
    const double u = (static_cast<int32_t>(s.axis[2 * n]) - s.t0) / s.sigma;
    double y = s.offset + s.noise * (uniform(-1, 1) + uniform(-1, 1) + uniform(-1, 1));
    for (unsigned k = 0; k < s.components; k++) y += s.amplitude[k] * decay(u, s.rate[k] * s.sigma);
    if (nothing) y = 0;
    words.push_back(hostile && one_in(4) ? static_cast<uint32_t>(rng()) : static_cast<uint32_t>(static_cast<int32_t>(std::lrint(std::fmax(std::fmin(y, 1.9), -1.9) * 0x1p22))));
    if (gaps && one_in(5)) words.back() |= 1u << 24;
    else if (!hostile) words.back() &= 0xffffffu;
  }
  return words;
}

static ts_ta_engine *model;
static unsigned long failed;
static void check(bool good, const char *what, unsigned long i) {
  if (good) return;
  if (failed++ < 20) std::printf("load or trace %lu: %s\n", i, what);
}

// Sends a load; how: 0 whole, 1 aborted behind some words. Returns whether it was committed and used.
static bool load(unsigned kind, uint16_t config, const std::vector<uint32_t> &words, bool abort, unsigned long i) {
  top->ld_begin_valid = 1;
  top->ld_kind = kind;
  top->ld_seq = static_cast<uint32_t>(i);
  top->ld_config = config;
  const unsigned long begun = clocks;
  for (;;) {
    top->eval();
    const bool ready = top->ld_begin_ready;
    tick();
    if (ready) break;
    if (clocks - begun > 100000) {
      check(false, "a load is not begun", i);
      return false;
    }
  }
  top->ld_begin_valid = 0;
  size_t expect;
  const bool held = ts_ta_engine_begin(model, static_cast<ts_ta_load>(kind), config, &expect);
  check(held == !top->ld_missing, "missing", i);
  tick();
  if (!held || top->ld_missing) return false;
  check(top->ld_expect == expect, "number of words", i);
  const size_t count = abort ? below(expect + 1) : expect;
  for (size_t n = 0; n < count; n++) {
    while (one_in(8)) tick();
    top->ld_valid = 1;
    top->ld_word = n < words.size() ? words[n] : 0;
    top->eval();
    check(top->ld_ready, "a word is not taken", i);
    tick();
    top->ld_valid = 0;
    ts_ta_engine_word(model, n < words.size() ? words[n] : 0);
  }
  tick(), tick();
  if (abort) {
    top->ld_abort = 1;
    tick();
    top->ld_abort = 0;
    return false;
  }
  top->ld_commit = 1;
  top->eval();
  const bool rejected = top->ld_reject;
  tick();
  top->ld_commit = 0;
  const bool good = ts_ta_engine_commit(model);
  check(good == !rejected, "rejected", i);
  return good;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  rng.seed(std::strtoull(argv[1], nullptr, 10));
  const unsigned long count = std::strtoul(argv[2], nullptr, 10);
  static Vta_engine device;
  top = &device;
  model = ts_ta_engine_create(4, 512, TS_ENGINE_E18_TA_SIGNALS_MAX, WORD_BITS);
  top->rst = 1;
  for (int i = 0; i < 4; i++) tick();
  top->rst = 0;
  unsigned long passed = 0, results = 0, converged = 0, agains = 0;
  uint16_t config = 0;
  Setup s;
  std::vector<uint32_t> columns;   // shared parameters of the last trace, while its delays stand
  bool whole = false;              // made with those delays and weights
  unsigned long kept = 0;
  bool kept_setup = false;         // one of several wavelengths
  bool ready = false;
  while (results < count && failed < 20) {
    if (!ready || one_in(kept_setup ? 16 : 4)) {
      s = make_setup();
      columns.clear();
      kept_setup = (s.config[TS_TA_LAYOUT_WORDS + TS_TA_CFG_EVALUATIONS_MAX] & 0xffffffu) == 0;
      std::vector<uint32_t> words = s.config;
      if (one_in(10)) words[below(2)] = static_cast<uint32_t>(one_in(2) ? rng() : below(1024));
      config++;
      ready = load(TS_TA_LOAD_CONFIG, config, words, one_in(20), results) && words == s.config;
      if (one_in(12)) load(TS_TA_LOAD_TRACE, config, make_trace(s, {}, false), true, results);   /* no axis yet: missing */
      if (ready) ready = load(TS_TA_LOAD_AXIS, config, s.axis, one_in(20), results);
      continue;
    }
    if (one_in(20)) {
      load(TS_TA_LOAD_TRACE, one_in(2) ? config : static_cast<uint16_t>(config + 1), make_trace(s, {}, false), true, results);
      continue;
    }
    // the same configuration and parameters, other weights and delays
    if (!columns.empty() && one_in(10)) {
      for (uint32_t &x : s.axis)
        if (one_in(2)) x = x > 1000 ? x - static_cast<uint32_t>(below(1000)) : x;
      ready = load(TS_TA_LOAD_AXIS, config, s.axis, one_in(10), results);
      whole = false;
      continue;
    }
    // a wavelength of a matrix: the columns of the one before, other amplitudes, signals, gaps
    const bool next = !columns.empty() && one_in(2);
    // or all but one of its parameters
    if (next && one_in(4)) {
      uint32_t &other = columns[below(columns.size())];
      other = ts_f32x_from_double(ts_f32x_to_double(other) * spread(0.9, 1.1));
      whole = false;
    }
    std::vector<uint32_t> trace = make_trace(s, next ? columns : std::vector<uint32_t>(), one_in(next ? 8 : 3) == !next);
    // signals of some earlier trace, or none there yet: a start alone
    const bool again = one_in(4);
    if (again) trace.resize(TS_TA_START_WORDS);
    const uint32_t place = trace[TS_TA_START_PLACE] & ~(1u << TS_TA_BRIEF_BIT);
    const bool fits = place <= TS_ENGINE_E18_TA_SIGNALS_MAX && place + s.delays <= TS_ENGINE_E18_TA_SIGNALS_MAX;
    if (!load(again ? TS_TA_LOAD_AGAIN : TS_TA_LOAD_TRACE, config, trace, false, results)) {
      check(!fits, "a trace is not taken", results);
      continue;
    }
    agains += again;
    // the gateware with kept columns reads those where nothing but the gradient is asked for
    const bool brief = trace[TS_TA_START_PLACE] >> TS_TA_BRIEF_BIT & 1u, once = (s.config[TS_TA_LAYOUT_WORDS + TS_TA_CFG_EVALUATIONS_MAX] & 0xffffffu) == 0;
    const bool reads = KEEP && once && brief && whole && columns == shared_of(s, trace);
    kept += reads;
    columns = shared_of(s, trace);
    whole = once;
    uint32_t expected[TS_TA_ENGINE_RESULT_WORDS_MAX];
    const size_t words = ts_ta_engine_fit(model, expected);
    const unsigned long begun = clocks;
    bool same = true, ended = false;
    for (size_t n = 0; !ended && clocks - begun < 3000000;) {
      top->rs_ready = !one_in(4);
      top->eval();
      if (top->rs_valid && top->rs_ready) {
        same = same && n < words && (n + 1 == words || top->rs_word == expected[n]) && top->rs_words == words &&
               top->rs_seq == static_cast<uint32_t>(results) && top->rs_config == config && top->rs_last == (n + 1 == words);
        ended = top->rs_last;
        if (ended && reads) check(top->rs_word < s.delays + READING_MAX, "kept columns are not read", results);
        n++;
      }
      tick();
    }
    top->rs_ready = 0;
    if (!same || !ended)
      std::printf("%s after %lu clocks; the model took %g evaluations, status %g\n", ended ? "differs" : "no end", clocks - begun,
                  ts_f32x_to_double(expected[TS_TA_RES_EVALUATIONS]), ts_f32x_to_double(expected[TS_TA_RES_STATUS]));
    check(same && ended, "result", results);
    passed += same && ended;
    converged += (static_cast<unsigned>(ts_f32x_to_double(expected[TS_TA_RES_STATUS])) & TS_TA_STATUS_MASK_CONVERGED) != 0;
    results++;
  }
  std::printf("%lu results, %lu of them of signals held, %lu of kept columns, %lu converged, %lu clocks\n", results, agains, kept, converged, clocks);
  std::printf("%lu passed, %lu failed\n", passed, failed);
  top->final();
  ts_ta_engine_destroy(model);
  return failed != 0 || passed != count;
}
