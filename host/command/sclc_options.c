#include "sclc_options.h"

#include <stdlib.h>
#include <string.h>

#include "option_values.h"

enum { THICKNESS = OPTION_FIRST, PERMITTIVITY, TEMPERATURE, V_TFL, DENSITY_UNIT, CURRENT_UNIT, AREA, VOLTAGE_UNIT, COLUMNS, SKIP, FOLLOW };

#define TEMPERATURE_K 298.0
#define TEMPERATURE_LEAST_K 50.0
#define TEMPERATURE_MOST_K 1000.0

static const char help[] =
  "Trap-filled-limit voltage, trap density and mobility from current-voltage sweeps: text or CSV with a column of voltages and one or several of current "
  "densities or currents; - is standard input. Forward and reverse sweeps and both polarities are told apart and compared. Values take units: 500nm, "
  "0.09cm2; a bare number is SI.\n";

static bool take_temperature(const char *text, double *kelvin)
{
  char why[TS_MESSAGE_BYTES];
  if (!ts_parse_temperature(text, kelvin, why, sizeof why)) return complain(false, "--temperature: %s", why);
  if (*kelvin >= TEMPERATURE_LEAST_K && *kelvin <= TEMPERATURE_MOST_K) return true;
  return complain(false, "--temperature: '%.60s' is %g K: expected %g K to %g K", text, *kelvin, TEMPERATURE_LEAST_K, TEMPERATURE_MOST_K);
}

static bool take_thickness(const char *text, double *metres)
{
  if (!take_quantity("--thickness", TS_LENGTH, text, true, metres)) return false;
  if (*metres >= 1e-9 && *metres <= 1e-2) return true;
  return complain(false, "--thickness: '%.60s' is %g m: expected 1 nm to 1 cm; a bare number is in metres", text, *metres);
}

static bool take_area(const char *text, double *square_metres)
{
  if (!take_quantity("--area", TS_AREA, text, true, square_metres)) return false;
  if (*square_metres >= 1e-13 && *square_metres <= 1e-2) return true;
  return complain(false, "--area: '%.60s' is %g m2: expected 0.1 um2 to 100 cm2; a bare number is in m2", text, *square_metres);
}

/* `0.469V,0.058V` */
static bool take_published(sclc_options *o, const char *text)
{
  for (const char *p = text;; p++) {
    char part[64];
    const size_t n = strcspn(p, ",");
    if (n >= sizeof part || o->published == SCLC_VOLTAGES_MAX)
      return complain(false, "--v-tfl: '%.60s' has too many or too long parts: expected at most %u", text, SCLC_VOLTAGES_MAX);
    memcpy(part, p, n);
    part[n] = 0;
    if (!take_quantity("--v-tfl", TS_VOLTAGE, part, true, &o->published_v[o->published++])) return false;
    p += n;
    if (!*p) return true;
  }
}

static bool take(void *context, int key, const char *text)
{
  sclc_options *o = context;
  bool mine, good = take_common(&o->common, key, text, &mine);
  if (!mine) good = take_output(&o->out, key, text, &mine);
  if (mine) return good;
  switch (key) {
    case THICKNESS: return take_thickness(text, &o->fit.thickness_m);
    case PERMITTIVITY: return take_number("--permittivity", text, 1, &o->fit.relative_permittivity);
    case TEMPERATURE: return take_temperature(text, &o->fit.temperature_k);
    case V_TFL: return take_published(o, text);
    case DENSITY_UNIT: return take_unit("--current-density", TS_CURRENT_DENSITY, text, &o->read.density_unit_a_m2);
    case CURRENT_UNIT: return take_unit("--current", TS_CURRENT, text, &o->read.current_unit_a);
    case AREA: return take_area(text, &o->read.area_m2);
    case VOLTAGE_UNIT: return take_unit("--voltage-unit", TS_VOLTAGE, text, &o->read.voltage_unit_v);
    case COLUMNS: return take_columns("--columns", text, 2, "the voltage's number and the currents', such as 1,2 or 2,3-5", &o->columns);
    case SKIP: return take_skip("--skip", text, &o->read.skip);
    case FOLLOW: o->follow = true; return true;
    default: return false;
  }
}

/* Do the options fit together? */
static bool check(const sclc_options *o, const char **files)
{
  size_t n = 0;
  while (files && files[n]) n++;
  char message[TS_MESSAGE_BYTES];
  const char *wrong = NULL, *outputs = outputs_wrong(&o->out, &o->common, NULL, &(named_inputs){files, {NULL}}, message);
  if (!n && !o->published) wrong = "no file named: expected one or more files, - for standard input, or --v-tfl";
  else if (n && o->published) wrong = "--v-tfl converts a voltage without a curve: expected no files beside it";
  else if (standard_inputs(files) > 1) wrong = "- is named more than once: expected one use of standard input";
  else if (o->follow && n != 1) wrong = "--follow reads one measurement: expected one file or -";
  else if (!(o->fit.thickness_m > 0)) wrong = "no thickness: add --thickness, such as --thickness 500nm; without it a voltage gives no density";
  else if (!(o->fit.relative_permittivity > 0)) wrong = "no permittivity: add --permittivity, such as --permittivity 25; without it a voltage gives no density";
  else if (o->read.current_unit_a > 0 && o->read.density_unit_a_m2 > 0) wrong = "--current and --current-density exclude each other: expected one of them";
  else if (o->read.current_unit_a > 0 && !(o->read.area_m2 > 0)) wrong = "--current needs the area: add --area, such as --area 0.09cm2";
  else if (outputs) wrong = outputs;
  else if (o->published && (o->out.curve || o->out.plot || o->out.stats)) wrong = "--v-tfl has no curve: expected no --curve, --plot or --stats beside it";
  return !wrong || complain(false, "%s", wrong);
}

parsed sclc_options_read(sclc_options *o, int argc, const char **argv, const char ***files, int *code)
{
  memset(o, 0, sizeof *o);
  o->fit.temperature_k = TEMPERATURE_K;
  const struct argp_option table[] = {
    {"thickness", THICKNESS, "LENGTH", 0, "of the film, such as 500nm", 0},
    {"permittivity", PERMITTIVITY, "EPS_R", 0, "relative permittivity", 0},
    {"temperature", TEMPERATURE, "T", 0, "such as 295K or 22C (default 298K)", 0},
    {"v-tfl", V_TFL, "VOLTAGE", 0, "a published trap-filled-limit voltage instead of a curve; may be a list", 0},
    {"current-density", DENSITY_UNIT, "UNIT", 0, "unit of current densities whose header names none: A/m2 A/cm2 mA/cm2 ...", 0},
    {"current", CURRENT_UNIT, "UNIT", 0, "the columns hold currents in this unit: A mA uA nA pA; needs --area", 0},
    {"area", AREA, "AREA", 0, "of the device, for currents, such as 0.09cm2", 0},
    {"voltage-unit", VOLTAGE_UNIT, "UNIT", 0, "unit of a voltage column whose header names none: mV V kV (without any header: V)", 0},
    {"columns", COLUMNS, "LIST", 0, "columns to read, from 1: the voltage first, then currents, such as 2,3", 0},
    {"skip", SKIP, "N", 0, "lines left out at the top", 0},
    {"follow", FOLLOW, NULL, 0, "read points while they are measured and update the answer", 0},
    OUTPUT_OPTIONS("results as CSV (- is standard output)", "data, template, residuals and local slope as CSV",
                   "plot: .svg, .png or .pdf; several sweeps: pages, or F.svg, F-2.svg, ..."),
    COMMON_OPTIONS,
    {0}
  };
  parsed p = parse_options(argc, argv, table, "FILE...", help, take, o, files, code);
  if (p == PARSED_LEAVE) return p;
  o->read.columns = o->columns;
  return options_end(check(o, *files), files, code);
}

void sclc_options_free(sclc_options *o)
{
  common_options_free(&o->common);
  free(o->columns);
  output_options_free(&o->out);
}
