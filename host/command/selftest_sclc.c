#include "selftest_sclc.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "random.h"
#include "sclc_device.h"

#define POINTS 100u
#define NOISE 0.01
#define SEED 20240602u

typedef struct sweep { double v[POINTS], j[POINTS]; } sweep;

static const ts_sclc_options geometry = {.thickness_m = 500e-9, .relative_permittivity = 25, .temperature_k = 298};

static bool simulate(double trap_density_m3, double to_v, sweep *s)
{
  const ts_sclc_device_options o = {.thickness_m = geometry.thickness_m, .relative_permittivity = geometry.relative_permittivity, .mobility_m2_vs = 1e-4,
                                    .temperature_k = geometry.temperature_k, .trap_density_m3 = trap_density_m3, .trap_depth_v = 0.8,
                                    .density_of_states_m3 = 2.2e24};
  ts_sclc_device *device = ts_sclc_device_new(&o);
  ts_random r;
  bool good = device != NULL;
  ts_random_seed(&r, SEED, (uint64_t)to_v);
  for (unsigned i = 0; i < POINTS && good; i++) {
    s->v[i] = 1e-3 * pow(to_v / 1e-3, i / (POINTS - 1.0));
    good = ts_sclc_device_current(device, s->v[i], &s->j[i]);
    s->j[i] *= 1 + NOISE * (2 * ts_random_uniform(&r) - 1);
  }
  ts_sclc_device_free(device);
  return good;
}

static ts_error answer(ts_device *d, const sweep *s, ts_sclc_result *r)
{
  ts_sclc *on = NULL;
  ts_error e = ts_sclc_create(&on, d, &geometry);
  if (!e) e = ts_sclc_begin(on);
  for (unsigned i = 0; i < POINTS && !e; i++) e = ts_sclc_point(on, s->v[i], s->j[i]);
  if (!e) e = ts_sclc_answer(on, r);
  ts_sclc_destroy(on);
  return e;
}

bool selftest_sclc(ts_device *d, ts_device *model, char *detail, size_t n)
{
  static const struct { double density_m3, to_v; } known[] = {{0, 8}, {2e22, 11}, {6e22, 33}};
  double worst = 0;
  for (unsigned k = 0; k < sizeof known / sizeof *known; k++) {
    sweep s;
    ts_sclc_result a, b;
    if (!simulate(known[k].density_m3, known[k].to_v, &s)) {
      snprintf(detail, n, "device %u could not be simulated", k);
      return false;
    }
    ts_error e = answer(d, &s, &a);
    if (e) {
      snprintf(detail, n, "%s: %s", ts_error_text(e), ts_device_message(d));
      return false;
    }
    const ts_sclc_status expected = known[k].density_m3 > 0 ? TS_SCLC_OK : TS_SCLC_NO_TRAP_FILLED_LIMIT;
    const bool inside = expected != TS_SCLC_OK || (a.trap_density_low_m3 < known[k].density_m3 && known[k].density_m3 < a.trap_density_high_m3);
    if (a.status != expected || !inside) {
      snprintf(detail, n, "%g traps a m3: status %s, expected %s; density %g to %g", known[k].density_m3, ts_sclc_status_name(a.status),
               ts_sclc_status_name(expected), a.trap_density_low_m3, a.trap_density_high_m3);
      return false;
    }
    if (expected == TS_SCLC_OK) worst = fmax(worst, fabs(a.trap_density_m3 / known[k].density_m3 - 1));
    if (model && (answer(model, &s, &b) || strcmp(a.raw, b.raw))) {
      snprintf(detail, n, "%g traps a m3: the device's bits are not the model's", known[k].density_m3);
      return false;
    }
  }
  snprintf(detail, n, "3 sweeps, densities within %.1f %%%s", 100 * worst, model ? ", the model's bits" : "");
  return true;
}
