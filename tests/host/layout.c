/* Layouts: the widths add up to the number of bins for every N; no gaps in the octaves; the IRF words follow the steps. */
#include <stdlib.h>

#include "check.h"
#include "fit/layout.h"

static void one(uint32_t bins, uint32_t pre, uint32_t fine_end, uint32_t *edge) {
  ts_layout l;
  ts_layout_make(&l, bins, pre, fine_end);
  uint32_t sum = 8 * l.pre + l.fine, groups = l.pre + l.fine, most = 0;
  int gap = 0, ended = 0;
  for (unsigned i = 0; i < TS_OCTAVES; i++) {
    sum += l.octave[i] * (2u << i);
    groups += l.octave[i];
    if (l.octave[i] > most) most = l.octave[i];
    if (l.octave[i] == 0) ended = 1;
    else if (ended) gap = 1;
  }
  ts_layout_edges(&l, edge);
  int rising = 1;
  for (uint32_t g = 0; g < l.groups; g++) rising = rising && edge[g + 1] > edge[g];
  const int good = sum == bins && l.bins == bins && groups == l.groups && !gap && l.fine >= 2 && rising && edge[0] == 0 && edge[l.groups] == bins &&
                   (most <= 9 || bins > 8u * 4094u);
  if (!good) printf("bins %u pre %u end %u: sum %u groups %u fine %u most %u\n", bins, pre, fine_end, sum, l.groups, l.fine, most);
  CHECK(good);
}

static void exact(void) {
  uint32_t *edge = malloc(70000 * sizeof *edge);
  for (uint32_t n = 2; n <= 4200; n++) one(n, n / 100, n / 100 * 8 + 40, edge);
  for (uint32_t n = 2; n <= 300; n++)
    for (uint32_t end = 0; end < n + 5; end += 7) one(n, end / 9, end, edge);
  for (uint32_t n = 4200; n <= 65536; n += 997) one(n, 3, 80, edge);
  free(edge);
}

static void irf_values(void) {
  for (uint32_t n = 20; n < 700; n += 13) {
    ts_layout l;
    ts_layout_make(&l, n, n / 64, n / 64 * 8 + 18);
    double *g = malloc(n * sizeof *g), *v = malloc((ts_layout_irf_words(&l) + 1) * sizeof *v);
    for (uint32_t i = 0; i < n; i++) g[i] = 1 + i * 0.5;
    const size_t words = ts_layout_irf_values(&l, g, v), fine = l.fine + TS_IRF_MARGIN;
    CHECK(words == ts_layout_irf_words(&l));
    const long first = (long)(8 * l.pre) - 16;
    CHECK(v[0] == (first >= 0 ? g[first] : 0) && v[16] == g[8 * l.pre]);
    double behind = 0, sum = 0;
    for (size_t i = fine; i < words; i++) behind += v[i];
    for (uint32_t i = 8 * l.pre + l.fine; i < n; i++) sum += g[i];
    CHECK_NEAR(behind, sum, 1e-6);
    if (l.octave[1]) { /* the first group of width 4 comes as its two halves */
      const uint32_t at = 8 * l.pre + l.fine + 2 * l.octave[0];
      CHECK(v[fine + l.octave[0]] == g[at] + g[at + 1]);
      CHECK(v[fine + l.octave[0] + 1] == g[at + 2] + g[at + 3]);
    }
    free(g), free(v);
  }
}

int main(void) {
  exact();
  irf_values();
  return check_end();
}
