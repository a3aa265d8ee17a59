#include "sweep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DECADE 2.302585092994046
#define TURN (0.08 * DECADE)            /* of ln |V| */
#define SHORTEST 4u                     /* points of a branch beside others */
#define ORDERED 5u                      /* points a branch on average, below which there is no order */
#define OFFSET_MARGIN 10.0
#define LARGE_VOLTAGE 0.3               /* of the highest: here the current must have one sign */
#define SAME_VOLTAGE 1e-9
#define PLATEAU_LEAST 3u
#define PLATEAU_SPREAD 0.01             /* of the current */
#define PLATEAU_SPAN 1.05               /* of the voltage: a current that follows it would rise by more than twice the spread */
#define WINDOW (0.12 * DECADE)
#define CENTRES 512u                    /* of windows, at most, when branches are compared */

const char *ts_direction_name(ts_direction d)
{
  return d == TS_FORWARD ? "forward" : d == TS_REVERSE ? "reverse" : "unsorted";
}

void ts_sweep_free(ts_sweep *s)
{
  for (size_t i = 0; i < s->n; i++) {
    free(s->branch[i].v);
    free(s->branch[i].j);
  }
  free(s->branch);
  memset(s, 0, sizeof *s);
}

/* ---- where the branches begin and end ---- */
typedef struct run { size_t from, to; ts_direction direction; bool negative; } run;

/* The run of one polarity that begins at i: to its turning point or to where the sign changes. */
static run next_run(const ts_sweep_point *p, const size_t *kept, size_t n, size_t i)
{
  run r = {.from = i, .negative = p[kept[i]].v < 0};
  const double first = log(fabs(p[kept[i]].v));
  double extreme = first;
  size_t at = i, same = 1;               /* the extreme's first point, and how many are there: each direction has half of them */
  int way = 0;
  for (r.to = i + 1; r.to < n && (p[kept[r.to]].v < 0) == r.negative; r.to++) {
    const double x = log(fabs(p[kept[r.to]].v));
    if (!way && fabs(x - first) > TURN) {
      way = x > first ? 1 : -1;
      extreme = x;
      at = r.to;
      same = 1;
    } else if (way && fabs(x - extreme) <= SAME_VOLTAGE && r.to == at + same) {
      same++;
    } else if (way && way * (x - extreme) > 0) {
      extreme = x;
      at = r.to;
      same = 1;
    } else if (way && way * (extreme - x) > TURN) {
      r.to = at + (same + 1) / 2;
      break;
    }
  }
  r.direction = way < 0 ? TS_REVERSE : TS_FORWARD;
  return r;
}

static int by_voltage(const void *a, const void *b)
{
  const ts_sweep_point *p = a, *q = b;
  const double x = fabs(p->v), y = fabs(q->v);
  return (x > y) - (x < y) ? (x > y) - (x < y) : (p->line > q->line) - (p->line < q->line);
}

/* ---- what is left out ---- */
static double highest(const ts_sweep_point *p, size_t n)
{
  return fabs(p[n - 1].v);
}

/* The sign of J for large |V|. Refuses when they disagree there. */
static ts_error find_sign(ts_sweep_branch *b, const ts_sweep_point *p, size_t n, const char *name, char *message)
{
  size_t against = 0, large = 0;
  for (size_t i = 0; i < n; i++)
    if (fabs(p[i].v) >= LARGE_VOLTAGE * highest(p, n)) {
      large++;
      against += (p[i].j < 0) != (p[i].v < 0);
    }
  b->inverted = 2 * against > large;
  if (b->inverted) against = large - against;
  if (against <= 2 || 10 * against <= large) return TS_OK;
  for (size_t i = n; i-- > 0;)
    if (((p[i].j < 0) != (p[i].v < 0)) != b->inverted) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the current %g A/m2 at %g V has another sign than most, as have %zu of the %zu points above "
               "%g V: expected the dark current of one device, with one sign for one polarity", name, p[i].line, p[i].j, p[i].v, against, large,
               LARGE_VOLTAGE * highest(p, n));
      break;
    }
  return TS_ERROR_INPUT;
}

/* Whether J has the branch's sign; zero has none. */
static bool is_usable(const ts_sweep_branch *b, const ts_sweep_point *p)
{
  return p->j != 0 && ((p->j < 0) != (p->v < 0)) == b->inverted;
}

/* Up to which voltage an offset of the current would shape the curve: ten times the highest at which it still wins. Where that would leave no large voltages, up to those of a current ten times
 * the largest of the wrong sign. */
static double offset_voltage(const ts_sweep_branch *b, const ts_sweep_point *p, size_t n)
{
  const double large = LARGE_VOLTAGE * highest(p, n);
  double last = 0, offset = 0, end;
  size_t i = 0;
  for (; i < n && fabs(p[i].v) < large; i++)
    if (p[i].j != 0 && !is_usable(b, &p[i])) {
      last = fabs(p[i].v);
      offset = fmax(offset, fabs(p[i].j));
    }
  if (OFFSET_MARGIN * last <= large) return OFFSET_MARGIN * last;
  for (end = large; i < n && fabs(p[i].j) < OFFSET_MARGIN * offset; i++) end = fabs(p[i].v);
  return end;
}

static void drop_plateau(ts_sweep_branch *b)
{
  double most = 0;
  size_t first = b->n;
  for (size_t i = 0; i < b->n; i++) most = fmax(most, b->j[i]);
  while (first > 0 && b->j[first - 1] >= (1 - PLATEAU_SPREAD) * most) first--;
  if (b->n - first < PLATEAU_LEAST || b->v[b->n - 1] < PLATEAU_SPAN * b->v[first]) return;
  b->clipped = b->n - first - 1;
  b->clipped_j = most;
  b->n = first + 1;
}

/* One branch from its points, which are sorted here. */
static ts_error fill(ts_sweep_branch *b, ts_sweep_point *p, size_t n, const char *name, char *message)
{
  b->v = malloc(n * sizeof *b->v);
  b->j = malloc(n * sizeof *b->j);
  if (!b->v || !b->j) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", name);
    return TS_ERROR_MEMORY;
  }
  qsort(p, n, sizeof *p, by_voltage);
  ts_error e = find_sign(b, p, n, name, message);
  if (e) return e;
  b->offset_v = offset_voltage(b, p, n);
  size_t same = 0;
  for (size_t i = 0; i < n; i++) {
    const double v = fabs(p[i].v), j = fabs(p[i].j);
    if (!is_usable(b, &p[i]) || v <= b->offset_v) {
      b->excluded++;
    } else if (b->n && v - b->v[b->n - 1] <= SAME_VOLTAGE * v) {
      same++;
      b->merged++;
      b->j[b->n - 1] += (j - b->j[b->n - 1]) / (double)(same + 1);
    } else {
      same = 0;
      b->v[b->n] = v;
      b->j[b->n++] = j;
    }
  }
  drop_plateau(b);
  return TS_OK;
}

static ts_error add(ts_sweep *s, const ts_sweep_point *p, const size_t *kept, size_t n, run r, const char *name, char *message)
{
  ts_sweep_branch *more = realloc(s->branch, (s->n + 1) * sizeof *more);
  ts_sweep_point *copy = malloc(n * sizeof *copy);
  ts_error e = TS_ERROR_MEMORY;
  if (more) s->branch = more;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", name);
  if (more && copy) {
    ts_sweep_branch *b = &s->branch[s->n];
    memset(b, 0, sizeof *b);
    b->negative = r.negative;
    b->direction = r.direction;
    s->n++;
    for (size_t i = 0; i < n; i++) copy[i] = p[kept[i]];
    e = fill(b, copy, n, name, message);
  }
  free(copy);
  return e;
}

/* No order: every polarity is one branch. */
static ts_error sort_all(ts_sweep *s, const ts_sweep_point *p, const size_t *kept, size_t n, const char *name, char *message)
{
  size_t *side = malloc(n * sizeof *side);
  ts_error e = side ? TS_OK : TS_ERROR_MEMORY;
  for (unsigned negative = 0; !e && negative < 2; negative++) {
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
      if ((p[kept[i]].v < 0) == (negative == 1)) side[m++] = kept[i];
    if (m) e = add(s, p, side, m, (run){.direction = TS_UNSORTED, .negative = negative == 1}, name, message);
  }
  free(side);
  return e;
}

static ts_error cut(ts_sweep *s, const ts_sweep_point *p, const size_t *kept, size_t n, const char *name, char *message)
{
  size_t runs = 0, large = 0;
  ts_error e = TS_OK;
  for (size_t i = 0; i < n; runs++) {
    run r = next_run(p, kept, n, i);
    large += r.to - r.from >= SHORTEST;
    i = r.to;
  }
  if (runs > 2 && n < ORDERED * runs) return sort_all(s, p, kept, n, name, message);
  for (size_t i = 0; !e && i < n;) {
    run r = next_run(p, kept, n, i);
    if (r.to - r.from >= SHORTEST || !large) e = add(s, p, kept + r.from, r.to - r.from, r, name, message);
    else s->excluded += r.to - r.from;
    i = r.to;
  }
  return e;
}

ts_error ts_sweep_cut(ts_sweep *s, const ts_sweep_point *p, size_t n, const char *name, char *message)
{
  size_t *kept = malloc((n + 1) * sizeof *kept), m = 0, usable = 0;
  memset(s, 0, sizeof *s);
  if (!kept) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", name);
    return TS_ERROR_MEMORY;
  }
  for (size_t i = 0; i < n; i++)
    if (p[i].v != 0) kept[m++] = i;
  s->excluded = n - m;
  ts_error e = cut(s, p, kept, m, name, message);
  free(kept);
  for (size_t i = 0; i < s->n; i++) usable += s->branch[i].n;
  if (!e && !usable) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: none of the %zu points has a voltage and a current other than zero: expected a sweep", name, n);
    e = TS_ERROR_INPUT;
  }
  if (e) ts_sweep_free(s);
  return e;
}

/* ---- two branches beside each other ---- */
typedef struct sums { double w, x, y, xx, xy, yy; } sums;

static void take(sums *s, double x, double y)
{
  s->w += 1;
  s->x += x;
  s->y += y;
  s->xx += x * x;
  s->xy += x * y;
  s->yy += y * y;
}

/* The first point at or above v. */
static size_t first_from(const ts_sweep_branch *b, double v)
{
  size_t low = 0, high = b->n;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (b->v[middle] < v) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* ln J of the branch at ln V, interpolated; NAN outside. */
static double current_at(const ts_sweep_branch *b, double v)
{
  if (b->n < 2 || v < b->v[0] || v > b->v[b->n - 1]) return NAN;
  const size_t at = first_from(b, v), low = at ? at - 1 : 0;
  const double part = log(v / b->v[low]) / log(b->v[low + 1] / b->v[low]);
  return log(b->j[low]) + part * log(b->j[low + 1] / b->j[low]);
}

/* ln J_a - ln J_b over the window around point i of a: mean, points of the branch with fewer, squares about the local line. */
typedef struct window { double mean, points, squares, freedom; } window;

static window compare_at(const ts_sweep_branch *a, const ts_sweep_branch *b, size_t i)
{
  const double low = a->v[i] * exp(-WINDOW), high = a->v[i] * exp(WINDOW);
  sums s = {0};
  double others = 0;
  for (size_t k = first_from(a, low); k < a->n && a->v[k] <= high; k++) {
    const double other = current_at(b, a->v[k]);
    if (isfinite(other)) take(&s, log(a->v[k] / a->v[i]), log(a->j[k]) - other);
  }
  for (size_t k = first_from(b, low); k < b->n && b->v[k] <= high; k++) others++;
  if (s.w < 3) return (window){NAN, 0, 0, 0};
  const double sxx = s.xx - s.x * s.x / s.w, sxy = s.xy - s.x * s.y / s.w, syy = s.yy - s.y * s.y / s.w;
  return (window){s.y / s.w, fmax(1, fmin(s.w, others)), fmax(0, syy - (sxx > 0 ? sxy * sxy / sxx : 0)), s.w - 2};
}

ts_sweep_difference ts_sweep_compare(const ts_sweep_branch *a, const ts_sweep_branch *b, double from_v, double to_v, double least, double sigmas)
{
  ts_sweep_difference d = {NAN, NAN, NAN, false};
  const size_t step = a->n / CENTRES + 1;
  double squares = 0, freedom = 0, most = -1;
  /* The noise is one for the whole comparison: in a single window three points may lie on a line by chance. */
  for (size_t i = 0; i < a->n; i += step) {
    if (a->v[i] < from_v || a->v[i] > to_v) continue;
    const window w = compare_at(a, b, i);
    squares += w.squares;
    freedom += w.freedom;
  }
  const double noise = freedom > 0 ? sqrt(squares / freedom) : NAN;
  for (size_t i = 0; i < a->n; i += step) {
    if (a->v[i] < from_v || a->v[i] > to_v) continue;
    const window w = compare_at(a, b, i);
    if (isnan(w.mean)) continue;
    const double sigma = noise / sqrt(w.points);
    const bool significant = fabs(w.mean) > fmax(least, sigmas * sigma);
    /* the largest among the significant ones, and before any other */
    if (significant < d.is_significant || (significant == d.is_significant && fabs(w.mean) <= most)) continue;
    most = fabs(w.mean);
    d = (ts_sweep_difference){exp(w.mean), a->v[i], sigma, significant};
  }
  return d;
}
