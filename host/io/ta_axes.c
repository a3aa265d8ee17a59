#include "ta_axes.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fields.h"
#include "quantity.h"
#include "unit.h"

#define SPEED_OF_LIGHT_M_S 299792458.0
#define NANOMETRE 1e-9
#define PART_BYTES 80u

typedef enum axis { TIME, WAVELENGTH } axis;

static bool begins(const char *name, const char *word)
{
  return !strncasecmp(name, word, strlen(word));
}

static axis axis_named(const char *name)
{
  const bool wave = begins(name, "wave") || begins(name, "lambda") || begins(name, "\xce\xbb") || begins(name, "wl");
  return wave ? WAVELENGTH : TIME;
}

static ts_error say(char *what, const char *text)
{
  snprintf(what, TS_MESSAGE_BYTES, "%s", text);
  return TS_ERROR_INPUT;
}

static ts_error stage_travel(const char *name, char *what)
{
  snprintf(what, TS_MESSAGE_BYTES, "the delays, '%.60s', are lengths (stage travel), not times: expected fs, ps or ns; there and back 1 mm of travel is %.4f ps",
           name, 2e-3 / SPEED_OF_LIGHT_M_S * 1e12);
  return TS_ERROR_INPUT;
}

static ts_error agree(double *unit, double named, const char *name, const char *option, char *what)
{
  if (*unit > 0 && fabs(*unit / named - 1) > 1e-9) {
    snprintf(what, TS_MESSAGE_BYTES, "'%.60s' names another unit than %s: expected one unit", name, option);
    return TS_ERROR_INPUT;
  }
  *unit = named;
  return TS_OK;
}

/* One name of the corner: `Time [ps]`, `wavelength_nm`. */
static ts_error read_name(ts_ta_axes *a, const char *name, axis is, char *what)
{
  double time = 0, length = 0;
  const bool is_time = ts_header_unit(name, &time), is_length = ts_header_quantity(TS_LENGTH, name, &length);
  if (is == TIME && (is_length || begins(name, "stage") || begins(name, "position"))) return stage_travel(name, what);
  if (is == TIME && is_time) return agree(&a->time_unit_s, time, name, "--time-unit", what);
  if (is == WAVELENGTH && is_length) return agree(&a->wavelength_unit_m, length, name, "--wavelength-unit", what);
  return TS_OK;
}

/* The corner: a name, or two with a backslash or bar between them. */
static ts_error read_corner(ts_ta_axes *a, const char *corner, bool transposed, char *what)
{
  char part[2][PART_BYTES] = {"", ""};
  const char *mark = strpbrk(corner, "\\|");
  const size_t n = mark ? (size_t)(mark - corner) : strlen(corner);
  snprintf(part[0], PART_BYTES, "%.*s", (int)(n < PART_BYTES ? n : PART_BYTES - 1), corner);
  if (mark) snprintf(part[1], PART_BYTES, "%.79s", mark + 1 + strspn(mark + 1, " "));
  const axis first = axis_named(part[0]);
  if (*part[0] && !transposed && first == WAVELENGTH) {
    snprintf(what, TS_MESSAGE_BYTES, "the first column is named '%.60s': expected delays there; add --transpose", part[0]);
    return TS_ERROR_INPUT;
  }
  ts_error e = *part[0] ? read_name(a, part[0], first, what) : TS_OK;
  if (!e && *part[1]) e = read_name(a, part[1], axis_named(part[1]), what);
  return e;
}

static bool is_sigma_name(const char *name)
{
  return begins(name, "sigma") || begins(name, "err") || begins(name, "std") || begins(name, "sd") || begins(name, "uncert") || begins(name, "\xcf\x83");
}

/* A wavelength of the first row: a number, or one with its unit. */
static bool wavelength(const char *text, bool comma, double unit, double *metres, bool *needs_unit)
{
  char copy[PART_BYTES], why[TS_MESSAGE_BYTES];
  snprintf(copy, sizeof copy, "%.79s", text);
  if (ts_field_number(copy, comma, metres)) {
    *needs_unit = true;
    *metres *= unit;
    return true;
  }
  return isdigit((unsigned char)*copy) && ts_parse_quantity(TS_LENGTH, copy, metres, why, sizeof why);
}

static ts_error read_wavelengths(ts_ta_axes *a, char *const *header, size_t n, bool comma, char *what)
{
  bool needs_unit = false;
  for (size_t i = 1; i < n; i++) {
    double *w = &a->first_row[i - 1];
    if (!wavelength(header[i], comma, a->wavelength_unit_m > 0 ? a->wavelength_unit_m : 1, w, &needs_unit)) {
      snprintf(what, TS_MESSAGE_BYTES, "column %zu is named '%.60s': expected a wavelength, such as 500 or 500nm", i + 1, header[i]);
      return TS_ERROR_INPUT;
    }
    if (!(*w > 0)) {
      snprintf(what, TS_MESSAGE_BYTES, "column %zu: the wavelength is %.60s: expected a positive number", i + 1, header[i]);
      return TS_ERROR_INPUT;
    }
    if (needs_unit && !(a->wavelength_unit_m > 0))
      return say(what, "the wavelengths in the first row have no unit: add --wavelength-unit, such as --wavelength-unit nm");
  }
  return TS_OK;
}

static ts_error read_delays(ts_ta_axes *a, char *const *header, size_t n, bool comma, char *what)
{
  for (size_t i = 1; i < n; i++) {
    double *t = &a->first_row[i - 1];
    if (!ts_field_number(header[i], comma, t)) {
      snprintf(what, TS_MESSAGE_BYTES, "column %zu is named '%.60s': expected a delay", i + 1, header[i]);
      return TS_ERROR_INPUT;
    }
    *t *= a->time_unit_s;
    if (i > 1 && !(*t > t[-1])) {
      snprintf(what, TS_MESSAGE_BYTES, "column %zu: the delay %.60s comes after %.60s: expected rising delays", i + 1, header[i], header[i - 1]);
      return TS_ERROR_INPUT;
    }
  }
  return TS_OK;
}

ts_error ts_ta_axes_find(ts_ta_axes *a, char *const *header, size_t n, bool comma, const char *path, const ts_ta_read_options *o, char *what)
{
  const size_t length = strlen(path);
  char copy[PART_BYTES] = "";
  double value;
  memset(a, 0, sizeof *a);
  a->time_unit_s = o->time_unit_s;
  a->wavelength_unit_m = o->wavelength_unit_m;
  if (n < 2) return say(what, "one column: expected delays and signals");
  a->first_row = malloc((n - 1) * sizeof *a->first_row);
  if (!a->first_row) {
    snprintf(what, TS_MESSAGE_BYTES, "out of memory");
    return TS_ERROR_MEMORY;
  }
  for (size_t i = 0; i + 1 < n; i++) a->first_row[i] = NAN;
  ts_error e = header ? read_corner(a, header[0], o->transposed, what) : TS_OK;
  if (e) return e;
  if (!(a->wavelength_unit_m > 0) && length > 4 && !strcasecmp(path + length - 4, ".sia")) a->wavelength_unit_m = NANOMETRE;
  if (!(a->time_unit_s > 0)) {
    snprintf(what, TS_MESSAGE_BYTES, "the delays%s%.40s%s name no unit: add --time-unit, such as --time-unit ps", header && *header[0] ? ", '" : "",
             header ? header[0] : "", header && *header[0] ? "'," : "");
    return TS_ERROR_INPUT;
  }
  if (o->transposed) {
    if (!header) return say(what, "no first row of delays: expected one with --transpose");
    e = read_delays(a, header, n, comma, what);
    if (!e && !(a->wavelength_unit_m > 0))
      return say(what, "the wavelengths in the first column have no unit: add --wavelength-unit, such as --wavelength-unit nm");
    return e;
  }
  if (header) snprintf(copy, sizeof copy, "%.79s", header[1]);
  const bool numbered = header && wavelength(copy, comma, 1, &value, &(bool){false});
  a->has_sigma = n == 3 && header && !numbered && is_sigma_name(header[2]);
  a->is_trace = (n == 2 && !numbered) || a->has_sigma;
  if (a->is_trace) return TS_OK;
  if (!header)
    return say(what, n == 3 ? "three columns without names: expected a first row such as delay_ps,signal,sigma, or wavelengths" :
                              "no first row of wavelengths: expected one");
  return read_wavelengths(a, header, n, comma, what);
}

void ts_ta_axes_free(ts_ta_axes *a)
{
  free(a->first_row);
  memset(a, 0, sizeof *a);
}
