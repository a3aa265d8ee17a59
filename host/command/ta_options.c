#include "ta_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"
#include "option_values.h"

enum { IRF_FWHM = OPTION_FIRST, T0, T0_START, OFFSET, ARTEFACT, SIGMA, RANGE, WAVELENGTHS, CHIRP, MODE, LIFETIME, TIME_UNIT, WAVELENGTH_UNIT, TRANSPOSE,
       COLUMNS, SKIP, FOLLOW, RESUME, DROWNED };

static const char help[] =
  "Fits 1 to 4 exponentials convolved with a Gaussian IRF to transient-absorption data: a matrix of delays and wavelengths (text, CSV, .SIA; the first row "
  "holds the wavelengths, the first column the delays) with shared lifetimes and a decay-associated spectrum each, or a trace of two columns (a third may be "
  "sigma); - is standard input. Values take units: 150fs, 520nm; a bare number is SI.\n";

static bool take_components(const char *text, unsigned *components)
{
  uint64_t k;
  if (!take_count("--components", text, 1, TS_COMPONENTS_MAX, &k)) return false;
  *components = (unsigned)k;
  return true;
}

/* TIME, free, or free:TIME (where to start) */
static bool take_irf(ts_ta_options *o, const char *text)
{
  o->irf_free = !strncmp(text, "free", 4) && (text[4] == 0 || text[4] == ':');
  o->irf_fwhm_s = 0;
  if (o->irf_free && text[4] == 0) return true;
  return take_positive_time("--irf-fwhm", o->irf_free ? text + 5 : text, &o->irf_fwhm_s);
}

static bool take_t0(ts_ta_options *o, const char *text)
{
  o->t0_held = strcmp(text, "free") != 0;
  return !o->t0_held || take_time("--t0", text, &o->t0_s);
}

static bool take_offset(ts_ta_options *o, const char *text)
{
  if (strcmp(text, "free") && strcmp(text, "none")) return complain(false, "--offset: '%.60s' is unknown: expected free or none", text);
  o->offset = strcmp(text, "free") ? TS_ZERO : TS_FREE;
  return true;
}

static bool take_artefact(ts_ta_options *o, const char *text)
{
  static const char *const names[] = {"none", "gauss", "gauss2"};
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (!strcmp(text, names[i])) {
      o->artefact = (ts_ta_artefact)i;
      return true;
    }
  return complain(false, "--artefact: '%.60s' is unknown: expected none, gauss or gauss2", text);
}

/* A number, else the name of a file. */
static bool take_sigma(ta_options *o, const char *text)
{
  double sigma;
  if (!ts_parse_number(text, &sigma)) return take_text(&o->sigma_file, text);
  if (!(sigma > 0)) return complain(false, "--sigma: '%.60s' is not more than zero: expected a positive number in the signal's unit, or a file", text);
  o->fit.sigma = sigma;
  return true;
}

/* `FROM..TO`, several with commas; either end may be open. */
static bool take_wavelengths(ta_options *o, const char *text)
{
  o->ranges = 0;
  for (const char *p = text;; p++) {
    char part[64];
    const size_t n = strcspn(p, ",");
    if (n >= sizeof part || o->ranges == TA_WAVELENGTH_RANGES_MAX)
      return complain(false, "--wavelengths: '%.60s' has too many or too long parts: expected at most %u ranges", text, TA_WAVELENGTH_RANGES_MAX);
    memcpy(part, p, n);
    part[n] = 0;
    char *dots = strstr(part, "..");
    if (!dots) return complain(false, "--wavelengths: '%.60s' is not a range: expected FROM..TO, such as 320nm..770nm", part);
    *dots = 0;
    double *from = &o->range_from_m[o->ranges], *to = &o->range_to_m[o->ranges];
    *from = 0;
    *to = INFINITY;
    if (*part && !take_quantity("--wavelengths", TS_LENGTH, part, true, from)) return false;
    if (dots[2] && !take_quantity("--wavelengths", TS_LENGTH, dots + 2, true, to)) return false;
    if (!(*from < *to)) return complain(false, "--wavelengths: '%.60s' is an empty range: expected FROM below TO", text);
    o->ranges++;
    p += n;
    if (!*p) return true;
  }
}

static bool take_mode(ta_options *o, const char *text)
{
  if (strcmp(text, "trace") && strcmp(text, "global")) return complain(false, "--mode: '%.60s' is unknown: expected trace or global", text);
  o->has_mode = true;
  o->is_trace_mode = !strcmp(text, "trace");
  return true;
}

static bool take_delay_unit(const char *text, double *seconds)
{
  double length;
  if (ts_time_unit(text, seconds)) return true;
  if (ts_quantity_unit(TS_LENGTH, text, &length))
    return complain(false, "--time-unit: '%.60s' is a length: delays of stage travel are not taken, expected fs, ps, ns, us, ms or s; there and back 1 mm is "
                    "6.6713 ps", text);
  return take_time_unit("--time-unit", text, seconds);
}

static bool take_drowned(ta_options *o, const char *text)
{
  o->keep_drowned = !strcmp(text, "keep");
  return o->keep_drowned || !strcmp(text, "leave-out") || complain(false, "--drowned: '%.60s' is unknown: expected leave-out or keep", text);
}

static bool take(void *context, int key, const char *text)
{
  ta_options *o = context;
  bool mine, good = take_common(&o->common, key, text, &mine);
  if (!mine) good = take_output(&o->out, key, text, &mine);
  if (mine) return good;
  switch (key) {
    case 'k': return take_components(text, &o->fit.components);
    case IRF_FWHM: return take_irf(&o->fit, text);
    case T0: return take_t0(&o->fit, text);
    case T0_START: o->has_t0_start = true; return take_time("--t0-start", text, &o->fit.t0_s);
    case OFFSET: return take_offset(&o->fit, text);
    case ARTEFACT: return take_artefact(&o->fit, text);
    case SIGMA: return take_sigma(o, text);
    case RANGE: return take_time_range("--range", text, &o->from_s, &o->to_s);
    case WAVELENGTHS: return take_wavelengths(o, text);
    case CHIRP: return take_text(&o->chirp, text);
    case MODE: return take_mode(o, text);
    case DROWNED: return take_drowned(o, text);
    case LIFETIME: return take_lifetime(text, o->fit.lifetime_s, o->fit.lifetime_held);
    case TIME_UNIT: return take_delay_unit(text, &o->read.time_unit_s);
    case WAVELENGTH_UNIT: return take_unit("--wavelength-unit", TS_LENGTH, text, &o->read.wavelength_unit_m);
    case TRANSPOSE: o->read.transposed = true; return true;
    case COLUMNS: return take_columns("--columns", text, 2, "the first column's number and others, such as 1,2 or 1,3-5", &o->columns);
    case SKIP: return take_skip("--skip", text, &o->read.skip);
    case FOLLOW: o->follow = true; return true;
    case RESUME: return take_text(&o->resume, text);
    default: return false;
  }
}

/* Do the options fit together? */
static bool check(const ta_options *o, const char **files)
{
  char message[TS_MESSAGE_BYTES];
  const char *wrong = NULL, *outputs = outputs_wrong(&o->out, &o->common, NULL, &(named_inputs){files, {o->sigma_file, o->chirp, o->resume}}, message);
  size_t inputs = standard_inputs(files);
  if (o->sigma_file && !strcmp(o->sigma_file, "-")) inputs++;
  if (o->chirp && !strcmp(o->chirp, "-")) inputs++;
  if (!files || !files[0]) wrong = "no file named: expected one or more files, or - for standard input";
  else if (inputs > 1) wrong = "- is named more than once: expected one use of standard input";
  else if (o->follow && files[1]) wrong = "--follow reads one measurement: expected one file or -";
  else if (o->follow && o->read.transposed) wrong = "--follow reads a delay a line: expected no --transpose";
  else if (o->follow && o->has_mode && o->is_trace_mode) wrong = "--follow fits all wavelengths together: expected --mode global";
  else if (o->follow && o->sigma_file) wrong = "--follow knows no file's number of delays: expected --sigma VALUE";
  else if (o->resume && !o->is_trace_mode) wrong = "--resume is for many fits: expected --mode trace beside it";
  else if (!(o->fit.irf_fwhm_s > 0) && !o->fit.irf_free) wrong = "no IRF: add --irf-fwhm, such as --irf-fwhm 150fs, or free";
  else if (o->has_t0_start && o->fit.t0_held) wrong = "--t0 holds t0, --t0-start is where a free one is searched: expected one of them";
  else if (o->fit.sigma > 0 && o->sigma_file) wrong = "--sigma is given as a value and as a file: expected one of them";
  else if (outputs) wrong = outputs;
  for (unsigned k = o->fit.components; !wrong && k < TS_COMPONENTS_MAX; k++)
    if (o->fit.lifetime_s[k] > 0) wrong = "--lifetime names a component beyond --components: expected K of at most that number";
  return !wrong || complain(false, "%s", wrong);
}

parsed ta_options_read(ta_options *o, int argc, const char **argv, const char ***files, int *code)
{
  memset(o, 0, sizeof *o);
  ts_ta_options_default(&o->fit);
  o->from_s = -INFINITY;
  o->to_s = INFINITY;
  const struct argp_option table[] = {
    {"components", 'k', "K", 0, "exponentials: 1 (default) to 4; to 3 with a free IRF width or an artefact", 0},
    {"irf-fwhm", IRF_FWHM, "TIME", 0, "full width at half maximum of the Gaussian IRF, such as 150fs; free, or free:TIME with its start", 0},
    {"t0", T0, "TIME", 0, "where the IRF's middle is: free (default) or held at a time", 0},
    {"t0-start", T0_START, "TIME", 0, "where a free t0 is searched (default: 0, within 10 FWHM)", 0},
    {"offset", OFFSET, "WHICH", 0, "a part that does not decay: free (default) or none", 0},
    {"artefact", ARTEFACT, "WHICH", 0, "coherent artefact: none (default), gauss, or gauss2 with its derivative", 0},
    {"lifetime", LIFETIME, "K=VALUE", 0, "start for lifetime K, or held there: K=VALUE[,fixed]; may be repeated", 0},
    {"sigma", SIGMA, "VALUE", 0, "standard deviation of a signal, or a file with one a delay or one a wavelength (default: from the residuals)", 0},
    {"range", RANGE, "FROM..TO", 0, "delays, each wavelength's own where there is a chirp (default: all)", 0},
    {"wavelengths", WAVELENGTHS, "FROM..TO", 0, "such as 320nm..770nm; several with commas (default: all)", 0},
    {"chirp", CHIRP, "FILE", 0, "polynomial of t0 over the wavelength, highest power first, in the data's units", 0},
    {"mode", MODE, "WHICH", 0, "global (default for a matrix): shared lifetimes; trace: every wavelength by itself", 0},
    {"drowned", DROWNED, "WHICH", 0, "wavelengths whose noise before t0 is more than their signal: leave-out (default, without --sigma) or keep", 0},
    {"time-unit", TIME_UNIT, "UNIT", 0, "unit of delays whose header names none: fs ps ns us ms s", 0},
    {"wavelength-unit", WAVELENGTH_UNIT, "UNIT", 0, "unit of wavelengths that name none: nm um mm (in a .SIA: nm)", 0},
    {"transpose", TRANSPOSE, NULL, 0, "the first row holds the delays, the first column the wavelengths", 0},
    {"columns", COLUMNS, "LIST", 0, "columns to read, from 1: the first column first, such as 1,3-5", 0},
    {"skip", SKIP, "N", 0, "lines left out at the top", 0},
    {"follow", FOLLOW, NULL, 0, "read delays while they are measured and update the answer", 0},
    OUTPUT_OPTIONS("results as CSV, a row a wavelength (- is standard output)", "data, fit and weighted residuals as CSV",
                   "plot: .svg, .png or .pdf; traces, residual map and decay-associated spectra are pages, or F.svg, F-2.svg, F-3.svg"),
    {"resume", RESUME, "FILE", 0, "with --mode trace: leaves out the wavelengths that have their record in this output of --json already", 0},
    COMMON_OPTIONS,
    {0}
  };
  parsed p = parse_options(argc, argv, table, "FILE...", help, take, o, files, code);
  if (p == PARSED_LEAVE) return p;
  o->read.columns = o->columns;
  return options_end(check(o, *files), files, code);
}

void ta_options_free(ta_options *o)
{
  common_options_free(&o->common);
  free(o->columns);
  free(o->sigma_file);
  free(o->chirp);
  output_options_free(&o->out);
  free(o->resume);
}
