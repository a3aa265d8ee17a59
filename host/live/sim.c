/* Simulated photons of a film, the same on every machine for a seed.
 *
 * Pulses every 1 us, bins of 4 ns; the response is a Gaussian of 0.5 ns FWHM, 101 ns behind the window's left edge (which is time -101 ns); one
 * lifetime, 1 % background. Photons come as a Poisson process (exponential waiting times), each with its own delay: no pile-up, no dead time.
 *   film   67 ns
 *   drift  67 ns + 67 ns x t / 60 s (up to 134 ns), ends after 60 s
 *   jump   67 and 134 ns in turn, 5 s each */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../command/random.h"
#include "../io/unit.h"
#include "source.h"

#define PERIOD_S 1e-6
#define BINS 250u
#define PULSE_S 101e-9
#define SIGMA_S (0.5e-9 / 2.3548200450309493)
#define BACKGROUND 0.01
#define TAU_S 67e-9
#define DRIFT_S 60.0
#define JUMP_S 5.0

typedef enum kind { FILM, DRIFT, JUMP } kind;

typedef struct sim {
  live_source base;
  kind kind;
  double rate_hz, seconds, t;
  ts_random random;
  double spare;                 /* second number of a pair of normal ones */
  bool has_spare;
} sim;

static double lifetime(const sim *s, double t)
{
  if (s->kind == DRIFT) return TAU_S * (1 + fmin(t / DRIFT_S, 1));
  if (s->kind == JUMP) return fmod(floor(t / JUMP_S), 2) != 0 ? 2 * TAU_S : TAU_S;
  return TAU_S;
}

static double normal(sim *s)
{
  if (s->has_spare) {
    s->has_spare = false;
    return s->spare;
  }
  double r = sqrt(-2 * log(ts_random_uniform(&s->random))), phi = 2 * acos(-1.0) * ts_random_uniform(&s->random);
  s->spare = r * sin(phi);
  s->has_spare = true;
  return r * cos(phi);
}

static live_state sim_read(live_source *base, live_event *event, size_t room, size_t *n, char *message)
{
  sim *s = (sim *)base;
  (void)message;
  for (*n = 0; *n < room; ++*n) {
    s->t -= log(ts_random_uniform(&s->random)) / s->rate_hz;
    if (s->t >= s->seconds) return *n ? LIVE_READY : LIVE_END;
    double delay;
    if (ts_random_uniform(&s->random) < BACKGROUND) delay = PERIOD_S * ts_random_uniform(&s->random);
    else delay = PULSE_S + SIGMA_S * normal(s) - lifetime(s, s->t) * log(ts_random_uniform(&s->random));
    delay -= PERIOD_S * floor(delay / PERIOD_S);
    double bin = floor(delay / base->axis.bin_width_s);
    event[*n].time = (uint64_t)(s->t / PERIOD_S);
    event[*n].bin = bin < BINS ? (uint32_t)bin : BINS - 1;
  }
  return LIVE_READY;
}

/* Over the frame; the drift is linear, so that its mean is that of its ends. */
static double sim_truth(const live_source *base, double start_s, double end_s)
{
  const sim *s = (const sim *)base;
  double a = lifetime(s, start_s), b = lifetime(s, s->kind == JUMP ? end_s * (1 - 1e-12) : end_s);
  if (s->kind == DRIFT) return start_s < DRIFT_S && end_s > DRIFT_S ? NAN : (a + b) / 2;
  return a == b && end_s - start_s < JUMP_S ? a : s->kind == FILM ? a : NAN;
}

static void sim_close(live_source *base) { free(base); }

/* key=value; false after a message. */
static bool take(sim *s, uint64_t *seed, char *item, char *message)
{
  char *value = strchr(item, '=');
  double v;
  char why[TS_MESSAGE_BYTES];
  if (value) *value++ = 0;
  if (value && !strcmp(item, "seed") && ts_parse_number(value, &v) && v >= 0 && v < 9e15 && v == floor(v)) {
    *seed = (uint64_t)v;
    return true;
  }
  if (value && !strcmp(item, "rate") && ts_parse_number(value, &v) && v > 0 && v <= 1e8) {
    s->rate_hz = v;
    return true;
  }
  if (value && !strcmp(item, "seconds") && ts_parse_time(value, &v, why, sizeof why) && v > 0 && v <= 1e9) {
    s->seconds = v;
    return true;
  }
  snprintf(message, TS_MESSAGE_BYTES, "sim: '%.60s%s%.60s' cannot be used: expected seed=N, rate=HZ (at most 1e8) or seconds=S", item, value ? "=" : "",
           value ? value : "");
  return false;
}

live_source *live_sim_open(const char *text, char *message)
{
  static const char *const names[] = {"film", "drift", "jump"};
  sim *s = calloc(1, sizeof *s);
  char *copy = strdup(text), *rest = NULL;
  uint64_t seed = 1;
  bool good = s && copy;
  if (!good) snprintf(message, TS_MESSAGE_BYTES, "out of memory");
  const char *name = good ? strtok_r(copy, ",", &rest) : NULL;
  if (good) {
    size_t k = 0;
    while (k < 3 && !(name && !strcmp(name, names[k]))) k++;
    good = k < 3;
    s->kind = (kind)k;
    s->rate_hz = 1e5;
    s->seconds = s->kind == DRIFT ? DRIFT_S : INFINITY;
    if (!good) snprintf(message, TS_MESSAGE_BYTES, "sim: there is no '%.60s': expected film, drift or jump", name ? name : "");
  }
  for (char *item; good && (item = strtok_r(NULL, ",", &rest));) good = take(s, &seed, item, message);
  free(copy);
  if (!good) {
    free(s);
    return NULL;
  }
  ts_random_seed(&s->random, seed, 0);
  s->base = (live_source){.axis = {.bins = BINS, .bin_width_s = PERIOD_S / BINS, .start_s = -PULSE_S, .tick_s = PERIOD_S, .period_s = PERIOD_S, .sync_s = PERIOD_S, .dead_time_s = 0},
                          .is_open = true, .waits = true, .paced = true, .read = sim_read, .truth = sim_truth, .close = sim_close};
  return &s->base;
}
