/* taustream selftest: loopback, fits of decays with known truth, and the same bits as the model. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "random.h"
#include "selftest_sclc.h"
#include "selftest_ta.h"
#include "synthetic.h"

#define BINS 256u
#define SIGMAS 5.0            /* a fit further from the truth than so many Cramer-Rao sigmas fails */
#define ROUNDS 8u             /* histograms a case */
#define ECHOES 16u
#define SEED 20240601u

typedef struct known_case {
  const char *name;
  ts_synthetic decay;
  double counts;
} known_case;

typedef struct report {
  bool json;
  const ts_device_info *device;
  unsigned passed, failed;
} report;

static void tell(report *r, const char *name, bool good, const char *detail)
{
  if (good) r->passed++;
  else r->failed++;
  if (r->json) {
    json_t *j = json_pack("{s:s,s:s,s:s,s:s,s:b,s:s}", "schema", "taustream.selftest/1", "backend", r->device->backend, "engine", r->device->engine,
                          "test", name, "passed", good, "detail", detail);
    json_dumpf(j, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(j);
  } else {
    printf("%-6s  %-28s %s\n", good ? "ok" : "FAILED", name, detail);
  }
  fflush(stdout);
}

static void test_echo(report *r, ts_device *d)
{
  uint8_t bytes[64];
  ts_random random;
  ts_error e = TS_OK;
  ts_random_seed(&random, SEED, 0);
  for (unsigned i = 0; i < ECHOES && !e; i++) {
    for (unsigned j = 0; j < sizeof bytes; j++) bytes[j] = (uint8_t)ts_random_bits(&random);
    e = ts_device_echo(d, bytes, i * sizeof bytes / (ECHOES - 1));
  }
  tell(r, "echo", !e, e ? ts_device_message(d) : "16 messages came back as they went");
}

/* Fits one histogram; false with a message in detail. */
static bool fit(ts_device *d, const known_case *c, const double *irf, const uint64_t *counts, ts_trpl_result *result, char *detail, size_t n)
{
  ts_trpl_options o;
  ts_trpl_plan *plan = NULL;
  double example[BINS];
  bool got = false;
  ts_trpl_options_default(&o);
  o.bin_width_s = c->decay.bin_width_s;
  o.components = c->decay.components;
  o.irf_kind = TS_IRF_HISTOGRAM;
  o.irf = irf;
  o.irf_bins = BINS;
  o.irf_bin_width_s = c->decay.bin_width_s;
  o.shift = TS_FREE;
  for (unsigned i = 0; i < BINS; i++) example[i] = (double)counts[i];
  ts_error e = ts_trpl_plan_create(&plan, d, &o, BINS, example);
  if (!e) e = ts_trpl_submit(plan, counts, 0);
  if (!e) e = ts_trpl_poll(plan, true, result, &got);
  ts_trpl_plan_destroy(plan);
  if (e || !got) snprintf(detail, n, "%s: %s", ts_error_text(e), ts_device_message(d));
  return !e && got;
}

static void test_case(report *r, ts_device *d, ts_device *model, const known_case *c, unsigned number)
{
  double expected[BINS], irf[BINS], worst = 0;
  uint64_t counts[BINS];
  char detail[TS_MESSAGE_BYTES + 80] = "", name[64];
  ts_synthetic decay = c->decay;
  ts_bounds bounds;
  bool good = true, same = true;
  ts_synthetic_irf(&decay, irf);
  for (unsigned i = 0; i < BINS; i++) irf[i] = floor(irf[i] * 3e7 + 0.5);
  ts_synthetic_scale(&decay, c->counts, expected);
  ts_synthetic_expected(&decay, expected);
  ts_synthetic_bounds(&decay, &bounds);
  for (unsigned round = 0; round < ROUNDS && good && same; round++) {
    ts_random random;
    ts_trpl_result a, b;
    ts_random_seed(&random, SEED + number, round);
    for (unsigned i = 0; i < BINS; i++) counts[i] = ts_random_poisson(&random, expected[i]);
    good = fit(d, c, irf, counts, &a, detail, sizeof detail);
    if (good && a.status != TS_STATUS_OK) {
      snprintf(detail, sizeof detail, "status %s, expected ok", ts_status_name(a.status));
      good = false;
    }
    for (unsigned k = 0; good && k < decay.components; k++) {
      double off = fabs(a.lifetime_s[k] - decay.lifetime_s[k]) / bounds.lifetime_sigma_s[k];
      worst = fmax(worst, off);
      if (off < SIGMAS) continue;
      snprintf(detail, sizeof detail, "lifetime %u is %.6g s, expected %.6g +- %.2g s", k + 1, a.lifetime_s[k], decay.lifetime_s[k],
               bounds.lifetime_sigma_s[k]);
      good = false;
    }
    if (!good || !model) continue;
    same = fit(model, c, irf, counts, &b, detail, sizeof detail) && !strcmp(a.raw, b.raw);
    if (!same && !*detail) snprintf(detail, sizeof detail, "histogram %u: the device's bits are not the model's", round);
  }
  if (good && same)
    snprintf(detail, sizeof detail, "%u histograms, at most %.1f sigma from the truth%s", ROUNDS, worst, model ? ", the model's bits" : "");
  snprintf(name, sizeof name, "fit %s", c->name);
  tell(r, name, good && same, detail);
}

static bool take(void *context, int key, const char *text)
{
  bool mine;
  return take_common(context, key, text, &mine);
}

static int run(const common_options *c)
{
  const double w = 50e-12;
  const known_case cases[] = {
    {"one lifetime", {.bins = BINS, .bin_width_s = w, .components = 1, .lifetime_s = {2e-9}, .amplitude = {1}, .background_per_bin = 2,
                      .irf_fwhm_s = 5 * w, .irf_position_s = 20 * w, .shift_s = 0.4 * w}, 1e5},
    {"two lifetimes", {.bins = BINS, .bin_width_s = w, .components = 2, .lifetime_s = {0.6e-9, 3e-9}, .amplitude = {0.6, 0.4},
                       .background_per_bin = 2, .irf_fwhm_s = 5 * w, .irf_position_s = 20 * w, .shift_s = -0.3 * w}, 2e5},
    {"three lifetimes", {.bins = BINS, .bin_width_s = w, .components = 3, .lifetime_s = {0.25e-9, 0.75e-9, 2.25e-9},
                         .amplitude = {0.4, 0.35, 0.25}, .background_per_bin = 20, .irf_fwhm_s = 4 * w, .irf_position_s = 20 * w}, 1e6},
  };
  report r = {.json = c->json};
  ts_device *d = open_device(c), *model = NULL;
  if (!d) return EXIT_INPUT;
  const ts_device_info *i = ts_device_get_info(d);
  r.device = i;
  char message[TS_MESSAGE_BYTES] = "";
  if (!c->json) printf("%s %s\n", i->backend, i->engine);
  if (strcmp(i->backend, "model") && ts_device_open(&model, "model", i->engine, message)) {
    complain(0, "model %s: %s", i->engine, message);
    ts_device_close(d);
    return EXIT_INPUT;
  }
  test_echo(&r, d);
  for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++)
    if (cases[k].decay.components <= i->components_max) test_case(&r, d, model, &cases[k], k);
  if (i->sclc_points_max) {
    char detail[TS_MESSAGE_BYTES + 80];
    const bool good = selftest_sclc(d, model, detail, sizeof detail);
    tell(&r, "current-voltage sweeps", good, detail);
  }
  if (i->ta_components_max) {
    char detail[TS_MESSAGE_BYTES + 80];
    const bool good = selftest_ta(d, model, detail, sizeof detail);
    tell(&r, "transient absorption", good, detail);
  }
  ts_device_close(model);
  ts_device_close(d);
  if (c->json) {
    json_t *j = json_pack("{s:s,s:b,s:i,s:i}", "schema", "taustream.end/1", "complete", 1, "done", (int)(r.passed + r.failed), "failed",
                          (int)r.failed);
    json_dumpf(j, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(j);
  } else {
    printf("%u passed, %u failed\n", r.passed, r.failed);
  }
  if (fflush(stdout) || ferror(stdout)) return complain(EXIT_INPUT, "standard output cannot be written");
  return r.failed ? EXIT_INPUT : EXIT_DONE;
}

int command_selftest(int argc, const char **argv)
{
  common_options c = {0};
  const struct argp_option table[] = {COMMON_OPTIONS, {0}};
  const char **rest;
  int code;
  if (parse_options(argc, argv, table, NULL,
                    "Does the device work? Loopback, fits with known truth, and for all but the model the model's bits.", take, &c, &rest,
                    &code) == PARSED_GO) {
    if (rest && rest[0]) code = complain(EXIT_USAGE, "selftest: '%.60s' is too much: expected options only", rest[0]);
    else code = run(&c);
    free(rest);
  }
  common_options_free(&c);
  return code;
}
