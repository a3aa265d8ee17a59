// decay_config against decode_layout, layout_good and irf_words of decay_engine.c.
//   config_bench ENGINE LAYOUTS
#include "Vdecay_config.h"
#include "bench.h"

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const unsigned engine = unsigned(std::atoi(argv[1]));
  const long layouts = std::atol(argv[2]);
  Random r(engine);
  Score score;
  Vdecay_config d;
  long good = 0;
  auto clock = [&] {
    d.clk = 0;
    d.eval();
    d.clk = 1;
    d.eval();
  };
  d.rst = 1;
  clock();
  d.rst = 0;
  for (long n = 0; n < layouts; n++) {
    const Layout l = hostile_layout(r, engine);
    model_layout m = model_decode(engine, l.word);
    // anything, or a word about the limit
    const uint32_t evaluations = r.one_in(8) ? uint32_t(r.next()) : 1u << r.below(2 * TS_EVALUATIONS_BITS);
    m.good = m.good && evaluations >> TS_EVALUATIONS_BITS == 0;
    d.begin_load = 1;
    clock();
    d.begin_load = 0;
    score.equal("held while loading", d.held, 0);
    const bool gaps = r.one_in(4);
    const unsigned total = TS_LAYOUT_WORDS + TS_CFG_WORDS, stop = r.one_in(10) ? r.below(total) : total;
    bool fresh = true;
    for (unsigned i = 0; i < stop;) {
      if (fresh && gaps && r.one_in(3)) {
        d.word_valid = 0;
        d.word = uint32_t(r.next());
        clock();
        continue;
      }
      d.word_valid = 1;
      d.word = i < TS_LAYOUT_WORDS ? l.word[i] : i == TS_LAYOUT_WORDS + TS_CFG_EVALUATIONS_MAX ? evaluations : uint32_t(r.next());   // stays until it is taken
      d.clk = 0;
      d.eval();
      if (i >= TS_LAYOUT_WORDS) score.equal("float", d.float_write << 8 | d.float_index, 1 << 8 | (i - TS_LAYOUT_WORDS));
      else score.equal("no float", d.float_write, 0);
      const bool take = d.word_ready;
      clock();
      i += take;
      fresh = take;
    }
    d.word_valid = 0;
    if (stop < total) {
      score.equal("held after an abort", d.held, 0);
      continue;
    }
    d.commit = 1;
    d.clk = 0;
    d.eval();
    score.equal("bad", d.bad, !m.good);
    clock();
    d.commit = 0;
    score.equal("held", d.held, m.good);
    if (!m.good) continue;
    good++;
    score.equal("components", d.components, m.layout.components);
    score.equal("taps", d.taps, m.layout.taps);
    score.equal("shift_taps", d.shift_taps, m.layout.shift_taps);
    score.equal("period", d.period, m.period);
    score.equal("compact", d.compact, m.compact);
    score.equal("pre", d.pre, m.layout.pre);
    score.equal("fine", d.fine, m.layout.fine);
    score.equal("octaves", d.octaves, m.layout.octaves);
    for (unsigned o = 1; o <= TS_PASS_OCTAVES; o++)
      score.equal("octave", d.octave_groups[(o - 1) / 4] >> (8 * ((o - 1) % 4)) & 255, m.layout.octave_groups[o]);
    score.equal("bins", d.bin_count, l.word[TS_LAYOUT_BINS]);
    score.equal("groups", d.group_count, l.word[TS_LAYOUT_GROUPS]);
    score.equal("irf_words", d.irf_words, m.irf_words);
  }
  std::printf("config engine %u: %ld layouts, %ld good, %llu comparisons, %llu wrong\n", engine, layouts, good,
              (unsigned long long)score.compared, (unsigned long long)score.failed);
  return score.failed || good < layouts / 20 || good == layouts;
}
