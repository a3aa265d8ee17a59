#include "quantity.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define UNIT_BYTES 40u

typedef struct unit { const char *name; double scale; } unit;
static const unit lengths[] = {{"nm", 1e-9}, {"um", 1e-6}, {"mm", 1e-3}, {"cm", 1e-2}, {"m", 1}, {0}};
static const unit areas[] = {{"cm2", 1e-4}, {"mm2", 1e-6}, {"um2", 1e-12}, {"m2", 1}, {0}};
static const unit voltages[] = {{"mV", 1e-3}, {"V", 1}, {"kV", 1e3}, {0}};
static const unit currents[] = {{"A", 1}, {"mA", 1e-3}, {"uA", 1e-6}, {"nA", 1e-9}, {"pA", 1e-12}, {0}};
static const unit densities[] = {{"m-3", 1}, {"cm-3", 1e6}, {"/m3", 1}, {"/cm3", 1e6}, {0}};
static const unit mobilities[] = {{"cm2/Vs", 1e-4}, {"m2/Vs", 1}, {0}};
static const unit energies[] = {{"eV", 1}, {"meV", 1e-3}, {0}};
static const unit resistances[] = {{"ohmcm2", 1e-4}, {"ohmm2", 1}, {0}};

const char *ts_quantity_name(ts_quantity kind)
{
  static const char *const name[] = {"length", "area", "voltage", "current", "current density", "density", "mobility", "energy",
                                     "resistance times area"};
  return name[kind];
}

const char *ts_quantity_units(ts_quantity kind)
{
  static const char *const units[] = {"nm, um, mm, cm or m", "cm2, mm2, um2 or m2", "mV, V or kV", "A, mA, uA, nA or pA",
                                      "A/m2, A/cm2, mA/cm2, uA/cm2, nA/cm2 or mA/mm2", "m-3 or cm-3", "cm2/Vs or m2/Vs", "meV or eV",
                                      "ohm cm2 or ohm m2"};
  return units[kind];
}

/* One spelling for a unit: no spaces, `^`, `*` or dots, superscripts as digits, micro as u, `_` as a slash, `Am-2` as `A/m2`. False: too long. */
static bool normalise(ts_quantity kind, const char *from, char *to)
{
  static const struct { const char *bytes, *as; } replaced[] = {
    {"\xc2\xb2", "2"}, {"\xc2\xb3", "3"}, {"\xe2\x81\xbb", "-"}, {"\xe2\x88\x92", "-"}, {"\xc2\xb5", "u"}, {"\xce\xbc", "u"},
    {"\xce\xa9", "ohm"}, {"\xc2\xb7", ""}, {"^", ""}, {"*", ""}, {".", ""}, {" ", ""}, {"_", "/"},
    {"\xb2", "2"}, {"\xb3", "3"}, {"\xb5", "u"}, {"\xb7", ""},   /* Latin-1 */
  };
  size_t n = 0;
  while (*from) {
    const char *as = NULL;
    for (size_t i = 0; i < sizeof replaced / sizeof *replaced && !as; i++)
      if (!strncmp(from, replaced[i].bytes, strlen(replaced[i].bytes))) {
        as = replaced[i].as;
        from += strlen(replaced[i].bytes);
      }
    char one[2] = {*from, 0};
    if (!as) {
      as = one;
      from++;
    }
    if (n + strlen(as) + 2 > UNIT_BYTES) return false;
    strcpy(to + n, as);
    n += strlen(as);
  }
  to[n] = 0;
  char *area = kind == TS_CURRENT_DENSITY && n > 3 && !strcmp(to + n - 2, "-2") ? to + n - 3 : NULL;   /* `Acm-2`: at its `m` */
  if (area && *area == 'm') {
    if (area > to + 1 && (area[-1] == 'c' || (area[-1] == 'm' && area[-2] == 'A'))) area--;
    memmove(area + 1, area, strlen(area) + 1);
    *area = '/';
    char *minus = strchr(area, '-');
    memmove(minus, minus + 1, strlen(minus));
  }
  return true;
}

static bool find(const unit *table, const char *name, size_t n, double *scale)
{
  for (; table->name; table++)
    if (strlen(table->name) == n && !memcmp(table->name, name, n)) {
      *scale = table->scale;
      return true;
    }
  return false;
}

bool ts_quantity_unit(ts_quantity kind, const char *name, double *scale)
{
  static const unit *const table[] = {lengths, areas, voltages, currents, NULL, densities, mobilities, energies, resistances};
  char text[UNIT_BYTES];
  double area, current;
  if (!normalise(kind, name, text)) return false;
  if (kind != TS_CURRENT_DENSITY) return find(table[kind], text, strlen(text), scale);
  const char *slash = strchr(text, '/');
  if (!slash || !find(currents, text, (size_t)(slash - text), &current) || !find(areas, slash + 1, strlen(slash + 1), &area)) return false;
  *scale = area < 1 ? current * round(1 / area) : current;
  return true;
}

/* Scale by an exact power of ten where there is one, so that 500nm is the double nearest to 500e-9. */
static double scaled(double value, double scale)
{
  return scale < 1 ? value / round(1 / scale) : value * scale;
}

/* Splits `12.5 nm` into the number and the rest. */
static bool split(const char *text, double *value, const char **rest)
{
  char number[64];
  const char *p = text + strspn(text, " \t");
  size_t n = strspn(p, "+-.0123456789");
  if ((p[n] == 'e' || p[n] == 'E') && (isdigit((unsigned char)p[n + 1]) || ((p[n + 1] == '-' || p[n + 1] == '+') && isdigit((unsigned char)p[n + 2]))))
    n += 2 + strspn(p + n + 2, "0123456789");
  if (!n || n >= sizeof number) return false;
  memcpy(number, p, n);
  number[n] = 0;
  *rest = p + n + strspn(p + n, " \t");
  return ts_parse_number(number, value);
}

bool ts_parse_quantity(ts_quantity kind, const char *text, double *value, char *why, size_t why_bytes)
{
  const char *rest;
  double scale = 1;
  if (!split(text, value, &rest)) {
    snprintf(why, why_bytes, "'%.60s' is not a %s: expected a number and a unit: %s", text, ts_quantity_name(kind), ts_quantity_units(kind));
    return false;
  }
  if (*rest && !ts_quantity_unit(kind, rest, &scale)) {
    snprintf(why, why_bytes, "'%.60s' has the unknown unit '%.40s': expected %s", text, rest, ts_quantity_units(kind));
    return false;
  }
  *value = scaled(*value, scale);
  if (isfinite(*value)) return true;
  snprintf(why, why_bytes, "'%.60s' is beyond the range of a number", text);
  return false;
}

bool ts_parse_temperature(const char *text, double *kelvin, char *why, size_t why_bytes)
{
  const char *rest;
  bool good = split(text, kelvin, &rest);
  if (good && !strcmp(rest, "C")) *kelvin += 273.15;
  else if (good && *rest && strcmp(rest, "K")) good = false;
  if (good) return true;
  snprintf(why, why_bytes, "'%.60s' is not a temperature: expected a number and a unit: K or C", text);
  return false;
}

bool ts_header_quantity(ts_quantity kind, const char *name, double *scale)
{
  for (const char *p = name; *p; p++) {
    const char *end = *p == '[' ? strchr(p, ']') : *p == '(' ? strchr(p, ')') : NULL;
    char text[UNIT_BYTES];
    if (!end || (size_t)(end - p) >= sizeof text) continue;
    memcpy(text, p + 1, (size_t)(end - p - 1));
    text[end - p - 1] = 0;
    return ts_quantity_unit(kind, text, scale);
  }
  for (const char *p = name; *p; p++)
    if ((*p == '_' || *p == '/' || *p == ' ') && p > name && ts_quantity_unit(kind, p + 1, scale)) return true;
  return false;
}
