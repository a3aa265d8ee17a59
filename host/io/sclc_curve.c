#include "sclc_curve.h"

#include <math.h>

#include "../fit/sclc_template.h"
#include "record_value.h"

#define WINDOW (0.12 * 2.302585092994046)

/* The part of ln V that point i stands for. */
static double spacing(const ts_sweep_branch *b, size_t i)
{
  const double low = i ? log(b->v[i] / b->v[i - 1]) / 2 : 0, high = i + 1 < b->n ? log(b->v[i + 1] / b->v[i]) / 2 : 0;
  return low + high;
}

double ts_sclc_local_slope(const ts_sweep_branch *b, size_t i)
{
  double w = 0, x = 0, y = 0, xx = 0, xy = 0;
  size_t n = 0;
  for (size_t k = 0; k < b->n; k++) {
    const double dx = log(b->v[k] / b->v[i]), dy = log(b->j[k] / b->j[i]), weight = spacing(b, k);
    if (fabs(dx) > WINDOW) continue;
    n++;
    w += weight;
    x += weight * dx;
    y += weight * dy;
    xx += weight * dx * dx;
    xy += weight * dx * dy;
  }
  const double sxx = xx - x * x / w;
  return n >= 3 && sxx > 0 ? (xy - x * y / w) / sxx : NAN;
}

void ts_sclc_curve_header(FILE *f)
{
  fputs("source,index,direction,polarity,v_v,j_a_m2,fit_a_m2,weighted_residual,slope\n", f);
}

void ts_sclc_curve(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  const ts_sweep_branch *b = o->branch;
  const double sign = b->negative ? -1 : 1;
  for (size_t i = 0; i < b->n; i++) {
    const double fit = isfinite(r->v_t_v) ? ts_sclc_template(b->v[i], r->v_t_v, r->j_0_a_m2) : 0;
    const bool fitted = fit > 0 && b->v[i] >= r->fit_from_v;
    ts_csv_text(f, o->source);
    fprintf(f, ",%llu,%s,%s", (unsigned long long)o->index, ts_direction_name(b->direction), b->negative ? "negative" : "positive");
    ts_csv_number(f, sign * b->v[i]);
    ts_csv_number(f, sign * b->j[i]);
    ts_csv_number(f, fit > 0 ? sign * fit : NAN);
    ts_csv_number(f, fitted ? log(b->j[i] / fit) / r->noise_rms : NAN);
    ts_csv_number(f, ts_sclc_local_slope(b, i));
    fputc('\n', f);
  }
}
