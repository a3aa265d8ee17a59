/* Current-voltage points cut into branches, and quantities with units. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "fit/sweep.h"
#include "io/quantity.h"

#define MOST 2000u

typedef struct points { ts_sweep_point p[MOST]; size_t n; } points;

static void put(points *s, double v, double j)
{
  s->p[s->n] = (ts_sweep_point){v, j, (unsigned long)s->n + 2};
  s->n++;
}

/* n voltages from a to b (log when both have one sign), J = 3 V |V|. */
static void ramp(points *s, double a, double b, unsigned n, bool is_log)
{
  for (unsigned i = 0; i < n; i++) {
    const double part = (double)i / (n - 1), v = is_log ? a * pow(b / a, part) : a + part * (b - a);
    put(s, v, 3 * v * fabs(v));
  }
}

static ts_sweep cut(const points *s)
{
  char message[TS_MESSAGE_BYTES];
  ts_sweep out;
  const ts_error e = ts_sweep_cut(&out, s->p, s->n, "f", message);
  CHECK(e == TS_OK);
  return out;
}

static void check_branch(const ts_sweep *s, size_t i, bool negative, ts_direction d, size_t n)
{
  const ts_sweep_branch *b = &s->branch[i];
  CHECK(s->n > i && b->negative == negative && b->direction == d && b->n == n);
  for (size_t k = 1; k < b->n; k++) CHECK(b->v[k] > b->v[k - 1] && b->j[k] > 0);
}

static void test_directions(void)
{
  points s = {.n = 0};
  ramp(&s, 1e-3, 10, 81, true);
  ramp(&s, 10, 1e-3, 81, true);
  ramp(&s, -1e-3, -10, 41, true);
  ramp(&s, -10, -1e-3, 41, true);
  ts_sweep c = cut(&s);
  CHECK(c.n == 4);
  check_branch(&c, 0, false, TS_FORWARD, 81);
  check_branch(&c, 1, false, TS_REVERSE, 81);   /* 10 V is there twice: once for each direction */
  check_branch(&c, 2, true, TS_FORWARD, 41);
  check_branch(&c, 3, true, TS_REVERSE, 41);
  CHECK(c.branch[0].merged == 0 && c.branch[1].merged == 0);
  ts_sweep_free(&c);
}

static void test_through_zero(void)
{
  points s = {.n = 0};
  ramp(&s, -5, 5, 101, false);
  ts_sweep c = cut(&s);
  CHECK(c.n == 2 && c.excluded == 1);           /* V = 0 */
  check_branch(&c, 0, true, TS_REVERSE, 50);
  check_branch(&c, 1, false, TS_FORWARD, 50);
  ts_sweep_free(&c);
}

static void test_cycles_and_jitter(void)
{
  points s = {.n = 0};
  for (unsigned i = 0; i < 3; i++) {
    ramp(&s, 1e-2, 5, 60, true);
    ramp(&s, 4.9, 1.1e-2, 60, true);
  }
  for (size_t i = 0; i < s.n; i++) s.p[i].v *= 1 + 2e-4 * sin(9.0 * (double)i);   /* readback of the voltage */
  ts_sweep c = cut(&s);
  CHECK(c.n == 6);
  for (size_t i = 0; i < c.n; i++) CHECK(c.branch[i].direction == (i % 2 ? TS_REVERSE : TS_FORWARD) && c.branch[i].n >= 59);
  ts_sweep_free(&c);
}

static void test_unsorted_and_repeated(void)
{
  points s = {.n = 0};
  for (unsigned i = 0; i < 97; i++) {
    const double v = 0.01 * pow(1000, (double)(i * 41 % 97) / 96);
    for (unsigned k = 0; k < 2; k++) put(&s, v, v * (k ? 1.1 : 0.9));
  }
  ts_sweep c = cut(&s);
  CHECK(c.n == 1 && c.branch[0].merged == 97);
  check_branch(&c, 0, false, TS_UNSORTED, 97);
  for (size_t i = 0; i < c.branch[0].n; i++) CHECK(fabs(c.branch[0].j[i] / c.branch[0].v[i] - 1) < 1e-12);
  ts_sweep_free(&c);
}

static void test_left_out(void)
{
  points s = {.n = 0};
  ramp(&s, 1e-3, 10, 81, true);
  for (size_t i = 0; i < 10; i++) s.p[i].j -= 1e-3;      /* an offset: 9.8 mV is the last with the wrong sign */
  s.p[60].j = 0;
  for (size_t i = 74; i < s.n; i++) s.p[i].j = 62;
  ts_sweep c = cut(&s);
  const ts_sweep_branch *b = &c.branch[0];
  size_t last = 0;
  for (size_t i = 0; i < 10; i++) if (s.p[i].j < 0) last = i;
  CHECK(c.n == 1 && fabs(b->offset_v / (10 * s.p[last].v) - 1) < 1e-12);
  CHECK(b->v[0] > b->offset_v && b->excluded == last + 20 + 1 + 1);
  CHECK(b->clipped == 6 && b->clipped_j == 62 && fabs(b->v[b->n - 1] / s.p[74].v - 1) < 1e-12);
  ts_sweep_free(&c);
}

static void test_no_plateau(void)
{
  points s = {.n = 0};
  ramp(&s, 1e-2, 10, 2000, false);              /* neighbours differ by less than a percent */
  ts_sweep c = cut(&s);
  CHECK(c.n == 1 && c.branch[0].clipped == 0 && c.branch[0].n == 2000);
  ts_sweep_free(&c);
}

static void test_signs(void)
{
  points s = {.n = 0};
  char message[TS_MESSAGE_BYTES];
  ts_sweep c;
  ramp(&s, 1e-2, 10, 50, true);
  for (size_t i = 0; i < s.n; i++) s.p[i].j = -s.p[i].j;
  c = cut(&s);
  CHECK(c.n == 1 && c.branch[0].inverted && c.branch[0].n == 50);
  ts_sweep_free(&c);
  for (size_t i = 0; i < s.n; i += 2) s.p[i].j = -s.p[i].j;
  CHECK(ts_sweep_cut(&c, s.p, s.n, "f", message) == TS_ERROR_INPUT);
  CHECK(strstr(message, "f:") == message && strstr(message, "another sign"));
  points zero = {.n = 0};
  for (unsigned i = 0; i < 9; i++) put(&zero, i, 0);
  CHECK(ts_sweep_cut(&c, zero.p, zero.n, "f", message) == TS_ERROR_INPUT && strstr(message, "none of the 9 points"));
}

static void test_comparison(void)
{
  points s = {.n = 0};
  ramp(&s, 1e-2, 10, 80, true);
  ramp(&s, 9.9, 1.1e-2, 70, true);
  for (size_t i = 80; i < s.n; i++) s.p[i].j *= 1 + 0.5 * exp(-pow(log(s.p[i].v / 0.5), 2));
  ts_sweep c = cut(&s);
  ts_sweep_difference d = ts_sweep_compare(&c.branch[0], &c.branch[1], 0, INFINITY, 0.02, 4);
  CHECK(d.is_significant && c.n == 2 && d.ratio < 0.69 && d.ratio > 0.66 && fabs(log(d.at_v / 0.5)) < 0.1 && d.sigma < 0.01);
  d = ts_sweep_compare(&c.branch[0], &c.branch[1], 5, INFINITY, 0.02, 4);
  CHECK(!d.is_significant && fabs(d.ratio - 1) < 0.01);
  d = ts_sweep_compare(&c.branch[0], &c.branch[1], 50, INFINITY, 0.02, 4);
  CHECK(!d.is_significant && isnan(d.ratio));
  ts_sweep_free(&c);
}

/* ---- quantities ---- */
static void check_quantity(ts_quantity kind, const char *text, double expected)
{
  char why[TS_MESSAGE_BYTES];
  double v = NAN;
  if (isnan(expected)) CHECK(!ts_parse_quantity(kind, text, &v, why, sizeof why) && strstr(why, "expected"));
  else CHECK(ts_parse_quantity(kind, text, &v, why, sizeof why) && fabs(v - expected) <= 1e-15 * fabs(expected));
}

static void test_quantities(void)
{
  check_quantity(TS_LENGTH, "500nm", 5e-7);
  check_quantity(TS_LENGTH, " 0.5 um ", 5e-7);
  check_quantity(TS_LENGTH, "0.5 \xc2\xb5m", 5e-7);
  check_quantity(TS_LENGTH, "5e-7", 5e-7);
  check_quantity(TS_LENGTH, "500", 500);
  check_quantity(TS_LENGTH, "500 furlong", NAN);
  check_quantity(TS_LENGTH, "thick", NAN);
  check_quantity(TS_AREA, "0.09cm2", 9e-6);
  check_quantity(TS_AREA, "9 mm^2", 9e-6);
  check_quantity(TS_AREA, "0.09 cm\xc2\xb2", 9e-6);
  check_quantity(TS_CURRENT_DENSITY, "1 mA/cm2", 10);
  check_quantity(TS_CURRENT_DENSITY, "1 A cm-2", 1e4);
  check_quantity(TS_CURRENT_DENSITY, "2 mA cm^-2", 20);
  check_quantity(TS_CURRENT_DENSITY, "2 A m^-2", 2);
  check_quantity(TS_CURRENT_DENSITY, "2 mA mm-2", 2e3);
  check_quantity(TS_CURRENT_DENSITY, "2 A/m\xc2\xb2", 2);
  check_quantity(TS_CURRENT_DENSITY, "2 A", NAN);
  check_quantity(TS_DENSITY, "2e16cm-3", 2e22);
  check_quantity(TS_DENSITY, "2e16 cm^-3", 2e22);
  check_quantity(TS_MOBILITY, "1cm2/Vs", 1e-4);
  check_quantity(TS_ENERGY, "50meV", 0.05);
  check_quantity(TS_VOLTAGE, "58mV", 0.058);
}

static void check_header(ts_quantity kind, const char *name, double expected)
{
  double scale = NAN;
  if (isnan(expected)) CHECK(!ts_header_quantity(kind, name, &scale));
  else CHECK(ts_header_quantity(kind, name, &scale) && fabs(scale / expected - 1) < 1e-15);
}

static void test_headers(void)
{
  check_header(TS_VOLTAGE, "V_V", 1);
  check_header(TS_VOLTAGE, "Voltage [mV]", 1e-3);
  check_header(TS_VOLTAGE, "U/V", 1);
  check_header(TS_VOLTAGE, "V", NAN);
  check_header(TS_VOLTAGE, "rate (V/s)", NAN);
  check_header(TS_CURRENT_DENSITY, "J_A_m2", 1);
  check_header(TS_CURRENT_DENSITY, "J_dark_mA_cm2", 10);
  check_header(TS_CURRENT_DENSITY, "J (mA/cm2)", 10);
  check_header(TS_CURRENT_DENSITY, "J (A cm^-2)", 1e4);
  check_header(TS_CURRENT_DENSITY, "Current density [A/m^2]", 1);
  check_header(TS_CURRENT_DENSITY, "J / mA cm-2", 10);
  check_header(TS_CURRENT_DENSITY, "Current (A)", NAN);
  check_header(TS_CURRENT, "Current (A)", 1);
  check_header(TS_CURRENT, "I_nA", 1e-9);
  check_header(TS_CURRENT, "J_A_m2", NAN);
  check_header(TS_CURRENT, "t_s", NAN);
}

int main(void)
{
  test_directions();
  test_through_zero();
  test_cycles_and_jitter();
  test_unsorted_and_repeated();
  test_left_out();
  test_no_plateau();
  test_signs();
  test_comparison();
  test_quantities();
  test_headers();
  return check_end();
}
