#include "curve_csv.h"

#include <math.h>
#include <string.h>

double ts_weighted_residual(double counts, double fit)
{
  return fit > 0 ? (counts - fit) / sqrt(fit) : NAN;
}

void ts_curve_csv_header(FILE *f)
{
  fputs("source,index,time_s,counts,fit,weighted_residual\n", f);
}

void ts_curve_csv(FILE *f, const ts_curve *c)
{
  for (size_t i = 0; i < c->bins; i++) {
    if (strpbrk(c->source, ",\"\r\n")) {
      fputc('"', f);
      for (const char *p = c->source; *p; p++) {
        if (*p == '"') fputc('"', f);
        fputc(*p, f);
      }
      fputc('"', f);
    } else {
      fputs(c->source, f);
    }
    fprintf(f, ",%llu,%.15g,%.15g,", (unsigned long long)c->index, c->start_s + (double)i * c->bin_width_s, c->counts[i]);
    if (c->fit && isfinite(c->fit[i])) fprintf(f, "%.10g", c->fit[i]);
    fputc(',', f);
    double residual = c->fit ? ts_weighted_residual(c->counts[i], c->fit[i]) : NAN;
    if (isfinite(residual)) fprintf(f, "%.6g", residual);
    fputc('\n', f);
  }
}
