/* taustream simulate ta: transient-absorption traces and matrices with known parameters, and their truth. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/output_file.h"
#include "../io/record_value.h"
#include "../io/ta_side.h"
#include "command.h"
#include "option_values.h"
#include "random.h"
#include "synthetic_ta.h"
#include "truth.h"

#define DELAYS_MAX 65536u
#define WAVELENGTHS_MAX 4095u
#define MEASUREMENTS_MAX 10000u
#define LINEAR_PART 0.4          /* of the delays: evenly spaced, the others logarithmically */

typedef struct simulation {
  ts_synthetic_ta data;
  size_t amplitudes;
  double amplitude[TS_COMPONENTS_MAX], offset, artefact, from_s, linear_to_s, to_s, sigma, snr, missing;
  double wavelength_from_m, wavelength_to_m;
  double chirp[TS_TA_CHIRP_MAX];
  size_t chirps;
  uint64_t delays, wavelengths, seed, number;
  bool json, has_from, has_linear_to;
  char *output, *truth, *chirp_file;
  double *signal;                /* [wavelength][delay], with noise */
} simulation;

enum { LIFETIMES = OPTION_FIRST, AMPLITUDES, IRF_FWHM, T0, OFFSET, ARTEFACT, DELAYS, FROM, LINEAR_TO, TO, WAVELENGTHS, NUMBER, CHIRP, SIGMA, SNR, MISSING, SEED,
       MEASUREMENTS, OUTPUT, TRUTH };

static bool take_wavelengths(simulation *s, const char *text)
{
  char part[64];
  const char *dots = strstr(text, "..");
  if (!dots || dots == text || !dots[2] || (size_t)(dots - text) >= sizeof part)
    return complain(false, "--wavelengths: '%.60s' is not a range: expected FROM..TO, such as 400nm..700nm", text);
  memcpy(part, text, (size_t)(dots - text));
  part[dots - text] = 0;
  if (!take_quantity("--wavelengths", TS_LENGTH, part, true, &s->wavelength_from_m)) return false;
  if (!take_quantity("--wavelengths", TS_LENGTH, dots + 2, true, &s->wavelength_to_m)) return false;
  return s->wavelength_from_m < s->wavelength_to_m || complain(false, "--wavelengths: '%.60s' is an empty range: expected FROM below TO", text);
}

static bool take(void *context, int key, const char *text)
{
  simulation *s = context;
  size_t n;
  switch (key) {
    case LIFETIMES:
      if (!take_times("--lifetimes", text, s->data.lifetime_s, TS_COMPONENTS_MAX, &n)) return false;
      s->data.components = (unsigned)n;
      return true;
    case AMPLITUDES: return take_signed_numbers("--amplitudes", text, s->amplitude, TS_COMPONENTS_MAX, &s->amplitudes);
    case IRF_FWHM: return take_positive_time("--irf-fwhm", text, &s->data.irf_fwhm_s);
    case T0: return take_time("--t0", text, &s->data.t0_s);
    case OFFSET: return take_number("--offset", text, -INFINITY, &s->offset);
    case ARTEFACT: return take_number("--artefact", text, -INFINITY, &s->artefact);
    case DELAYS: return take_count("--delays", text, 2, DELAYS_MAX, &s->delays);
    case FROM: s->has_from = true; return take_time("--from", text, &s->from_s);
    case LINEAR_TO: s->has_linear_to = true; return take_time("--linear-to", text, &s->linear_to_s);
    case TO: return take_positive_time("--to", text, &s->to_s);
    case WAVELENGTHS: return take_wavelengths(s, text);
    case NUMBER: return take_count("--wavelength-number", text, 1, WAVELENGTHS_MAX, &s->wavelengths);
    case CHIRP: return take_text(&s->chirp_file, text);
    case SIGMA: return take_number("--sigma", text, 0, &s->sigma);
    case SNR: return take_number("--snr", text, 1e-3, &s->snr);
    case MISSING: return take_number("--missing", text, 0, &s->missing);
    case SEED: return take_count("--seed", text, 0, (uint64_t)1 << 53, &s->seed);
    case MEASUREMENTS: return take_count("--number", text, 1, MEASUREMENTS_MAX, &s->number);
    case OUTPUT: return take_text(&s->output, text);
    case TRUTH: return take_text(&s->truth, text);
    case OPTION_JSON: s->json = true; return true;
    default: return false;
  }
}

/* Components by rising lifetime, as results have them. */
static void sort(simulation *s)
{
  double *tau = s->data.lifetime_s, *a = s->amplitude;
  for (unsigned i = 1; i < s->data.components; i++)
    for (unsigned j = i; j > 0 && tau[j] < tau[j - 1]; j--) {
      const double t = tau[j], x = a[j];
      tau[j] = tau[j - 1];
      a[j] = a[j - 1];
      tau[j - 1] = t;
      a[j - 1] = x;
    }
}

/* What the options leave open, and whether they fit together. */
static bool complete(simulation *s)
{
  char message[TS_MESSAGE_BYTES];
  const bool matrix = s->wavelength_to_m > 0;
  const char *missing = !s->data.components ? "--lifetimes" : !(s->data.irf_fwhm_s > 0) ? "--irf-fwhm" : !s->delays ? "--delays" : !(s->to_s > 0) ? "--to" :
    !s->output ? "--output" : NULL;
  if (missing) return complain(false, "simulate ta needs %s: see taustream simulate ta --help", missing);
  if (!truth_files_fit(s->json, s->output, NULL, s->truth, s->chirp_file)) return false;
  if (!s->amplitudes)
    for (unsigned k = 0; k < s->data.components; k++) s->amplitude[k] = 1;
  else if (s->amplitudes != s->data.components)
    return complain(false, "--amplitudes: %zu values for %u lifetimes: expected one each", s->amplitudes, s->data.components);
  if (!s->has_from) s->from_s = -7 * s->data.irf_fwhm_s;
  if (!s->has_linear_to) s->linear_to_s = 14 * s->data.irf_fwhm_s;
  if (!(s->from_s < s->linear_to_s) || !(s->linear_to_s > 0) || !(s->linear_to_s < s->to_s))
    return complain(false, "--from %g s, --linear-to %g s, --to %g s: expected rising times, the second above zero", s->from_s, s->linear_to_s, s->to_s);
  if (s->sigma >= 0 && s->snr > 0) return complain(false, "--sigma and --snr exclude each other: expected one of them");
  if (!(s->missing < 1)) return complain(false, "--missing: %g of the signals would be missing: expected less than 1", s->missing);
  if (s->wavelengths && !matrix) return complain(false, "--wavelength-number needs --wavelengths FROM..TO beside it");
  if (s->chirp_file && !matrix) return complain(false, "--chirp needs --wavelengths FROM..TO beside it");
  if (s->chirp_file && ts_ta_chirp_read(s->chirp_file, s->chirp, &s->chirps, message)) return complain(false, "%s", message);
  if (!s->wavelengths) s->wavelengths = matrix ? 64 : 1;
  if (s->delays * s->wavelengths > (1u << 24)) return complain(false, "--delays: more than 16777216 signals: expected fewer");
  sort(s);
  return true;
}

/* Two fifths of the delays evenly from --from to --linear-to, the others logarithmically to --to. */
static void make_delays(const simulation *s)
{
  const size_t n = (size_t)s->delays, even = (size_t)ceil(LINEAR_PART * (double)n), more = n - even;
  for (size_t i = 0; i < even; i++) s->data.delay_s[i] = s->from_s + (s->linear_to_s - s->from_s) * (double)i / (double)even;
  for (size_t i = 0; i < more; i++)
    s->data.delay_s[even + i] = i + 1 == more ? s->to_s : s->linear_to_s * pow(s->to_s / s->linear_to_s, (double)i / (double)(more - 1));
  /* as the file's decimals hold them */
  for (size_t i = 0; i < n; i++) s->data.delay_s[i] = rint(s->data.delay_s[i] / 1e-18) * 1e-18;
}

/* A component's spectrum: one Gaussian band each, their middles evenly over the range. */
static void make_spectra(simulation *s)
{
  ts_synthetic_ta *d = &s->data;
  const bool matrix = s->wavelength_to_m > 0;
  const double span = s->wavelength_to_m - s->wavelength_from_m;
  for (size_t w = 0; w < d->wavelengths; w++) {
    const double part = d->wavelengths > 1 ? (double)w / (double)(d->wavelengths - 1) : 0.5;
    d->wavelength_m[w] = matrix ? s->wavelength_from_m + part * span : NAN;
    d->time_zero_s[w] = s->chirps ? ts_ta_chirp_at(s->chirp, s->chirps, d->wavelength_m[w] * 1e9) * 1e-12 : 0;
    d->offset[w] = s->offset;
    d->artefact[w] = s->artefact;
    for (unsigned k = 0; k < d->components; k++) {
      const double x = (part - (k + 0.5) / d->components) * d->components;
      d->amplitude[k * d->wavelengths + w] = s->amplitude[k] * (matrix ? exp(-x * x / 2) : 1);
    }
  }
}

/* Expected signals, then noise: every wavelength of every measurement has random numbers of its own. */
static void make_signals(simulation *s, uint64_t measurement)
{
  const ts_synthetic_ta *d = &s->data;
  double peak = 0;
  for (size_t w = 0; w < d->wavelengths; w++) ts_synthetic_ta_expected(d, w, s->signal + w * d->delays);
  for (size_t i = 0; i < d->wavelengths * d->delays; i++) peak = fmax(peak, fabs(s->signal[i]));
  if (s->snr > 0) s->sigma = peak / s->snr;
  if (s->sigma < 0) s->sigma = 0;
  for (size_t w = 0; w < d->wavelengths; w++) {
    ts_random r;
    ts_random_seed(&r, s->seed, measurement * d->wavelengths + w);
    for (size_t i = 0; i < d->delays; i++) {
      double *y = &s->signal[w * d->delays + i];
      *y += s->sigma * ts_random_normal(&r);
      if (ts_random_uniform(&r) < s->missing) *y = NAN;
    }
  }
}

/* F.csv, F-2.csv, F-3.csv, ... */
static bool write_signals(const simulation *s, uint64_t measurement, char *message)
{
  const ts_synthetic_ta *d = &s->data;
  const char *slash = strrchr(s->output, '/'), *dot = strrchr(slash ? slash : s->output, '.');
  const size_t stem = dot && dot > (slash ? slash + 1 : s->output) ? (size_t)(dot - s->output) : strlen(s->output), bytes = strlen(s->output) + 24;
  char *name = malloc(bytes);
  if (!name) {
    snprintf(message, TS_MESSAGE_BYTES, "out of memory");
    return false;
  }
  if (measurement) snprintf(name, bytes, "%.*s-%llu%s", (int)stem, s->output, (unsigned long long)measurement + 1, s->output + stem);
  else snprintf(name, bytes, "%s", s->output);
  ts_output *o = ts_output_open(name, message);
  free(name);
  if (!o) return false;
  FILE *f = ts_output_stream(o);
  if (isnan(d->wavelength_m[0])) {
    fputs("delay_ps,signal", f);
  } else {
    fputs("delay_ps\\wavelength_nm", f);
    for (size_t w = 0; w < d->wavelengths; w++) fprintf(f, ",%.9g", d->wavelength_m[w] * 1e9);
  }
  for (size_t i = 0; i < d->delays; i++) {
    fprintf(f, "\n%.6f", d->delay_s[i] * 1e12);
    for (size_t w = 0; w < d->wavelengths; w++) {
      const double y = s->signal[w * d->delays + i];
      if (isnan(y)) fputs(",nan", f);
      else fprintf(f, ",%.9g", y);
    }
  }
  fputc('\n', f);
  return ts_output_commit(o, message);
}

static json_t *truth_of(const simulation *s)
{
  const ts_synthetic_ta *d = &s->data;
  ts_bounds_ta b;
  json_t *j = json_object(), *amplitude = json_array();
  ts_synthetic_ta_bounds(d, s->sigma, s->artefact != 0, &b);
  for (unsigned k = 0; k < d->components; k++) json_array_append_new(amplitude, ts_json_list(d->amplitude + k * d->wavelengths, d->wavelengths));
  json_object_set_new(j, "schema", json_string("taustream.truth/1"));
  json_object_set_new(j, "technique", json_string("ta"));
  json_object_set_new(j, "components", json_integer(d->components));
  json_object_set_new(j, "lifetime_s", ts_json_list(d->lifetime_s, d->components));
  json_object_set_new(j, "lifetime_sigma_s", ts_json_list(b.lifetime_sigma_s, d->components));
  json_object_set_new(j, "t0_s", ts_json_number(d->t0_s));
  json_object_set_new(j, "t0_sigma_s", ts_json_number(b.t0_sigma_s));
  json_object_set_new(j, "irf_fwhm_s", ts_json_number(d->irf_fwhm_s));
  json_object_set_new(j, "wavelength_m", ts_json_list(d->wavelength_m, d->wavelengths));
  json_object_set_new(j, "time_zero_s", ts_json_list(d->time_zero_s, d->wavelengths));
  json_object_set_new(j, "amplitude", amplitude);
  json_object_set_new(j, "offset", ts_json_list(d->offset, d->wavelengths));
  json_object_set_new(j, "artefact", ts_json_list(d->artefact, d->wavelengths));
  json_object_set_new(j, "noise", ts_json_number(s->sigma));
  json_object_set_new(j, "missing", ts_json_number(s->missing));
  json_object_set_new(j, "delays", json_integer((json_int_t)d->delays));
  json_object_set_new(j, "number", json_integer((json_int_t)s->number));
  json_object_set_new(j, "seed", json_integer((json_int_t)s->seed));
  return j;
}

static bool run(simulation *s)
{
  ts_synthetic_ta *d = &s->data;
  char message[TS_MESSAGE_BYTES];
  d->delays = (size_t)s->delays;
  d->wavelengths = (size_t)s->wavelengths;
  d->delay_s = malloc(d->delays * sizeof *d->delay_s);
  d->wavelength_m = malloc(4 * d->wavelengths * sizeof *d->wavelength_m);
  d->amplitude = malloc(d->components * d->wavelengths * sizeof *d->amplitude);
  s->signal = malloc(d->wavelengths * d->delays * sizeof *s->signal);
  bool good = d->delay_s && d->wavelength_m && d->amplitude && s->signal;
  if (!good) {
    complain(0, "out of memory");
  } else {
    d->time_zero_s = d->wavelength_m + d->wavelengths;
    d->offset = d->time_zero_s + d->wavelengths;
    d->artefact = d->offset + d->wavelengths;
    make_delays(s);
    make_spectra(s);
    for (uint64_t i = 0; good && i < s->number; i++) {
      make_signals(s, i);
      good = write_signals(s, i, message);
    }
    good = (good && write_truth(truth_of(s), s->json, s->truth, message)) || complain(false, "%s", message);
  }
  free(d->delay_s);
  free(d->wavelength_m);
  free(d->amplitude);
  free(s->signal);
  return good;
}

int command_simulate_ta(int argc, const char **argv)
{
  simulation s = {.sigma = -1, .seed = 1, .number = 1};
  const struct argp_option table[] = {
    {"lifetimes", LIFETIMES, "LIST", 0, "1 to 4 lifetimes, such as 1ps,8ps", 0},
    {"amplitudes", AMPLITUDES, "LIST", 0, "their amplitudes, signed (default: 1); of a matrix: the heights of Gaussian bands, one a component", 0},
    {"irf-fwhm", IRF_FWHM, "TIME", 0, "full width at half maximum of the Gaussian IRF", 0},
    {"t0", T0, "TIME", 0, "where its middle is (default 0)", 0},
    {"offset", OFFSET, "VALUE", 0, "a part that does not decay (default 0)", 0},
    {"artefact", ARTEFACT, "VALUE", 0, "height of a Gaussian at t0 (default 0)", 0},
    {"delays", DELAYS, "N", 0, "delays: two fifths evenly, the others logarithmically", 0},
    {"from", FROM, "TIME", 0, "first delay (default: 7 FWHM before zero)", 0},
    {"linear-to", LINEAR_TO, "TIME", 0, "where the even ones end (default: 14 FWHM)", 0},
    {"to", TO, "TIME", 0, "last delay", 0},
    {"wavelengths", WAVELENGTHS, "FROM..TO", 0, "a matrix over these wavelengths (default: one trace)", 0},
    {"wavelength-number", NUMBER, "N", 0, "how many (default 64)", 0},
    {"chirp", CHIRP, "FILE", 0, "polynomial of t0 over the wavelength, highest power first, in ps and nm", 0},
    {"sigma", SIGMA, "VALUE", 0, "standard deviation of the noise (default: none)", 0},
    {"snr", SNR, "VALUE", 0, "the same as the largest signal over it", 0},
    {"missing", MISSING, "PART", 0, "part of the signals that are nan (default 0)", 0},
    {"seed", SEED, "N", 0, "of the random numbers (default 1)", 0},
    {"number", MEASUREMENTS, "N", 0, "measurements, each with noise of its own, as F.csv, F-2.csv, F-3.csv, ... (default 1)", 0},
    {"output", OUTPUT, "FILE", 0, "CSV: delay_ps and signal, or a row of wavelengths above", 0},
    {"truth", TRUTH, "FILE", 0, "parameters and their Cramer-Rao bounds as JSON", 0},
    {"json", OPTION_JSON, NULL, 0, "the truth on standard output", 0},
    {0}
  };
  const char *title[64], **rest;
  int code;
  if (argc > 64) return complain(EXIT_USAGE, "simulate ta: more than 64 arguments: expected fewer");
  for (int i = 0; i < argc; i++) title[i] = argv[i];
  title[0] = "simulate ta";
  if (parse_options(argc, title, table, NULL, "Transient-absorption traces and matrices with known truth: exponentials convolved with a Gaussian IRF, normal noise.",
                    take, &s, &rest, &code) == PARSED_GO) {
    if (rest && rest[0]) code = complain(EXIT_USAGE, "simulate ta: '%.60s' is too much: expected options only", rest[0]);
    else if (!complete(&s)) code = EXIT_USAGE;
    else code = run(&s) ? EXIT_DONE : EXIT_INPUT;
    free(rest);
  }
  free(s.output);
  free(s.truth);
  free(s.chirp_file);
  return code;
}
