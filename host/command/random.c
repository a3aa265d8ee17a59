#include "random.h"

#include <math.h>

#define PTRS_FROM 10.0

static uint64_t splitmix(uint64_t *x)
{
  uint64_t z = (*x += 0x9e3779b97f4a7c15u);
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

void ts_random_seed(ts_random *r, uint64_t seed, uint64_t stream)
{
  uint64_t x = seed;
  x = splitmix(&x) ^ stream * 0xd1342543de82ef95u;
  for (unsigned i = 0; i < 4; i++) r->s[i] = splitmix(&x);
}

static uint64_t rotate(uint64_t x, unsigned k)
{
  return x << k | x >> (64 - k);
}

uint64_t ts_random_bits(ts_random *r)
{
  uint64_t *s = r->s, result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

double ts_random_uniform(ts_random *r)
{
  return ((double)(ts_random_bits(r) >> 12) + 0.5) * 0x1p-52;
}

double ts_random_normal(ts_random *r)
{
  const double radius = sqrt(-2 * log(ts_random_uniform(r)));
  return radius * cos(2 * acos(-1.0) * ts_random_uniform(r));
}

static uint64_t poisson_small(ts_random *r, double mean)
{
  double limit = exp(-mean), product = ts_random_uniform(r);
  uint64_t k = 0;
  for (; product > limit; k++) product *= ts_random_uniform(r);
  return k;
}

static uint64_t poisson_ptrs(ts_random *r, double mean)
{
  double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
  double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2), log_mean = log(mean);
  for (;;) {
    double u = ts_random_uniform(r) - 0.5, v = ts_random_uniform(r), us = 0.5 - fabs(u);
    double k = floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return (uint64_t)k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (log(v) + log(inverse_alpha) - log(a / (us * us) + b) <= -mean + k * log_mean - lgamma(k + 1)) return (uint64_t)k;
  }
}

uint64_t ts_random_poisson(ts_random *r, double mean)
{
  if (!(mean > 0)) return 0;
  return mean < PTRS_FROM ? poisson_small(r, mean) : poisson_ptrs(r, mean);
}
