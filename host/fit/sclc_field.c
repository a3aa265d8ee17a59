#include "sclc_field.h"

#include <math.h>

#define CELLS 400                /* of ln e */
#define LN_E_FIRST (-12.0)
#define LN_E_LAST 6.5
#define LN_J_FIRST (-8.0)
#define LN_J_LAST 11.0
#define NODES TS_SCLC_FIELD_NODES
#define STEP_J ((LN_J_LAST - LN_J_FIRST) / (NODES - 1))
#define CORRECTIONS 3            /* of the place within a step */

void ts_sclc_field_make(ts_sclc_field *f, double p) {
  const double h = (LN_E_LAST - LN_E_FIRST) / CELLS;
  double e[CELLS + 1], em[CELLS + 1];
  for (int i = 0; i <= CELLS; i++) {
    e[i] = exp(LN_E_FIRST + h * i);
    em[i] = e[i] * exp(p * sqrt(2 * e[i]));
  }
  for (int k = 0; k < NODES; k++) {
    const double j = exp(LN_J_FIRST + STEP_J * k);
    double length = 0, voltage = 0, a = 0, b = 0;
    for (int i = 0; i <= CELLS; i++) {
      const double next = e[i] * em[i] / (em[i] + j), next_b = 2 * next * e[i];   /* by d ln e */
      const double cell = i ? h * (a + next) / 2 : next / 2;                      /* below the first: the integrand rises as e^2 */
      if (i && length + cell >= 1) {
        /* the place t where the length is 1, the integrand being straight within the cell */
        const double rest = 1 - length, bend = (next - a) / h, t = 2 * rest / (a + sqrt(a * a + 2 * bend * rest));
        voltage += b * t + (next_b - b) / h * t * t / 2;
        break;
      }
      length += cell;
      voltage += i ? h * (b + next_b) / 2 : next_b / 3;
      a = next;
      b = next_b;
    }
    f->ln_v[k] = log(voltage);
  }
}

double ts_sclc_field_at(const ts_sclc_field *f, double ln_v, double *slope) {
  const double *y = f->ln_v;
  if (ln_v <= y[1] || ln_v >= y[NODES - 2]) {
    const int k = ln_v <= y[1] ? 0 : NODES - 2;
    *slope = STEP_J / (y[k + 1] - y[k]);
    return LN_J_FIRST + STEP_J * k + *slope * (ln_v - y[k]);
  }
  int low = 1, high = NODES - 2;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (y[middle] <= ln_v) low = middle;
    else high = middle;
  }
  /* the cubic through four nodes, inverted */
  const double a = y[low - 1], b = y[low], c = y[low + 1], d = y[low + 2];
  const double c1 = c - a / 3 - b / 2 - d / 6, c2 = (a + c) / 2 - b, c3 = (d - a) / 6 + (b - c) / 2;
  double t = (ln_v - b) / (c - b), by_t = 1;
  for (int i = 0; i < CORRECTIONS; i++) {
    by_t = c1 + t * (2 * c2 + 3 * t * c3);
    t -= (b + t * (c1 + t * (c2 + t * c3)) - ln_v) / by_t;
  }
  *slope = STEP_J / by_t;
  return LN_J_FIRST + STEP_J * (low + t);
}
