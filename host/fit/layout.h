/* How the bins are summed to groups: `pre` groups of 8 bins, `fine` single bins, then groups of rising width. */
#ifndef TS_FIT_LAYOUT_H
#define TS_FIT_LAYOUT_H
#include <stddef.h>
#include <stdint.h>

enum { TS_PRE_WIDTH = 8, TS_OCTAVES = 11, TS_GROUPS_PER_OCTAVE = 8, TS_LONG_WINDOW = 512, TS_IRF_BEFORE = 16, TS_IRF_MARGIN = 34 };

typedef struct ts_layout {
  uint32_t pre, fine, octave[TS_OCTAVES]; /* octave[i]: groups of width 2 << i */
  uint32_t bins, groups;
} ts_layout;

/* Fine bins from 8 pre to fine_end (limited to bins), the rest in groups; the widths add up to bins exactly. bins >= 2. */
void ts_layout_make(ts_layout *l, uint32_t bins, uint32_t pre, uint32_t fine_end);
/* groups + 1 left edges, the last one is bins. */
void ts_layout_edges(const ts_layout *l, uint32_t *edge);
/* How many words the `irf` message has. */
size_t ts_layout_irf_words(const ts_layout *l);
/* Its values, from the response on the layout's bins (bins values). Returns how many. */
size_t ts_layout_irf_values(const ts_layout *l, const double *g, double *values);
#endif
