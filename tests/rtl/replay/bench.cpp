// Clocks a fit and latencies of engines that a replay store feeds (replay_bench.v); every result against the model.
//   bench ENGINE LOADS FITS       LOADS: 32-bit words as replay_store.v has them, without the end
// Prints one line of JSON. Runs where the program's tables are.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "Vreplay_bench.h"
#include "verilated.h"
extern "C" {
#include "decay_engine.h"
#include "words.h"
#include "protocol.h"
}

namespace {

constexpr std::size_t kWordsMax = 1u << 16;
constexpr std::uint64_t kSilentClocks = 4000000;

struct Result {
  std::vector<std::uint32_t> words;       // with the model's clocks, which are none
};

ts_engine_limits limits_of(unsigned engine) {
  ts_engine_limits limits = {};
#define TAKE(NAME, name, id, word, state, window, accumulator, count, components, bins, fine, groups, ...) \
  if (engine == (id)) limits = ts_engine_limits{word, components, bins, fine, groups, count};
  TS_ENGINE_LIST(TAKE)
#undef TAKE
  return limits;
}

int fail(const char *text) {
  std::fprintf(stderr, "replay: %s\n", text);
  return 1;
}

void clock(Vreplay_bench &d) {
  d.clk = 0;
  d.eval();
  d.clk = 1;
  d.eval();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  std::vector<std::uint32_t> memory(kWordsMax);
  std::FILE *file = std::fopen(argv[2], "rb");
  if (!file) return fail("cannot open the loads");
  const std::size_t n = std::fread(memory.data(), 4, kWordsMax, file);
  std::fclose(file);
  if (n + 1 > kWordsMax) return fail("more loads than the memory holds");
  memory.resize(n);
  const ts_engine_limits limits = limits_of(unsigned(std::atoi(argv[1])));
  ts_decay_engine *model = ts_decay_engine_create(&limits);
  if (!model) return fail("no model of this engine");

  std::vector<Result> expected;
  for (std::size_t at = 0; at < n;) {
    const ts_load_kind kind = ts_load_kind(memory[at] >> 16 & 3);
    const std::size_t count = memory[at] & 0xffff;
    std::size_t expect = 0;
    if (!ts_decay_engine_begin(model, kind, 1, &expect) || expect != count || at + 1 + count > n) return fail("a load is not as the model expects it");
    for (std::size_t i = 0; i < count; i++) ts_decay_engine_word(model, memory[at + 1 + i]);
    if (!ts_decay_engine_commit(model)) return fail("the model refuses a load");
    if (kind == TS_LOAD_RAW || kind == TS_LOAD_GROUPED) {
      std::uint32_t words[TS_ENGINE_RESULT_WORDS_MAX];
      const std::size_t k = ts_decay_engine_fit(model, words);
      expected.push_back({std::vector<std::uint32_t>(words, words + k)});
    }
    at += 1 + count;
  }
  ts_decay_engine_destroy(model);
  if (expected.empty()) return fail("no histograms");

  static Vreplay_bench d;
  const std::uint32_t fits = std::uint32_t(std::atol(argv[3]));
  d.rst = 1;
  d.fits = fits;
  memory.push_back(0xffffffff);
  for (std::size_t i = 0; i < memory.size(); i++) {
    d.write = 1;
    d.write_address = std::uint16_t(i);
    d.write_word = memory[i];
    clock(d);
  }
  d.write = 0;
  for (int i = 0; i < 32; i++) clock(d);
  d.rst = 0;

  std::vector<std::uint32_t> latency, got;
  std::vector<bool> seen(fits);
  std::uint64_t clocks = 0, silent = 0, evaluations = 0, most_evaluations = 0, out_of_order = 0;
  std::uint32_t last = 0;
  bool begun = false;
  while (latency.size() < fits) {
    d.clk = 0;
    d.eval();
    begun = begun || d.begins;
    if (d.refused) return fail("an engine refuses a load");
    if (d.rs_valid) {
      silent = 0;
      got.push_back(d.rs_word);
      if (d.rs_last) {
        if (d.rs_seq >= fits || seen[d.rs_seq]) return fail("a result that was not asked for");
        seen[d.rs_seq] = true;
        const std::vector<std::uint32_t> &should = expected[d.rs_seq % expected.size()].words;
        if (got.size() != should.size() || !std::equal(got.begin(), got.end() - 1, should.begin())) return fail("a result differs from the model's");
        const std::uint64_t e = std::uint64_t(ts_f32x_to_double(got[TS_RES_EVALUATIONS]));
        evaluations += e;
        most_evaluations = std::max(most_evaluations, e);
        out_of_order += d.rs_seq < last;
        last = d.rs_seq;
        latency.push_back(got.back());
        got.clear();
      }
    }
    if (++silent > kSilentClocks) return fail("nothing comes any more");
    d.clk = 1;
    d.eval();
    clocks += begun;
  }
  std::sort(latency.begin(), latency.end());
  std::printf("{\"fits\": %u, \"clocks\": %llu, \"evaluations\": %llu, \"evaluations_most\": %llu, \"out_of_order\": %llu, \"latency_median\": %u, "
              "\"latency_99\": %u, \"latency_most\": %u}\n", fits, (unsigned long long)clocks, (unsigned long long)evaluations,
              (unsigned long long)most_evaluations, (unsigned long long)out_of_order, latency[fits / 2],
              latency[std::min<std::size_t>(fits - 1, std::size_t(fits) * 99 / 100)], latency[fits - 1]);
  return 0;
}
