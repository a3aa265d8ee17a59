// decay_pass against host/model/decay_pass.c: pair sums and carried scales, bit by bit.
//
// With SERIAL its small form, decay_serial, which holds one context and keeps still while it runs.
// bench <seed> <sessions> [vectors]: a session is a layout, an IRF and a row of passes of both contexts, in any order. While a pass
// runs, the other context's sums are read and its next coefficients written; and its next pass begins in the first clock in which it
// can, or later, or behind this one's end. In brief sessions passes of a few groups follow one another at once, with words that stand
// there already: the next one begins before the residuals of this one. `vectors`: file for the Icarus run.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#ifdef SERIAL
#include "Vdecay_serial.h"
typedef Vdecay_serial Pass;
static const unsigned CONTEXTS = 1;
#else
#include "Vdecay_pass.h"
typedef Vdecay_pass Pass;
static const unsigned CONTEXTS = 2;
#endif
#include "verilated.h"

extern "C" {
#include "decay_pass.h"
#include "fit_float.h"
}

#ifndef WORD_BITS
#define WORD_BITS 16
#endif
static const int W = WORD_BITS, S = 2 * W;
static const unsigned K_MAX = W == 16 ? 3 : 4;
static const int ACC = W == 16 ? 48 : 54;

static std::mt19937_64 rng;
static uint64_t below(uint64_t n) { return rng() % n; }
static double uniform() { return static_cast<double>(rng() >> 11) * 0x1p-53; }
static int between(int a, int b) { return a + static_cast<int>(below(static_cast<uint64_t>(b - a + 1))); }

struct Job {
  ts_pass_scale scale{};
  std::vector<uint32_t> y, word;
  int64_t pair[TS_PASS_PAIRS] = {};
  bool ran = false;
};

enum Shape { STANDARD, ANY, BRIEF };

static ts_pass_layout layout;
static bool period;                // else pre-groups begin from zero states, and the pass does not wait for their words
static std::vector<uint32_t> irf;
static Job job[2];
static Pass *top;
static FILE *vectors;
static unsigned long passed, failed, overlapped, brief, clocks;
static unsigned begun[2], ended[2];  // passes of each context; a short one's end may come while the sums of the one before are read
static unsigned long whole_at;     // clock in which the pass that began last is told that its groups' words are there

static unsigned pairs() { const unsigned n = 2 * layout.components + 3; return n * (n + 1) / 2; }

static unsigned groups() {
  unsigned n = layout.pre + layout.fine;
  for (unsigned o = 1; o <= layout.octaves; o++) n += layout.octave_groups[o];
  return n;
}

static void set_whole() { top->whole = clocks >= whole_at; }

// ---- ports that tell the contexts apart ----
#ifdef SERIAL
static void set_response() {}
static void set_period() {}
static bool y_context() { return false; }
static void start_context(unsigned) {}
static void write_context(unsigned) {}
static void sum_context(unsigned) {}
static unsigned done_context() { return 0; }
static int residual_fine(unsigned) { return top->used_residual_fine; }
static int background_exponent(unsigned) { return top->used_background_exponent; }
#else
static bool y_context() { return top->y_context; }
static void start_context(unsigned context) { top->start_context = static_cast<uint8_t>(context); }
static void write_context(unsigned context) { top->cf_context = static_cast<uint8_t>(context); }
static void sum_context(unsigned context) { top->acc_context = static_cast<uint8_t>(context); }
static unsigned done_context() { return top->done_context; }
static void set_period() { top->period = period; }
static void set_response() {
  unsigned rise = ~0u, fall = 0;
  for (unsigned i = layout.fine + 34; i-- > 0;)
    if (irf[i]) rise = i;
  for (unsigned i = 0; i < layout.fine + 34; i++)
    if (irf[i]) fall = i;
  top->irf_rise = static_cast<uint16_t>(rise & ((W == 16 ? 256 : 1024) - 1));
  top->irf_fall = static_cast<uint16_t>(fall);
}
// of the context whose sums are read
static int residual_fine(unsigned) { return top->used_residual_fine; }
static int background_exponent(unsigned) { return top->used_background_exponent; }
#endif

static void tick() {
  // memories outside: data one clock behind the address
#ifdef SERIAL
  const unsigned irf_at = top->irf_address, octave_at = top->octave_address;
#else
  const unsigned fine_at = top->fine_address, step_at = top->step_address;
#endif
  const unsigned y_at = top->y_address;
  const bool context = y_context();
  set_whole();
  top->clk = 1;
  top->eval();
#ifdef SERIAL
  top->irf_data = irf_at < irf.size() ? irf[irf_at] : 0;
  top->octave_groups = static_cast<uint8_t>(octave_at == 15 ? layout.pre : octave_at == 0 ? layout.fine : octave_at <= TS_PASS_OCTAVES ? layout.octave_groups[octave_at] : 0);
  top->octave_read = 1;
#else
  const unsigned fine_words = layout.fine + 34;
  top->fine_data = fine_at < fine_words && fine_at < irf.size() ? irf[fine_at] : 0;
  top->step_data = fine_words + step_at < irf.size() ? irf[fine_words + step_at] : 0;
#endif
  top->y_data = y_at < job[context].y.size() ? job[context].y[y_at] : 0;
  top->clk = 0;
  top->eval();
  if (top->done) ended[done_context()]++;
  clocks++;
}

// ---- words as the fit processor gives them ----
static uint32_t word_of(int shift, int64_t m) {
  return static_cast<uint32_t>(shift < 0 ? 0 : shift > 63 ? 63 : shift) << 24 | (static_cast<uint32_t>(m) & 0xffffff);
}
static uint32_t magnitude(double x) {
  if (!(x > 0)) return 0;
  int e;
  int64_t m = static_cast<int64_t>(ldexp(frexp(x, &e), W));
  return word_of(W - e, m);
}
static uint32_t weight(double x, double reference) {
  int e;
  frexp(reference, &e);
  int64_t m = llrint(fabs(x) * ldexp(1, W - e));
  const int64_t top_m = (int64_t{1} << W) - 1;
  if (m > top_m) m = top_m;
  return word_of(W - e, x < 0 ? -m : m);
}
static uint32_t f32x(double x) {
  if (x == 0) return 0;
  int e;
  int64_t m = static_cast<int64_t>(ldexp(frexp(fabs(x), &e), W));
  e -= W;
  if (e < -128) return 0;
  if (e > 127) e = 127;
  return static_cast<uint32_t>(e & 0xff) << 24 | (static_cast<uint32_t>(x < 0 ? -m : m) & 0xffffff);
}

static uint32_t any_magnitude(int shift_low, int shift_high) {
  if (below(10) == 0) return 0;
  int64_t m = static_cast<int64_t>(below(uint64_t{1} << (W - 1))) + (int64_t{1} << (W - 1));
  if (below(8) == 0) m = (int64_t{1} << W) - 1;
  return word_of(below(20) == 0 ? between(0, 63) : between(shift_low, shift_high), m);
}
static uint32_t any_weight(int shift) {
  int64_t m = static_cast<int64_t>(below(uint64_t{1} << W));
  if (below(8) == 0) m = (int64_t{1} << W) - 1;
  if (below(8) == 0) m = 0;
  return word_of(shift, below(2) ? -m : m);
}
static uint32_t any_float(double low, double high, bool sign) {
  if (below(10) == 0) return 0;
  const double x = exp2(low + (high - low) * uniform());
  return f32x(sign && below(2) ? -x : x);
}

static void choose_layout(Shape shape, unsigned k, unsigned taps, unsigned shift_taps) {
  const bool standard = shape == STANDARD;
  memset(&layout, 0, sizeof layout);
  period = below(2);
  if (standard) {
    layout.components = k;
    layout.taps = taps;
    layout.shift_taps = shift_taps;
    layout.fine = 36;
    layout.octaves = 5;
    for (unsigned o = 1; o <= 5; o++) layout.octave_groups[o] = o < 5 ? 8 : 7;
  } else if (shape == BRIEF) {
    layout.components = 1;
    layout.taps = 2 * (1 + static_cast<unsigned>(below(2)));
    layout.shift_taps = 1 + static_cast<unsigned>(below(2));
    layout.fine = below(4) ? 2 : 3;
    layout.octaves = below(4) == 0;
    layout.octave_groups[1] = layout.octaves;
  } else {
    static const unsigned nj[] = {1, 2, 8};
    layout.components = 1 + static_cast<unsigned>(below(K_MAX));
    layout.taps = 2 * (1 + static_cast<unsigned>(below(4)));
    layout.shift_taps = nj[below(3)];
    layout.pre = below(2) ? static_cast<unsigned>(below(6)) : 0;
    layout.fine = 2 + static_cast<unsigned>(below(below(3) ? 12 : 40));
    layout.octaves = static_cast<unsigned>(below(below(4) ? 6 : 12));
    for (unsigned o = 1; o <= layout.octaves; o++) layout.octave_groups[o] = 1 + static_cast<unsigned>(below(below(3) ? 4 : 9));
  }
  unsigned steps = 0;
  for (unsigned o = 1; o <= layout.octaves; o++) steps += layout.octave_groups[o] + (o > 1);
  irf.assign(layout.fine + 34 + steps, 0);
  const bool peak = below(2) || standard;
  for (size_t i = 0; i < irf.size(); i++) {
    const double d = (static_cast<double>(i) - 22) / 2.5;
    irf[i] = static_cast<uint32_t>(peak ? ((1 << W) - 1) * exp(-d * d / 2) * 0.9 + 3 * uniform() : static_cast<double>(below(1u << W)));
    if (!peak && below(10) == 0) irf[i] = (1u << W) - 1;
  }
  // a response that begins late or ends early, or is not there at all
  const size_t fine_words = layout.fine + 34;
  const size_t rise = standard || below(3) == 0 ? 0 : below(fine_words + 1), fall = standard || below(3) == 0 ? fine_words : below(fine_words + 1);
  for (size_t i = 0; i < fine_words; i++)
    if (i < rise || i >= fall) irf[i] = 0;
}

static double real_count(double f, double a, double tau, double t) { return f + a * exp(-t / tau); }

// Counts, F and coefficients of a context's next job or pass.
static void choose_counts(Job &j) {
  const unsigned n = groups(), kind = static_cast<unsigned>(below(6));
  const uint32_t top_count = W == 16 ? (1u << 20) - 1 : (1u << 24) - 1;
  j.y.assign(n, 0);
  const double level = exp2(4 + uniform() * (W == 16 ? 15 : 19)), tau = 3 + 40 * uniform(), floor_count = level * uniform() * 0.1;
  for (unsigned i = 0; i < n; i++) {
    double v = 0;
    switch (kind) {
      case 0: v = 0; break;
      case 1: v = top_count; break;
      case 2: v = below(12) ? 0 : static_cast<double>(below(top_count)); break;
      case 3: v = static_cast<double>(below(top_count)); break;
      default: v = real_count(floor_count, level, tau, i); v += (uniform() + uniform() - 1) * 2 * sqrt(v); break;
    }
    j.y[i] = v < 0 ? 0 : v > top_count ? top_count : static_cast<uint32_t>(v);
  }
  uint32_t largest = 0;
  for (uint32_t v : j.y) largest = v > largest ? v : largest;
  j.scale.fraction_bits = ts_pass_fraction_bits(W, largest, below(2) != 0);
  j.scale.first = true;
}

static void choose_words(Job &j) {
  j.word.assign(1024, 0);
  uint32_t *w = j.word.data();
  const double one = ldexp(1, j.scale.fraction_bits);
  const bool hostile = below(2) != 0;
  uint32_t largest = 1;
  for (uint32_t v : j.y) largest = v > largest ? v : largest;
  w[1] = f32x(between(-8, 8));
  w[2] = f32x(between(-4, 1));   // eight taps from here stay within the IRF words
  if (!hostile) {
    const double irf_scale = ldexp(1, -W) / 6;
    double sum = 0;
    w[0] = f32x(largest * exp2(-1 - 12 * uniform()));
    for (unsigned k = 0; k < layout.components; k++) {
      uint32_t *at = w + 16 + 64 * k;
      const double rate = exp2(-8 + 9 * uniform()), a = largest * uniform() * uniform(), unit = a * one * irf_scale;
      double e = 1 - exp(-rate), kappa = e, phi = 0.9 + 0.1 * uniform();
      sum += a;
      at[0] = magnitude(e);
      at[1] = magnitude(rate);
      double reference = unit;
      for (unsigned i = 0; i < 8; i++) at[2 + i] = weight(unit * (i == 1 ? 0.8 : i == 2 ? 0.3 : -0.1 * uniform()), reference);
      at[10] = f32x(a * uniform() * 0.01);
      at[11] = f32x(-a * uniform() * 0.01);
      at[12] = f32x(a * uniform() * 0.01);
      at[13] = f32x(-a * uniform() * 0.01);
      for (unsigned o = 1; o <= TS_PASS_OCTAVES; o++) {
        kappa = 2 * kappa * (1 - e);
        e = e * (2 - e);
        at[16 + 4 * (o - 1)] = magnitude(e);
        at[16 + 4 * (o - 1) + 1] = magnitude(kappa);
        at[16 + 4 * (o - 1) + 2] = weight(unit * phi, unit);
        at[16 + 4 * (o - 1) + 3] = weight(unit * (1 - phi), unit);
      }
    }
    for (unsigned i = 0; i < 8; i++) w[4 + i] = weight(sum * one * irf_scale * (0.5 + uniform() - (i > 1)), sum * one * irf_scale);
    w[12] = magnitude(sum * one * irf_scale);
  } else {
    const int up = static_cast<int>(below(3)) * 4;
    w[0] = any_float(-16, below(4) ? log2(largest + 1.0) : 60, false);
    for (unsigned k = 0; k < layout.components; k++) {
      uint32_t *at = w + 16 + 64 * k;
      at[0] = any_magnitude(W - 1, W + 12);
      at[1] = any_magnitude(W - 2, W + 12);
      const int shift = below(4) ? between(10, 24) : between(0, 63);
      for (unsigned i = 0; i < 8; i++) at[2 + i] = any_weight(shift + (below(8) ? 0 : static_cast<int>(below(2)) & (shift < 63)));
      // a reference is common to a row of weights
      for (unsigned i = 1; i < 8; i++) at[2 + i] = (at[2 + i] & 0xffffff) | (at[2] & 0xff000000);
      for (unsigned i = 10; i < 14; i++) at[i] = any_float(-20, below(4) ? log2(largest + 1.0) : 40, true);
      for (unsigned o = 1; o <= TS_PASS_OCTAVES; o++) {
        at[16 + 4 * (o - 1)] = any_magnitude(W - up, W + 8);
        at[16 + 4 * (o - 1) + 1] = any_magnitude(W - up, W + 8);
        const int s = below(4) ? between(8, 24) : between(0, 63);
        at[16 + 4 * (o - 1) + 2] = any_weight(s);
        at[16 + 4 * (o - 1) + 3] = any_weight(s);
      }
    }
    const int s = below(4) ? between(10, 24) : between(0, 63);
    for (unsigned i = 0; i < 8; i++) w[4 + i] = any_weight(s);
    w[12] = any_magnitude(4, 24);
  }
  for (unsigned k = 0; !period && k < layout.components; k++) w[16 + 64 * k + 12] = w[16 + 64 * k + 13] = 0;
}

static int64_t wrapped(int64_t x) { return static_cast<int64_t>(static_cast<uint64_t>(x) << (64 - ACC)) >> (64 - ACC); }
static int64_t extended(uint64_t x) { return static_cast<int64_t>(x << (64 - ACC)) >> (64 - ACC); }

static void fault(const char *what, unsigned context, unsigned at, long long want, long long is) {
  static unsigned told;
  if (told++ < 24)
    fprintf(stderr, "K %u NT %u NJ %u pre %u fine %u octaves %u context %u: %s %u is %lld, not %lld\n", layout.components, layout.taps,
            layout.shift_taps, layout.pre, layout.fine, layout.octaves, context, what, at, is, want);
}

// Write a context's words; at most one a clock.
struct Writer {
  int context = -1;
  unsigned next = 0;
  bool groups_only = false, wrong = false;
  static bool of_groups(unsigned a) { return a >= 16 && (a - 16) % 64 >= 16; }
  static bool used(unsigned a) {
    if (a == 3) return false;
    if (a < 16) return a <= 12;
    const unsigned k = (a - 16) / 64, i = (a - 16) % 64;
    return k < layout.components && (i < 14 || (i >= 16 && i < 60));
  }
  void put() {
    top->cf_write = 0;
    if (context < 0) return;
    while (next < 272 && !(used(next) && (of_groups(next) || !groups_only))) next++;
    if (next == 272) {
      context = -1;
      groups_only = wrong = false;
      return;
    }
    top->cf_write = 1;
    write_context(static_cast<unsigned>(context));
    top->cf_address = static_cast<uint16_t>(next);
    top->cf_word = job[context].word[next++] ^ (wrong ? 0x00ffffff : 0);
  }
};

static bool check_sums(unsigned context) {
  bool good = true;
  const Job &j = job[context];
  for (unsigned i = 0; i < pairs() + 2; i++) {
    sum_context(context);
    top->acc_address = static_cast<uint8_t>(i < pairs() ? i : 0);
    top->eval();
    tick();
    if (i == 0) continue;
    const int64_t is = extended(top->acc_value);
    const unsigned at = i - 1;
    if (at < pairs() && is != wrapped(j.pair[at])) {
      fault("pair", context, at, wrapped(j.pair[at]), is);
      good = false;
    }
  }
  const int rf = residual_fine(context);
  const int eb_raw = background_exponent(context);
  const int eb = eb_raw & 64 ? eb_raw - 128 : eb_raw;
  if (rf != j.scale.used_residual_fine) fault("rf", context, 0, j.scale.used_residual_fine, rf), good = false;
  if (eb != j.scale.used_background_exponent) fault("eB", context, 0, j.scale.used_background_exponent, eb), good = false;
  return good;
}

static void write_vectors(unsigned context, const ts_pass_scale &scale) {
  if (!vectors) return;
  const Job &j = job[context];
  fprintf(vectors, "%x %x %x %x %x %x %x\n", context, scale.first, scale.fraction_bits, layout.components, layout.taps, layout.shift_taps,
          layout.octaves);
  fprintf(vectors, "%x %x %x %x\n", layout.pre, layout.fine, groups(), static_cast<unsigned>(irf.size()));
  for (unsigned o = 1; o <= 12; o++) fprintf(vectors, "%x ", o <= TS_PASS_OCTAVES ? layout.octave_groups[o] : 0);
  fprintf(vectors, "\n");
  for (uint32_t v : irf) fprintf(vectors, "%x ", v);
  fprintf(vectors, "\n");
  for (uint32_t v : j.y) fprintf(vectors, "%x ", v);
  fprintf(vectors, "\n");
  unsigned n = 0;
  for (unsigned a = 0; a < 272; a++) n += Writer::used(a);
  fprintf(vectors, "%x\n", n);
  for (unsigned a = 0; a < 272; a++)
    if (Writer::used(a)) fprintf(vectors, "%x %x\n", a, j.word[a]);
  fprintf(vectors, "%x\n", pairs());
  for (unsigned i = 0; i < pairs(); i++) fprintf(vectors, "%llx ", static_cast<unsigned long long>(j.pair[i]) & ((1ull << ACC) - 1));
  fprintf(vectors, "\n%x %x\n", j.scale.used_residual_fine, j.scale.used_background_exponent & 127);
}

static unsigned long session(unsigned passes, Shape shape, unsigned k, unsigned taps, unsigned shift_taps) {
  const bool standard = shape == STANDARD;
  choose_layout(shape, k, taps, shift_taps);
  top->components = static_cast<uint8_t>(layout.components);
  top->taps = static_cast<uint8_t>(layout.taps);
  top->shift_taps = static_cast<uint8_t>(layout.shift_taps);
  top->octaves = static_cast<uint8_t>(layout.octaves);
#ifndef SERIAL
  top->pre = static_cast<uint16_t>(layout.pre);
  top->fine = static_cast<uint16_t>(layout.fine);
  for (unsigned i = 0; i < 3; i++) {
    uint32_t v = 0;
    for (unsigned b = 0; b < 4; b++) v |= (4 * i + b + 1 <= TS_PASS_OCTAVES ? layout.octave_groups[4 * i + b + 1] : 0) << 8 * b;
    top->octave_groups[i] = v;
  }
#endif
  set_response();
  set_period();
  unsigned long taken = 0;
  Writer writer;
  for (unsigned c = 0; c < CONTEXTS; c++) {
    job[c].ran = false;
    choose_counts(job[c]);
    choose_words(job[c]);
    writer.context = static_cast<int>(c);
    writer.next = 0;
    while (writer.context >= 0) {
      writer.put();
      top->eval();
      tick();
    }
  }
  unsigned context = 0;
  unsigned long from = 0;
  bool started = false;
  ts_pass_scale before[2];
  const auto start = [&](unsigned c) {
    Job &j = job[c];
    before[c] = j.scale;
    top->start = 1;
    start_context(c);
    top->first = j.scale.first;
    top->fraction_bits = static_cast<uint8_t>(j.scale.fraction_bits);
    top->eval();
    // clock TAKE_RESIDUAL of the pass before is still to come
    if (ended[!c] != begun[!c] && clocks - from < 38) brief++;
    from = clocks;
    tick();
    begun[c]++;
    top->start = 0;
    top->eval();
    ts_decay_pass(&layout, W, j.y.data(), irf.data(), j.word.data(), &j.scale, j.pair);
  };
  for (unsigned p = 0; p < passes; p++) {
    Job &j = job[context];
    // some begin before their groups' words are there: what stands in these places meanwhile is wrong (the small form not with a period)
    const bool early = (CONTEXTS > 1 || !period) && shape == ANY && !started && below(3) == 0;
    if (early) {
      whole_at = ~0ul;
      writer.context = static_cast<int>(context);
      writer.next = 0;
      writer.groups_only = writer.wrong = true;
      while (writer.context >= 0) {
        writer.put();
        top->eval();
        tick();
      }
    }
    if (!started) start(context);
    started = false;
    if (early) {
      for (unsigned n = static_cast<unsigned>(below(800)); n; n--) tick();
      writer.context = static_cast<int>(context);
      writer.next = 0;
      writer.groups_only = true;
      while (writer.context >= 0) {
        writer.put();
        top->eval();
        tick();
      }
      // the last word stands in the memory two clocks later
      whole_at = clocks + 2;
    }
    // meanwhile: the other context
    Job &other = job[!context];
    bool good = true;
    if (CONTEXTS > 1 && shape != BRIEF && other.ran && below(2)) good = check_sums(!context);
    const bool renew = CONTEXTS > 1 && shape != BRIEF && other.ran;
    if (renew) {
      if (below(4) == 0) choose_counts(other);
      choose_words(other);
      writer.context = static_cast<int>(!context);
      writer.next = 0;
    }
    unsigned long limit = 200000;
    const unsigned late = below(3) ? 0 : static_cast<unsigned>(below(shape == BRIEF ? 8 : 60));
    const bool overlap = CONTEXTS > 1 && !standard && p + 1 < passes && (shape == BRIEF || below(3));
    unsigned idle = 0;
    bool done = ended[context] == begun[context];
    while (!done && limit--) {
      if (overlap && !started && writer.context < 0 && !top->busy && idle++ >= late) {
        top->cf_write = 0;
        whole_at = shape == BRIEF || below(2) ? 0 : clocks + below(600);
        start(!context);
        started = true;
        overlapped++;
      } else {
        writer.put();
        top->eval();
        tick();
      }
      done = ended[context] == begun[context];
    }
    taken = clocks - from;
    if (!done || ended[context] > begun[context] || ended[!context] > begun[!context]) {
      fault("done", context, 0, 1, 0);
      good = false;
    }
    while (writer.context >= 0) {
      writer.put();
      top->eval();
      tick();
    }
    j.ran = true;
    if (!check_sums(context)) good = false;
    write_vectors(context, before[context]);
    if (good) passed++;
    else failed++;
    if (started || (CONTEXTS > 1 && (below(8) == 0 || below(2)))) context = !context;
    else {
      if (below(4) == 0) choose_counts(j);
      choose_words(j);
      writer.context = static_cast<int>(context);
      writer.next = 0;
      while (writer.context >= 0) {
        writer.put();
        top->eval();
        tick();
      }
    }
  }
  return taken;
}

int main(int argc, char **argv) {
  Verilated::commandArgs(argc, argv);
  top = new Pass;
  rng.seed(argc > 1 ? strtoull(argv[1], nullptr, 0) : 1);
  const unsigned sessions = argc > 2 ? static_cast<unsigned>(atoi(argv[2])) : 100;
  if (argc > 3) vectors = fopen(argv[3], "w");
  top->rst = 1;
  top->eval();
  for (int i = 0; i < 4; i++) tick();
  top->rst = 0;
  top->eval();
  if (!vectors)
    for (unsigned k = 1; k <= K_MAX; k++) {
      const unsigned long narrow = session(4, STANDARD, k, 4, 2), broad = session(4, STANDARD, k, 8, 8);
      printf("%d bits, K = %u, 36 bins and 39 groups: %lu clocks (NT 4, NJ 2), %lu (NT 8, NJ 8)\n", W, k, narrow, broad);
    }
  for (unsigned i = 0; i < sessions; i++) session(2 + static_cast<unsigned>(below(8)), ANY, 0, 0, 0);
  for (unsigned i = 0; CONTEXTS > 1 && i < sessions / 2; i++) session(8, BRIEF, 0, 0, 0);
  if (vectors) fclose(vectors);
  if (CONTEXTS > 1 && sessions > 20 && overlapped < passed / 10) fault("overlapping passes", 0, 0, passed / 10, overlapped), failed++;
  if (CONTEXTS > 1 && sessions > 20 && brief < sessions / 4) fault("brief passes", 0, 0, sessions / 4, brief), failed++;
  printf("%lu passed, %lu failed\n", passed, failed);
  return failed != 0;
}
