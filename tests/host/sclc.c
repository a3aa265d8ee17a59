/* Sweeps on a device: the engine's messages, streaming, what comes out in units, what is refused. */
#include "check.h"
#include "fake_device.h"
#include "fit/sclc_field.h"
#include "fit/sclc_template.h"
#include "fit/sclc_units.h"
#include "model/sclc_engine.h"
#include "session/device_private.h"

enum { WORDS = TS_SCLC_RES_WORDS + 1, POINTS = 120 };

static const ts_sclc_options film = {500e-9, 24, 295};
#define V_T 1.5
#define J_0 2e4
#define EDGE (1.2 * V_T)
#define OHMIC 1e-4 /* A/m2/V: above what filled traps leave, 1.7e-5 */

/* The filled-trap branch and an ohmic line, below EDGE a power law that leads to it, as steep as so many traps make it: J by V. */
static double current(double v) {
  if (v <= EDGE) return OHMIC * v + (current(EDGE * 1.0001) - OHMIC * EDGE) * pow(v / EDGE, 9);
  double low = -12, high = 14;
  for (int k = 0; k < 60; k++) {
    const double z = exp((low + high) / 2), a = z - log1p(z), b = z * z / 2 - z + log1p(z);
    if (2 * b / (a * a) * V_T > v) low = (low + high) / 2;
    else high = (low + high) / 2;
  }
  const double z = exp(low);
  return OHMIC * v + J_0 / (z - log1p(z));
}

/* An ohmic line, a step of slope 2.9, Child's law: what so few traps make that diffusion hides them. */
static double bend(double v) { return 0.01 * v + v * v / (1 + pow(0.2 / v, 2)); }

static double voltage(int i) { return 0.01 * pow(2000, i / (POINTS - 1.0)); }

static void give(ts_sclc *s, int from, int to) {
  for (int i = from; i < to; i++) CHECK(ts_sclc_point(s, voltage(i), current(voltage(i))) == TS_OK);
}

static void units(ts_device *d) {
  ts_sclc *s = NULL;
  ts_sclc_result r;
  CHECK(ts_sclc_create(&s, d, &film) == TS_OK);
  CHECK(ts_sclc_begin(s) == TS_OK);
  CHECK(ts_sclc_answer(s, &r) == TS_OK);
  CHECK(r.status == TS_SCLC_INSUFFICIENT_DATA && r.points == 0 && isnan(r.trap_density_m3) && isnan(r.slope_max));
  give(s, 0, POINTS);
  CHECK(ts_sclc_answer(s, &r) == TS_OK);
  CHECK(r.status == TS_SCLC_OK && r.points == POINTS && r.flags == 0);
  const double kt = 1.380649e-23 * 295 / 1.602176634e-19;
  CHECK_NEAR(r.v_t_v, V_T, 0.01 * V_T);
  CHECK_NEAR(r.j_0_a_m2, J_0, 0.02 * J_0);
  CHECK_NEAR(r.v_tfl_v, 26.7 * kt + 1.125 * r.v_t_v, 2e-4 * r.v_tfl_v);
  CHECK_NEAR(r.v_min_v, 2 * M_PI * M_PI * kt, 1e-6);
  CHECK_NEAR(r.trap_density_m3, 2 * 24 * 8.8541878128e-12 * r.v_tfl_v / (1.602176634e-19 * 25e-14), 1e-6 * r.trap_density_m3);
  CHECK_NEAR(r.mobility_m2_vs, r.j_0_a_m2 * 125e-21 / (4 * 24 * 8.8541878128e-12 * r.v_t_v * r.v_t_v), 1e-6 * r.mobility_m2_vs);
  CHECK(r.v_tfl_low_v < r.v_tfl_v && r.v_tfl_v < r.v_tfl_high_v && r.trap_density_low_m3 < r.trap_density_m3);
  CHECK(r.trap_density_onset_m3 < r.trap_density_m3);
  CHECK_NEAR(r.v_max_v, 20, 1e-9);
  CHECK(r.cycles == -1 && strlen(r.raw) == 8 * TS_SCLC_RES_WORDS);

  /* the same points one by one: a provisional answer behind each, in the end the same words */
  ts_sclc_result last;
  memset(&last, 0, sizeof last);
  CHECK(ts_sclc_begin(s) == TS_OK);
  int first = 0;
  for (int i = 0; i < POINTS; i++) {
    give(s, i, i + 1);
    CHECK(ts_sclc_answer(s, &last) == TS_OK);
    CHECK(last.points == (unsigned)i + 1);
    if (last.status == TS_SCLC_OK && !first) first = i;
  }
  CHECK(strcmp(last.raw, r.raw) == 0);
  CHECK(first > 0 && voltage(first) > r.v_tfl_v && voltage(first) < 3 * r.v_tfl_v);

  /* half the thickness: another density from the same words */
  ts_sclc *thin = NULL;
  const ts_sclc_options half = {250e-9, 24, 295};
  CHECK(ts_sclc_create(&thin, d, &half) == TS_OK);
  give(thin, 0, POINTS);
  ts_sclc_result t;
  CHECK(ts_sclc_answer(thin, &t) == TS_OK);
  CHECK(strcmp(t.raw, r.raw) == 0);
  CHECK_NEAR(t.trap_density_m3, 4 * r.trap_density_m3, 1e-6 * t.trap_density_m3);

  /* the device holds one sweep: the first one is sent again, and goes on */
  CHECK(ts_sclc_answer(s, &last) == TS_OK);
  CHECK(strcmp(last.raw, r.raw) == 0);
  ts_sclc_destroy(thin);

  /* more points than the engine holds are averaged */
  CHECK(ts_sclc_begin(s) == TS_OK);
  for (int i = 0; i < 1500; i++) {
    const double v = 0.01 * pow(2000, i / 1499.0);
    CHECK(ts_sclc_point(s, v, current(v)) == TS_OK);
  }
  CHECK(ts_sclc_answer(s, &t) == TS_OK);
  CHECK(t.status == TS_SCLC_OK && t.flags == TS_SCLC_FLAG_REBINNED && t.points == 500);
  CHECK_NEAR(t.v_tfl_v, r.v_tfl_v, 0.002 * r.v_tfl_v);
  ts_sclc_destroy(s);
}

static ts_sclc_result answer(ts_device *d, const ts_sclc_options *o, int points, double to, double leak) {
  ts_sclc *s = NULL;
  ts_sclc_result r;
  CHECK(ts_sclc_create(&s, d, o) == TS_OK);
  for (int i = 0; i < points; i++) {
    const double v = 0.01 * pow(to / 0.01, i / (points - 1.0));
    CHECK(ts_sclc_point(s, v, current(v) + leak * v) == TS_OK);
  }
  CHECK(ts_sclc_answer(s, &r) == TS_OK);
  ts_sclc_destroy(s);
  return r;
}

/* A leak comes off. */
static void leak(ts_device *d) {
  const ts_sclc_result without = answer(d, &film, POINTS, 20, 0);
  CHECK(isnan(without.leak_a_m2_v) && isnan(without.leak_part) && isnan(without.field_gamma_sqrt_m_v));
  for (int k = 0; k < 2; k++) {
    const double conductance = (k ? 0.06 : 0.02) * J_0 / V_T;
    const ts_sclc_result r = answer(d, &film, POINTS, 20, conductance);
    CHECK(r.status == TS_SCLC_OK && r.flags == TS_SCLC_FLAG_LEAK);
    CHECK_NEAR(r.leak_a_m2_v, conductance, 0.01 * conductance);
    CHECK_NEAR(r.v_tfl_v, without.v_tfl_v, 0.01 * without.v_tfl_v);
    CHECK_NEAR(r.j_0_a_m2, J_0, 0.02 * J_0);
    CHECK(r.leak_part > 0.015 && r.leak_part < 0.5);
  }
}

/* 250 times the least voltage of the fit: the engine has no steps left for so many bins. */
static void far(ts_device *d) {
  const ts_sclc_result near = answer(d, &film, POINTS, 20, 0), r = answer(d, &film, 4 * POINTS, 400, 0);
  CHECK(r.status == TS_SCLC_OK && !(r.flags & ~(unsigned)TS_SCLC_FLAG_IMPLAUSIBLE));
  CHECK_NEAR(r.v_tfl_v, near.v_tfl_v, 0.005 * near.v_tfl_v);
}

/* Each limit by itself, and what lies within. */
static void implausible(ts_device *d) {
  ts_sclc_options o = film;
  CHECK(!(answer(d, &o, POINTS, 20, 0).flags & TS_SCLC_FLAG_IMPLAUSIBLE));
  o.thickness_m = 20 / 6e8;
  ts_sclc_result r = answer(d, &o, POINTS, 20, 0);
  CHECK(r.flags == TS_SCLC_FLAG_IMPLAUSIBLE && r.field_max_v_m > TS_SCLC_FIELD_PLAUSIBLE_V_M);
  o.thickness_m = 1e-3;
  r = answer(d, &o, POINTS, 20, 0);
  CHECK(r.flags == TS_SCLC_FLAG_IMPLAUSIBLE && r.mobility_m2_vs > TS_SCLC_MOBILITY_PLAUSIBLE_M2_VS && r.field_max_v_m < TS_SCLC_FIELD_PLAUSIBLE_V_M);
  o.thickness_m = 20e-6;
  r = answer(d, &o, 4 * POINTS, 400, 0);
  CHECK(r.flags == TS_SCLC_FLAG_IMPLAUSIBLE && r.drift_velocity_m_s > TS_SCLC_VELOCITY_PLAUSIBLE_M_S);
  CHECK(r.mobility_m2_vs < TS_SCLC_MOBILITY_PLAUSIBLE_M2_VS && r.field_max_v_m < TS_SCLC_FIELD_PLAUSIBLE_V_M);
  o.thickness_m = 2e-10;
  r = answer(d, &o, POINTS, 20, 0);
  CHECK(r.flags == TS_SCLC_FLAG_IMPLAUSIBLE && r.trap_density_m3 > TS_SCLC_DENSITY_PLAUSIBLE_M3 && r.mobility_m2_vs < TS_SCLC_MOBILITY_LEAST_M2_VS);
}

/* p = 0 is the template; with a field the current rises faster, and the slope is that of the current. */
static void field(void) {
  ts_sclc_field f;
  double slope, other;
  for (int k = 0; k < 3; k++) {
    const double p = 0.4 * k;
    ts_sclc_field_make(&f, p);
    for (double v = 1.1; v < 60; v *= 1.21) {
      const double u = log(v), here = ts_sclc_field_at(&f, u, &slope), there = ts_sclc_field_at(&f, u + 1e-4, &other);
      if (k == 0) CHECK_NEAR(here, log(ts_sclc_template(v, 1, 1)), 0.01);
      else CHECK(here > log(ts_sclc_template(v, 1, 1)));
      CHECK_NEAR(slope, (there - here) / 1e-4, 0.01 * slope);
    }
  }
  /* far above V_t the field is that of Child's law, 3/2 (V/L) sqrt(x/L); to first order in p the current is larger by 4/5 (3/2)^1.5 / (7/4) p sqrt(V/V_t) */
  ts_sclc_field_make(&f, 0.02);
  const double v = 300, more = ts_sclc_field_at(&f, log(v), &slope) - log(ts_sclc_template(v, 1, 1));
  CHECK_NEAR(more, 0.8 * pow(1.5, 1.5) / 1.75 * 0.02 * sqrt(v), 0.005);
}

/* Not resolved: an upper bound, no density. */
static void upper_bound(ts_device *d) {
  ts_sclc *s = NULL;
  ts_sclc_result r;
  CHECK(ts_sclc_create(&s, d, &film) == TS_OK);
  for (int i = 0; i < POINTS; i++) CHECK(ts_sclc_point(s, voltage(i), bend(voltage(i))) == TS_OK);
  CHECK(ts_sclc_answer(s, &r) == TS_OK);
  CHECK(r.status == TS_SCLC_UPPER_BOUND && isnan(r.trap_density_m3) && isnan(r.v_tfl_v) && r.trap_density_low_m3 == 0 && r.v_tfl_low_v == 0);
  CHECK(r.trap_density_high_m3 > 1.3 * r.trap_density_min_m3 && r.trap_density_high_m3 < 2 * r.trap_density_min_m3);
  ts_sclc_destroy(s);
}

static void refusals(ts_device *d) {
  ts_sclc *s = NULL;
  const ts_sclc_options bad[] = {{1e-200, 10, 300}, {1e-7, 1e308, 300}, {1e3, 10, 300}, {0, 24, 295}, {-1e-7, 24, 295}, {NAN, 24, 295}, {1e-7, 0.5, 295}, {1e-7, INFINITY, 295}, {1e-7, 24, 0}, {1e-7, 24, 3000}};
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
    CHECK(ts_sclc_create(&s, d, &bad[k]) == TS_ERROR_ARGUMENT && !s);
    CHECK(strstr(ts_device_message(d), "expected") != NULL);
  }
  CHECK(ts_sclc_create(NULL, d, &film) == TS_ERROR_ARGUMENT);
  CHECK(ts_sclc_create(&s, d, &film) == TS_OK);
  CHECK(ts_sclc_point(s, NAN, 1) == TS_ERROR_INPUT);
  CHECK(ts_sclc_point(s, 1, INFINITY) == TS_ERROR_INPUT);
  /* what is not a rising voltage with a current is skipped by the device */
  ts_sclc_result r;
  CHECK(ts_sclc_point(s, 1, 1) == TS_OK && ts_sclc_point(s, 1, 2) == TS_OK && ts_sclc_point(s, 0.5, 1) == TS_OK);
  CHECK(ts_sclc_point(s, 2, 0) == TS_OK && ts_sclc_point(s, 2, -1) == TS_OK && ts_sclc_point(s, 1e30, 1) == TS_OK && ts_sclc_point(s, 2, 1) == TS_OK);
  CHECK(ts_sclc_answer(s, &r) == TS_OK);
  CHECK(r.points == 2 && r.status == TS_SCLC_INSUFFICIENT_DATA);
  ts_sclc_destroy(s);
}

static void no_engine(void) {
  fake_device *f = fake_create(TS_ENGINE_E18);
  ts_device *d = NULL;
  char message[TS_MESSAGE_BYTES] = "";
  CHECK(ts_device_open_transport(&d, &f->base, "fake", NULL, message) == TS_OK);
  ts_sclc *s = NULL;
  CHECK(ts_sclc_create(&s, d, &film) == TS_ERROR_UNSUPPORTED && !s);
  CHECK(strstr(ts_device_message(d), "no SCLC engine") != NULL);
  ts_device_close(d);
}

/* The engine's messages: what is accepted, what is refused with which code, and that refusals change nothing. */
static void messages(void) {
  ts_sclc_engine *e = ts_sclc_engine_create();
  uint32_t words[1 + 2 * POINTS], result[WORDS], again[WORDS];
  const uint32_t config[] = {(uint32_t)(2.45 * 65536), (uint32_t)-47000};
  words[0] = POINTS << 16;
  for (int i = 0; i < POINTS; i++) {
    words[1 + 2 * i] = ts_f32x_from_double(voltage(i));
    words[2 + 2 * i] = ts_f32x_from_double(current(voltage(i)));
  }
  const size_t n = 1 + 2 * POINTS;
  CHECK(ts_sclc_engine_points(e, 7, words, n, result) == TS_ERR_CONFIG);
  CHECK(ts_sclc_engine_config(e, 7, config, 1) == TS_ERR_LENGTH);
  CHECK(ts_sclc_engine_points(e, 7, words, n, result) == TS_ERR_CONFIG);
  CHECK(ts_sclc_engine_config(e, 7, config, 2) == 0);
  CHECK(ts_sclc_engine_points(e, 8, words, n, result) == TS_ERR_CONFIG);
  CHECK(ts_sclc_engine_points(e, 7, words, n - 1, result) == TS_ERR_LENGTH);
  CHECK(ts_sclc_engine_points(e, 7, words, 0, result) == TS_ERR_LENGTH);
  words[0]++;
  CHECK(ts_sclc_engine_points(e, 7, words, n, result) == TS_ERR_VALUE);   /* a point is missing before */
  words[0]--;
  CHECK(ts_sclc_engine_points(e, 7, words, n, result) == 0);
  CHECK(result[TS_SCLC_RES_POINTS] == POINTS && (result[TS_SCLC_RES_STATUS] & TS_SCLC_MASK_CONVERGED));
  CHECK(ts_sclc_engine_points(e, 7, words, n, again) == 0);               /* the answer was lost: sent again */
  CHECK(memcmp(result, again, sizeof result) == 0);
  uint32_t part[1 + 2 * POINTS];
  memcpy(part, words, sizeof part);
  part[0] = (POINTS - 3) | 5u << 16;                                      /* begins before, ends behind what it has */
  CHECK(ts_sclc_engine_points(e, 7, part, 11, again) == TS_ERR_VALUE);
  part[0] = 513u << 16;
  CHECK(ts_sclc_engine_points(e, 7, part, 1, again) == TS_ERR_VALUE);
  const uint32_t none = POINTS;
  CHECK(ts_sclc_engine_points(e, 7, &none, 1, again) == 0);               /* no new points: the answer alone */
  CHECK(memcmp(result, again, sizeof result) == 0);
  /* a new sweep forgets the old one */
  CHECK(ts_sclc_engine_config(e, 9, config, 2) == 0);
  const uint32_t zero = 0;
  CHECK(ts_sclc_engine_points(e, 9, &zero, 1, again) == 0 && again[TS_SCLC_RES_POINTS] == 0 && again[TS_SCLC_RES_STATUS] == 0);
  CHECK(ts_sclc_engine_points(e, 9, words, n, again) == 0);
  CHECK(memcmp(result, again, sizeof result) == 0);
  ts_sclc_engine_destroy(e);
}

int main(void) {
  ts_device *d = NULL;
  CHECK(ts_device_open(&d, "model", "u16", NULL) == TS_OK);
  CHECK(ts_device_get_info(d)->sclc_points_max == TS_SCLC_POINTS_MAX);
  units(d);
  leak(d);
  far(d);
  implausible(d);
  field();
  upper_bound(d);
  refusals(d);
  ts_device_close(d);
  no_engine();
  messages();
  return check_end();
}
