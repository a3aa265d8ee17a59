/* Where chi2 over all groups is blind: a model that is wrong in one way puts all it does into one direction, which chi2 dilutes with every other group. The usual ways are looked at one by one
 * (score tests): the response wider or narrower, light that comes with the response alone, one more lifetime, shorter, between or longer, of either sign, and a held parameter that is off. For a
 * direction d (counts a group) less what the free parameters J can take up of it,
 *   e = d - J (J' W J)^-1 J' W d,  W = 1/mu,   z = e' W (y - mu) / sqrt(e' W e),
 * is a standard normal number where the model is true; counts' third moment is allowed for, and so is the noise of the response. Directions need not be exact: another one is as sound
 * a test, and what is not quite projected out only makes z smaller. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define QUICK 0.3              /* lifetimes looked for: of the shortest */
#define SLOW 3.0               /* of the longest */
#define QUICK_BINS 1.0         /* none shorter */
#define PIVOT_MIN 1e-8
#define SKEWNESS_MAX 1.0
#define SKEWNESS_MIN 1e-3
#define CELL_COUNTS 1.0        /* expected in groups that are looked at together */
#define LEFT_MIN 1e-4          /* squared length of a direction that the parameters leave of it: less is none of its own */

enum { FREE_MAX = TS_PARAMETERS_MAX + 1, WAYS_MAX = TS_PARAMETERS_MAX + TS_COMPONENTS_MAX + 3, DECAYS_MAX = 2 * TS_COMPONENTS_MAX + 1 };

typedef struct look {
  const ts_trpl_plan *p;
  unsigned K, free, ways;
  uint32_t cells;              /* groups, or several of them together */
  const uint32_t *edge;        /* of the cells, bins of the device */
  double *mu, *off;            /* of the cells; (counts - mu) / sqrt(mu) */
  double *scale;               /* 1 / sqrt(mu): directions are in standard deviations of the cells */
  double *column, *way;        /* free x cells, ways x cells */
} look;

/* A decay behind pulses at the bins' centres (a tail fit has one at the first bin's left edge), and its slope in the rate: near enough for a direction. */
typedef struct decay {
  double rate, keep, half, phi, own;       /* of the level: over a bin, over half of one; the bin's mean of it; of a pulse of its own */
  double half_slope, phi_slope, own_slope;
  double level, slope;                     /* at the bin's left edge */
} decay;

static decay make_decay(double k, bool tail) {
  const double keep = exp(-k), half = tail ? 1 : exp(-k / 2), to_end = tail ? 1 : 0.5, phi = -expm1(-k) / k, own = -expm1(-k * to_end) / k;
  decay d = {.rate = k, .keep = keep, .half = half * (tail ? keep : 1), .phi = phi, .own = own};
  d.half_slope = -to_end * d.half;
  d.phi_slope = (keep - phi) / k;
  d.own_slope = (to_end * exp(-k * to_end) - own) / k;
  return d;
}

static void step(decay *d, double pulse) {
  d->slope = d->keep * (d->slope - d->level) + pulse * d->half_slope;
  d->level = d->keep * d->level + pulse * d->half;
}

/* The response where the fit has it, between its bins along a straight line. */
static double pulse_at(const ts_trpl_plan *p, long whole, double part, size_t i) {
  const long j = (long)i - whole, n = (long)p->bins_used;
  return (j >= 0 && j < n ? (1 - part) * p->g[j] : 0) + (j >= 1 && j <= n ? part * p->g[j - 1] : 0);
}

/* What all earlier pulses left at the first bin. */
static void begin_period(const ts_trpl_plan *p, decay *d, unsigned n, long whole, double part) {
  const double period = p->options.period_s / p->options.bin_width_s;
  if (!(period > 0)) return;
  for (size_t i = 0; i < p->bins_used; i++) {
    const double pulse = pulse_at(p, whole, part, i);
    for (unsigned j = 0; j < n; j++) step(&d[j], pulse);
  }
  for (unsigned j = 0; j < n; j++) {
    const double k = d[j].rate, again = exp(-k * period), wait = period - (double)p->bins_used, part_left = exp(-k * wait) / (1 - again);
    d[j].slope = part_left * (d[j].slope - d[j].level * (wait + period * again / (1 - again)));
    d[j].level *= part_left;
  }
}

enum { LOOK_ROWS = 3 + FREE_MAX + WAYS_MAX };   /* doubles a group */
static size_t room(const ts_trpl_plan *p) { return 2 * p->bins_used + 2 * LOOK_ROWS * (size_t)p->layout.groups; }

static void lay_out(look *l, double *at) {
  const size_t groups = l->p->layout.groups;
  l->mu = at;
  l->off = l->mu + groups;
  l->scale = l->off + groups;
  l->column = l->scale + groups;
  l->way = l->column + FREE_MAX * groups;
}

/* The next place for a direction that is a free parameter's, or else is looked at. */
static double *place(look *l, bool is_free) {
  const size_t n = l->cells;
  return is_free ? l->column + n * l->free++ : l->way + n * l->ways++;
}

static void directions(look *l, const ts_misfit_data *data, const ts_estimate *e, const double *rate) {
  const ts_trpl_plan *p = l->p;
  const unsigned K = l->K, decays = 2 * K + 1;
  const bool tail = p->options.irf_kind == TS_IRF_NONE;
  const long whole = (long)floor(e->shift);
  const double part = e->shift - (double)whole, *mu = data->expected;
  decay d[DECAYS_MAX];
  double *level[DECAYS_MAX], *slope[TS_COMPONENTS_MAX];
  for (unsigned k = 0; k < K; k++) {
    d[k] = make_decay(rate[k], tail);
    level[k] = place(l, true);
    slope[k] = place(l, p->free[ts_estimate_index(p, e, 2 * k + 1)]);
  }
  for (unsigned k = 0; k <= K; k++) {   /* one more lifetime */
    d[K + k] = make_decay(k == 0 ? fmin(rate[0] / QUICK, 1 / QUICK_BINS) : k < K ? sqrt(rate[k - 1] * rate[k]) : rate[K - 1] / SLOW, tail);
    level[K + k] = place(l, false);
  }
  double *constant = place(l, p->free[2 * K + 1]);
  double *moved = tail ? NULL : place(l, p->free[2 * K]), *wider = tail ? NULL : place(l, p->gauss.sigma_error > 0) /* then it is in the sigmas */, *scatter = tail ? NULL : place(l, false);
  begin_period(p, d, decays, whole, part);
  for (uint32_t g = 0; g < p->layout.groups; g++) {
    double sum[DECAYS_MAX] = {0}, slopes[TS_COMPONENTS_MAX] = {0}, bins = 0, first = 0, second = 0, light = 0;
    for (size_t i = p->edge[g] * p->factor; i < p->edge[g + 1] * p->factor; i++) {
      const double weight = data->weight ? data->weight[i] : 1, pulse = pulse_at(p, whole, part, i);
      for (unsigned k = 0; k < K; k++) slopes[k] += weight * (d[k].phi * d[k].slope + d[k].phi_slope * d[k].level + d[k].own_slope * pulse);
      for (unsigned j = 0; j < decays; j++) {
        sum[j] += weight * (d[j].phi * d[j].level + d[j].own * pulse);
        step(&d[j], pulse);
      }
      bins += weight;
      light += weight * pulse;
      if (i > 0 && i + 1 < p->bins_used) {
        first += weight * (mu[i + 1] - mu[i - 1]);
        second += weight * (mu[i + 1] - 2 * mu[i] + mu[i - 1]);
      }
    }
    for (unsigned j = 0; j < decays; j++) level[j][g] = sum[j] * l->scale[g];
    for (unsigned k = 0; k < K; k++) slope[k][g] = slopes[k] * l->scale[g];
    constant[g] = bins * l->scale[g];
    if (tail) continue;
    moved[g] = first * l->scale[g];
    wider[g] = second * l->scale[g];
    scatter[g] = light * l->scale[g];
  }
}

/* Four sums: one alone waits for itself. */
static double product(const double *a, const double *b, uint32_t n) {
  double s[4] = {0};
  uint32_t g = 0;
  for (; g + 4 <= n; g += 4)
    for (unsigned j = 0; j < 4; j++) s[j] += a[g + j] * b[g + j];
  for (; g < n; g++) s[0] += a[g] * b[g];
  return s[0] + s[1] + (s[2] + s[3]);
}

/* Takes the first n columns' part out of a direction; they are orthonormal. Answers the squared length that is left, 0 for none. */
static double take_out(const look *l, unsigned n, double *d, double least) {
  const uint32_t cells = l->cells;
  const double before = product(d, d, cells);
  double left = before;
  for (unsigned k = 0; k < n; k++) {
    const double *c = l->column + k * cells, part = product(c, d, cells);
    for (uint32_t g = 0; g < cells; g++) d[g] -= part * c[g];
    left -= part * part;
  }
  return left > least * before ? left : 0;
}

static void orthonormalise(look *l) {
  const uint32_t cells = l->cells;
  unsigned n = 0;
  for (unsigned k = 0; k < l->free; k++) {
    double *c = l->column + n * cells;
    if (k != n) memcpy(c, l->column + k * cells, cells * sizeof *c);
    if (!(take_out(l, n, c, PIVOT_MIN) > 0)) continue;
    take_out(l, n, c, 0);   /* once more: what rounding left */
    const double length = sqrt(product(c, c, cells));
    for (uint32_t g = 0; g < cells; g++) c[g] /= length;
    n++;
  }
  l->free = n;
}

/* The standard normal number that is as improbable as a sum of counts that is x standard deviations off and has this skewness (as of a gamma distribution, by Wilson and Hilferty); its
 * steeper side is taken as it is, and a few rare counts tell nothing. */
static double as_normal(double x, double skewness) {
  if (fabs(skewness) > SKEWNESS_MAX) return 0;
  if (x * skewness <= 0 || fabs(skewness) < SKEWNESS_MIN) return x;
  return 6 / skewness * (cbrt(1 + skewness * x / 2) - 1 + skewness * skewness / 36);
}

ts_error ts_misfit_prepare(ts_trpl_plan *p) {
  p->misfit_room = malloc(room(p) * sizeof *p->misfit_room);
  p->misfit_edge = malloc((p->layout.groups + 1) * sizeof *p->misfit_edge);
  return p->misfit_room && p->misfit_edge ? TS_OK : TS_ERROR_MEMORY;
}

/* Neighbours in one cell until a count is expected there; what is left at the end goes to the last one. */
static void make_cells(const look *l, uint32_t *edge, look *t) {
  double mu = 0;
  t->cells = 0;
  t->edge = edge;
  edge[0] = 0;
  for (uint32_t g = 0; g < l->cells; g++) {
    mu += l->mu[g];
    if (mu < CELL_COUNTS) continue;
    edge[++t->cells] = l->edge[g + 1];
    mu = 0;
  }
  if (!t->cells) t->cells = 1;
  edge[t->cells] = l->edge[l->cells];
}

/* Of values in standard deviations. */
static void add_up(const look *l, const look *t, const double *from, double *to) {
  for (uint32_t c = 0, g = 0; c < t->cells; c++) {
    to[c] = 0;
    for (; g < l->cells && l->edge[g] < t->edge[c + 1]; g++) to[c] += from[g] / l->scale[g];
    to[c] *= t->scale[c];
  }
}

/* Groups in which hardly a count is expected weigh so much in a direction that nothing is left of it, or that a single count would decide: a second look at cells of them. */
static bool take_together(const look *l, uint32_t *edge, look *t) {
  make_cells(l, edge, t);
  if (t->cells == l->cells || t->cells <= l->free) return false;
  for (uint32_t c = 0, g = 0; c < t->cells; c++) {
    t->mu[c] = 0;
    for (; g < l->cells && l->edge[g] < edge[c + 1]; g++) t->mu[c] += l->mu[g];
    t->scale[c] = 1 / sqrt(t->mu[c]);
  }
  add_up(l, t, l->off, t->off);
  t->free = l->free;
  t->ways = l->ways;
  for (unsigned k = 0; k < l->free; k++) add_up(l, t, l->column + k * l->cells, t->column + k * t->cells);
  for (unsigned w = 0; w < l->ways; w++) add_up(l, t, l->way + w * l->cells, t->way + w * t->cells);
  return true;
}

/* Standard deviations of the one that stands out most. */
static double largest_of(look *l, const ts_misfit_data *data, const ts_estimate *e, const double *amplitude, const double *rate, double *curve, double *pull) {
  const ts_trpl_plan *p = l->p;
  double largest = 0;
  for (unsigned w = 0; w < l->ways; w++) {
    double *d = l->way + w * l->cells, third = 0;
    double variance = take_out(l, l->free, d, LEFT_MIN);
    if (!(variance > 0)) continue;
    const double score = product(d, l->off, l->cells);
    if (score * score < TS_MISFIT_SIGMAS * TS_MISFIT_SIGMAS * variance) continue;   /* what follows makes it no more */
    for (uint32_t g = 0; g < l->cells; g++) {
      third += d[g] * d[g] * d[g] * l->scale[g];
      for (size_t i = l->edge[g] * p->factor; i < l->edge[g + 1] * p->factor; i++) curve[i] = d[g] * l->scale[g] * (data->weight ? data->weight[i] : 1);
    }
    const double skewness = third / pow(variance, 1.5);
    variance += ts_irf_noise_of(p, data->total, amplitude, rate, e->shift, curve, pull);
    largest = fmax(largest, fabs(as_normal(score / sqrt(variance), skewness)));
  }
  return largest;
}

bool ts_misfit(const ts_trpl_plan *p, const ts_misfit_data *data, const ts_estimate *e, const double *amplitude, const double *rate, double *left) {
  const uint32_t groups = p->layout.groups;
  double *curve = p->misfit_room, *pull = curve + p->bins_used;
  look l = {.p = p, .K = p->options.components, .cells = groups, .edge = p->edge}, together = {.p = p, .K = l.K};
  lay_out(&l, pull + p->bins_used);
  lay_out(&together, l.mu + LOOK_ROWS * (size_t)groups);
  for (uint32_t g = 0; g < groups; g++) {
    double y = data->groups ? data->groups[g] : 0, mu = 0;
    for (size_t i = p->edge[g] * p->factor; i < p->edge[g + 1] * p->factor; i++) {
      mu += data->weight ? data->weight[i] * data->expected[i] : data->expected[i];
      if (data->counts && (!data->weight || data->weight[i] > 0)) y += (double)data->counts[i];
    }
    l.mu[g] = fmax(mu, TS_BACKGROUND_MIN);
    l.scale[g] = 1 / sqrt(l.mu[g]);
    l.off[g] = (y - l.mu[g]) * l.scale[g];
  }
  directions(&l, data, e, rate);
  const bool twice = take_together(&l, p->misfit_edge, &together);
  orthonormalise(&l);
  double pulled = 0;
  for (unsigned k = 0; k < l.free; k++) {
    const double part = product(l.column + k * groups, l.off, groups);
    pulled += part * part;
  }
  *left = sqrt(pulled);
  if (largest_of(&l, data, e, amplitude, rate, curve, pull) > TS_MISFIT_SIGMAS) return true;
  if (!twice) return false;
  orthonormalise(&together);
  return largest_of(&together, data, e, amplitude, rate, curve, pull) > TS_MISFIT_SIGMAS;
}
