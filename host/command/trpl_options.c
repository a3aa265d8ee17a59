#include "trpl_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"
#include "option_values.h"

enum { COLUMNS = TRPL_OPTIONS_END, SKIP, COMPACT, START, RESUME };

static const char help[] =
  "Fits 1 to 4 exponentials to photon-count histograms: text or CSV (time and counts; several count columns are several "
  "histograms; counts alone with --bin-width), Horiba text, .npy; - is standard input. With an IRF (--irf, --irf-gauss) the decay "
  "is convolved with it, without one it is a tail fit from behind the maximum. Values take units: 48.8ps, 0.256 ns; a bare "
  "number is in seconds.\n";

/* free | zero | COUNTS_PER_BIN */
static bool take_background(const char *option, const char *text, ts_choice *choice, double *value)
{
  double v;
  if (!strcmp(text, "free")) {
    *choice = TS_FREE;
  } else if (!strcmp(text, "zero")) {
    *choice = TS_ZERO;
  } else if (ts_parse_number(text, &v) && v >= 0) {
    *choice = TS_HELD;
    *value = v;
  } else {
    complain(0, "%s: '%.60s' cannot be used: expected free, zero or counts per bin", option, text);
    return false;
  }
  return true;
}

static bool take_shift(trpl_options *o, const char *text)
{
  o->has_shift = true;
  if (!strcmp(text, "free")) {
    o->fit.shift = TS_FREE;
    return true;
  }
  if (!strcmp(text, "none")) {
    o->fit.shift = TS_ZERO;
    return true;
  }
  o->fit.shift = TS_HELD;
  return take_time("--shift", text, &o->fit.shift_s);
}

static bool take_components(trpl_options *o, const char *text)
{
  uint64_t k;
  o->is_auto = !strcmp(text, "auto");
  if (o->is_auto) return true;
  if (strlen(text) != 1 || *text < '1' || *text > '4') {
    complain(0, "--components: '%.60s' cannot be used: expected 1, 2, 3, 4 or auto", text);
    return false;
  }
  k = (uint64_t)(*text - '0');
  o->fit.components = (unsigned)k;
  return true;
}

bool trpl_options_take(trpl_options *o, int key, const char *text)
{
  static const char columns[] = "numbers from 1 such as 1,2 or 1,3-5";
  bool mine, good = take_common(&o->common, key, text, &mine);
  if (!mine) good = take_output(&o->out, key, text, &mine);
  if (mine) return good;
  switch (key) {
    case TRPL_IRF: return take_text(&o->irf, text);
    case TRPL_IRF_GAUSS: o->fit.irf_kind = TS_IRF_GAUSS; return take_positive_time("--irf-gauss", text, &o->fit.irf_fwhm_s);
    case TRPL_IRF_BACKGROUND:
      o->has_irf_background = true;
      return take_background("--irf-background", text, &o->fit.irf_background, &o->fit.irf_background_counts_per_bin);
    case TRPL_IRF_COLUMNS: return take_columns("--irf-columns", text, 1, columns, &o->irf_columns);
    case TRPL_IRF_SKIP: return take_skip("--irf-skip", text, &o->irf_read.skip);
    case TRPL_BIN_WIDTH: return take_positive_time("--bin-width", text, &o->read.bin_width_s);
    case TRPL_TIME_UNIT: return take_time_unit("--time-unit", text, &o->read.time_unit_s);
    case COLUMNS: return take_columns("--columns", text, 1, columns, &o->columns);
    case SKIP: return take_skip("--skip", text, &o->read.skip);
    case 'k': return take_components(o, text);
    case TRPL_LIFETIME: return take_lifetime(text, o->fit.lifetime_s, o->fit.lifetime_held);
    case TRPL_BACKGROUND: return take_background("--background", text, &o->fit.background, &o->fit.background_counts_per_bin);
    case TRPL_SHIFT: return take_shift(o, text);
    case TRPL_RANGE: o->has_range = true; return take_time_range("--range", text, &o->from_s, &o->to_s);
    case TRPL_PERIOD: return take_positive_time("--period", text, &o->fit.period_s);
    case COMPACT: o->fit.compact = true; return true;
    case TRPL_PULSES: return take_number("--pulses", text, 1, &o->fit.pulses);
    case TRPL_PILE_UP:
      o->has_pile_up = true;
      o->models_pile_up = !strcmp(text, "correct");
      if (o->models_pile_up || !strcmp(text, "judge")) return true;
      complain(0, "--pile-up: '%.60s' cannot be used: expected judge or correct", text);
      return false;
    case TRPL_DEAD_TIME:
      if (!take_time("--dead-time", text, &o->dead_time_s)) return false;
      if (o->dead_time_s >= 0) return true;
      complain(0, "--dead-time: '%.60s' is negative: expected 0 or more", text);
      return false;
    case TRPL_DNL: return take_text(&o->dnl, text);
    case START:
      o->start = !strcmp(text, "own") ? TRPL_START_OWN : TRPL_START_SUM;
      if (o->start == TRPL_START_OWN || !strcmp(text, "sum")) return true;
      complain(0, "--start: '%.60s' cannot be used: expected sum or own", text);
      return false;
    case RESUME: return take_text(&o->resume, text);
    default: return false;
  }
}

static bool take(void *context, int key, const char *text)
{
  return trpl_options_take(context, key, text);
}

void trpl_options_begin(trpl_options *o)
{
  memset(o, 0, sizeof *o);
  ts_trpl_options_default(&o->fit);
  o->fit.components = 1;
  o->fit.irf_kind = TS_IRF_NONE;
  o->dead_time_s = NAN;
}

/* Do the options fit together? */
static bool check(trpl_options *o, const char *const *files, const named_file *more)
{
  char message[TS_MESSAGE_BYTES];
  const char *wrong = NULL, *outputs = outputs_wrong(&o->out, &o->common, more, &(named_inputs){files, {o->irf, o->dnl, o->resume}}, message);
  size_t inputs = standard_inputs(files);
  if (o->irf && !strcmp(o->irf, "-")) inputs++;
  bool has_irf = o->irf || o->fit.irf_kind == TS_IRF_GAUSS;
  if (inputs > 1) wrong = "- is named more than once: expected one use of standard input";
  else if (o->irf && o->fit.irf_kind == TS_IRF_GAUSS) wrong = "--irf and --irf-gauss exclude each other: expected one of them";
  else if (o->has_shift && !has_irf) wrong = "--shift needs an IRF: expected --irf or --irf-gauss beside it";
  else if ((o->has_irf_background || o->irf_columns || o->irf_read.skip) && !o->irf)
    wrong = "--irf-background, --irf-columns and --irf-skip need --irf FILE beside them";
  else if (outputs) wrong = outputs;
  else if (o->is_auto && o->fit.compact) wrong = "--components auto needs the errors that --compact leaves out: expected one of them";
  else if ((o->dnl || o->models_pile_up) && o->fit.compact) wrong = "--compact leaves out the errors that --dnl and --pile-up correct tell: expected one of them";
  for (unsigned k = o->fit.components; !wrong && !o->is_auto && k < TS_COMPONENTS_MAX; k++)
    if (o->fit.lifetime_s[k] > 0) wrong = "--lifetime names a component beyond --components: expected K of at most that number";
  if (wrong) complain(0, "%s", wrong);
  return !wrong;
}

bool trpl_options_finish(trpl_options *o, const char *const *files, const named_file *more)
{
  if (!check(o, files, more)) return false;
  if (o->irf) o->fit.irf_kind = TS_IRF_HISTOGRAM;
  if (!o->has_shift) o->fit.shift = o->fit.irf_kind == TS_IRF_NONE ? TS_ZERO : TS_FREE;
  o->read.columns = o->columns;
  o->irf_read.columns = o->irf_columns;
  o->irf_read.columns_option = "--irf-columns";
  o->irf_read.time_unit_s = o->read.time_unit_s;
  o->irf_read.bin_width_s = o->read.bin_width_s;
  o->irf_read.real_values = true;
  return true;
}

parsed trpl_options_read(trpl_options *o, int argc, const char **argv, const char ***files, int *code)
{
  trpl_options_begin(o);
  const struct argp_option table[] = {
    TRPL_OPTIONS("exponentials: 1 (default) to 4, or auto"),
    {"columns", COLUMNS, "LIST", 0, "columns to read, from 1: the time first, then counts, such as 1,3-5", 0},
    {"skip", SKIP, "N", 0, "lines left out at the top of a text file", 0},
    {"compact", COMPACT, NULL, 0, "results without errors: half the bytes on the link; the order is not tested", 0},
    {"start", START, "WHAT", 0, "of several histograms' fits: sum (default, but of recordings: where a fit of their sum ended), or own", 0},
    {"resume", RESUME, "FILE", 0, "leaves out the histograms that have their record in this output of --json already", 0},
    COMMON_OPTIONS,
    {0}
  };
  parsed p = parse_options(argc, argv, table, "FILE...", help, take, o, files, code);
  if (p == PARSED_LEAVE) return p;
  bool good = *files && **files;
  if (!good) complain(0, "no file named: expected one or more files, or - for standard input");
  if (good && o->dead_time_s > 0 && !o->models_pile_up) good = complain(0, "--dead-time is taken into the model by --pile-up correct: expected both");
  return options_end(good && trpl_options_finish(o, *files, NULL), files, code);
}

void trpl_options_free(trpl_options *o)
{
  common_options_free(&o->common);
  free(o->columns);
  free(o->irf_columns);
  free(o->dnl);
  ts_dnl_free(o->widths);
  free(o->irf);
  output_options_free(&o->out);
  free(o->resume);
}
