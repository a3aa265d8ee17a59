#include <math.h>

#include "record_value.h"
#include "ta_plot.h"

double ts_ta_weighted_residual(const ts_ta_picture *p, const ts_ta_result *r, size_t wavelength, size_t delay)
{
  const double noise = r->noise * (p->sigma_delay ? p->sigma_delay[delay] : 1) * (p->sigma_wavelength ? p->sigma_wavelength[wavelength] : 1);
  return (p->signal[wavelength * p->delays + delay] - p->fit[wavelength * p->delays + delay]) / noise;
}

void ts_ta_curve_header(FILE *f)
{
  fputs("source,index,wavelength_m,delay_s,signal,fit,weighted_residual\n", f);
}

void ts_ta_curve_rows(FILE *f, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_picture *p)
{
  for (size_t w = 0; w < o->wavelengths; w++)
    for (size_t i = 0; i < p->delays; i++) {
      const double signal = p->signal[w * p->delays + i];
      ts_csv_text(f, o->source);
      fprintf(f, ",%llu", (unsigned long long)r->index);
      ts_csv_number(f, o->wavelength_m[w]);
      ts_csv_number(f, p->delay_s[i]);
      ts_csv_number(f, signal);
      ts_csv_number(f, p->fit[w * p->delays + i]);
      ts_csv_number(f, ts_ta_weighted_residual(p, r, w, i));
      fputc('\n', f);
    }
}
