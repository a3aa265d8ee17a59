#include "layout.h"

void ts_layout_make(ts_layout *l, uint32_t bins, uint32_t pre, uint32_t fine_end) {
  *l = (ts_layout){.bins = bins};
  if (fine_end > bins) fine_end = bins;
  if (fine_end < 2) fine_end = 2;
  while (pre > 0 && TS_PRE_WIDTH * pre + 2 > fine_end) pre--;
  l->pre = pre;
  l->fine = fine_end - TS_PRE_WIDTH * pre;
  l->fine += (bins - fine_end) & 1u;
  /* Of what is left, in groups of the octave's width, an octave takes eight, or one less where an odd number is left (in a long window one more: the groups are few
   * beside the bins, and 16-bit words need them): the rest goes in groups of the next width. */
  const int odd = bins > TS_LONG_WINDOW ? 1 : -1;
  uint32_t left = (bins - fine_end) / 2, at = 0;
  for (; left > TS_GROUPS_PER_OCTAVE + 1 && at + 1 < TS_OCTAVES; at++) {
    l->octave[at] = (uint32_t)(TS_GROUPS_PER_OCTAVE + (left % 2 ? odd : 0));
    left = (left - l->octave[at]) / 2;
  }
  l->octave[at] = left;
  l->groups = l->pre + l->fine;
  for (uint32_t i = 0; i < TS_OCTAVES; i++) l->groups += l->octave[i];
}

void ts_layout_edges(const ts_layout *l, uint32_t *edge) {
  uint32_t at = 0;
  for (uint32_t i = 0; i < l->pre; i++, at += TS_PRE_WIDTH) *edge++ = at;
  for (uint32_t i = 0; i < l->fine; i++) *edge++ = at++;
  for (uint32_t i = 0; i < TS_OCTAVES; i++)
    for (uint32_t k = 0; k < l->octave[i]; k++, at += 2u << i) *edge++ = at;
  *edge = at;
}

size_t ts_layout_irf_words(const ts_layout *l) {
  size_t n = l->fine + TS_IRF_MARGIN;
  if (l->octave[0]) n += l->octave[0]; /* the first group of width 2 has the one extra word in place of a step */
  for (uint32_t i = 1; i < TS_OCTAVES; i++)
    if (l->octave[i]) n += l->octave[i] + 1;
  return n;
}

size_t ts_layout_irf_values(const ts_layout *l, const double *g, double *values) {
  size_t n = 0;
  const long first = (long)(TS_PRE_WIDTH * l->pre) - TS_IRF_BEFORE;
  for (long i = first; i < first + (long)l->fine + TS_IRF_MARGIN; i++) values[n++] = i >= 0 && i < (long)l->bins ? g[i] : 0;
  uint32_t at = TS_PRE_WIDTH * l->pre + l->fine;
  for (uint32_t i = 0; i < TS_OCTAVES; i++)
    for (uint32_t k = 0; k < l->octave[i]; k++) {
      /* The first group of a new width is two steps of the old one; that of width 2 goes by fine steps, and its sum is the
       * value before the first step. */
      const uint32_t width = 2u << i, steps = k == 0 && i > 0 ? 2 : 1;
      for (uint32_t s = 0; s < steps; s++) {
        double sum = 0;
        for (uint32_t b = 0; b < width / steps; b++) sum += g[at++];
        values[n++] = sum;
      }
    }
  return n;
}
