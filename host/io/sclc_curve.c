#include "sclc_curve.h"

#include <math.h>
#include <stdlib.h>

#include "../fit/sclc_refine.h"
#include "record_value.h"

#define WINDOW (0.12 * 2.302585092994046)

/* The part of ln V that point i stands for. */
static double spacing(const ts_sweep_branch *b, size_t i)
{
  const double low = i ? log(b->v[i] / b->v[i - 1]) / 2 : 0, high = i + 1 < b->n ? log(b->v[i + 1] / b->v[i]) / 2 : 0;
  return low + high;
}

/* Sums over the points before the i-th: weight, x, y, x^2, x y. */
typedef struct sums { double w, x, y, xx, xy; } sums;

double *ts_sclc_local_slopes(const ts_sweep_branch *b)
{
  const size_t n = b->n;
  double *slope = malloc((n + 1) * sizeof *slope), *x = malloc((n + 1) * sizeof *x);
  sums *before = calloc(n + 1, sizeof *before);
  if (!slope || !x || !before) {
    free(slope);
    slope = NULL;
  }
  for (size_t i = 0; slope && i < n; i++) {
    const double w = spacing(b, i), y = log(b->j[i] / b->j[n / 2]);
    const sums *s = &before[i];
    x[i] = log(b->v[i] / b->v[n / 2]);
    before[i + 1] = (sums){s->w + w, s->x + w * x[i], s->y + w * y, s->xx + w * x[i] * x[i], s->xy + w * x[i] * y};
  }
  for (size_t i = 0, low = 0, high = 0; slope && i < n; i++) {
    while (x[i] - x[low] > WINDOW) low++;
    while (high < n && x[high] - x[i] <= WINDOW) high++;
    const sums *p = &before[low], *q = &before[high];
    const double w = q->w - p->w, sx = q->x - p->x, sy = q->y - p->y;
    const double sxx = q->xx - p->xx - sx * sx / w, sxy = q->xy - p->xy - sx * sy / w;
    slope[i] = high - low >= 3 && sxx > 0 ? sxy / sxx : NAN;
  }
  free(x);
  free(before);
  return slope;
}

void ts_sclc_curve_header(FILE *f)
{
  fputs("source,index,direction,polarity,v_v,j_a_m2,fit_a_m2,weighted_residual,slope\n", f);
}

bool ts_sclc_curve(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  const ts_sweep_branch *b = o->branch;
  double *slope = ts_sclc_local_slopes(b);
  if (!slope) return false;
  const double sign = b->negative ? -1 : 1;
  for (size_t i = 0; i < b->n; i++) {
    const double fit = isfinite(r->v_t_v) ? ts_sclc_fit_current(o->options, r, b->v[i]) : 0;
    const bool fitted = fit > 0 && b->v[i] >= r->fit_from_v;
    ts_csv_text(f, o->source);
    fprintf(f, ",%llu,%s,%s", (unsigned long long)o->index, ts_direction_name(b->direction), b->negative ? "negative" : "positive");
    ts_csv_number(f, sign * b->v[i]);
    ts_csv_number(f, sign * b->j[i]);
    ts_csv_number(f, fit > 0 ? sign * fit : NAN);
    ts_csv_number(f, fitted ? log(b->j[i] / fit) / r->noise_rms : NAN);
    ts_csv_number(f, slope[i]);
    fputc('\n', f);
  }
  free(slope);
  return true;
}
