/* Fits histograms with the library: two lifetimes behind a Gaussian response.
 *
 *   cc -o fit fit.c $(pkg-config --cflags --libs taustream) -lm
 *   ./fit BIN_WIDTH_S IRF_FWHM_S BINS [BACKEND] < counts.txt
 *
 * counts.txt holds whole numbers between white space, BINS of them a histogram, any number of histograms. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <taustream.h>

static int failed(ts_device *device, const char *what, ts_error error)
{
  fprintf(stderr, "fit: %s: %s: %s\n", what, ts_error_text(error), ts_device_message(device));
  return 1;
}

static void tell(const ts_trpl_result *r)
{
  printf("%" PRIu64 " %s", r->index, ts_status_name(r->status));
  for (unsigned k = 0; k < r->components; k++)
    if (!isnan(r->lifetime_s[k])) printf("  %.6g s [%.6g, %.6g]", r->lifetime_s[k], r->lifetime_low_s[k], r->lifetime_high_s[k]);
  for (unsigned flag = 1; flag; flag <<= 1)
    if (r->flags & flag && ts_flag_name(flag)) printf("  %s", ts_flag_name(flag));
  putchar('\n');
}

/* *counts: BINS numbers. False at the end of the input or where it is no whole number. */
static bool histogram_read(uint64_t *counts, size_t bins)
{
  for (size_t i = 0; i < bins; i++)
    if (scanf("%" SCNu64, &counts[i]) != 1) return false;
  return true;
}

/* Results come in the order of submission. With wait, all that are in flight are told; else those that are there. */
static ts_error results_tell(ts_trpl_plan *plan, bool wait, size_t *in_flight)
{
  ts_trpl_result result;
  bool got = true;
  while (*in_flight > 0) {
    ts_error error = ts_trpl_poll(plan, wait, &result, &got);
    if (error || !got) return error;
    tell(&result);
    --*in_flight;
  }
  return TS_OK;
}

int main(int argc, char **argv)
{
  if (argc < 4) {
    fputs("usage: fit BIN_WIDTH_S IRF_FWHM_S BINS [BACKEND] < counts.txt\n", stderr);
    return 2;
  }
  const size_t bins = (size_t)strtoul(argv[3], NULL, 10);
  uint64_t *counts = calloc(bins ? bins : 1, sizeof *counts);
  double *example = calloc(bins ? bins : 1, sizeof *example);
  ts_device *device = NULL;
  ts_trpl_plan *plan = NULL;
  char message[TS_MESSAGE_BYTES] = "";
  int code = 1;
  ts_error error = counts && example ? ts_device_open(&device, argc > 4 ? argv[4] : "auto", NULL, message) : TS_ERROR_MEMORY;
  if (error) {
    fprintf(stderr, "fit: %s: %s\n", ts_error_text(error), message);
    goto end;
  }

  ts_trpl_options options;
  ts_trpl_options_default(&options);
  options.bin_width_s = strtod(argv[1], NULL);
  options.components = 2;
  options.irf_kind = TS_IRF_GAUSS;
  options.irf_fwhm_s = strtod(argv[2], NULL);

  size_t in_flight = 0;
  for (uint64_t index = 0; histogram_read(counts, bins); index++) {
    if (!plan) {
      /* the shift between response and decay is searched for in the first histogram, then refined in each */
      for (size_t i = 0; i < bins; i++) example[i] = (double)counts[i];
      if ((error = ts_trpl_plan_create(&plan, device, &options, bins, example))) {
        failed(device, "plan", error);
        goto end;
      }
    }
    if (in_flight == ts_trpl_in_flight_max(plan)) error = results_tell(plan, true, &in_flight);
    if (!error) error = ts_trpl_submit(plan, counts, index);
    if (!error) in_flight++, error = results_tell(plan, false, &in_flight);
    if (error) {
      failed(device, "fit", error);
      goto end;
    }
  }
  if (plan && (error = results_tell(plan, true, &in_flight))) failed(device, "fit", error);
  else code = 0;
end:
  ts_trpl_plan_destroy(plan);
  ts_device_close(device);
  free(example);
  free(counts);
  return code;
}
