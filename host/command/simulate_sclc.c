/* taustream simulate sclc: current-voltage sweeps of a single-carrier device with a known trap density, and their truth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fit/sclc_units.h"
#include "../io/output_file.h"
#include "../io/record_value.h"
#include "command.h"
#include "interrupt.h"
#include "option_values.h"
#include "random.h"
#include "sclc_device.h"
#include "truth.h"

#define POINTS_MAX 65536u
#define NUMBER_MAX 1000u

typedef struct simulation {
  ts_sclc_device_options device;
  double from_v, to_v, noise, noise_floor, limit;   /* limit: compliance in A/m2, 0: none */
  uint64_t points, number, seed;
  char *spacing, *directions, *polarity;
  char *output, *truth;
  bool json;
  size_t n;                    /* rows of the file */
  double *v, *j;               /* of the rows, without noise */
} simulation;

enum { THICKNESS = OPTION_FIRST, PERMITTIVITY, MOBILITY, TEMPERATURE, TRAP_DENSITY, TRAP_DEPTH, EXPONENTIAL, BARRIER, STATES, DOPING, SERIES, SHUNT,
       FROM, TO, POINTS, SPACING, DIRECTIONS, POLARITY, NOISE, NOISE_FLOOR, LIMIT, NUMBER, SEED, OUTPUT, TRUTH };

/* `0.1eV` for both contacts, or `0eV,0.2eV` for the injecting and the other. */
static bool take_barriers(ts_sclc_device_options *d, const char *text)
{
  char first[64];
  const char *comma = strchr(text, ',');
  const size_t n = comma ? (size_t)(comma - text) : strlen(text);
  if (n >= sizeof first) return complain(0, "--barrier: '%.60s' is too long: expected one or two energies, such as 0eV,0.2eV", text);
  memcpy(first, text, n);
  first[n] = 0;
  if (!take_quantity("--barrier", TS_ENERGY, first, false, &d->barrier_inject_v)) return false;
  d->barrier_extract_v = d->barrier_inject_v;
  return !comma || take_quantity("--barrier", TS_ENERGY, comma + 1, false, &d->barrier_extract_v);
}

static bool take_temperature(const char *text, double *kelvin)
{
  char why[TS_MESSAGE_BYTES];
  if (!ts_parse_temperature(text, kelvin, why, sizeof why)) return complain(false, "--temperature: %s", why);
  return (*kelvin >= 50 && *kelvin <= 1000) || complain(false, "--temperature: '%.60s' is outside of what is meant: expected 50 K to 1000 K", text);
}

static bool take(void *context, int key, const char *text)
{
  static const char *const spacings[] = {"log", "linear", NULL}, *const ways[] = {"forward", "reverse", "both", NULL},
                    *const sides[] = {"positive", "negative", "both", NULL};
  simulation *s = context;
  ts_sclc_device_options *d = &s->device;
  switch (key) {
    case THICKNESS: return take_quantity("--thickness", TS_LENGTH, text, true, &d->thickness_m);
    case PERMITTIVITY: return take_number("--permittivity", text, 1, &d->relative_permittivity);
    case MOBILITY: return take_quantity("--mobility", TS_MOBILITY, text, true, &d->mobility_m2_vs);
    case TEMPERATURE: return take_temperature(text, &d->temperature_k);
    case TRAP_DENSITY: return take_quantity("--trap-density", TS_DENSITY, text, false, &d->trap_density_m3);
    case TRAP_DEPTH: return take_quantity("--trap-depth", TS_ENERGY, text, true, &d->trap_depth_v);
    case EXPONENTIAL: return take_quantity("--exponential-traps", TS_ENERGY, text, true, &d->trap_energy_v);
    case BARRIER: return take_barriers(d, text);
    case STATES: return take_quantity("--density-of-states", TS_DENSITY, text, true, &d->density_of_states_m3);
    case DOPING: return take_quantity("--doping", TS_DENSITY, text, false, &d->doping_m3);
    case SERIES: return take_quantity("--series-resistance", TS_RESISTANCE_AREA, text, false, &d->series_ohm_m2);
    case SHUNT: return take_quantity("--shunt-resistance", TS_RESISTANCE_AREA, text, true, &d->shunt_ohm_m2);
    case FROM: return take_quantity("--from", TS_VOLTAGE, text, true, &s->from_v);
    case TO: return take_quantity("--to", TS_VOLTAGE, text, true, &s->to_v);
    case POINTS: return take_count("--points", text, 2, POINTS_MAX / 4, &s->points);
    case SPACING: return take_choice("--spacing", text, spacings, &s->spacing);
    case DIRECTIONS: return take_choice("--directions", text, ways, &s->directions);
    case POLARITY: return take_choice("--polarity", text, sides, &s->polarity);
    case NOISE: return take_number("--noise", text, 0, &s->noise);
    case NOISE_FLOOR: return take_quantity("--noise-floor", TS_CURRENT_DENSITY, text, false, &s->noise_floor);
    case LIMIT: return take_quantity("--compliance", TS_CURRENT_DENSITY, text, true, &s->limit);
    case NUMBER: return take_count("--number", text, 1, NUMBER_MAX, &s->number);
    case SEED: return take_count("--seed", text, 0, (uint64_t)1 << 53, &s->seed);
    case OUTPUT: return take_text(&s->output, text);
    case TRUTH: return take_text(&s->truth, text);
    case OPTION_JSON: s->json = true; return true;
    default: return false;
  }
}

static bool is(const char *choice, const char *what)
{
  return choice && !strcmp(choice, what);
}

static bool complete(simulation *s)
{
  ts_sclc_device_options *d = &s->device;
  const char *missing = !(d->thickness_m > 0) ? "--thickness" : !(d->relative_permittivity > 0) ? "--permittivity" : !(d->mobility_m2_vs > 0) ?
    "--mobility" : d->trap_density_m3 < 0 ? "--trap-density" : !(s->to_v > 0) ? "--to" : !s->output ? "--output" : NULL;
  if (missing) return complain(false, "simulate sclc needs %s: see taustream simulate sclc --help", missing);
  if (!truth_files_fit(s->json, s->output, NULL, s->truth, NULL)) return false;
  if (!(s->from_v < s->to_v)) return complain(false, "--from: %g V is not below --to, %g V: expected a rising sweep", s->from_v, s->to_v);
  if (d->trap_density_m3 > d->density_of_states_m3)
    return complain(false, "--trap-density: %g m^-3 is more than the density of states, %g m^-3: expected less", d->trap_density_m3, d->density_of_states_m3);
  return true;
}

/* One polarity: rising or falling |V|, from row `at` on. The device is solved once, with rising voltage. */
static bool sweep(simulation *s, bool negative, size_t *at)
{
  ts_sclc_device_options o = s->device;
  const size_t n = s->points;
  if (negative) {
    o.barrier_inject_v = s->device.barrier_extract_v;
    o.barrier_extract_v = s->device.barrier_inject_v;
  }
  ts_sclc_device *d = ts_sclc_device_new(&o);
  const bool linear = is(s->spacing, "linear"), forward = !is(s->directions, "reverse"), reverse = s->directions && !is(s->directions, "forward");
  const double sign = negative ? -1 : 1;
  if (!d) return complain(false, "the equilibrium of this device is not found");
  for (size_t i = 0; i < n; i++) {
    const double part = (double)i / (double)(n - 1);
    const double v = i + 1 == n ? s->to_v : linear ? s->from_v + part * (s->to_v - s->from_v) : s->from_v * pow(s->to_v / s->from_v, part);
    double j;
    if (interrupted() || !ts_sclc_device_current(d, v, &j)) {
      ts_sclc_device_free(d);
      return complain(false, interrupted() ? "%s: not written: interrupted" : "%s: not written: the device's current is not found", s->output);
    }
    if (forward) s->v[*at + i] = sign * v, s->j[*at + i] = sign * j;
    if (reverse) {
      const size_t row = *at + (forward ? n : 0) + n - 1 - i;
      s->v[row] = sign * v;
      s->j[row] = sign * j;
    }
  }
  *at += forward && reverse ? 2 * n : n;
  ts_sclc_device_free(d);
  return true;
}

static double measured(const simulation *s, double j, ts_random *r)
{
  j = j * (1 + s->noise * ts_random_normal(r)) + s->noise_floor * ts_random_normal(r);
  return s->limit > 0 && fabs(j) > s->limit ? copysign(s->limit, j) : j;
}

static bool write_sweeps(const simulation *s, char *message)
{
  ts_output *o = ts_output_open(s->output, message);
  ts_random *r = calloc(s->number, sizeof *r);
  if (!o || !r) {
    if (o) snprintf(message, TS_MESSAGE_BYTES, "out of memory");
    ts_output_abandon(o);
    free(r);
    return false;
  }
  FILE *f = ts_output_stream(o);
  fputs("V_V", f);
  for (uint64_t k = 0; k < s->number; k++) {
    ts_random_seed(&r[k], s->seed, k);
    if (s->number == 1) fputs(",J_A_m2", f);
    else fprintf(f, ",J_%llu_A_m2", (unsigned long long)k + 1);
  }
  for (size_t i = 0; i < s->n; i++) {
    fprintf(f, "\n%.9g", s->v[i]);
    for (uint64_t k = 0; k < s->number; k++) fprintf(f, ",%.9g", measured(s, s->j[i], &r[k]));
  }
  fputc('\n', f);
  free(r);
  return ts_output_commit(o, message);
}

static json_t *truth_of(const simulation *s)
{
  const ts_sclc_device_options *d = &s->device;
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.truth/1"));
  json_object_set_new(j, "technique", json_string("sclc"));
  json_object_set_new(j, "trap_density_m3", ts_json_number(d->trap_density_m3));
  json_object_set_new(j, "net_trap_density_m3", ts_json_number(d->trap_density_m3 - d->doping_m3));
  json_object_set_new(j, "v_tfl_v", ts_json_number(ts_sclc_voltage(d->trap_density_m3, d->thickness_m, d->relative_permittivity)));
  json_object_set_new(j, "v_min_v", ts_json_number(ts_sclc_v_min(d->temperature_k)));
  json_object_set_new(j, "trap_density_min_m3", ts_json_number(ts_sclc_density(ts_sclc_v_min(d->temperature_k), d->thickness_m, d->relative_permittivity)));
  json_object_set_new(j, "mobility_m2_vs", ts_json_number(d->mobility_m2_vs));
  json_object_set_new(j, "thickness_m", ts_json_number(d->thickness_m));
  json_object_set_new(j, "relative_permittivity", ts_json_number(d->relative_permittivity));
  json_object_set_new(j, "temperature_k", ts_json_number(d->temperature_k));
  json_object_set_new(j, "trap_depth_ev", d->trap_energy_v > 0 ? json_null() : ts_json_number(d->trap_depth_v));
  json_object_set_new(j, "trap_energy_ev", d->trap_energy_v > 0 ? ts_json_number(d->trap_energy_v) : json_null());
  json_object_set_new(j, "barrier_inject_ev", ts_json_number(d->barrier_inject_v));
  json_object_set_new(j, "barrier_extract_ev", ts_json_number(d->barrier_extract_v));
  json_object_set_new(j, "density_of_states_m3", ts_json_number(d->density_of_states_m3));
  json_object_set_new(j, "doping_m3", ts_json_number(d->doping_m3));
  json_object_set_new(j, "series_resistance_ohm_m2", ts_json_number(d->series_ohm_m2));
  json_object_set_new(j, "shunt_resistance_ohm_m2", d->shunt_ohm_m2 > 0 ? ts_json_number(d->shunt_ohm_m2) : json_null());
  json_object_set_new(j, "noise", ts_json_number(s->noise));
  json_object_set_new(j, "noise_floor_a_m2", ts_json_number(s->noise_floor));
  json_object_set_new(j, "compliance_a_m2", s->limit > 0 ? ts_json_number(s->limit) : json_null());
  json_object_set_new(j, "points", json_integer((json_int_t)s->n));
  json_object_set_new(j, "number", json_integer((json_int_t)s->number));
  json_object_set_new(j, "seed", json_integer((json_int_t)s->seed));
  return j;
}

static int run(simulation *s)
{
  char message[TS_MESSAGE_BYTES] = "";
  const size_t room = 4 * (size_t)s->points;
  s->v = malloc(room * sizeof *s->v);
  s->j = malloc(room * sizeof *s->j);
  bool good = s->v && s->j;
  if (!good) complain(0, "out of memory");
  if (good && !is(s->polarity, "negative")) good = sweep(s, false, &s->n);
  if (good && s->polarity && !is(s->polarity, "positive")) good = sweep(s, true, &s->n);
  if (good && !(write_sweeps(s, message) && write_truth(truth_of(s), s->json, s->truth, message))) good = complain(false, "%s", message);
  free(s->v);
  free(s->j);
  return good ? EXIT_DONE : interrupted() ? EXIT_INTERRUPTED : EXIT_INPUT;
}

int command_simulate_sclc(int argc, const char **argv)
{
  simulation s = {.device = {.temperature_k = 298, .trap_density_m3 = -1, .trap_depth_v = 0.8, .density_of_states_m3 = 2.2e24},
                  .from_v = 1e-3, .points = 80, .number = 1, .seed = 1};
  const struct argp_option table[] = {
    {"thickness", THICKNESS, "LENGTH", 0, "of the film, such as 500nm", 0},
    {"permittivity", PERMITTIVITY, "EPS_R", 0, "relative permittivity", 0},
    {"mobility", MOBILITY, "MU", 0, "such as 1cm2/Vs; a bare number is in m2/Vs", 0},
    {"trap-density", TRAP_DENSITY, "N", 0, "such as 2e16cm-3; a bare number is in m^-3; 0: none", 0},
    {"trap-depth", TRAP_DEPTH, "ENERGY", 0, "of the one level below the band (default 0.8eV)", 0},
    {"exponential-traps", EXPONENTIAL, "ENERGY", 0, "traps distributed as exp(-depth/ENERGY) instead of one level", 0},
    {"temperature", TEMPERATURE, "T", 0, "default 298K", 0},
    {"barrier", BARRIER, "ENERGY", 0, "of both contacts, or INJECTING,OTHER (default 0eV)", 0},
    {"density-of-states", STATES, "N", 0, "of the band, also the contacts' density without barrier (default 2.2e24 m^-3)", 0},
    {"doping", DOPING, "N", 0, "ionised dopants that supply the carriers (default 0)", 0},
    {"series-resistance", SERIES, "R", 0, "such as 0.01ohm*cm2; a bare number is in ohm m2 (default 0)", 0},
    {"shunt-resistance", SHUNT, "R", 0, "default: none", 0},
    {"from", FROM, "VOLTAGE", 0, "lowest voltage (default 1mV)", 0},
    {"to", TO, "VOLTAGE", 0, "highest voltage", 0},
    {"points", POINTS, "N", 0, "of one sweep (default 80)", 0},
    {"spacing", SPACING, "HOW", 0, "log (default) or linear", 0},
    {"directions", DIRECTIONS, "WHICH", 0, "forward (default), reverse or both", 0},
    {"polarity", POLARITY, "WHICH", 0, "positive (default), negative or both", 0},
    {"noise", NOISE, "SIGMA", 0, "relative to the current, such as 0.02 (default 0)", 0},
    {"noise-floor", NOISE_FLOOR, "J", 0, "added noise, in A/m2 (default 0)", 0},
    {"compliance", LIMIT, "J", 0, "the current is clipped here (default: not)", 0},
    {"number", NUMBER, "N", 0, "sweeps with noise of their own, a column each (default 1)", 0},
    {"seed", SEED, "N", 0, "of the random numbers (default 1)", 0},
    {"output", OUTPUT, "FILE", 0, "CSV: V_V and J_A_m2", 0},
    {"truth", TRUTH, "FILE", 0, "the device as JSON", 0},
    {"json", OPTION_JSON, NULL, 0, "the truth on standard output", 0},
    {0}
  };
  const char *title[64], **rest;
  int code;
  if (argc > 64) return complain(EXIT_USAGE, "simulate sclc: more than 64 arguments: expected fewer");
  for (int i = 0; i < argc; i++) title[i] = argv[i];
  title[0] = "simulate sclc";
  if (parse_options(argc, title, table, NULL, "Current-voltage sweeps of a single-carrier device with known traps: drift and diffusion in one "
                    "dimension (Scharfetter-Gummel, Newton), one trap level or an exponential distribution.", take, &s, &rest, &code) == PARSED_GO) {
    if (rest && rest[0]) code = complain(EXIT_USAGE, "simulate sclc: '%.60s' is too much: expected options only", rest[0]);
    else if (!complete(&s)) code = EXIT_USAGE;
    else {
      interrupt_catch();
      code = run(&s);
    }
    free(rest);
  }
  free(s.spacing);
  free(s.directions);
  free(s.polarity);
  free(s.output);
  free(s.truth);
  return code;
}
