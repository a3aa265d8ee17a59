/* The loader: counts become groups and the moments from which a fit starts. rtl/decay/decay_loader.v is the same machine.
 *
 * Sums behind the pre-groups: S = sum y, M2 = sum y (2 x bins from the group's end to the histogram's end + width): twice the first moment
 * about the end, so that the mean delay needs no multiplier (M2 += width (2 S + y) when a group is appended).
 */
#ifndef TS_MODEL_DECAY_LOADER_H
#define TS_MODEL_DECAY_LOADER_H
#include "decay_pass.h"

typedef struct ts_loader {
  const ts_pass_layout *layout;
  unsigned count_bits;
  bool raw;
  uint32_t *group;               /* output, one a group */
  unsigned index;                /* group being filled */
  unsigned octave, left_in_octave;  /* where it lies: octave 0 fine; left_in_octave groups of this width still to come */
  bool in_pre;
  unsigned bins_left;            /* of the group being filled */
  uint64_t sum;
  uint64_t pre_counts, post_counts, moment2;
  uint32_t largest, last;
  unsigned last_log2_width;
  bool saturated;
} ts_loader;

void ts_loader_begin(ts_loader *n, const ts_pass_layout *layout, unsigned count_bits, bool raw, uint32_t *group);
void ts_loader_word(ts_loader *n, uint32_t word);
#endif
