#include "ta_select.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EDGE 1e-9                /* relative: bounds are compared as the file's decimals */

/* Complains about the file; path NULL: silently. */
static bool wrong(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(const char *path, const char *format, ...)
{
  char text[TS_MESSAGE_BYTES];
  va_list list;
  if (!path) return false;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return complain(false, "%s: %s", path, text);
}

static bool inside(double x, double from, double to)
{
  return x >= from - EDGE * fabs(from) && x <= to + EDGE * fabs(to);
}

static bool wanted_wavelength(const ta_options *o, double wavelength_m)
{
  for (size_t i = 0; i < o->ranges; i++)
    if (inside(wavelength_m, o->range_from_m[i], o->range_to_m[i])) return true;
  return !o->ranges;
}

void ta_selection_free(ta_selection *x)
{
  free(x->wavelength_m);
  free(x->delay_s);
  free(x->signal);
  free(x->time_zero_s);
  free(x->sigma_delay);
  free(x->sigma_wavelength);
  free(x->index);
  free(x->masked);
  free(x->left_out_m);
  memset(x, 0, sizeof *x);
}

bool ta_selection_leave_out(ta_selection *x, const bool *out)
{
  size_t to = 0;
  x->left_out_m = malloc(x->wavelengths * sizeof *x->left_out_m);
  if (!x->left_out_m) return false;
  for (size_t w = 0; w < x->wavelengths; w++) {
    if (out[w]) {
      x->left_out_m[x->left_out++] = x->wavelength_m[w];
      continue;
    }
    x->wavelength_m[to] = x->wavelength_m[w];
    x->index[to] = x->index[w];
    x->masked[to] = x->masked[w];
    if (x->time_zero_s) x->time_zero_s[to] = x->time_zero_s[w];
    memmove(x->signal + to * x->delays, x->signal + w * x->delays, x->delays * sizeof *x->signal);
    to++;
  }
  x->wavelengths = to;
  return true;
}

/* Divides by the least of them, which is returned. */
static double normalise(double *v, size_t n)
{
  double least = INFINITY;
  for (size_t i = 0; i < n; i++) least = fmin(least, v[i]);
  for (size_t i = 0; i < n; i++) v[i] /= least;
  return least;
}

static bool make_room(ta_selection *x, const ts_ta_data *d, bool chirped)
{
  const size_t w = d->wavelengths, n = d->delays;
  x->wavelength_m = malloc(w * sizeof *x->wavelength_m);
  x->delay_s = malloc(n * sizeof *x->delay_s);
  x->signal = malloc(w * n * sizeof *x->signal);
  x->index = malloc(w * sizeof *x->index);
  x->masked = calloc(w, sizeof *x->masked);
  if (chirped) x->time_zero_s = malloc(w * sizeof *x->time_zero_s);
  return x->wavelength_m && x->delay_s && x->signal && x->index && x->masked && (!chirped || x->time_zero_s);
}

/* keep[i]: the delay lies in the range of a wavelength that is fitted. */
static void copy_signals(ta_selection *x, const ts_ta_data *d, const ta_options *o, const bool *keep)
{
  for (size_t w = 0; w < x->wavelengths; w++) {
    size_t at = 0;
    for (size_t i = 0; i < d->delays; i++) {
      if (!keep[i]) continue;
      const double y = d->signal[x->index[w] * d->delays + i], own = d->delay_s[i] - (x->time_zero_s ? x->time_zero_s[w] : 0);
      const bool in_range = inside(own, o->from_s, o->to_s);
      x->signal[w * x->delays + at++] = in_range ? y : NAN;
      x->masked[w] += in_range && isnan(y);
    }
  }
}

static bool take_sigmas(ta_selection *x, const ts_ta_data *d, const ta_options *o, const bool *keep, const char *path)
{
  char message[TS_MESSAGE_BYTES];
  double *file = NULL;
  bool per_delay = true;
  x->sigma = o->fit.sigma;
  if (o->sigma_file && ts_ta_sigma_read(o->sigma_file, d, &file, &per_delay, message)) return complain(false, "%s", message);
  if (x->sigma > 0 && d->sigma) {
    free(file);
    return wrong(path, "the file has a column of sigmas, and --sigma is given: expected one of them");
  }
  const double *of = file ? file : d->sigma;
  if (!of) return true;
  double **to = per_delay ? &x->sigma_delay : &x->sigma_wavelength;
  *to = malloc((per_delay ? x->delays : x->wavelengths) * sizeof **to);
  if (!*to) {
    free(file);
    return wrong(path, "out of memory");
  }
  for (size_t i = 0, at = 0; per_delay && i < d->delays; i++)
    if (keep[i]) (*to)[at++] = of[i];
  for (size_t w = 0; !per_delay && w < x->wavelengths; w++) (*to)[w] = of[x->index[w]];
  x->sigma = normalise(*to, per_delay ? x->delays : x->wavelengths);
  free(file);
  return true;
}

/* A t0 that the delays cannot show. */
static bool check_t0(const ta_selection *x, const ta_options *o, const char *path)
{
  double first = INFINITY, last = -INFINITY;
  for (size_t w = 0; w < x->wavelengths; w++)
    for (size_t i = 0; i < x->delays; i++) {
      if (isnan(x->signal[w * x->delays + i])) continue;
      const double own = x->delay_s[i] - (x->time_zero_s ? x->time_zero_s[w] : 0);
      first = fmin(first, own);
      last = fmax(last, own);
    }
  if (!(first <= last)) return wrong(path, "every signal is missing: expected numbers");
  const double t0 = o->fit.t0_s;
  if (t0 > last || (t0 < first && !o->fit.t0_held))
    return wrong(path, "t0 at %g s is outside of the delays from %g to %g s: expected one inside; %s", t0, first, last,
                    o->fit.t0_held ? "give another --t0" : "say where it is by --t0-start, or hold it by --t0 TIME");
  return true;
}

bool ta_select(ta_selection *x, const ts_ta_data *d, const ta_options *o, const ta_chirp *chirp, const char *path)
{
  memset(x, 0, sizeof *x);
  if (d->is_trace && (o->ranges || chirp->n))
    return wrong(path, "a trace names no wavelengths: expected a matrix with %s", o->ranges ? "--wavelengths" : "--chirp");
  bool *keep = calloc(d->delays, sizeof *keep), good = keep && make_room(x, d, chirp->n);
  if (!good) wrong(path, "out of memory");
  for (size_t w = 0; good && w < d->wavelengths; w++) {
    if (!wanted_wavelength(o, d->wavelength_m[w])) continue;
    x->index[x->wavelengths] = w;
    x->wavelength_m[x->wavelengths] = d->wavelength_m[w];
    const double zero = chirp->n ? ts_ta_chirp_at(chirp->coefficient, chirp->n, d->wavelength_m[w] / (d->wavelength_unit_m > 0 ? d->wavelength_unit_m : 1)) * d->time_unit_s : 0;
    if (chirp->n) x->time_zero_s[x->wavelengths] = zero;
    for (size_t i = 0; i < d->delays; i++) keep[i] = keep[i] || inside(d->delay_s[i] - zero, o->from_s, o->to_s);
    x->wavelengths++;
  }
  for (size_t i = 0; good && i < d->delays; i++)
    if (keep[i]) x->delay_s[x->delays++] = d->delay_s[i];
  if (good && !x->wavelengths) good = wrong(path, "--wavelengths holds none of its %zu wavelengths: expected ranges inside the data", d->wavelengths);
  if (good && !x->delays)
    good = wrong(path, "--range %g..%g s holds none of the delays from %g to %g s: expected a range inside the data", o->from_s, o->to_s,
                    d->delay_s[0], d->delay_s[d->delays - 1]);
  if (good) copy_signals(x, d, o, keep);
  good = good && take_sigmas(x, d, o, keep, path) && check_t0(x, o, path);
  free(keep);
  if (!good) ta_selection_free(x);
  return good;
}
