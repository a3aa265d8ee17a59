#include <math.h>

#include "trpl_record.h"
#include "unit.h"

static void value(FILE *f, double v, double sigma)
{
  if (isnan(v)) fprintf(f, "not determined");
  else if (isnan(sigma)) fprintf(f, "%.5g (no error)", v);
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
  if (isnan(sigma)) fprintf(f, "%s (no error)", a);
  else fprintf(f, "%s +- %s", a, b);
}

static const char *status_note(ts_status s)
{
  switch (s) {
    case TS_STATUS_INSUFFICIENT_DATA: return "too few counts: what is given is a guess";
    case TS_STATUS_SATURATED: return "the counter was at its maximum: the curve's shape is wrong there";
    case TS_STATUS_NOT_CONVERGED: return "the fit did not end: these are not its values";
    case TS_STATUS_AT_LIMIT: return "something stands at the edge of its range: do not use these values";
    case TS_STATUS_ORDER_UNSUPPORTED: return "the data do not hold that many components: the lifetimes are guesses";
    default: return NULL;
  }
}

static const char *flag_note(unsigned flag)
{
  switch (flag) {
    case TS_FLAG_POOR_FIT: return "poor_fit: the model does not describe the data; the errors above are too small";
    case TS_FLAG_NOT_POISSON: return "not_poisson: these scatter less than counts can: averaged, scaled or smoothed; the errors above tell nothing";
    case TS_FLAG_IRF_NOISE: return "irf_noise: the IRF has fewer counts than the data; what these leave open is in the errors, if they are counts";
    case TS_FLAG_IRF_TRUNCATED: return "irf_truncated: part of the IRF is missing or outside of the window";
    case TS_FLAG_IRF_UNDERSAMPLED: return "irf_undersampled: the IRF is hardly wider than its bins; its shape within them is not in the errors";
    case TS_FLAG_IRF_APPROXIMATED: return "irf_approximated: the device has this IRF only coarsely; the errors hold what that may do";
    case TS_FLAG_HOST_FINISHED: return "host_finished: the IRF's histogram leaves its width open, or the window begins in it; the host went on from the device's fit with the IRF as a Gauss; or the shift was beyond the device's range, or its answer short of the maximum of the likelihood";
    case TS_FLAG_LIFETIME_BEYOND_WINDOW: return "lifetime_beyond_window: a lifetime is longer than what was measured";
    case TS_FLAG_PERIOD_UNKNOWN: return "period_unknown: a part of the decay comes after the window; if the next pulse comes that soon, too, lifetimes are too short: add --period; live from a board: SYNC did not come as --period says";
    case TS_FLAG_COMPACT: return "compact: no errors were asked for; whether the data support that many components was not tested";
    case TS_FLAG_PILE_UP: return "pile_up: so many photons a pulse that lifetimes come out too short";
    default: return NULL;
  }
}

static void print_notes(FILE *f, const ts_trpl_result *r)
{
  const char *note = status_note(r->status);
  if (note) fprintf(f, "  note               %s: %s\n", ts_status_name(r->status), note);
  for (unsigned bit = 0; bit < 32; bit++) {
    note = r->flags >> bit & 1 ? flag_note(1u << bit) : NULL;
    if (note) fprintf(f, "  note               %s\n", note);
  }
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
  if (isnan(r->chi2_reduced)) fprintf(f, "not determined");
  else fprintf(f, "%.5g", r->chi2_reduced);
  fprintf(f, " with %d degrees of freedom", r->degrees_of_freedom);
  if (!(r->flags & TS_FLAG_COMPACT)) fprintf(f, "; %u evaluations", r->evaluations);
  if (r->cycles >= 0) fprintf(f, ", %lld clocks", (long long)r->cycles);
  fprintf(f, "\n");
  print_flags(f, r->flags);
  print_notes(f, r);
  if (o->trial) {
    fprintf(f, "  components tried   ");
    for (size_t i = 0; i < o->trials; i++) {
      fprintf(f, "%s%u: %s", i ? "; " : "", o->trial[i].components, ts_status_name(o->trial[i].status));
      if (isfinite(o->trial[i].bic)) fprintf(f, ", bic %.6g", o->trial[i].bic);
    }
    fprintf(f, r->status == TS_STATUS_OK ? " (chosen: lowest bic among ok)\n" : " (none is ok; shown: lowest bic)\n");
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
  fprintf(f, "%9llu %-19s %11.0f ", (unsigned long long)r->index, ts_status_name(r->status), r->counts);
  if (isnan(r->chi2_reduced)) fprintf(f, "%7s", "-");
  else fprintf(f, "%7.3f", r->chi2_reduced);
  for (unsigned i = 0; i < components; i++) {
    char a[40], b[40];
    if (i >= r->components) {
      fprintf(f, "  %22s %6s", "", "");
      continue;
    }
    ts_format_time(a, sizeof a, r->lifetime_s[i], 4);
    ts_format_time(b, sizeof b, r->lifetime_sigma_s[i], 2);
    fprintf(f, "  %9s +- %9s ", a, b);
    if (isnan(r->amplitude_fraction[i])) fprintf(f, "%6s", "-");
    else fprintf(f, "%6.3f", r->amplitude_fraction[i]);
  }
  fprintf(f, " ");
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    if (name) fprintf(f, " %s", name);
  }
  fprintf(f, "\n");
}
