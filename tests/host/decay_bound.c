/* The fit's program against sums that no pass would give, with configurations of any kind: never more evaluations, starts or solutions than stated
 * (rtl/fit/program/bound.py makes clocks of them). */
#include "check.h"
#include "fit_processor.h"
#include "session/protocol.h"
#include "session/words.h"

enum { PAIRS = 66, CONFIG = 128, SPECIAL = 192, RESULT = 768, FITS = 2000, PASSES_MAX = 4096 };
enum { SPECIAL_COMPONENTS, SPECIAL_TAPS, SPECIAL_SHIFT_TAPS, SPECIAL_OCTAVES, SPECIAL_FRACTION, SPECIAL_RESIDUAL, SPECIAL_BACKGROUND, SPECIAL_POST, SPECIAL_MOMENT2,
       SPECIAL_PRE, SPECIAL_LAST, SPECIAL_SATURATED, SPECIAL_FRACTION_DOWN };
static const unsigned fans[5] = {0, 3, 5, 5, 4};   /* starts that the program knows, by components */

typedef struct bench {
  uint64_t seed;
  unsigned components, taps, octaves, kind;
  int fraction;
  ts_fit_input config[TS_CFG_WORDS];
  int64_t pair[PAIRS], post, pre, moment2, last;
  unsigned solutions;
} bench;

static uint64_t any(bench *b) {
  b->seed ^= b->seed << 13;
  b->seed ^= b->seed >> 7;
  return b->seed ^= b->seed << 17;
}
static unsigned below(bench *b, unsigned n) { return (unsigned)(any(b) >> 33) % n; }
static int64_t of_any_size(bench *b) { return (int64_t)(any(b) >> (20 + below(b, 44))) * (below(b, 2) ? 1 : -1); }

static ts_fit_input input(void *user, unsigned address) {
  bench *b = user;
  if (address & 512u) return address & 256u ? (ts_fit_input){1, (int)(address & 255u) - 128} : (ts_fit_input){address & 255u, 0};
  if (address == 0) b->solutions++; /* chi2 is read once a solution */
  if (address < PAIRS) return (ts_fit_input){b->pair[address], 0};
  if (address < CONFIG + TS_CFG_WORDS) return b->config[address - CONFIG];
  switch (address - SPECIAL) {
    case SPECIAL_COMPONENTS: return (ts_fit_input){b->components, 0};
    case SPECIAL_TAPS: return (ts_fit_input){b->taps, 0};
    case SPECIAL_SHIFT_TAPS: return (ts_fit_input){b->taps == 2 ? 1 : b->taps, 0};
    case SPECIAL_OCTAVES: return (ts_fit_input){b->octaves, 0};
    case SPECIAL_FRACTION: return (ts_fit_input){1, b->fraction};
    case SPECIAL_FRACTION_DOWN: return (ts_fit_input){1, -b->fraction};
    case SPECIAL_RESIDUAL: return (ts_fit_input){1, (int)below(b, 20)};
    case SPECIAL_BACKGROUND: return (ts_fit_input){1, -(int)below(b, 20)};
    case SPECIAL_POST: return (ts_fit_input){b->post, 0};
    case SPECIAL_MOMENT2: return (ts_fit_input){b->moment2, 0};
    case SPECIAL_PRE: return (ts_fit_input){b->pre, 0};
    case SPECIAL_LAST: return (ts_fit_input){b->last, -(int)below(b, 8)};
    default: return (ts_fit_input){0, 0};
  }
}

static ts_fit_input of(double x) {
  const uint32_t word = ts_f32x_from_double(x);
  return (ts_fit_input){(int32_t)(word << 8) >> 8, (int8_t)(word >> 24)};
}

/* Sums of one of five kinds; in the last three matrices are singular or worse. */
static void choose_sums(bench *b) {
  const unsigned kind = below(b, 4) ? b->kind : below(b, 5), n = 2 * b->components + 3;
  int64_t row[11];
  for (unsigned i = 0; i < n; i++) row[i] = of_any_size(b) >> 22;
  for (unsigned i = 0, at = 0; i < n; i++)
    for (unsigned j = 0; j <= i; j++, at++) switch (kind) {
        case 0: b->pair[at] = i == j ? (int64_t)1 << 34 : j == 0 ? of_any_size(b) >> below(b, 12) : 0; break;
        case 1: b->pair[at] = row[i] * row[j] / 4 + (i == j ? row[i] * row[i] : 0) + (j == 0 ? of_any_size(b) : 0); break;
        case 2: b->pair[at] = row[i] * row[j] / 4; break;
        case 3: b->pair[at] = of_any_size(b); break;
        default: b->pair[at] = i == j ? -(of_any_size(b) >> 1) : 1; break;
      }
  b->pair[0] = of_any_size(b);
}

static void configure(bench *b, unsigned evaluations_max, unsigned starts_max) {
  const bool sane = below(b, 2);
  b->components = 1 + below(b, 4);
  b->taps = 2 + 2 * below(b, 4);
  b->octaves = 1 + below(b, 11);
  b->fraction = (int)below(b, 23);
  b->kind = below(b, 5);
  for (unsigned i = 0; i < TS_CFG_WORDS; i++) {
    b->config[i] = sane ? of(0) : (ts_fit_input){of_any_size(b) >> 21, (int)below(b, 40) - 30};
    if (i >= TS_CFG_HELD_AMPLITUDE_1 && i < TS_CFG_HELD_AMPLITUDE_1 + 8) b->config[i] = of(below(b, 4) == 0);
  }
  if (sane) {
    b->config[TS_CFG_IRF_SCALE] = of(ldexp(1, -16));
    b->config[TS_CFG_POST_BINS] = of(232);
    b->config[TS_CFG_RATE_MIN] = of(1e-4);
    b->config[TS_CFG_RATE_MAX] = of(2);
    b->config[TS_CFG_SHIFT_MAX] = of(3);
    b->config[TS_CFG_BACKGROUND_MIN] = of(ldexp(1, -14));
    b->config[TS_CFG_CHI2_ACCEPT] = of(below(b, 2) ? -1 : 100);
    b->config[TS_CFG_PERIOD] = of(below(b, 3) ? 0 : 256);
  }
  b->config[TS_CFG_EVALUATIONS_MAX] = of(evaluations_max);
  b->config[TS_CFG_STARTS_MAX] = of(starts_max);
  b->post = (int64_t)(any(b) >> (24 + below(b, 30)));
  b->pre = (int64_t)(any(b) >> (34 + below(b, 30)));
  b->last = (int64_t)(any(b) >> (44 + below(b, 20)));
  b->moment2 = (int64_t)(any(b) >> (8 + below(b, 50)));
}

int main(void) {
  static ts_fit_context x;
  static bench b = {.seed = 0x9e3779b97f4a7c15u};
  unsigned most = 0, most_again = 0, limited = 0, most_starts = 0;
  for (unsigned fit = 0; fit < FITS; fit++) {
    const int w = fit & 1 ? 18 : 16;
    const unsigned evaluations_max = below(&b, 4) ? 1 + below(&b, 80) : below(&b, 3), starts_max = below(&b, 9);
    configure(&b, evaluations_max, starts_max);
    b.solutions = 0;
    unsigned passes = 0;
    ts_fit_context_start(&x, &ts_decay_program, w);
    choose_sums(&b);
    while (passes < PASSES_MAX && ts_fit_run(&x, &ts_decay_program, w, input, &b) == TS_FIT_STOP_PASS) {
      passes++;
      if (below(&b, 4)) choose_sums(&b);
    }
    const unsigned evaluations = (unsigned)ts_f32x_to_double(x.out[RESULT + TS_RES_EVALUATIONS]), n = evaluations_max > 1 ? evaluations_max : 1;
    const unsigned starts = passes ? (unsigned)ts_f32x_to_double(x.out[RESULT + TS_RES_STARTS]) : 0;
    unsigned s = starts_max > 1 ? starts_max : 1;
    if (s > fans[b.components]) s = fans[b.components];
    if (s > n) s = n;
    CHECK(evaluations == passes && passes <= n);
    CHECK(starts <= s);
    CHECK(b.solutions >= passes && b.solutions <= passes + 7 * s + 0.56 * n);
    if (passes > most) most = passes;
    if (starts > most_starts) most_starts = starts;
    if (passes && b.solutions - passes > most_again) most_again = b.solutions - passes;
    limited += passes == n;
  }
  printf("at most %u evaluations, %u starts, %u solutions again; %u of %u fits at their maximum\n", most, most_starts, most_again, limited, FITS);
  CHECK(limited > FITS / 10 && most_again > 2 && most_starts == 5);
  return check_end();
}
