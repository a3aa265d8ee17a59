#include "decay_loader.h"

static unsigned log2_width(const ts_loader *n) { return n->in_pre ? 3 : n->octave; }

/* The next width that has groups. */
static void next_region(ts_loader *n) {
  while (n->left_in_octave == 0) {
    if (n->in_pre) {
      n->in_pre = false;
      n->left_in_octave = n->layout->fine;
    } else if (n->octave < n->layout->octaves) {
      n->octave++;
      n->left_in_octave = n->layout->octave_groups[n->octave];
    } else {
      return;
    }
  }
}

static void start_group(ts_loader *n) {
  next_region(n);
  n->bins_left = n->raw ? 1u << log2_width(n) : 1;
  n->sum = 0;
}

void ts_loader_begin(ts_loader *n, const ts_pass_layout *layout, unsigned count_bits, bool raw, uint32_t *group) {
  *n = (ts_loader){.layout = layout, .count_bits = count_bits, .raw = raw, .group = group, .in_pre = true, .left_in_octave = layout->pre};
  start_group(n);
}

void ts_loader_word(ts_loader *n, uint32_t word) {
  const uint64_t top = ((uint64_t)1 << n->count_bits) - 1;
  n->sum += word;
  if (n->sum > top) {
    n->sum = top;
    n->saturated = true;
  }
  if (--n->bins_left) return;
  const uint32_t y = (uint32_t)n->sum;
  const unsigned w = log2_width(n);
  n->group[n->index++] = y;
  if (y > n->largest) n->largest = y;
  n->last = y;
  n->last_log2_width = w;
  if (n->in_pre) {
    n->pre_counts += y;
  } else {
    n->moment2 += (2 * n->post_counts + y) << w;
    n->post_counts += y;
  }
  n->left_in_octave--;
  start_group(n);
}
