#include "sclc_device.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHARGE 1.602176634e-19
#define BOLTZMANN 1.380649e-23
#define EPS_0 8.8541878128e-12

#define NODES 601u            /* both contacts included */
#define CROWDING 3.5          /* tanh grid: the first cell is 1/30000 of the device */
#define LEVELS_MAX 96u        /* of an exponential distribution, kT/4 apart or finer */
#define STEPS_MAX 60u         /* of Newton's method for one voltage */
#define UPDATE_MAX 4.0        /* kT/q: largest change of a potential in a step */
#define CONVERGED 1e-9        /* kT/q */
#define LEAP 8.0              /* kT/q: largest voltage step that is tried at once, */
#define LEAP_PART 0.25        /* or this part of the voltage */
#define LEAP_LEAST 1e-4
#define SAME_VOLTAGE 1e-9        /* relative, at the terminals */

typedef struct block { double a[2][2]; } block;
typedef struct equations {
  block lower[NODES], middle[NODES], upper[NODES];   /* rows: Poisson, continuity; columns: psi, phi */
  double right[NODES][2];
} equations;

/* Potentials are in kT/q, densities in N_c, lengths in the thickness. */
struct ts_sclc_device {
  double thermal_v, current_scale;      /* A/m2 for a sum of 1 */
  double charge_scale;                  /* kappa: psi'' = kappa (n + n_t - N_D) */
  double doping, inject, extract;       /* inject, extract: barriers */
  double series_ohm_m2, shunt_ohm_m2;
  unsigned levels;
  double level_density[LEVELS_MAX], level_n1[LEVELS_MAX];
  double h[NODES];                      /* h[i]: from node i to i + 1 */
  double psi[NODES], phi[NODES];        /* the last solution, */
  double bias;                          /* at this voltage over the device, kT/q */
  double terminal_v, device_v;          /* with a series resistance: the last answer, where the search for the next begins */
  equations work;
};

/* B(x) = x / (e^x - 1) and B'(x) / B(x). */
static double bernoulli(double x)
{
  if (fabs(x) < 1e-4) return 1 - x / 2 + x * x / 12;
  return x / expm1(x);
}

static double bernoulli_slope(double x)
{
  if (fabs(x) < 1e-3) return -0.5 - x / 12;
  return 1 / x + 1 / expm1(-x);
}

/* Trapped carriers and their derivative by n. */
static double trapped(const ts_sclc_device *d, double n, double *slope)
{
  double sum = 0;
  *slope = 0;
  for (unsigned i = 0; i < d->levels; i++) {
    const double below = n + d->level_n1[i];
    sum += d->level_density[i] * n / below;
    *slope += d->level_density[i] * d->level_n1[i] / (below * below);
  }
  return sum;
}

/* ---- Newton's method ---- */
/* The flux from i to i + 1 over D N_c / L, and its derivatives by psi_i, phi_i, psi_i+1, phi_i+1. */
static double flux(const ts_sclc_device *d, unsigned i, double slope[4])
{
  const double step = d->psi[i + 1] - d->psi[i], fall = d->phi[i + 1] - d->phi[i];
  const double g = exp(d->psi[i] - d->phi[i]) * bernoulli(-step) / d->h[i], ratio = bernoulli_slope(-step);
  const double f = g * expm1(-fall), back = g * exp(-fall);
  slope[0] = f * (1 + ratio);
  slope[1] = -f + back;
  slope[2] = -f * ratio;
  slope[3] = -back;
  return f;
}

static void assemble(ts_sclc_device *d)
{
  equations *s = &d->work;
  double left[4], right[4], slope;
  double in = flux(d, 0, left);
  for (unsigned i = 1; i + 1 < NODES; i++) {
    const double out = flux(d, i, right), cell = (d->h[i - 1] + d->h[i]) / 2, n = exp(d->psi[i] - d->phi[i]);
    const double charge = n + trapped(d, n, &slope) - d->doping, by_psi = cell * d->charge_scale * n * (1 + slope);
    const double a = 1 / d->h[i - 1], b = 1 / d->h[i];
    s->lower[i] = (block){{{a, 0}, {-left[0], -left[1]}}};
    s->middle[i] = (block){{{-a - b - by_psi, by_psi}, {right[0] - left[2], right[1] - left[3]}}};
    s->upper[i] = (block){{{b, 0}, {right[2], right[3]}}};
    s->right[i][0] = -((d->psi[i + 1] - d->psi[i]) * b - (d->psi[i] - d->psi[i - 1]) * a - cell * d->charge_scale * charge);
    s->right[i][1] = -(out - in);
    in = out;
    memcpy(left, right, sizeof left);
  }
}

/* (x, y) := m^-1 (x, y). False: singular. */
static bool divide(const block *m, double *x, double *y)
{
  const double det = m->a[0][0] * m->a[1][1] - m->a[0][1] * m->a[1][0];
  const double u = (m->a[1][1] * *x - m->a[0][1] * *y) / det, v = (m->a[0][0] * *y - m->a[1][0] * *x) / det;
  *x = u;
  *y = v;
  return isfinite(u) && isfinite(v);
}

/* Block elimination; the updates are left in right. The continuity rows are scaled, so that tiny densities do not underflow the determinant. */
static bool eliminate(equations *s)
{
  bool good = true;
  for (unsigned i = 1; i + 1 < NODES; i++) {
    const double size = fabs(s->middle[i].a[1][0]) + fabs(s->middle[i].a[1][1]);
    for (unsigned c = 0; c < 2; c++) {
      s->lower[i].a[1][c] /= size;
      s->middle[i].a[1][c] /= size;
      s->upper[i].a[1][c] /= size;
    }
    s->right[i][1] /= size;
    if (i > 1)
      for (unsigned r = 0; r < 2; r++) {
        const double p = s->lower[i].a[r][0], q = s->lower[i].a[r][1];
        for (unsigned c = 0; c < 2; c++) s->middle[i].a[r][c] -= p * s->upper[i - 1].a[0][c] + q * s->upper[i - 1].a[1][c];
        s->right[i][r] -= p * s->right[i - 1][0] + q * s->right[i - 1][1];
      }
    for (unsigned c = 0; c < 2; c++) good = divide(&s->middle[i], &s->upper[i].a[0][c], &s->upper[i].a[1][c]) && good;
    good = divide(&s->middle[i], &s->right[i][0], &s->right[i][1]) && good;
  }
  for (unsigned i = NODES - 2; i-- > 1;)
    for (unsigned r = 0; r < 2; r++)
      s->right[i][r] -= s->upper[i].a[r][0] * s->right[i + 1][0] + s->upper[i].a[r][1] * s->right[i + 1][1];
  return good;
}

static bool relax(ts_sclc_device *d)
{
  equations *s = &d->work;
  for (unsigned step = 0; step < STEPS_MAX; step++) {
    double most = 0;
    assemble(d);
    if (!eliminate(s)) return false;
    for (unsigned i = 1; i + 1 < NODES; i++) most = fmax(most, fmax(fabs(s->right[i][0]), fabs(s->right[i][1])));
    if (!isfinite(most)) return false;
    const double part = most > UPDATE_MAX ? UPDATE_MAX / most : 1;
    for (unsigned i = 1; i + 1 < NODES; i++) {
      d->psi[i] += part * s->right[i][0];
      d->phi[i] += part * s->right[i][1];
    }
    if (most < CONVERGED) return true;
  }
  return false;
}

/* From the last bias to this one. */
static bool go_to(ts_sclc_device *d, double bias)
{
  double psi[NODES], phi[NODES], leap = fmax(LEAP, LEAP_PART * fabs(d->bias));
  while (d->bias != bias) {
    double next = fabs(bias - d->bias) <= leap ? bias : d->bias + copysign(leap, bias - d->bias);
    const double by = next - d->bias;
    double at = 0;
    memcpy(psi, d->psi, sizeof psi);
    memcpy(phi, d->phi, sizeof phi);
    for (unsigned i = 1; i < NODES; i++) {
      at += d->h[i - 1];
      d->psi[i] += by * (i + 1 == NODES ? 1 : at);
      d->phi[i] += by * (i + 1 == NODES ? 1 : at);
    }
    if (relax(d)) {
      d->bias = next;
      leap = fmin(2 * leap, fmax(LEAP, LEAP_PART * fabs(d->bias)));
      continue;
    }
    memcpy(d->psi, psi, sizeof psi);
    memcpy(d->phi, phi, sizeof phi);
    leap = fmin(leap, fabs(by)) / 2;
    if (leap < LEAP_LEAST) return false;
  }
  return true;
}

/* The constant current of the potentials: with w = exp(-phi) the fluxes are linear in w, so J sum(1 / conductance) = w_0 - w_N. */
static double current(const ts_sclc_device *d)
{
  double sum = 0;
  for (unsigned i = 0; i + 1 < NODES; i++) sum += d->h[i] * exp(-d->psi[i]) / bernoulli(d->psi[i] - d->psi[i + 1]);
  return -d->current_scale * expm1(-d->bias) / sum;
}

/* ---- the device ---- */
static void make_levels(ts_sclc_device *d, const ts_sclc_device_options *o)
{
  const double density = o->trap_density_m3 / o->density_of_states_m3;
  if (!(density > 0)) return;
  if (!(o->trap_energy_v > 0)) {
    d->levels = 1;
    d->level_density[0] = density;
    d->level_n1[0] = exp(-o->trap_depth_v / d->thermal_v);
    return;
  }
  /* Equal steps of depth to 12 characteristic energies; the share of every step at its middle. */
  const double depth = 12 * o->trap_energy_v / d->thermal_v, step = depth / LEVELS_MAX, energy = o->trap_energy_v / d->thermal_v;
  d->levels = LEVELS_MAX;
  for (unsigned i = 0; i < LEVELS_MAX; i++) {
    d->level_density[i] = density * -expm1(-step / energy) * exp(-(double)i * step / energy);
    d->level_n1[i] = exp(-((double)i + 0.5) * step);
  }
}

static bool equilibrium(ts_sclc_device *d)
{
  double at = 0;
  for (unsigned i = 0; i < NODES; i++) {
    d->psi[i] = -d->inject + (d->inject - d->extract) * at;
    d->phi[i] = 0;
    if (i + 1 < NODES) at += d->h[i];
  }
  d->psi[NODES - 1] = -d->extract;
  d->bias = 0;
  return relax(d);
}

ts_sclc_device *ts_sclc_device_new(const ts_sclc_device_options *o)
{
  ts_sclc_device *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  const double eps = o->relative_permittivity * EPS_0, length = o->thickness_m;
  d->thermal_v = BOLTZMANN * o->temperature_k / CHARGE;
  d->charge_scale = CHARGE * o->density_of_states_m3 * length * length / (eps * d->thermal_v);
  d->current_scale = CHARGE * o->mobility_m2_vs * d->thermal_v * o->density_of_states_m3 / length;
  d->doping = o->doping_m3 / o->density_of_states_m3;
  d->inject = o->barrier_inject_v / d->thermal_v;
  d->extract = o->barrier_extract_v / d->thermal_v;
  d->series_ohm_m2 = o->series_ohm_m2;
  d->shunt_ohm_m2 = o->shunt_ohm_m2;
  make_levels(d, o);
  double last = 0;
  for (unsigned i = 0; i + 1 < NODES; i++) {
    const double next = (1 + tanh(CROWDING * (2.0 * (i + 1) / (NODES - 1) - 1)) / tanh(CROWDING)) / 2;
    d->h[i] = next - last;
    last = next;
  }
  if (equilibrium(d)) return d;
  free(d);
  return NULL;
}

void ts_sclc_device_free(ts_sclc_device *d)
{
  free(d);
}

/* What the terminals would show with this voltage over the device. */
static bool at_device_voltage(ts_sclc_device *d, double device_v, double *j, double *terminal_v)
{
  if (!go_to(d, device_v / d->thermal_v)) return false;
  *j = current(d) + (d->shunt_ohm_m2 > 0 ? device_v / d->shunt_ohm_m2 : 0);
  *terminal_v = device_v + *j * d->series_ohm_m2;
  return true;
}

bool ts_sclc_device_current(ts_sclc_device *d, double voltage_v, double *j)
{
  double terminal_v;
  if (!(d->series_ohm_m2 > 0)) return at_device_voltage(d, voltage_v, j, &terminal_v);
  /* The terminal voltage rises with the device's, and faster: a bracket from the last answer, then secants and halvings. */
  double low = fmin(d->device_v, d->device_v + voltage_v - d->terminal_v), high = fmax(d->device_v, d->device_v + voltage_v - d->terminal_v);
  double f_low, f_high;
  if (!at_device_voltage(d, low, j, &terminal_v)) return false;
  f_low = terminal_v - voltage_v;
  if (!at_device_voltage(d, high, j, &terminal_v)) return false;
  f_high = terminal_v - voltage_v;
  double middle = high;
  for (unsigned i = 0; i < 100 && f_high > SAME_VOLTAGE * fabs(voltage_v); i++) {
    middle = i % 3 == 2 ? (low + high) / 2 : high - f_high * (high - low) / (f_high - f_low);
    if (!at_device_voltage(d, middle, j, &terminal_v)) return false;
    const double f = terminal_v - voltage_v;
    if (fabs(f) <= SAME_VOLTAGE * fabs(voltage_v)) break;
    if (f < 0) low = middle, f_low = f;
    else high = middle, f_high = f;
  }
  d->device_v = middle;
  d->terminal_v = terminal_v;
  return true;
}
