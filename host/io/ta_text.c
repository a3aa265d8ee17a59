#include <math.h>
#include <string.h>

#include "ta_record.h"
#include "unit.h"

#define NANOMETRE 1e-9

static const char *status_note(const ts_ta_result *r)
{
  switch (r->status) {
    case TS_STATUS_INSUFFICIENT_DATA: return "too few signals: nothing is determined";
    case TS_STATUS_NOT_CONVERGED: return "the fit did not end: do not use these values";
    case TS_STATUS_AT_LIMIT: return "a lifetime, t0 or the IRF's width stands at the edge of its range";
    case TS_STATUS_ORDER_UNSUPPORTED:
      return "the data do not hold so many components, or hold another answer as well: an amplitude is not distinct from zero, lifetimes are not distinct, t0 lies unseen between two delays (--t0 holds it)";
    default: return NULL;
  }
}

static void flag_note(FILE *f, unsigned flag, const ts_ta_origin *o, const ts_ta_result *r)
{
  if (flag == TS_FLAG_POOR_FIT) {
    fprintf(f, "the model does not describe the data (neighbouring residuals correlate by %.2g", o->residual_correlation);
    if (isfinite(r->chi2_reduced)) fprintf(f, ", chi2 is %.3g", r->chi2_reduced);
    fputs("; or a drift along the delays, a coherent artefact or another decay shows in them), or the noise is not what is said of it: the lifetimes depend on which delays and wavelengths are fitted", f);
  } else if (flag == TS_FLAG_PRECISION_LIMITED) {
    fputs("the device's words end: sigmas are wider by what is left to the minimum, or times are rounded since the window is long against the IRF, or signals stand higher above the noise than they carry (18 bits 1000, 20 bits 1e4: --engine e20)", f);
  } else if (flag == TS_FLAG_LIFETIME_BEYOND_WINDOW) {
    fputs("a lifetime is longer than the window: it and the offset are hard to tell apart", f);
  } else if (flag == TS_FLAG_SIGMA_OVERSTATED) {
    fprintf(f, "the data scatter %.3g times as much as the given sigmas say: intervals are so much too wide; give the sigma of a signal, in the unit of the signals, or none", sqrt(r->chi2_reduced));
  } else if (flag == TS_FLAG_NOISE_SHARED) {
    fputs("wavelengths share noise (or a misfit): they tell less than as many independent ones, and the sigmas are widened to what the residuals show delay by delay", f);
  }
}

static void value(FILE *f, const char *name, double v, double sigma, const char *held)
{
  char text[40], error[40];
  ts_format_time(text, sizeof text, v, 6);
  ts_format_time(error, sizeof error, sigma, 2);
  if (isnan(v)) fprintf(f, "  %-18s -\n", name);
  else if (isnan(sigma)) fprintf(f, "  %-18s %s%s\n", name, text, held);
  else fprintf(f, "  %-18s %s +- %s\n", name, text, error);
}

static size_t strongest(const ts_ta_origin *o, const ts_ta_spectrum *spectra, unsigned k)
{
  size_t best = 0;
  for (size_t w = 1; w < o->wavelengths; w++)
    if (fabs(spectra[w].amplitude[k]) > fabs(spectra[best].amplitude[k]) || isnan(spectra[best].amplitude[k])) best = w;
  return best;
}

static void print_lifetime(FILE *f, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra, unsigned k)
{
  char name[20], text[40], sigma[40], low[40], high[40];
  const size_t w = strongest(o, spectra, k);
  snprintf(name, sizeof name, "lifetime %u", k + 1);
  ts_format_time(text, sizeof text, r->lifetime_s[k], 5);
  ts_format_time(sigma, sizeof sigma, r->lifetime_sigma_s[k], 2);
  ts_format_time(low, sizeof low, r->lifetime_low_s[k], 5);
  ts_format_time(high, sizeof high, r->lifetime_high_s[k], 5);
  fprintf(f, "  %-18s %s", name, text);
  if (isfinite(r->lifetime_sigma_s[k])) fprintf(f, " +- %s   (95 %%: %s to %s)", sigma, low, high);
  else if (isfinite(r->lifetime_s[k])) fputs(" (held)", f);
  if (isfinite(spectra[w].amplitude[k])) {
    fprintf(f, "   amplitude %.4g +- %.2g", spectra[w].amplitude[k], spectra[w].amplitude_sigma[k]);
    if (isfinite(o->wavelength_m[w])) fprintf(f, " at %.5g nm", o->wavelength_m[w] / NANOMETRE);
  }
  fputc('\n', f);
}

void ts_ta_text(FILE *f, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra)
{
  const char *note = status_note(r);
  fprintf(f, "%s [%llu]   %s on %s %s, ", o->source, (unsigned long long)r->index, ts_status_name(r->status), o->device->backend, o->device->engine);
  if (o->is_global) fprintf(f, "%zu wavelengths, ", o->wavelengths);
  else if (isfinite(o->wavelength_m[0])) fprintf(f, "%.5g nm, ", o->wavelength_m[0] / NANOMETRE);
  fprintf(f, "%zu delays%s\n", o->delays, o->provisional ? ", provisional" : "");
  for (unsigned k = 0; k < r->components; k++) print_lifetime(f, o, r, spectra, k);
  value(f, "t0", r->t0_s, r->t0_sigma_s, " (held)");
  value(f, "IRF FWHM", r->irf_fwhm_s, r->irf_fwhm_sigma_s, " (held)");
  if (!o->is_global && isfinite(spectra[0].offset_sigma)) fprintf(f, "  %-18s %.4g +- %.2g\n", "offset", spectra[0].offset, spectra[0].offset_sigma);
  fprintf(f, "  %-18s %.3g, %s", "noise", r->noise, !strcmp(o->noise_source, "given") ? "as given" : "from the residuals");
  if (isfinite(o->noise_before_t0)) fprintf(f, "; before t0 %.3g", o->noise_before_t0);
  if (isfinite(r->chi2_reduced)) fprintf(f, "; chi2 %.4g", r->chi2_reduced);
  fprintf(f, "; %d degrees of freedom\n", r->degrees_of_freedom);
  if (r->masked) fprintf(f, "  %-18s %zu signals\n", "missing", r->masked);
  if (note) fprintf(f, "  %-18s %s: %s\n", "note", ts_status_name(r->status), note);
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    if (!name) continue;
    fprintf(f, "  %-18s %s: ", "flag", name);
    flag_note(f, 1u << bit, o, r);
    fputc('\n', f);
  }
}

void ts_ta_line_header(FILE *f, unsigned components)
{
  fprintf(f, "%10s %7s %-18s", "nm", "delays", "status");
  for (unsigned k = 1; k <= components; k++) fprintf(f, " %10s%u %10s %10s", "tau", k, "+-", "amplitude");
  fprintf(f, " %11s %9s  flags\n", "t0", "chi2");
}

void ts_ta_line(FILE *f, unsigned components, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra)
{
  char text[40], sigma[40];
  if (!o->is_global && isfinite(o->wavelength_m[0])) fprintf(f, "%10.5g", o->wavelength_m[0] / NANOMETRE);
  else fprintf(f, "%10s", o->is_global ? "all" : "-");
  fprintf(f, " %7zu %-18s", o->delays, ts_status_name(r->status));
  for (unsigned k = 0; k < components; k++) {
    const double amplitude = spectra[strongest(o, spectra, k)].amplitude[k];
    ts_format_time(text, sizeof text, r->lifetime_s[k], 4);
    ts_format_time(sigma, sizeof sigma, r->lifetime_sigma_s[k], 2);
    fprintf(f, " %11s %10s", text, sigma);
    if (isfinite(amplitude)) fprintf(f, " %10.3g", amplitude);
    else fprintf(f, " %10s", "-");
  }
  ts_format_time(text, sizeof text, r->t0_s, 3);
  fprintf(f, " %11s", text);
  if (isfinite(r->chi2_reduced)) fprintf(f, " %9.4g", r->chi2_reduced);
  else fprintf(f, " %9s", "-");
  fputc(' ', f);
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    if (name) fprintf(f, " %s", name);
  }
  fputc('\n', f);
}
