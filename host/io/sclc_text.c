#include <math.h>
#include <string.h>

#include "sclc_record.h"

#define M3_TO_CM3 1e-6
#define M2_TO_CM2 1e4
#define SOURCE_WIDTH 32

static void density(FILE *f, double n)
{
  fprintf(f, "%.3g m^-3 = %.3g cm^-3", n, n * M3_TO_CM3);
}

static const char *status_note(const ts_sclc_result *r)
{
  switch (r->status) {
    case TS_SCLC_INSUFFICIENT_DATA: return "insufficient_data: too few points, or too few beyond the limit: nothing is determined";
    case TS_SCLC_SATURATED: return "saturated: the current was at its limit before anything could be determined";
    case TS_SCLC_NOT_CONVERGED: return "not_converged: the fit did not end: do not use these values";
    case TS_SCLC_NO_TRAP_FILLED_LIMIT:
      return isfinite(r->v_onset_v) ? "no_trap_filled_limit: the current rises steeply, but not as traps that fill make it: no density can be read from it" :
                                      "no_trap_filled_limit: the current nowhere rises as it does where traps fill: no density can be read from it; deep traps of up to "
                                      "1.6 times the resolvable density, and shallow ones, can look like this";
    case TS_SCLC_UPPER_BOUND: return "upper_bound: so near to V_min, or below it, diffusion hides the traps: the density is at most the bound, and may be zero";
    default: return NULL;
  }
}

static void implausible(FILE *f, const ts_sclc_result *r)
{
  if (r->trap_density_m3 > TS_SCLC_DENSITY_PLAUSIBLE_M3) fprintf(f, "more traps than a contact has carriers to fill, %.2g m^-3; ", r->trap_density_m3);
  if (r->mobility_m2_vs > TS_SCLC_MOBILITY_PLAUSIBLE_M2_VS) fprintf(f, "a mobility above that of pure crystals, %.2g m2/Vs; ", r->mobility_m2_vs);
  if (r->mobility_m2_vs < TS_SCLC_MOBILITY_LEAST_M2_VS) fprintf(f, "a mobility below that of glasses, %.2g m2/Vs; ", r->mobility_m2_vs);
  if (r->drift_velocity_m_s > TS_SCLC_VELOCITY_PLAUSIBLE_M_S) fprintf(f, "carriers faster than saturated drift, %.2g m/s; ", r->drift_velocity_m_s);
  if (r->field_max_v_m > TS_SCLC_FIELD_PLAUSIBLE_V_M) fprintf(f, "a field beyond breakdown, %.2g V/m; ", r->field_max_v_m);
  fputs("are thickness, area and units right?", f);
}

static void flag_note(FILE *f, unsigned flag, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  const ts_sweep_branch *b = o->branch;
  switch (flag) {
    case TS_SCLC_FLAG_POOR_FIT:
      fprintf(f, "the template misses ln J by %.2g, its noise is %.2g: filled traps do not describe this device", r->residual_rms, r->noise_rms);
      break;
    case TS_SCLC_FLAG_SERIES_RESISTANCE:
      if (isfinite(r->series_ohm_m2)) fprintf(f, "%.3g ohm cm2 in series with the device were fitted and taken off: contacts, leads, the voltmeter's place", 1e4 * r->series_ohm_m2);
      else fprintf(f, "the slope ends at %.2f, below Child's 2: a series resistance or a contact limits the current", r->last_slope);
      break;
    case TS_SCLC_FLAG_INJECTION_BARRIER:
      fprintf(f, "the slope of %.1f is steeper than traps of so low a limit can make it: a contact or a resistance limits the current", r->slope_max);
      break;
    case TS_SCLC_FLAG_SHALLOW_TRAPS:
      if (isfinite(r->v_tfl_v)) fprintf(f, "the step begins at %.2g V, less than a tenth of V_TFL: levels that stay partly empty there and are not counted, or ions at rest", r->v_onset_v);
      else fprintf(f, "the slope is steepest at %.3g V, above the template's limit: traps that are not yet filled there, or a mobility that rises with the field",
                   r->v_inflection_v);
      break;
    case TS_SCLC_FLAG_INFLECTION_LOW:
      fprintf(f, "the slope is steepest at %.3g V, too far below the template's limit to belong to it", r->v_inflection_v);
      break;
    case TS_SCLC_FLAG_OHMIC_LOW:
      fprintf(f, "the ohmic current is %.2g of the least that traps filled up to this V_TFL leave: a built-in voltage (V_TFL is too high by about that; "
              "measure the other polarity) or a resistance in series (too low)", r->ohmic_over_least);
      break;
    case TS_SCLC_FLAG_LEAK:
      if (isfinite(r->leak_a_m2_v))
        fprintf(f, "%.2g A/m2/V beside the device, %.2g %% of the current where the fit begins, are taken off: a shunt, or carriers of dopants", r->leak_a_m2_v,
                100 * r->leak_part);
      else fprintf(f, "%.2g %% of the current where the fit begins may flow beside the device, or be of levels that are not deep; the interval holds both",
                   100 * r->leak_part);
      break;
    case TS_SCLC_FLAG_FIELD_MOBILITY:
      if (isfinite(r->field_gamma_sqrt_m_v))
        fprintf(f, "the current rises faster than Child's: mobility x exp(%.3g sqrt E) was fitted, or levels are filled late; the mobility is that without field",
                r->field_gamma_sqrt_m_v);
      else fprintf(f, "the tangents meet at %.2g V, far below V_TFL: a mobility that rises with the field, or a sweep too short or too noisy to tell; "
                   "V_TFL may be too high", r->v_2_v);
      break;
    case TS_SCLC_FLAG_IMPLAUSIBLE: implausible(f, r); break;
    case TS_SCLC_FLAG_SWEEP_TOO_SHORT:
      if (isfinite(r->v_tfl_v)) fprintf(f, "the sweep ends at %.2f V_TFL: expected 2.4 or more", r->v_max_v / r->v_tfl_v);
      else fprintf(f, "the sweep ends at %.3g V with a slope of %.1f: expected one that goes on until the slope has fallen towards 2", r->v_max_v,
                   r->last_slope);
      break;
    case TS_SCLC_FLAG_EXPONENTIAL_TRAPS:
      fprintf(f, "the slope stays at %.2f: traps spread in energy (Mark-Helfrich l = %.2f), no density of one level", r->mark_helfrich_l + 1,
              r->mark_helfrich_l);
      break;
    case TS_SCLC_FLAG_REBINNED: fprintf(f, "neighbouring points were averaged, %u are left", r->points); break;
    case TS_SCLC_FLAG_HYSTERESIS:
      fprintf(f, "J differs by %+.3g %% between the directions at %.3g V: mobile ions or slow traps; what is measured is traps less ions",
              100 * (o->hysteresis.ratio - 1), o->hysteresis.at_v);
      break;
    case TS_SCLC_FLAG_BUILT_IN_VOLTAGE:
      fprintf(f, "the polarities differ %.3g times at %.3g V: built-in voltage of at least %.2g V; %s", o->polarity.ratio, o->polarity.at_v,
              o->built_in_voltage_least_v, o->larger_polarity ? "V_TFL of this polarity is too high by about that voltage" :
              "this polarity injects over a barrier");
      break;
    case TS_SCLC_FLAG_COMPLIANCE:
      fprintf(f, "%zu points at the source's limit, %.3g A/m2, are left out", b ? b->clipped : 0, b ? b->clipped_j : NAN);
      break;
    case TS_SCLC_FLAG_POINTS_EXCLUDED: fprintf(f, "%zu points are left out: no current, or current of the wrong sign", b ? b->excluded : 0); break;
    case TS_SCLC_FLAG_CURRENT_INVERTED: fputs("current and voltage have opposite signs: the current was turned round", f); break;
    case TS_SCLC_FLAG_UNSORTED: fputs("the voltages had no order: they were sorted, hysteresis cannot be seen", f); break;
    case TS_SCLC_FLAG_CURRENT_OFFSET:
      fprintf(f, "the current has an offset and changes its sign: points up to %.3g V are left out", b ? b->offset_v : NAN);
      break;
    case TS_SCLC_FLAG_CONVENTIONAL_VALUE:
      fputs("from a published voltage without its curve; an onset of tangents is typically a few times too low", f);
      break;
    default: break;
  }
}

static void print_notes(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  const char *note = status_note(r);
  if (note) fprintf(f, "  note               %s\n", note);
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_sclc_flag_name(1u << bit) : NULL;
    if (!name) continue;
    fprintf(f, "  flag               %s: ", name);
    flag_note(f, 1u << bit, o, r);
    fputc('\n', f);
  }
}

static void print_head(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  fprintf(f, "%s", o->source);
  if (*o->column) fprintf(f, ", %s", o->column);
  fprintf(f, " [%llu]   ", (unsigned long long)o->index);
  if (o->branch) fprintf(f, "%s, V %s: ", ts_direction_name(o->branch->direction), o->branch->negative ? "< 0" : "> 0");
  fprintf(f, "%s", ts_sclc_status_name(r->status));
  if (o->device) fprintf(f, " on %s %s, %u points to %.4g V", o->device->backend, o->device->engine, r->points, r->v_max_v);
  fprintf(f, "%s\n", o->provisional ? ", provisional" : "");
}

void ts_sclc_text(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  print_head(f, o, r);
  if (r->status == TS_SCLC_UPPER_BOUND) {
    fprintf(f, "  V_TFL              below %.4g V\n  net trap density   at most ", r->v_tfl_high_v);
    density(f, r->trap_density_high_m3);
    fputc('\n', f);
  } else if (isfinite(r->v_tfl_v)) {
    fprintf(f, "  V_TFL              %.4g V", r->v_tfl_v);
    if (isfinite(r->v_tfl_low_v)) fprintf(f, "   (95 %%: %.4g to %.4g V)", r->v_tfl_low_v, r->v_tfl_high_v);
    fputs("\n  net trap density   ", f);
    density(f, r->trap_density_m3);
    if (isfinite(r->trap_density_low_m3)) fprintf(f, "   (95 %%: %.3g to %.3g m^-3)", r->trap_density_low_m3, r->trap_density_high_m3);
    fputc('\n', f);
  }
  if (isfinite(r->trap_density_onset_m3)) {
    fputs("  conventional       ", f);
    density(f, r->trap_density_onset_m3);
    fprintf(f, ", from the onset at %.3g V, for comparison with the literature\n", r->v_onset_v);
  }
  fputs("  resolvable from    ", f);
  density(f, r->trap_density_min_m3);
  fprintf(f, " (V_min = 2 pi^2 kT/q = %.3f V)\n", r->v_min_v);
  if (isfinite(r->mobility_m2_vs)) {
    fprintf(f, "  mobility           %.4g", r->mobility_m2_vs);
    if (isfinite(r->mobility_sigma_m2_vs)) fprintf(f, " +- %.2g", r->mobility_sigma_m2_vs);
    fprintf(f, " m2/Vs = %.4g cm2/Vs\n", r->mobility_m2_vs * M2_TO_CM2);
  }
  if (isfinite(r->slope_max)) {
    fprintf(f, "  slope              at most %.3g", r->slope_max);
    if (isfinite(r->last_slope)) fprintf(f, ", %.3g at the end", r->last_slope);
    if (isfinite(r->v_tfl_v)) fprintf(f, "; the sweep reaches %.3g V_TFL", r->v_max_v / r->v_tfl_v);
    if (r->cycles >= 0) fprintf(f, "; %lld clocks", (long long)r->cycles);
    fputc('\n', f);
  }
  print_notes(f, o, r);
}

void ts_sclc_line_header(FILE *f)
{
  fprintf(f, "%-*s %5s %-20s %8s %9s %23s %11s %11s %11s  flags\n", SOURCE_WIDTH, "source", "", "status", "V_TFL/V", "N_t/m^-3",
          "95 % interval/m^-3", "N_t/cm^-3", "onset/m^-3", "mu/m2/Vs");
}

static void cell(FILE *f, int width, double v)
{
  if (isfinite(v)) fprintf(f, " %*.3g", width, v);
  else fprintf(f, " %*s", width, "-");
}

void ts_sclc_line(FILE *f, const ts_sclc_origin *o, const ts_sclc_result *r)
{
  char branch[8] = "", interval[40] = "-", name[SOURCE_WIDTH + 1];
  const size_t length = strlen(o->source);
  if (o->branch)
    snprintf(branch, sizeof branch, "%s%s", o->branch->negative ? "-" : "+", o->branch->direction == TS_FORWARD ? "fwd" : o->branch->direction == TS_REVERSE ?
             "rev" : "any");
  if (isfinite(r->trap_density_high_m3)) snprintf(interval, sizeof interval, "%.3g to %.3g", r->trap_density_low_m3, r->trap_density_high_m3);
  if (o->provisional) snprintf(name, sizeof name, "%u points, %.4g V", r->points, r->v_max_v);
  else if (length > SOURCE_WIDTH) snprintf(name, sizeof name, "...%s", o->source + length - SOURCE_WIDTH + 3);   /* its end tells files apart */
  else snprintf(name, sizeof name, "%s", o->source);
  fprintf(f, "%-*s %5s %-20s", SOURCE_WIDTH, name, branch, ts_sclc_status_name(r->status));
  cell(f, 8, r->v_tfl_v);
  cell(f, 9, r->trap_density_m3);
  fprintf(f, " %23s", interval);
  cell(f, 11, r->trap_density_m3 * M3_TO_CM3);
  cell(f, 11, r->trap_density_onset_m3);
  cell(f, 11, r->mobility_m2_vs);
  fputc(' ', f);
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_sclc_flag_name(1u << bit) : NULL;
    if (name) fprintf(f, " %s", name);
  }
  fputc('\n', f);
}
