/* The pass: one walk over the groups of a histogram for one set of coefficients. rtl/decay/decay_pass.v is the same machine.
 *
 * Model: Poisson means of a sum of exponentials convolved with the IRF, integrated over bins, in groups of bins.
 * Method: leaky recursion with error feedback; the input FIR does bin integration, sub-bin shift and amplitude in one; exact group sums
 * (docs/decay_engine.md has the equations). All integers; F fraction bits in states and mu; W = word_bits, WS = state_bits.
 * J/mu has FQ = W - 5 fraction bits (it reaches 16: the slope in ln eps grows with the number of lifetimes passed), 1/mu RQ = W - 2.
 */
#ifndef TS_MODEL_DECAY_PASS_H
#define TS_MODEL_DECAY_PASS_H
#include <stdbool.h>
#include <stdint.h>

#define TS_PASS_ITEMS 11                                             /* residual, 2K amplitudes and rates, shift, background */
#define TS_PASS_PAIRS (TS_PASS_ITEMS * (TS_PASS_ITEMS + 1) / 2)
#define TS_PASS_OCTAVES 11
#define TS_PASS_IRF_MARGIN 16                                        /* fine IRF words before fine bin 0 */
#define TS_PASS_RECIPROCAL_BITS 8

extern const uint32_t ts_pass_reciprocal_table[2][1 << TS_PASS_RECIPROCAL_BITS];   /* generated; [0] 16 bits, [1] 18 bits */

typedef struct ts_pass_layout {
  unsigned components, taps, shift_taps;
  unsigned pre, fine, octave_groups[TS_PASS_OCTAVES + 1];            /* [o]: groups of width 2^o, o >= 1 */
  unsigned octaves;                                                  /* highest in use */
} ts_pass_layout;

/* Carried from one pass of a fit to the next. */
typedef struct ts_pass_scale {
  int fraction_bits;             /* F */
  bool first;                    /* the next pass is the job's first */
  int residual_shift;            /* rs of the next pass */
  int background_exponent;       /* eB of the next pass */
  int used_residual_fine;        /* rf and eB of the last one */
  int used_background_exponent;
} ts_pass_scale;

/* y: grouped counts; irf: IRF words as in the `irf` message; coefficients: the processor's OUT area; pair[i(i+1)/2+j]: sums. */
void ts_decay_pass(const ts_pass_layout *l, int word_bits, const uint32_t *y, const uint32_t *irf, const uint32_t *coefficients,
                   ts_pass_scale *s, int64_t *pair);

/* F of a job: the largest grouped count fits the state with two bits to spare (three with a period). */
int ts_pass_fraction_bits(int word_bits, uint32_t largest_count, bool period);
#endif
