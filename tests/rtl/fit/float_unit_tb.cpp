// fit_float_unit against the C model: random and hostile operands for every instruction, one instruction a clock.
// Usage: float_unit_tb COUNT SEED [VECTORS]; VECTORS: write the first vectors for the Icarus bench instead.
#include "Vfit_float_unit.h"
#include "fit_bench.h"
#include "verilated.h"

static const char *const names[] = {"fma", "fms", "seed", "exp2", "rest", "round", "min", "max", "abs", "select", "power", "in",
                                    "outm", "outw", "outx"};
static const unsigned ops = 15, ring = 16;

struct Case {
  unsigned op;
  ts_float a, b, c;   // as the instruction names them
  ts_fit_input in;
  uint32_t word_a, word_b, word_c;   // as they stand at the unit's ports
  Answer answer;
};

static Case make_case(Random &r, int w) {
  Case t;
  t.op = r.below(ops + 4) % ops;   // more of c +- a*b
  t.a = random_float(r, w);
  t.b = r.one_in(4) ? random_near(r, t.a, w) : random_float(r, w);
  t.c = random_float(r, w);
  if (t.op <= TS_FIT_FMS && r.below(3)) t.c = random_near(r, ts_float_fma(t.a, t.b, float_zero, false, w), w);
  if (t.op == TS_FIT_OUTW && r.below(3)) {
    t.c = random_near(r, t.a, w);
    t.b.e = (int)r.below(9) - 4;
    if (t.b.m == 0) t.b.m = 1 << (w - 1);
  }
  if ((t.op == TS_FIT_MIN || t.op == TS_FIT_MAX) && r.below(3)) t.b = random_near(r, t.a, w);
  if (t.op == TS_FIT_IN) t.c = (ts_float){1 << (w - 1), (int)r.below(1024) - 512};
  t.in.value = random_integer(r);
  t.in.exponent = r.one_in(2) ? (int)r.below(1024) - 512 : (int)r.below(100) - 50;
  t.answer = model(t.op, t.a, t.b, t.c, t.in, w);
  const uint32_t a = pack_word(t.a, w), b = pack_word(t.b, w), c = pack_word(t.c, w);
  const uint32_t any = pack_word(random_float(r, w), w);
  t.word_a = a, t.word_b = b, t.word_c = c;
  switch (t.op) {
    case TS_FIT_FMA: case TS_FIT_FMS: break;
    case TS_FIT_MIN: case TS_FIT_MAX: t.word_b = any, t.word_c = b; break;
    case TS_FIT_SEL: t.word_b = c, t.word_c = b; break;
    case TS_FIT_OUTW: t.word_a = c, t.word_c = a; break;
    case TS_FIT_IN: t.word_a = any, t.word_b = any; break;
    case TS_FIT_OUTM: case TS_FIT_OUTX: t.word_b = any, t.word_c = a; break;
    default: t.word_a = any, t.word_b = any, t.word_c = a; break;
  }
  return t;
}

static ts_float unpack_word(uint32_t x, int w) {
  const int32_t m = (int32_t)(x & ((1u << w) - 1));
  return (ts_float){x >> (w + 10) & 1 ? -m : m, (int32_t)(x << (22 - w)) >> 22};
}

static bool is_out(unsigned op) { return op >= TS_FIT_OUTM; }

static int vectors(const char *path, Random &r, unsigned long count) {
  FILE *f = fopen(path, "w");
  if (!f) return perror(path), 1;
  for (unsigned long n = 0; n < count; n++) {
    const Case t = make_case(r, WORD_BITS);
    const uint32_t expected = is_out(t.op) ? t.answer.out : pack_word(t.answer.d, WORD_BITS);
    fprintf(f, "%02x %08x %08x %08x %014llx %03x %08x\n", t.op, t.word_a, t.word_b, t.word_c,
            (unsigned long long)t.in.value & 0x3fffffffffffffull, (unsigned)t.in.exponent & 1023, expected);
  }
  return fclose(f);
}

int main(int argc, char **argv) {
  const unsigned long count = argc > 1 ? strtoul(argv[1], nullptr, 0) : 1000000;
  Random r(argc > 2 ? strtoul(argv[2], nullptr, 0) : 1);
  const int w = WORD_BITS;
  if (argc > 3) return vectors(argv[3], r, count);
  VerilatedContext context;
  Vfit_float_unit dut(&context);
  static Case cases[ring];
  unsigned long wrong = 0, done[ops] = {0}, bad[ops] = {0};
  for (unsigned long t = 0; t < count + ring; t++) {
    // clock t: instruction t, operands of t - 1, input of t - 3, comparison of t - 2, result of t - 9
    cases[t % ring] = make_case(r, w);
    const Case &operands = cases[(t - 1) % ring], &compared = cases[(t - 2) % ring], &input = cases[(t - 3) % ring],
               &old = cases[(t - 9) % ring];
    dut.clk = 0;
    dut.op = cases[t % ring].op;
    dut.a_word = operands.word_a, dut.b_word = operands.word_b, dut.c_word = operands.word_c;
    dut.in_value = (uint64_t)input.in.value & 0x3fffffffffffffull;
    dut.in_exponent = (uint32_t)input.in.exponent & 1023;
    dut.eval();
    if (t >= ring) {
      const bool less = ts_float_compare(unpack_word(compared.word_a, w), unpack_word(compared.word_c, w)) < 0;
      const uint32_t expected = is_out(old.op) ? old.answer.out : pack_word(old.answer.d, w);
      const uint32_t got = is_out(old.op) ? dut.out_word : dut.result;
      done[old.op]++;
      if (got != expected) {
        bad[old.op]++;
        if (bad[old.op] <= 3)
          printf("%s: a %d %d b %d %d c %d %d in %lld %d: got %08x, expected %08x\n", names[old.op], old.a.m, old.a.e, old.b.m, old.b.e,
                 old.c.m, old.c.e, (long long)old.in.value, old.in.exponent, got, expected);
      }
      if (dut.a_less != less && wrong++ < 3) printf("less: %08x %08x: got %d\n", compared.word_a, compared.word_c, dut.a_less);
    }
    dut.clk = 1;
    dut.eval();
  }
  int passed = wrong == 0, failed = wrong != 0;
  for (unsigned op = 0; op < ops; op++) {
    const bool good = bad[op] == 0 && done[op] > 0;
    passed += good, failed += !good;
    if (!good) printf("FAIL float_unit %d bits: %s, %lu of %lu wrong\n", w, names[op], bad[op], done[op]);
  }
  if (wrong) printf("FAIL float_unit %d bits: less, %lu wrong\n", w, wrong);
  printf("float_unit %d bits, %lu cases: %d passed, %d failed\n", w, count, passed, failed);
  return failed != 0;
}
