// The whole engine at word level against decay_engine.c: every word but `cycles`, every answer to a load.
//   engine_bench ENGINE JOBS [SEED]
// With ENGINES defined it is decay_farm with so many engines, which has the same ports: the more histograms in flight, more than all but
// one of the engines hold, and results out of order must be seen.
// Loads come with gaps, some are aborted, some name what is not held; results are taken with pauses. Runs in rtl/fit, where the
// program image is.
#include <cmath>
#include <map>

#include "bench.h"
#ifdef ENGINES
#include "Vdecay_farm.h"
using Top = Vdecay_farm;
#else
#include "Vdecay_engine.h"
using Top = Vdecay_engine;
#define ENGINES 1
#endif
extern "C" {
#include "fit/layout.h"
#include "words.h"
}

unsigned bench_engine;

struct Setup {
  uint32_t config[TS_LAYOUT_WORDS + TS_CFG_WORDS];
  std::vector<uint32_t> irf;
  std::vector<double> mean;            // of a bin, sum 1, without background
  std::vector<uint32_t> edge;
};

static double uniform(Random &r, double low, double high) { return low + (high - low) * r.below(1u << 24) / double(1 << 24); }
static double spread(Random &r, double low, double high) { return low * std::pow(high / low, uniform(r, 0, 1)); }

// IRF a Gauss, decays of chance, and the configuration that goes with them; sometimes values held or given.
static Setup make_setup(Random &r) {
  const ts_engine_limits &m = *model_limits(bench_engine);
  Setup s = {};
  ts_layout l = {};
  uint32_t model_word = 0;
  double fwhm = r.one_in(3) ? 0.1 : spread(r, 1, 12), peak = 0;
  const double blur = fwhm < 1.5 && !r.one_in(3) ? spread(r, 1.0 / 128, 1) : 0;   // pulses blurred by a Gauss, else at left edges
  if (r.one_in(3)) {                   // any layout
    const Layout any = random_layout(r, bench_engine, 150);
    model_word = any.word[TS_LAYOUT_MODEL];
    l.pre = any.word[TS_LAYOUT_FINE] >> 16;
    l.fine = any.word[TS_LAYOUT_FINE] & 0xffff;
    for (unsigned i = 0; i < TS_OCTAVES; i++) l.octave[i] = any.word[TS_LAYOUT_OCTAVES_0 + i / 4] >> (8 * (i % 4)) & 255;
    l.bins = any.word[TS_LAYOUT_BINS];
    l.groups = any.word[TS_LAYOUT_GROUPS];
    peak = 8 * l.pre + uniform(r, 0, std::min(l.fine, 40u));
  } else {
    const uint32_t bins = 40 + r.below(r.one_in(8) ? m.bins_max - 39 : std::min(m.bins_max - 39, 600u));
    const uint32_t pre = r.one_in(3) ? 0 : r.below(1 + bins / 32);
    peak = 8 * pre + 4 + uniform(r, 0, 3 * fwhm);
    ts_layout_make(&l, bins, pre, std::min(uint32_t(peak + 2 * fwhm) + 20, 8 * pre + m.fine_max - 1));
    if (l.groups > m.groups_max) return make_setup(r);
    const unsigned taps = blur > 0 ? 8 : fwhm < 1.5 ? 2 : fwhm >= 5 ? 4 : fwhm >= 3 ? 6 : 8;
    model_word = (1 + r.below(m.components_max)) | taps << 8 | (taps == 2 ? 1u : taps) << 16;
    if (r.one_in(4)) model_word |= 1u << 24;
    if (r.one_in(4)) model_word |= 1u << 25;
  }
  std::vector<double> g(l.bins);
  double sum = 0, mean = 0, moment[5] = {};
  for (uint32_t i = 0; i < l.bins; i++) sum += g[i] = fwhm < 1.5 ? i == uint32_t(peak) : std::exp(-2.77 * std::pow((i - peak) / fwhm, 2));
  for (uint32_t i = 0; i < l.bins; i++) mean += i * (g[i] /= sum);
  for (uint32_t i = 0; i < l.bins; i++)
    for (int k = 2; k < 5; k++) moment[k] += g[i] * std::pow(i - mean, k);

  uint32_t *w = s.config;
  w[TS_LAYOUT_MODEL] = model_word;
  w[TS_LAYOUT_FINE] = l.fine | l.pre << 16;
  for (unsigned i = 0; i < TS_OCTAVES; i++) w[TS_LAYOUT_OCTAVES_0 + i / 4] |= l.octave[i] << (8 * (i % 4));
  w[TS_LAYOUT_BINS] = l.bins;
  w[TS_LAYOUT_GROUPS] = l.groups;
  s.edge.resize(l.groups + 1);
  ts_layout_edges(&l, s.edge.data());

  std::vector<double> value(ts_layout_irf_words(&l));
  ts_layout_irf_values(&l, g.data(), value.data());
  double top = 0;
  for (double v : value) top = std::fmax(top, v);
  int exponent;
  std::frexp(top, &exponent);
  int scale = int(m.word_bits) - exponent;
  if (std::rint(std::ldexp(top, scale)) >= std::ldexp(1, int(m.word_bits))) scale--;
  for (double v : value) s.irf.push_back(uint32_t(std::rint(std::ldexp(v, scale))) | uint32_t(r.next()) << m.word_bits);

  const unsigned k = model_word & 7;
  const double pre_bins = 8 * l.pre, post_bins = l.bins - pre_bins;
  double f[TS_CFG_WORDS] = {}, tau[4], amplitude[4];
  f[TS_CFG_IRF_SCALE] = std::ldexp(1, -scale);
  f[TS_CFG_INV_PRE_BINS] = l.pre ? 1 / pre_bins : 0;
  f[TS_CFG_POST_BINS] = post_bins;
  f[TS_CFG_INV_POST_BINS] = 1 / post_bins;
  f[TS_CFG_IRF_CENTROID] = mean - pre_bins;
  f[TS_CFG_PERIOD] = model_word >> 24 & 1 ? l.bins * uniform(r, 1, 2) : 0;
  f[TS_CFG_CUMULANT_1] = mean;
  f[TS_CFG_CUMULANT_2] = moment[2];
  f[TS_CFG_CUMULANT_3] = moment[3];
  f[TS_CFG_CUMULANT_4] = moment[4] - 3 * moment[2] * moment[2];
  for (unsigned i = 0; i < k; i++) {
    tau[i] = spread(r, 0.8, l.bins);
    amplitude[i] = uniform(r, 0.1, 1);
    if (r.one_in(4)) f[TS_CFG_START_RATE_1 + i] = 1 / tau[i] * uniform(r, 0.7, 1.4);
    if (r.one_in(8)) f[TS_CFG_HELD_RATE_1 + 2 * i] = f[TS_CFG_START_RATE_1 + i] > 0;
    if (r.one_in(8)) f[TS_CFG_START_AMPLITUDE_1 + i] = spread(r, 1, 1000);
    if (r.one_in(16)) f[TS_CFG_HELD_AMPLITUDE_1 + 2 * i] = f[TS_CFG_START_AMPLITUDE_1 + i] > 0;
  }
  f[TS_CFG_HELD_SHIFT] = (fwhm < 1.5 && blur == 0) || r.one_in(3);
  f[TS_CFG_START_SHIFT] = r.one_in(3) ? uniform(r, -2, 2) : 0;
  f[TS_CFG_HELD_BACKGROUND] = r.one_in(6);
  f[TS_CFG_START_BACKGROUND] = r.one_in(2) ? -1 : spread(r, 1e-3, 10);
  f[TS_CFG_SHIFT_MAX] = 3;
  f[TS_CFG_RATE_MIN] = 1 / (50.0 * l.bins);
  f[TS_CFG_RATE_MAX] = 2;
  f[TS_CFG_BACKGROUND_MIN] = 1.0 / 16384;
  f[TS_CFG_CHI2_ACCEPT] = r.one_in(3) ? 1e9 : double(l.groups) * 1.4;
  f[TS_CFG_EVALUATIONS_MAX] = r.one_in(20) ? 1024 : r.one_in(4) ? 3 : 40;   // 1024: refused
  f[TS_CFG_STARTS_MAX] = r.one_in(2) ? 1 : 4;
  f[TS_CFG_GAUSS_SIGMA] = blur;
  for (unsigned i = 0; i < TS_CFG_WORDS; i++) w[TS_LAYOUT_WORDS + i] = ts_f32x_from_double(f[i]);

  s.mean.resize(l.bins);
  sum = 0;
  for (unsigned i = 0; i < k; i++) {
    double c = 0;
    for (uint32_t n = 0; n < l.bins; n++) sum += (s.mean[n] += amplitude[i] * (c = c * std::exp(-1 / tau[i]) + g[n]));
  }
  sum = 0;
  for (double v : s.mean) sum += v;
  for (double &v : s.mean) v /= sum;
  return s;
}

static uint32_t poisson(Random &r, double mean) {
  if (mean > 50) {
    double n = 0;
    for (int i = 0; i < 12; i++) n += uniform(r, 0, 1);
    return uint32_t(std::lrint(std::fmax(0, mean + std::sqrt(mean) * (n - 6))));
  }
  double p = uniform(r, 0, 1), limit = std::exp(-mean);
  uint32_t n = 0;
  for (; p > limit; n++) p *= uniform(r, 0, 1);
  return n;
}

static std::vector<uint32_t> make_counts(Random &r, const Setup &s, bool raw) {
  const double total = r.one_in(12) ? uniform(r, 0, 30) : r.one_in(20) ? 1e8 : spread(r, 100, 3e6), background = spread(r, 1e-3, total / 1e3 + 0.01);
  std::vector<uint32_t> bins, groups;
  for (double v : s.mean) bins.push_back(r.one_in(40) && total > 1e7 ? uint32_t(r.next()) : poisson(r, total * v + background));
  if (raw) return bins;
  for (size_t i = 0; i + 1 < s.edge.size(); i++) {
    uint32_t sum = 0;
    for (uint32_t b = s.edge[i]; b < s.edge[i + 1]; b++) sum += bins[b];
    groups.push_back(sum);
  }
  return groups;
}

struct Job {
  uint16_t config;
  bool compact;
  std::vector<uint32_t> words;  // without the cycles, which end a whole result
};

class Bench {
public:
  explicit Bench(uint64_t seed) : r(seed), model(ts_decay_engine_create(model_limits(bench_engine))) {
    d.rst = 1;
    for (int i = 0; i < 4; i++) tick();
    d.rst = 0;
  }
  ~Bench() { ts_decay_engine_destroy(model); }

  void run(long jobs) {
    while (done < jobs && score.failed < 20) {
      // some loads that come to nothing
      if (r.one_in(6)) counts_load(wrong_id(), r.one_in(2), {1, 2, 3});
      if (r.one_in(8)) {
        const Layout bad = hostile_layout(r, bench_engine);
        std::vector<uint32_t> words(bad.word, bad.word + TS_LAYOUT_WORDS);
        for (unsigned i = 0; i < TS_CFG_WORDS; i++) words.push_back(uint32_t(r.next()));
        load(TS_LOAD_CONFIG, uint16_t(r.next()), words, r.one_in(3));
        if (r.one_in(2)) counts_load(id, true, {1, 2, 3});
      }
      const Setup s = make_setup(r);
      id = uint16_t(r.next());
      if (!load(TS_LOAD_CONFIG, id, std::vector<uint32_t>(s.config, s.config + TS_LAYOUT_WORDS + TS_CFG_WORDS), r.one_in(12))) continue;
      if (r.one_in(8)) counts_load(id, r.one_in(2), {1});       // no IRF yet
      if (r.one_in(12)) load(TS_LOAD_IRF, wrong_id(), s.irf, false);
      if (!load(TS_LOAD_IRF, id, s.irf, r.one_in(12))) continue;
      for (uint32_t n = 1 + r.below(8 * ENGINES); n; n--) {
        const bool raw = r.one_in(2);
        counts_load(r.one_in(16) ? wrong_id() : id, raw, make_counts(r, s, raw), r.one_in(10));
      }
      if (r.one_in(4)) drain();
    }
    drain();
  }

  Score score;
  long done = 0, loads = 0, aborts = 0, missing = 0, rejects = 0, resets = 0, out_of_order = 0;
  uint64_t clocks = 0, evaluations = 0, work = 0;
  size_t most = 0;                      // in flight

private:
  Random r;
  Top d;
  ts_decay_engine *model;
  uint16_t id = 0;
  uint32_t seq = 1, last_seq = 0;
  std::map<uint32_t, Job> waiting;
  std::vector<uint32_t> got;
  bool held = false;
  uint32_t held_word = 0;
  uint64_t quiet = 0;
  uint32_t slow = 1;

  uint16_t wrong_id() { return uint16_t(id + 1 + r.below(0xfffe)); }

#ifdef GUEST
  // whoever uses the engine's single-port memory besides: it has words of its own, whenever the engine leaves the memory free, and that is soon
  std::map<uint32_t, uint32_t> guest;
  uint32_t guest_at = 0, guest_waits = 0;
  bool guest_reads = false;
  void guest_asks() {
    const bool writes = r.one_in(3);
    const uint32_t word = r.below(1024);
    guest_at = r.below(256);
    d.guest_asks = (writes ? 1u << 18 : 0) | guest_at << 10 | word;
    d.eval();
    const bool free = d.guest_gets >> 10 & 1;
    guest_reads = free && !writes;
    if (free && writes) guest[guest_at] = word;
    if (free) guest_waits = 0;
    else if (++guest_waits == 25) score.equal("clocks that the guest waits", guest_waits, 24);
  }
  void guest_gets() {
    if (guest_reads && guest.count(guest_at)) score.equal("the guest's word", d.guest_gets & 1023, guest[guest_at]);
  }
#else
  void guest_asks() {}
  void guest_gets() {}
#endif

  void tick() {
    d.clk = 0;
    d.eval();
    d.rs_ready = r.one_in(slow);
    d.eval();
    if (d.rs_valid && !d.rst) {
      if (held) score.equal("result word stays", d.rs_word, held_word);
      held = !d.rs_ready;
      held_word = d.rs_word;
      if (d.rs_ready) take();
    } else if (held) {
      score.equal("result stays valid", 0, 1);
      held = false;
    }
    guest_asks();
    d.clk = 1;
    d.eval();
    guest_gets();
    clocks++;
    if (++quiet > 4000000) {
      std::printf("FAIL nothing moves: %s, %s, %zu results wanted, result %s\n",
                  d.ld_begin_valid ? "a load waits to begin" : d.ld_valid ? "a word waits" : "no load waits",
                  d.ld_kind > 1 ? "counts" : "configuration or IRF", waiting.size(), d.rs_valid ? "valid" : "not valid");
      std::exit(1);
    }
  }

  void take() {
    quiet = 0;
    got.push_back(d.rs_word);
    const auto job = waiting.find(d.rs_seq);
    if (job == waiting.end()) {
      score.equal("known seq", d.rs_seq, 0);
      if (d.rs_last) got.clear();
      return;
    }
    const size_t words = job->second.words.size() + !job->second.compact;
    score.equal("rs_words", d.rs_words, words);
    score.equal("rs_config", d.rs_config, job->second.config);
    score.equal("rs_last", d.rs_last, got.size() == words);
    if (!d.rs_last) return;
    bool same = true;
    for (size_t i = 0; i < got.size() && i < job->second.words.size(); i++) {
      score.compared++;
      same = same && got[i] == job->second.words[i];
    }
    if (!same) {
      score.failed++;
      std::printf("FAIL result %u (config %u), is and should be:", d.rs_seq, d.rs_config);
      unsigned shown = 0;
      for (size_t i = 0; i < got.size() && i < job->second.words.size() && shown < 4; i++) {
        if (got[i] == job->second.words[i]) continue;
        std::printf(" [%zu] %08x %08x", i, got[i], job->second.words[i]);
        shown++;
      }
      std::printf("\n");
    }
    if (!job->second.compact) {
      score.equal("cycles are counted", got.back() > 50 && got.back() < 100000000, 1);
      work += got.back();
      evaluations += uint64_t(ts_f32x_to_double(job->second.words[TS_RES_EVALUATIONS]));
    }
    out_of_order += d.rs_seq < last_seq;
    last_seq = d.rs_seq;
    waiting.erase(job);
    got.clear();
    done++;
    slow = r.one_in(3) ? 1 : 1 + r.below(r.one_in(6) ? 800 : 8);
  }

  void drain() {
    while (!waiting.empty()) tick();
    for (uint32_t n = r.below(100); n; n--) tick();
    score.equal("no more results", got.size() + d.rs_valid, 0);
  }

  // In the middle of a load, of fits and of a result: nothing of them may be left.
  void reset() {
    d.rst = 1;
    held = false;
    for (int i = 0; i < 32; i++) tick();
    d.rst = 0;
    ts_decay_engine_destroy(model);
    model = ts_decay_engine_create(model_limits(bench_engine));
    waiting.clear();
    got.clear();
    resets++;
  }

  // True: committed and good.
  bool load(ts_load_kind kind, uint16_t config, const std::vector<uint32_t> &words, bool abort) {
    loads++;
    d.ld_begin_valid = 1;
    d.ld_kind = kind;
    d.ld_seq = seq;
    d.ld_config = config;
    for (bool taken = false; !taken;) {
      d.clk = 0;
      d.eval();
      taken = d.ld_begin_ready;
      tick();
    }
    quiet = 0;
    d.ld_begin_valid = 0;
    const uint32_t of = seq++;
    d.ld_seq = uint32_t(r.next());
    d.ld_config = uint16_t(r.next());
    d.ld_kind = r.below(4);
    d.clk = 0;
    d.eval();
    size_t expect;
    const bool good = ts_decay_engine_begin(model, kind, config, &expect);
    score.equal("ld_missing", d.ld_missing, !good);
    if (!good) {
      missing++;
      for (uint32_t n = r.below(40); n; n--) tick();
      if (r.one_in(2)) pulse(false);
      return false;
    }
    score.equal("ld_expect", d.ld_expect, expect);
    const uint32_t stop = abort ? r.below(uint32_t(expect) + 1) : uint32_t(expect);
    const uint32_t gap = r.one_in(3) ? 4 : 0;
    for (uint32_t i = 0; i < stop; i++) {
      while (gap && r.below(gap)) tick();
      const uint32_t word = i < words.size() ? words[i] : uint32_t(r.next());
      d.ld_word = word;
      d.ld_valid = 1;
      for (bool taken = false; !taken;) {
        d.clk = 0;
        d.eval();
        taken = d.ld_ready;
        tick();
      }
      d.ld_valid = 0;
      d.ld_word = uint32_t(r.next());
      ts_decay_engine_word(model, word);
      quiet = 0;
    }
    while (gap && r.below(gap)) tick();
    if (abort) {
      if (r.one_in(4)) {
        reset();
        return false;
      }
      aborts++;
      pulse(false);
      return false;
    }
    d.clk = 0;
    d.ld_commit = 1;
    d.eval();
    const bool accepted = ts_decay_engine_commit(model);
    score.equal("ld_reject", d.ld_reject, !accepted);
    rejects += !accepted;
    tick();
    d.ld_commit = 0;
    if (kind == TS_LOAD_RAW || kind == TS_LOAD_GROUPED) {
      uint32_t result[TS_ENGINE_RESULT_WORDS_MAX];
      const size_t n = ts_decay_engine_fit(model, result);
      const bool compact = ts_decay_engine_is_compact(model);
      waiting[of] = {config, compact, std::vector<uint32_t>(result, result + n - !compact)};
      most = std::max(most, waiting.size());
    }
    return accepted;
  }

  void counts_load(uint16_t config, bool raw, const std::vector<uint32_t> &words, bool abort = false) {
    load(raw ? TS_LOAD_RAW : TS_LOAD_GROUPED, config, words, abort);
  }

  void pulse(bool commit) {
    d.ld_commit = commit;
    d.ld_abort = !commit;
    tick();
    d.ld_commit = d.ld_abort = 0;
  }
};

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  Verilated::commandArgs(argc, argv);
  bench_engine = unsigned(std::atoi(argv[1]));
  Bench b(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 11 + bench_engine);
  b.run(std::atol(argv[2]));
  // an engine holds a job a context and one that waits for a result to leave
  if (ENGINES > 1) b.score.equal("all engines were full, results out of order", b.most > (ENGINES - 1) * 5 && b.out_of_order > 0, 1);
  std::printf("engine %u: %ld jobs, %ld loads (%ld aborted, %ld missing, %ld rejected), %ld resets, %ld results out of order, at most %zu in flight, %llu comparisons, %llu wrong, "
              "%llu evaluations, %.0f clocks of a fit each\n", bench_engine, b.done, b.loads, b.aborts, b.missing, b.rejects, b.resets, b.out_of_order, b.most,
              (unsigned long long)b.score.compared, (unsigned long long)b.score.failed, (unsigned long long)b.evaluations,
              double(b.work) / double(b.evaluations ? b.evaluations : 1));
  return b.score.failed != 0;
}
