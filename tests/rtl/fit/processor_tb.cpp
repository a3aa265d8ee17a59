// fit_processor against the C model over random programs: two contexts (SMALL: one, and calls of depth 1), branches forward, calls, PASS in between, passes of random
// length, results read in the first clock in which they may be. Every OUT in order, every register in all three copies.
// Usage: processor_tb PROGRAMS SEED [early]; early: one result is read a clock too soon, which the machine has to notice.
#include "Vfit_processor.h"
#include "Vfit_processor___024root.h"
#include "fit_bench.h"
#include "verilated.h"
#include <deque>
#include <vector>

#ifndef SMALL
#define SMALL 0
#endif

static const int w = WORD_BITS;
static const unsigned latency = 10, branch_gap = 5, contexts = SMALL ? 1 : 2, jobs = 3;

struct Out {
  unsigned address;
  uint32_t word;
};

// ---- random programs ----
struct Maker {
  Random &r;
  std::vector<ts_fit_instruction> code;
  std::vector<unsigned> pool;   // registers in use
  unsigned clock = 0;           // of the last issue within the block
  unsigned settled[256] = {0};
  bool early = false;           // to be done
  explicit Maker(Random &random) : r(random) {
    for (unsigned i = 0; i < 20; i++) pool.push_back(64 + r.below(CONTEXT_REGISTERS));
    pool.push_back(64), pool.push_back(63 + CONTEXT_REGISTERS);
  }
  unsigned any() { return r.one_in(5) ? r.below(64) : pool[r.below((unsigned)pool.size())]; }
  unsigned variable() { return pool[r.below((unsigned)pool.size())]; }

  void emit(unsigned op, unsigned d, unsigned a, unsigned b, unsigned c, unsigned from) {
    // which registers it reads
    const bool both = op == TS_FIT_MIN || op == TS_FIT_MAX || op == TS_FIT_BLT || op == TS_FIT_BGE, three = op <= TS_FIT_FMS || op == TS_FIT_SEL;
    const bool reads_a = op != TS_FIT_IN && op <= TS_FIT_BGE, reads_b = both || three;
    const bool reads_c = three || op == TS_FIT_IN || op == TS_FIT_OUTW;
    unsigned t = clock + 1;
    if (from > t) t = from;
    if (reads_a && settled[a] > t) t = settled[a];
    if (reads_b && settled[b] > t) t = settled[b];
    if (reads_c && settled[c] > t) t = settled[c];
    unsigned wait = t - clock - 1;
    const bool reading = (reads_a && settled[a] == t) || (reads_b && settled[b] == t) || (reads_c && settled[c] == t);
    if (early && wait && reading && code.size() > 60 && t != from) wait--, early = false;
    else if (r.one_in(8)) wait += r.below(3);
    while (wait > 15) code.push_back((ts_fit_instruction){TS_FIT_FMA, 15, 0, 0, 0, 0}), wait -= 16, clock += 16;
    code.push_back((ts_fit_instruction){(uint8_t)op, (uint8_t)wait, (uint8_t)d, (uint8_t)a, (uint8_t)b, (uint8_t)c});
    clock += wait + 1;
    if (op <= TS_FIT_IN) settled[d] = clock + latency;
  }
  void operation() {
    static const unsigned ops[] = {0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 11, 12, 13, 14, 14};
    const unsigned op = ops[r.below(20)];
    if (op == TS_FIT_IN) emit(op, variable(), r.below(256), r.below(4), r.below(2) + 1, 0);
    else if (op >= TS_FIT_OUTM && r.one_in(6)) {   // an offset: an integer
      emit(TS_FIT_OUTX, TS_FIT_OUT_OFFSET, 3 + r.below(16), 0, 0, 0);
    } else if (op >= TS_FIT_OUTM) {
      const unsigned port = r.below(4), d = r.below(256);
      // OUTW reads a constant there
      emit(op, port == 0 && d == TS_FIT_OUT_OFFSET ? 7 : d, any(), op == TS_FIT_OUTW ? 4 * r.below(16) + port : port, any(), 0);
    }
    else emit(op, variable(), any(), any(), any(), 0);
  }
  // A turn after which everything is settled at the other side, in the first clock possible.
  size_t turn(unsigned op, unsigned target) {
    unsigned last = 0;
    for (unsigned s : settled) last = s > last ? s : last;
    emit(op, target >> 8, any(), any(), target & 255, last > branch_gap ? last - branch_gap : 0);
    // compare: a and b are registers, c and d the target
    clock = 0;
    memset(settled, 0, sizeof settled);
    return code.size() - 1;
  }
  void aim(size_t at, unsigned target) { code[at].d = (uint8_t)(target >> 8), code[at].c = (uint8_t)target; }

  void make() {
    for (unsigned reg : pool) emit(TS_FIT_IN, reg, r.below(256), r.below(4), 1, 0);
    const unsigned blocks = 8 + r.below(12), routines = 4;
    std::vector<unsigned> start(blocks + 1), routine(routines);
    std::vector<std::pair<size_t, unsigned>> to_block, to_routine;
    for (unsigned i = 0; i < blocks; i++) {
      start[i] = (unsigned)code.size();
      for (unsigned n = r.below(25); n; n--) operation();
      switch (i == blocks - 1 ? 9 : r.below(8)) {
        case 0: case 1: to_block.push_back({turn(TS_FIT_BLT, 0), i + 1 + r.below(blocks - i - 1)}); break;
        case 2: case 3: to_block.push_back({turn(TS_FIT_BGE, 0), i + 1 + r.below(blocks - i - 1)}); break;
        case 4: to_block.push_back({turn(TS_FIT_JMP, 0), i + 1 + r.below(blocks - i - 1)}); break;
        case 5: turn(TS_FIT_PASS, 0); break;
        case 9: turn(TS_FIT_DONE, 0); break;
        default: to_routine.push_back({turn(TS_FIT_CALL, 0), r.below(routines)}); break;
      }
    }
    for (unsigned i = 0; i < routines; i++) {
      routine[i] = (unsigned)code.size();
      for (unsigned part = 1 + r.below(3); part; part--) {
        for (unsigned n = r.below(12); n; n--) operation();
        if (r.one_in(4)) turn(TS_FIT_PASS, 0);
        else if (!SMALL && i + 1 < routines) to_routine.push_back({turn(TS_FIT_CALL, 0), i + 1 + r.below(routines - i - 1)});
      }
      turn(TS_FIT_RET, 0);
    }
    for (auto &x : to_block) aim(x.first, start[x.second]);
    for (auto &x : to_routine) aim(x.first, routine[x.second]);
  }
};

// ---- the model, an instruction at a time ----
static ts_fit_input input_of(unsigned context, unsigned job, unsigned count, unsigned address) {
  Random r(((uint64_t)context << 50) ^ ((uint64_t)job << 40) ^ ((uint64_t)count << 16) ^ address);
  r.next();
  ts_fit_input in;
  in.value = random_integer(r);
  in.exponent = r.one_in(6) ? (int)r.below(1024) - 512 : -(int)r.below(40);
  return in;
}

struct Feed {
  unsigned context, job, count;
};
static ts_fit_input serve(void *user, unsigned address) {
  Feed *f = (Feed *)user;
  return input_of(f->context, f->job, f->count++, address);
}

struct Mirror {
  ts_fit_context x, whole;
  Feed feed, feed_whole;
  // Runs to the next PASS or DONE, adds what goes out; checks the steps against one call of ts_fit_run.
  ts_fit_stop run(const ts_fit_program &p, std::deque<Out> &outs) {
    for (;;) {
      const ts_fit_instruction i = p.code[x.pc];
      if (i.op >= TS_FIT_BLT) {
        const ts_fit_program step = {p.code, p.length, p.constants};
        const unsigned target = (unsigned)i.d << 8 | i.c;
        x.pc++;
        if (i.op == TS_FIT_PASS || i.op == TS_FIT_DONE) {
          const ts_fit_stop stop = ts_fit_run(&whole, &step, w, serve, &feed_whole);
          if (i.op == TS_FIT_DONE) x.pc = 0;
          if (whole.pc != x.pc || memcmp(whole.r, x.r, sizeof x.r) || memcmp(whole.out, x.out, sizeof x.out)) abort();
          return stop;
        }
        if (i.op == TS_FIT_CALL) x.stack[x.depth++ % TS_FIT_STACK] = x.pc;
        if (i.op == TS_FIT_RET) x.pc = x.stack[--x.depth % TS_FIT_STACK];
        else if (i.op == TS_FIT_BLT ? ts_float_compare(x.r[i.a], x.r[i.b]) < 0 : i.op == TS_FIT_BGE ? ts_float_compare(x.r[i.a], x.r[i.b]) >= 0 : true)
          x.pc = target;
        continue;
      }
      const ts_fit_instruction one[2] = {i, {TS_FIT_DONE, 0, 0, 0, 0, 0}};
      const ts_fit_program step = {one, 2, p.constants};
      const unsigned pc = x.pc;
      x.pc = 0;
      ts_fit_run(&x, &step, w, serve, &feed);
      x.pc = pc + 1;
      unsigned address = (unsigned)(i.b & 3) << 8 | i.d;
      if (address >> 8 == 2) address = (address - TS_FIT_OUT_INDEXED + 4 * x.offset) & 511;
      if (i.op >= TS_FIT_OUTM) outs.push_back((Out){address, x.out[address]});
    }
  }
};

static unsigned long outs_seen, instructions, passes_seen;
static bool fail(const char *what, unsigned program) {
  printf("program %u: %s\n", program, what);
  return false;
}

static bool run_program(unsigned number, uint64_t seed, bool early) {
  Random r(seed);
  Maker maker(r);
  maker.early = early;
  maker.make();
  static ts_float constants[TS_FLOAT_TABLES][TS_FIT_CONSTANTS];
  for (unsigned i = 0; i < TS_FIT_CONSTANTS; i++)
    constants[TS_FLOAT_TABLE(w)][i] = i == 0 ? float_zero : i < 3 ? (ts_float){1 << (w - 1), (int)i} : i < 19 ? ts_float_pack(false, r.below(64), 0, w) : random_float(r, w);
  const ts_fit_program p = {maker.code.data(), (unsigned)maker.code.size(), constants};
  if (p.length > 1u << PROGRAM_WORDS_LOG2) return fail("too long", number);
  instructions += p.length;
  FILE *f = fopen("program.hex", "w");
  for (const ts_fit_instruction &i : maker.code)
    fprintf(f, "%011llx\n", (unsigned long long)i.op << 36 | (unsigned long long)i.stall << 32 | (unsigned)i.d << 24 | (unsigned)i.a << 16 | (unsigned)i.b << 8 | i.c);
  for (unsigned i = p.length; i < 1u << PROGRAM_WORDS_LOG2; i++) fprintf(f, "15000000000\n");
  fclose(f);
  f = fopen("constants.hex", "w");
  for (unsigned i = 0; i < TS_FIT_CONSTANTS; i++) fprintf(f, "%x\n", pack_word(constants[TS_FLOAT_TABLE(w)][i], w));
  fclose(f);

  VerilatedContext context;
  Vfit_processor dut(&context);
  static Mirror mirror[contexts];
  memset(mirror, 0, sizeof mirror);
  std::deque<Out> expected[contexts];
  unsigned started[contexts] = {0}, in_count[contexts] = {0}, finished = 0;
  int start_in[contexts], pass_in[contexts];   // clocks to go, -1: none
  bool running[contexts] = {false}, waits[contexts] = {false};
  ts_fit_stop next[contexts];
  for (unsigned k = 0; k < contexts; k++) start_in[k] = (int)r.below(30), pass_in[k] = -1;
  struct Asked {
    bool valid;
    ts_fit_input in;
  };
  std::deque<Asked> asked(3, (Asked){false, {0, 0}});
  dut.rst = 1;
  for (unsigned long t = 0; t < 400000 && finished < contexts * jobs; t++) {
    if (t == 4) dut.rst = 0;
    dut.clk = 0;
    dut.job_start = 0, dut.pass_done = 0;
    for (unsigned k = 0; t > 4 && k < contexts; k++) {
      if (start_in[k] >= 0 && start_in[k]-- == 0) {
        dut.job_start |= 1u << k;
        Mirror &m = mirror[k];
        ts_fit_context_start(&m.x, &p, w), ts_fit_context_start(&m.whole, &p, w);
        m.feed = m.feed_whole = (Feed){k, started[k], 0};
        in_count[k] = 0;
        running[k] = true;
        next[k] = m.run(p, expected[k]);
      }
      if (pass_in[k] >= 0 && pass_in[k]-- == 0) {
        dut.pass_done |= 1u << k;
        waits[k] = false;
        next[k] = mirror[k].run(p, expected[k]);
      }
    }
    const Asked now = asked.front();
    dut.in_value = now.valid ? (uint64_t)now.in.value & 0x3fffffffffffffull : r.next() >> 10;
    dut.in_exponent = now.valid ? (uint32_t)now.in.exponent & 1023 : r.below(1024);
    dut.eval();
    // outputs of this clock
    asked.pop_front();
    asked.push_back((Asked){false, {0, 0}});
    if (dut.in_request) {
      const unsigned k = dut.in_context;
      if (!running[k] || waits[k]) return fail("IN of a context that does not run", number);
      asked.back() = (Asked){true, input_of(k, started[k], in_count[k]++, dut.in_address)};
    }
    if (dut.out_valid) {
      const unsigned k = dut.out_context;
      if (expected[k].empty()) return fail("OUT too much", number);
      const Out e = expected[k].front();
      expected[k].pop_front();
      outs_seen++;
      if (e.address != dut.out_address || e.word != dut.out_word) {
        printf("OUT %03x %08x, expected %03x %08x\n", dut.out_address, dut.out_word, e.address, e.word);
        return fail("OUT differs", number);
      }
    }
    for (int done = 0; done < 2; done++) {
      if (!(done ? dut.result_done : dut.pass_start)) continue;
      const unsigned k = done ? dut.result_context : dut.pass_context;
      if (!running[k] || waits[k] || next[k] != (done ? TS_FIT_STOP_DONE : TS_FIT_STOP_PASS)) return fail("stops elsewhere", number);
      if (!expected[k].empty()) return fail("stops before its OUT words", number);
      for (unsigned reg : maker.pool) {
        const unsigned at = reg + k * CONTEXT_REGISTERS;
        const uint32_t e = pack_word(mirror[k].x.r[reg], w);
        auto *root = dut.rootp;
        if (root->fit_processor__DOT__u_register_file__DOT__a_words[at] != e || root->fit_processor__DOT__u_register_file__DOT__b_words[at] != e ||
            root->fit_processor__DOT__u_register_file__DOT__c_words[at] != e)
          return fail("registers differ", number);
      }
      if (done) {
        running[k] = false;
        finished++;
        if (++started[k] < jobs) start_in[k] = (int)r.below(r.one_in(2) ? 3 : 60);
      } else {
        waits[k] = true;
        passes_seen++;
        pass_in[k] = (int)r.below(r.one_in(3) ? 3 : 300);
      }
    }
    if (!dut.busy)
      for (unsigned k = 0; k < contexts; k++)
        if (running[k] && !waits[k] && !(dut.job_start >> k & 1) && !(dut.pass_done >> k & 1)) return fail("not busy", number);
    dut.clk = 1;
    dut.eval();
  }
  return finished == contexts * jobs || fail("does not finish", number);
}

int main(int argc, char **argv) {
  const unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], nullptr, 0) : 300;
  const uint64_t seed = argc > 2 ? strtoull(argv[2], nullptr, 0) : 1;
  const bool early = argc > 3;
  unsigned passed = 0, failed = 0;
  for (unsigned i = 0; i < count; i++) run_program(i, seed * 1000003 + i, early) ? passed++ : failed++;
  printf("processor %d bits, %d registers, %lu instructions, %lu OUT words, %lu passes: %u passed, %u failed\n", w, CONTEXT_REGISTERS, instructions,
         outs_seen, passes_seen, passed, failed);
  return failed != 0;
}
