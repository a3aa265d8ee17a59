// decay_loader against decay_loader.c: counts, moments as IN gives them, F, saturation.
//   loader_bench ENGINE LOADS
#include "Vdecay_loader.h"
#include "bench.h"

// What IN makes of value * 2^exponent, for either word length.
static bool same_number(uint32_t f32x, uint64_t value, int exponent) {
  const int64_t m = int32_t(f32x << 8) >> 8;
  if (m < 0) return false;
  for (int bits : {16, 18}) {
    const ts_float a = ts_float_pack(false, uint64_t(m), int8_t(f32x >> 24), bits), b = ts_float_pack(false, value, exponent, bits);
    if (a.m != b.m || a.e != b.e) return false;
  }
  return true;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  const unsigned engine = unsigned(std::atoi(argv[1]));
  const long loads = std::atol(argv[2]);
  const ts_engine_limits m = *model_limits(engine);
  Random r(7 + engine);
  Score score;
  Vdecay_loader d;
  std::vector<uint32_t> count(2 * m.groups_max), group(m.groups_max);
  uint32_t put[128] = {};
  uint64_t clocks = 0;
  long aborted = 0, saturated = 0;
  bool busy_port = false;
  auto clock = [&] {
    d.put_ready = !(busy_port && r.below(3));
    d.clk = 0;
    d.eval();
    if (d.count_write) count.at((d.count_address >> __builtin_ctz(m.groups_max)) * m.groups_max + d.count_address % m.groups_max) = d.count_data;
    if (d.put_valid && d.put_ready) put[d.put_address] = d.put_word;
    d.clk = 1;
    d.eval();
    clocks++;
  };
  d.rst = 1;
  clock();
  d.rst = 0;
  for (long n = 0; n < loads; n++) {
    const Layout l = random_layout(r, engine);
    const model_layout layout = model_decode(engine, l.word);
    const bool raw = r.one_in(2), gaps = r.one_in(4);
    busy_port = r.one_in(3);
    d.pre = layout.layout.pre;
    d.fine = layout.layout.fine;
    d.octaves = layout.layout.octaves;
    d.period = layout.period;
    for (unsigned o = 0; o < 12; o++) {
      if (o % 4 == 0) d.octave_groups[o / 4] = 0;
      if (o < TS_PASS_OCTAVES) d.octave_groups[o / 4] |= layout.layout.octave_groups[o + 1] << (8 * (o % 4));
    }
    ts_loader c;
    ts_loader_begin(&c, &layout.layout, m.count_bits, raw, group.data());
    d.begin_load = 1;
    d.take_seq = 1;
    d.raw = raw;
    d.seq = uint32_t(r.next());
    d.to_context = r.below(2);
    d.parity = r.below(2);
    const uint32_t seq = d.seq;
    clock();
    d.begin_load = 0;
    d.take_seq = 0;
    d.seq = uint32_t(r.next());
    const uint32_t total = l.word[raw ? TS_LAYOUT_BINS : TS_LAYOUT_GROUPS], stop = r.one_in(10) ? r.below(total + 1) : total;
    static const uint32_t typical[] = {0, 1, 5, 100, 3000, 100000, 3000000};
    const uint32_t size = r.one_in(30) ? ~0u : typical[r.below(7)];
    for (uint32_t i = 0; i < stop;) {
      d.word_valid = !(gaps && r.one_in(2));
      d.word = size == ~0u ? size : size ? random_count(r, size) : 0;
      const uint32_t word = d.word;
      const bool valid = d.word_valid;
      for (;;) {   // a valid word stays until it is taken
        d.clk = 0;
        d.eval();
        const bool take = valid && d.word_ready;
        clock();
        if (take) {
          ts_loader_word(&c, word);
          i++;
        }
        if (take || !valid) break;
      }
    }
    d.word_valid = 0;
    for (uint32_t i = r.below(4); i; i--) clock();
    if (stop < total || r.one_in(20)) {
      d.forget = 1;
      clock();
      d.forget = 0;
      aborted++;
      continue;
    }
    d.commit = 1;
    clock();
    d.commit = 0;
    for (int i = 0; i < 2000 && !d.done; i++) clock();
    score.equal("done", d.done, 1);
    clock();
    const unsigned context = d.to_context, at = 0x40 | context << 4;
    for (uint32_t g = 0; g < l.word[TS_LAYOUT_GROUPS]; g++) score.equal("count", count[context * m.groups_max + g], group[g]);
    score.equal("seq", put[at + d.parity], seq);
    score.equal("S", same_number(put[at + 7], c.post_counts, 0), true);
    score.equal("M2", same_number(put[at + 8], c.moment2, 0), true);
    score.equal("B", same_number(put[at + 9], c.pre_counts, 0), true);
    score.equal("last", same_number(put[at + 10], c.last, -int(c.last_log2_width)), true);
    score.equal("saturated", d.saturated, c.saturated);
    score.equal("F", d.fraction_bits, unsigned(ts_pass_fraction_bits(int(m.word_bits), c.largest, layout.period)));
    saturated += c.saturated;
  }
  std::printf("loader engine %u: %ld loads, %ld aborted, %ld saturated, %llu comparisons, %llu wrong, %.0f clocks a load\n", engine, loads,
              aborted, saturated, (unsigned long long)score.compared, (unsigned long long)score.failed, double(clocks) / double(loads));
  return score.failed != 0;
}
