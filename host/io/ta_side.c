#include "ta_side.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "text_table.h"
#include "unit.h"

#define SAME 1e-6                /* relative: an axis written with fewer digits */

ts_error ts_ta_chirp_read(const char *path, double coefficient[TS_TA_CHIRP_MAX], size_t *n, char *message)
{
  ts_source *s = ts_source_open(path, message);
  unsigned long number = 0;
  char *line, *rest = NULL;
  ts_line kind;
  ts_error e = TS_OK;
  *n = 0;
  if (!s) return TS_ERROR_INPUT;
  while (!e && (kind = ts_source_line(s, &line)) != TS_LINE_END) {
    number++;
    if (kind != TS_LINE_OK) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: no text: expected the coefficients of a polynomial", path, number);
      e = TS_ERROR_INPUT;
      break;
    }
    if (*line == '#') continue;
    for (char *word = strtok_r(line, ",; \t", &rest); word && !e; word = strtok_r(NULL, ",; \t", &rest)) {
      if (*n == TS_TA_CHIRP_MAX) {
        snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: more than %u coefficients: expected at most that", path, number, TS_TA_CHIRP_MAX);
        e = TS_ERROR_INPUT;
      } else if (!ts_parse_number(word, &coefficient[*n])) {
        snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: '%.60s' is not a number: expected the coefficients of a polynomial, highest power first", path, number,
                 word);
        e = TS_ERROR_INPUT;
      } else {
        ++*n;
      }
    }
  }
  ts_source_close(s);
  if (!e && !*n) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: no coefficients: expected those of a polynomial, highest power first", path);
    e = TS_ERROR_INPUT;
  }
  return e;
}

double ts_ta_chirp_at(const double *coefficient, size_t n, double wavelength)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum = sum * wavelength + coefficient[i];
  return sum;
}

/* Do the lines of two columns name the axis? */
static ts_error check_axis(const ts_text_table *t, const char *path, const double *axis, double unit, char *message)
{
  for (size_t i = 0; i < t->rows; i++) {
    const double here = t->cell[2 * i], there = axis[i] / unit;
    if (fabs(here - there) <= SAME * fmax(fabs(here), fabs(there)) + 1e-12) continue;
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the first column is %.9g, the data have %.9g there: expected the same axis in the same unit", path, t->line[i],
             here, there);
    return TS_ERROR_INPUT;
  }
  return TS_OK;
}

static ts_error take(const ts_text_table *t, const char *path, const ts_ta_data *d, double **sigma, bool *per_delay, char *message)
{
  if (t->columns > 2) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: %zu columns: expected one of sigmas, or the axis and sigmas", path, t->line[0], t->columns);
    return TS_ERROR_INPUT;
  }
  const bool delays = t->rows == d->delays, wavelengths = t->rows == d->wavelengths && !d->is_trace;
  if (!delays && !wavelengths) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: %zu sigmas: expected %zu, one a delay%s", path, t->rows, d->delays, d->is_trace ? "" : ", or one a wavelength");
    return TS_ERROR_INPUT;
  }
  if (delays && wavelengths && t->columns == 1) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: the data have as many delays as wavelengths, %zu: expected two columns, the axis and sigmas", path, t->rows);
    return TS_ERROR_INPUT;
  }
  const double wavelength_unit = d->wavelength_unit_m > 0 ? d->wavelength_unit_m : 1;
  ts_error e = TS_OK;
  *per_delay = delays;
  if (t->columns == 2 && delays) e = check_axis(t, path, d->delay_s, d->time_unit_s, message);
  if (t->columns == 2 && wavelengths && (!delays || e)) {
    *per_delay = false;
    e = check_axis(t, path, d->wavelength_m, wavelength_unit, message);
  }
  if (e) return e;
  *sigma = malloc(t->rows * sizeof **sigma);
  if (!*sigma) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", path);
    return TS_ERROR_MEMORY;
  }
  for (size_t i = 0; i < t->rows; i++) {
    (*sigma)[i] = t->cell[i * t->columns + t->columns - 1];
    if ((*sigma)[i] > 0) continue;
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: sigma is %.9g: expected a positive number", path, t->line[i], (*sigma)[i]);
    free(*sigma);
    *sigma = NULL;
    return TS_ERROR_INPUT;
  }
  return TS_OK;
}

ts_error ts_ta_sigma_read(const char *path, const ts_ta_data *d, double **sigma, bool *per_delay, char *message)
{
  const ts_read_options o = {.row_name = "sigmas"};
  ts_source *s = ts_source_open(path, message);
  ts_text_table t;
  *sigma = NULL;
  if (!s) return TS_ERROR_INPUT;
  ts_error e = ts_text_table_read(&t, s, path, &o, message);
  ts_source_close(s);
  if (e) return e;
  e = take(&t, path, d, sigma, per_delay, message);
  ts_text_table_free(&t);
  return e;
}
