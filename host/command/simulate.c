/* taustream simulate trpl: histograms, IRF and truth of decays with known parameters. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../io/histogram_file.h"
#include "../io/npy.h"
#include "../io/output_file.h"
#include "../io/record_value.h"
#include "command.h"
#include "interrupt.h"
#include "option_values.h"
#include "random.h"
#include "synthetic.h"
#include "truth.h"

typedef struct simulation {
  ts_synthetic decay;
  size_t amplitudes;
  double counts, irf_counts;
  bool has_position;
  uint64_t bins, number, seed;
  bool irf_noise, no_noise, json;
  char *output, *irf_output, *truth;
} simulation;

enum { LIFETIMES = OPTION_FIRST, AMPLITUDES, COUNTS, BINS, BIN_WIDTH, IRF_GAUSS, IRF_POSITION, SHIFT, BACKGROUND, PERIOD, NUMBER, SEED, OUTPUT,
       IRF_OUTPUT, TRUTH, IRF_COUNTS, IRF_NOISE, NO_NOISE };

static bool take(void *context, int key, const char *text)
{
  simulation *s = context;
  ts_synthetic *d = &s->decay;
  size_t n;
  switch (key) {
    case LIFETIMES:
      if (!take_times("--lifetimes", text, d->lifetime_s, TS_COMPONENTS_MAX, &n)) return false;
      d->components = (unsigned)n;
      return true;
    case AMPLITUDES: return take_numbers("--amplitudes", text, d->amplitude, TS_COMPONENTS_MAX, &s->amplitudes);
    case COUNTS: return take_number("--counts", text, 0, &s->counts);
    case BINS: return take_count("--bins", text, 1, TS_BINS_MAX, &s->bins);
    case BIN_WIDTH: return take_positive_time("--bin-width", text, &d->bin_width_s);
    case IRF_GAUSS: return take_positive_time("--irf-gauss", text, &d->irf_fwhm_s);
    case IRF_POSITION: s->has_position = true; return take_time("--irf-position", text, &d->irf_position_s);
    case SHIFT: return take_time("--shift", text, &d->shift_s);
    case BACKGROUND: return take_number("--background", text, 0, &d->background_per_bin);
    case PERIOD: return take_positive_time("--period", text, &d->period_s);
    case NUMBER: return take_count("--number", text, 1, 1000000000, &s->number);
    case SEED: return take_count("--seed", text, 0, (uint64_t)1 << 53, &s->seed);
    case OUTPUT: return take_text(&s->output, text);
    case IRF_OUTPUT: return take_text(&s->irf_output, text);
    case TRUTH: return take_text(&s->truth, text);
    case IRF_COUNTS: return take_number("--irf-counts", text, 1, &s->irf_counts);
    case IRF_NOISE: s->irf_noise = true; return true;
    case NO_NOISE: s->no_noise = true; return true;
    case OPTION_JSON: s->json = true; return true;
    default: return false;
  }
}

/* Components by rising lifetime, as results have them. */
static void sort(ts_synthetic *d)
{
  for (unsigned i = 1; i < d->components; i++)
    for (unsigned j = i; j > 0 && d->lifetime_s[j] < d->lifetime_s[j - 1]; j--) {
      double t = d->lifetime_s[j], a = d->amplitude[j];
      d->lifetime_s[j] = d->lifetime_s[j - 1];
      d->amplitude[j] = d->amplitude[j - 1];
      d->lifetime_s[j - 1] = t;
      d->amplitude[j - 1] = a;
    }
}

/* What the options leave open, and whether they fit together. */
static bool complete(simulation *s)
{
  ts_synthetic *d = &s->decay;
  const char *missing = !d->components ? "--lifetimes" : !(s->counts >= 0) ? "--counts" : !s->bins ? "--bins" : !(d->bin_width_s > 0) ?
    "--bin-width" : !s->output ? "--output" : NULL;
  if (missing) {
    complain(0, "simulate trpl needs %s: see taustream simulate --help", missing);
    return false;
  }
  if (!s->amplitudes) {
    for (unsigned i = 0; i < d->components; i++) d->amplitude[i] = 1;
  } else if (s->amplitudes != d->components) {
    complain(0, "--amplitudes: %zu values for %u lifetimes: expected one each", s->amplitudes, d->components);
    return false;
  }
  if (!truth_files_fit(s->json, s->output, s->irf_output, s->truth, NULL)) return false;
  if (s->irf_output && !(d->irf_fwhm_s > 0)) {
    complain(0, "--irf-output: a pulse has no histogram: expected --irf-gauss beside it");
    return false;
  }
  d->bins = (size_t)s->bins;
  if (!s->has_position && d->irf_fwhm_s > 0) {
    double bins = fmax(8, ceil(4 * d->irf_fwhm_s / d->bin_width_s));
    d->irf_position_s = fmin(bins, floor((double)d->bins / 4)) * d->bin_width_s;
  }
  sort(d);
  return true;
}

static bool write_histograms(const simulation *s, const double *expected, uint32_t *row, char *message)
{
  ts_output *o = ts_output_open(s->output, message);
  if (!o) return false;
  FILE *f = ts_output_stream(o);
  bool good = ts_npy_write_header(f, s->number, s->decay.bins);
  for (uint64_t i = 0; good && i < s->number && !interrupted(); i++) {
    ts_random r;
    ts_random_seed(&r, s->seed, i);
    for (size_t j = 0; j < s->decay.bins; j++) {
      uint64_t v = s->no_noise ? (uint64_t)floor(expected[j] + 0.5) : ts_random_poisson(&r, expected[j]);
      row[j] = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    }
    good = ts_npy_write_row(f, row, s->decay.bins);
  }
  if (interrupted()) {
    ts_output_abandon(o);
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: not written: interrupted", s->output);
    return false;
  }
  return ts_output_commit(o, message);
}

static bool write_irf(const simulation *s, double *share, uint32_t *row, char *message)
{
  ts_random r;
  ts_synthetic_irf(&s->decay, share);
  ts_random_seed(&r, s->seed, UINT64_MAX);
  for (size_t j = 0; j < s->decay.bins; j++) {
    double mean = share[j] * s->irf_counts;
    if (mean > TS_COUNT_MAX) {
      snprintf(message, TS_MESSAGE_BYTES, "--irf-counts: more than 4294967295 counts in a bin: expected fewer");
      return false;
    }
    row[j] = (uint32_t)(s->irf_noise ? ts_random_poisson(&r, mean) : (uint64_t)floor(mean + 0.5));
  }
  ts_output *o = ts_output_open(s->irf_output, message);
  if (!o) return false;
  ts_npy_write_header(ts_output_stream(o), 0, s->decay.bins);
  ts_npy_write_row(ts_output_stream(o), row, s->decay.bins);
  return ts_output_commit(o, message);
}

static json_t *truth_of(const simulation *s, const double *expected)
{
  const ts_synthetic *d = &s->decay;
  double total = 0, sum = 0, fraction[TS_COMPONENTS_MAX];
  ts_bounds b;
  json_t *j = json_object();
  ts_synthetic_bounds(d, &b);
  for (size_t i = 0; i < d->bins; i++) total += expected[i];
  for (unsigned k = 0; k < d->components; k++) sum += d->amplitude[k];
  for (unsigned k = 0; k < d->components; k++) fraction[k] = d->amplitude[k] / sum;
  json_object_set_new(j, "schema", json_string("taustream.truth/1"));
  json_object_set_new(j, "components", json_integer(d->components));
  json_object_set_new(j, "lifetime_s", ts_json_list(d->lifetime_s, d->components));
  json_object_set_new(j, "lifetime_sigma_s", ts_json_list(b.lifetime_sigma_s, d->components));
  json_object_set_new(j, "amplitude", ts_json_list(d->amplitude, d->components));
  json_object_set_new(j, "amplitude_sigma", ts_json_list(b.amplitude_sigma, d->components));
  json_object_set_new(j, "amplitude_fraction", ts_json_list(fraction, d->components));
  json_object_set_new(j, "background_per_bin", ts_json_number(d->background_per_bin));
  json_object_set_new(j, "background_sigma", ts_json_number(b.background_sigma));
  json_object_set_new(j, "shift_s", ts_json_number(d->shift_s));
  json_object_set_new(j, "shift_sigma_s", ts_json_number(b.shift_sigma_s));
  json_object_set_new(j, "irf_fwhm_s", d->irf_fwhm_s > 0 ? ts_json_number(d->irf_fwhm_s) : json_null());
  json_object_set_new(j, "irf_position_s", ts_json_number(d->irf_position_s));
  json_object_set_new(j, "period_s", d->period_s > 0 ? ts_json_number(d->period_s) : json_null());
  json_object_set_new(j, "bins", json_integer((json_int_t)d->bins));
  json_object_set_new(j, "bin_width_s", ts_json_number(d->bin_width_s));
  json_object_set_new(j, "counts_expected", ts_json_number(total));
  json_object_set_new(j, "number", json_integer((json_int_t)s->number));
  json_object_set_new(j, "seed", json_integer((json_int_t)s->seed));
  return j;
}

static int run(simulation *s)
{
  char message[TS_MESSAGE_BYTES] = "";
  double *expected = calloc(s->decay.bins, sizeof *expected), *work = calloc(s->decay.bins, sizeof *work), most = 0;
  uint32_t *row = calloc(s->decay.bins, sizeof *row);
  int code = EXIT_DONE;
  if (!expected || !work || !row) {
    code = complain(EXIT_INPUT, "out of memory");
  } else if (s->counts > 0 && !ts_synthetic_scale(&s->decay, s->counts, work)) {
    code = complain(EXIT_USAGE, "--shift: no photon falls into the window of %g s: expected a decay inside it",
                    (double)s->decay.bins * s->decay.bin_width_s);
  } else {
    if (!(s->counts > 0)) memset(s->decay.amplitude, 0, sizeof s->decay.amplitude);
    ts_synthetic_expected(&s->decay, expected);
    for (size_t i = 0; i < s->decay.bins; i++) most = fmax(most, expected[i]);
    if (most + 10 * sqrt(most) > TS_COUNT_MAX) {
      code = complain(EXIT_USAGE, "--counts: %g expected counts in a bin: expected at most 4294967295", most);
    } else if (!write_histograms(s, expected, row, message) || (s->irf_output && !write_irf(s, work, row, message)) ||
               !write_truth(truth_of(s, expected), s->json, s->truth, message)) {
      code = complain(interrupted() ? EXIT_INTERRUPTED : EXIT_INPUT, "%s", message);
    }
  }
  free(expected);
  free(work);
  free(row);
  return code;
}

int command_simulate(int argc, const char **argv)
{
  if (argc > 1 && !strcmp(argv[1], "sclc")) return command_simulate_sclc(argc - 1, argv + 1);
  if (argc > 1 && !strcmp(argv[1], "ta")) return command_simulate_ta(argc - 1, argv + 1);
  simulation s = {.counts = -1, .irf_counts = 3e7, .number = 1, .seed = 1};
  const struct argp_option table[] = {
    {"lifetimes", LIFETIMES, "LIST", 0, "1 to 4 lifetimes, such as 1ns,4ns", 0},
    {"amplitudes", AMPLITUDES, "LIST", 0, "their relative amplitudes (default: equal)", 0},
    {"counts", COUNTS, "N", 0, "expected photons of the decay in the window, without background", 0},
    {"bins", BINS, "N", 0, "bins of a histogram, at most 65536", 0},
    {"bin-width", BIN_WIDTH, "TIME", 0, "width of a bin", 0},
    {"irf-gauss", IRF_GAUSS, "FWHM", 0, "full width at half maximum of a Gaussian IRF (default: a pulse)", 0},
    {"irf-position", IRF_POSITION, "TIME", 0,
     "its middle (default: 4 FWHM, at least 8 bins, at most a quarter of the window; a pulse: 0)", 0},
    {"shift", SHIFT, "TIME", 0, "the decay comes so much later than the IRF (default 0)", 0},
    {"background", BACKGROUND, "N", 0, "counts per bin (default 0)", 0},
    {"period", PERIOD, "TIME", 0, "repetition period: tails of earlier pulses (default: one pulse)", 0},
    {"number", NUMBER, "N", 0, "histograms (default 1)", 0},
    {"seed", SEED, "N", 0, "of the random numbers (default 1)", 0},
    {"no-noise", NO_NOISE, NULL, 0, "expected counts, rounded, instead of Poisson numbers", 0},
    {"output", OUTPUT, "FILE", 0, "histograms as .npy, number x bins, uint32", 0},
    {"irf-output", IRF_OUTPUT, "FILE", 0, "the IRF (without the shift) as .npy, uint32", 0},
    {"irf-counts", IRF_COUNTS, "N", 0, "counts of the IRF (default 3e7)", 0},
    {"irf-noise", IRF_NOISE, NULL, 0, "Poisson noise in the IRF (default: rounded expectation)", 0},
    {"truth", TRUTH, "FILE", 0, "parameters and their Cramer-Rao bounds as JSON", 0},
    {"json", OPTION_JSON, NULL, 0, "the truth on standard output", 0},
    {0}
  };
  const char **rest;
  int code;
  if (parse_options(argc, argv, table, "trpl", "Synthetic photon-count histograms with known truth.", take, &s,
                    &rest, &code) == PARSED_GO) {
    if (!rest || !rest[0]) code = complain(EXIT_USAGE, "simulate: nothing named to simulate: expected trpl, ta or sclc");
    else if (strcmp(rest[0], "trpl")) code = complain(EXIT_USAGE, "simulate: this build has no '%.60s': expected trpl, ta or sclc", rest[0]);
    else if (rest[1]) code = complain(EXIT_USAGE, "simulate: '%.60s' is too much: expected options only", rest[1]);
    else if (!complete(&s)) code = EXIT_USAGE;
    else {
      interrupt_catch();
      code = run(&s);
    }
    free(rest);
  }
  free(s.output);
  free(s.irf_output);
  free(s.truth);
  return code;
}
