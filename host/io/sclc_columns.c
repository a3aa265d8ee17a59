#include "sclc_columns.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "quantity.h"

typedef enum role { NOTHING, UNKNOWN, VOLTAGE, CURRENT, DENSITY } role;
typedef struct column { role role; double scale; } column;   /* scale 0: no unit named */

typedef struct finder {
  char *const *name;
  const char *path;
  unsigned long line;
  const ts_sclc_read_options *options;
  char *message;
} finder;

static ts_error say(const finder *f, const char *what)
{
  snprintf(f->message, TS_MESSAGE_BYTES, "%.200s:%lu: %.280s", f->path, f->line, what);
  return TS_ERROR_INPUT;
}

void ts_sclc_columns_free(ts_sclc_columns *c)
{
  free(c->current);
  free(c->current_scale);
  memset(c, 0, sizeof *c);
}

/* The name begins with the word, and no letter follows. */
static bool begins(const char *name, const char *word)
{
  const size_t n = strlen(word);
  return !strncasecmp(name, word, n) && !isalpha((unsigned char)name[n]);
}

static column judge(const char *name)
{
  column c = {UNKNOWN, 0};
  if (!*name) return c;
  if (ts_header_quantity(TS_VOLTAGE, name, &c.scale)) c.role = VOLTAGE;
  else if (ts_header_quantity(TS_CURRENT_DENSITY, name, &c.scale)) c.role = DENSITY;
  else if (ts_header_quantity(TS_CURRENT, name, &c.scale)) c.role = CURRENT;
  else if (begins(name, "v") || begins(name, "u") || begins(name, "voltage") || begins(name, "bias") || begins(name, "potential")) c.role = VOLTAGE;
  else if (begins(name, "j") || begins(name, "current density")) c.role = DENSITY;
  else if (begins(name, "i") || begins(name, "current")) c.role = CURRENT;
  else c.role = NOTHING;
  /* A bracket or slash with something that is no unit of these: `V (kPa)` is no voltage. */
  if (c.scale == 0 && c.role != UNKNOWN && strpbrk(name, "[(")) c.role = NOTHING;
  return c;
}

static ts_error voltage_scale(const finder *f, ts_sclc_columns *c, column v, bool assumed)
{
  const double given = f->options->voltage_unit_v;
  char what[280];
  if (v.scale > 0 && given > 0 && v.scale != given) {
    snprintf(what, sizeof what, "the column '%.60s' names another unit than --voltage-unit: expected one unit", f->name[c->voltage]);
    return say(f, what);
  }
  c->voltage_scale = v.scale > 0 ? v.scale : given > 0 ? given : assumed ? 1 : 0;
  if (c->voltage_scale > 0) return TS_OK;
  snprintf(what, sizeof what, "the voltage column '%.60s' names no unit: add --voltage-unit, such as --voltage-unit V", f->name[c->voltage]);
  return say(f, what);
}

/* Scale of one current column to A/m2. */
static ts_error current_scale(const finder *f, size_t at, column j, double *scale)
{
  const ts_sclc_read_options *o = f->options;
  const char *quote = *f->name[at] ? "'" : "", *space = *f->name[at] ? " " : "";
  char what[280];
  if (j.role == UNKNOWN) j.role = o->current_unit_a > 0 ? CURRENT : DENSITY;
  const bool is_current = j.role == CURRENT;
  const double given = is_current ? o->current_unit_a : o->density_unit_a_m2, other = is_current ? o->density_unit_a_m2 : o->current_unit_a;
  const char *option = is_current ? "--current" : "--current-density";
  *what = 0;
  if (other > 0)
    snprintf(what, sizeof what, "the column%s%s%.60s%s holds a current%s, the option is %s: expected the one or the other", space, quote, f->name[at], quote,
             is_current ? "" : " density", is_current ? "--current-density" : "--current");
  else if (j.scale > 0 && given > 0 && fabs(j.scale / given - 1) > 1e-9)
    snprintf(what, sizeof what, "the column%s%s%.60s%s names another unit than %s: expected one unit", space, quote, f->name[at], quote, option);
  else if (!(j.scale > 0) && !(given > 0) && is_current)
    snprintf(what, sizeof what, "the current column%s%s%.60s%s names no unit: add --current and --area, such as --current A --area 0.09cm2", space, quote,
             f->name[at], quote);
  else if (!(j.scale > 0) && !(given > 0))
    snprintf(what, sizeof what, "the current column%s%s%.60s%s names no unit: add --current-density, such as --current-density mA/cm2, or --current A --area "
             "0.09cm2", space, quote, f->name[at], quote);
  else if (is_current && !(o->area_m2 > 0))
    snprintf(what, sizeof what, "the column%s%s%.60s%s holds a current: add --area, such as --area 0.09cm2", space, quote, f->name[at], quote);
  else if (!is_current && o->area_m2 > 0)
    snprintf(what, sizeof what, "the column%s%s%.60s%s holds a current density, and --area is given: expected a current with --area, or none of them", space,
             quote, f->name[at], quote);
  if (*what) return say(f, what);
  *scale = (j.scale > 0 ? j.scale : given) / (is_current ? o->area_m2 : 1);
  return TS_OK;
}

static ts_error pick(const finder *f, ts_sclc_columns *c, const column *column_of, size_t n)
{
  size_t voltages = 0, currents = 0, densities = 0, unknown = 0;
  char what[280];
  const bool chosen = f->options->columns != NULL;
  for (size_t i = 0; i < n; i++) {
    voltages += column_of[i].role == VOLTAGE;
    if (column_of[i].role == VOLTAGE && voltages == 1) c->voltage = i;
    currents += column_of[i].role == CURRENT;
    densities += column_of[i].role == DENSITY;
    unknown += column_of[i].role == UNKNOWN;
  }
  const bool by_place = chosen || unknown == n;   /* the voltage first, then currents */
  if (by_place) c->voltage = 0;
  if (n < 2) return say(f, "one column: expected voltage and current");
  if (by_place && (column_of[0].role == CURRENT || column_of[0].role == DENSITY)) {
    snprintf(what, sizeof what, "the first column, '%.60s', holds a current: expected the voltage first", f->name[0]);
    return say(f, what);
  }
  if (!by_place && voltages != 1)
    return say(f, voltages ? "several columns of voltage: expected one; choose by --columns, the voltage first" :
                             "no column is named as a voltage: expected a name such as V_V or Voltage (V), or --columns with the voltage first");
  if (currents && densities)
    return say(f, "columns of current and of current density: expected one kind; choose by --columns, the voltage first");
  if (!by_place && !currents && !densities)
    return say(f, "no column is named as a current: expected a name such as J_A_m2, J (mA/cm2) or I (A), or --columns with the voltage first");
  for (size_t i = 0; i < n; i++) {
    const bool wanted = by_place ? i != 0 : column_of[i].role == CURRENT || column_of[i].role == DENSITY;
    if (!wanted) continue;
    if (column_of[i].role == VOLTAGE || column_of[i].role == NOTHING) {
      snprintf(what, sizeof what, "the column '%.60s' is no current: expected the voltage first, then currents or current densities", f->name[i]);
      return say(f, what);
    }
    c->current[c->curves++] = i;
  }
  return TS_OK;
}

ts_error ts_sclc_columns_find(ts_sclc_columns *c, char *const *name, size_t n, const char *path, unsigned long line, const ts_sclc_read_options *o,
                              char *message)
{
  const finder f = {name, path, line, o, message};
  column *column_of = calloc(n, sizeof *column_of);
  memset(c, 0, sizeof *c);
  c->current = calloc(n, sizeof *c->current);
  c->current_scale = calloc(n, sizeof *c->current_scale);
  ts_error e = column_of && c->current && c->current_scale ? TS_OK : TS_ERROR_MEMORY;
  if (e) snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", path);
  for (size_t i = 0; !e && i < n; i++) column_of[i] = judge(name[i]);
  if (!e) e = pick(&f, c, column_of, n);
  if (!e) e = voltage_scale(&f, c, column_of[c->voltage], !*name[c->voltage]);
  for (size_t i = 0; !e && i < c->curves; i++) e = current_scale(&f, c->current[i], column_of[c->current[i]], &c->current_scale[i]);
  free(column_of);
  if (e) ts_sclc_columns_free(c);
  return e;
}
