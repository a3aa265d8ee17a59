#include <math.h>

#include "trpl_record.h"
#include "unit.h"

static void value(FILE *f, double v, double sigma)
{
  if (isnan(v)) fprintf(f, "not determined");
  else if (isnan(sigma)) fprintf(f, "%.5g", v);
  else fprintf(f, "%.5g +- %.2g", v, sigma);
}

static void time_value(FILE *f, double v, double sigma)
{
  char a[40], b[40];
  if (isnan(v)) {
    fprintf(f, "not determined");
    return;
  }
  ts_format_time(a, sizeof a, v, 5);
  ts_format_time(b, sizeof b, sigma, 2);
  if (isnan(sigma)) fprintf(f, "%s", a);
  else fprintf(f, "%s +- %s", a, b);
}

static void print_flags(FILE *f, unsigned flags)
{
  if (!flags) return;
  fprintf(f, "  flags             ");
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    if (name) fprintf(f, " %s", name);
  }
  fprintf(f, "\n");
}

void ts_trpl_text(FILE *f, const ts_trpl_origin *o, const ts_trpl_result *r)
{
  fprintf(f, "%s", o->source);
  if (*o->column) fprintf(f, ", %s", o->column);
  fprintf(f, " [%llu]   %s on %s %s, %.0f counts\n", (unsigned long long)r->index, ts_status_name(r->status), o->device->backend,
          o->device->engine, r->counts);
  for (unsigned i = 0; i < r->components; i++) {
    char low[40], high[40];
    fprintf(f, "  lifetime %u         ", i + 1);
    time_value(f, r->lifetime_s[i], r->lifetime_sigma_s[i]);
    if (isfinite(r->lifetime_low_s[i]) && isfinite(r->lifetime_high_s[i])) {
      ts_format_time(low, sizeof low, r->lifetime_low_s[i], 5);
      ts_format_time(high, sizeof high, r->lifetime_high_s[i], 5);
      fprintf(f, "   (95 %%: %s to %s)", low, high);
    }
    fprintf(f, "\n  amplitude %u        ", i + 1);
    value(f, r->amplitude[i], r->amplitude_sigma[i]);
    if (isfinite(r->amplitude_fraction[i])) fprintf(f, " counts/bin   (%.1f %%)", 100 * r->amplitude_fraction[i]);
    fprintf(f, "\n");
  }
  if (r->components > 1) {
    fprintf(f, "  mean, amplitude    ");
    time_value(f, r->lifetime_mean_amplitude_s, r->lifetime_mean_amplitude_sigma_s);
    fprintf(f, "\n  mean, intensity    ");
    time_value(f, r->lifetime_mean_intensity_s, r->lifetime_mean_intensity_sigma_s);
    fprintf(f, "\n");
  }
  fprintf(f, "  background         ");
  value(f, r->background_per_bin, r->background_sigma);
  fprintf(f, " counts/bin\n");
  if (isfinite(r->shift_sigma_s) || (isfinite(r->shift_s) && r->shift_s != 0)) {
    fprintf(f, "  shift              ");
    time_value(f, r->shift_s, r->shift_sigma_s);
    fprintf(f, "\n");
  }
  fprintf(f, "  chi2 reduced       ");
  value(f, r->chi2_reduced, NAN);
  fprintf(f, " with %d degrees of freedom; %u evaluations", r->degrees_of_freedom, r->evaluations);
  if (r->cycles >= 0) fprintf(f, ", %lld clocks", (long long)r->cycles);
  fprintf(f, "\n");
  print_flags(f, r->flags);
  if (o->trial) {
    fprintf(f, "  components tried   ");
    for (size_t i = 0; i < o->trials; i++)
      fprintf(f, "%s%u: %s, bic %.6g", i ? "; " : "", o->trial[i].components, ts_status_name(o->trial[i].status), o->trial[i].bic);
    fprintf(f, " (chosen: lowest bic among ok)\n");
  }
}

void ts_trpl_line_header(FILE *f, unsigned components)
{
  fprintf(f, "%9s %-19s %11s %7s", "index", "status", "counts", "chi2");
  for (unsigned i = 1; i <= components; i++) fprintf(f, "  %20s %u %6s", "lifetime", i, "part");
  fprintf(f, "  flags\n");
}

void ts_trpl_line(FILE *f, unsigned components, const ts_trpl_result *r)
{
  fprintf(f, "%9llu %-19s %11.0f %7.3f", (unsigned long long)r->index, ts_status_name(r->status), r->counts, r->chi2_reduced);
  for (unsigned i = 0; i < components; i++) {
    char a[40], b[40];
    if (i >= r->components) {
      fprintf(f, "  %22s %6s", "", "");
      continue;
    }
    ts_format_time(a, sizeof a, r->lifetime_s[i], 4);
    ts_format_time(b, sizeof b, r->lifetime_sigma_s[i], 2);
    fprintf(f, "  %9s +- %9s %6.3f", a, b, r->amplitude_fraction[i]);
  }
  fprintf(f, " ");
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    if (name) fprintf(f, " %s", name);
  }
  fprintf(f, "\n");
}
