/* Random numbers for simulated photons, the same on every machine.
 *
 * Generator: xoshiro256++ (Blackman, Vigna 2019), seeded by splitmix64 from (seed, stream): every histogram has a stream of its own, so it
 * does not depend on how many come before it. Poisson numbers: below a mean of 10 by multiplication of uniforms (Knuth), from there by
 * transformed rejection PTRS (Hoermann 1993). */
#ifndef TAUSTREAM_RANDOM_H
#define TAUSTREAM_RANDOM_H
#include <stdint.h>

typedef struct ts_random { uint64_t s[4]; } ts_random;
void ts_random_seed(ts_random *r, uint64_t seed, uint64_t stream);
uint64_t ts_random_bits(ts_random *r);
double ts_random_uniform(ts_random *r);           /* in (0, 1) */
double ts_random_normal(ts_random *r);            /* mean 0, standard deviation 1 (Box, Muller 1958) */
uint64_t ts_random_poisson(ts_random *r, double mean);
#endif
