#include "option_values.h"

#include <stdlib.h>
#include <string.h>

#include "../io/fields.h"
#include "../io/unit.h"

bool take_text(char **to, const char *text)
{
  free(*to);
  *to = strdup(text);
  return *to != NULL;
}

bool take_columns(const char *option, const char *text, size_t least, const char *expected, char **to)
{
  size_t *column = malloc(TS_FIELDS_MAX * sizeof *column);
  const size_t n = column ? ts_columns_parse(text, column, TS_FIELDS_MAX) : 0;
  free(column);
  if (n >= least) return take_text(to, text);
  return complain(false, "%s: '%.60s' is no list of columns: expected %s", option, text, expected);
}

bool take_skip(const char *option, const char *text, unsigned long *lines)
{
  uint64_t n;
  if (!take_count(option, text, 0, 1000000000, &n)) return false;
  *lines = (unsigned long)n;
  return true;
}

bool take_time_unit(const char *option, const char *text, double *seconds)
{
  if (ts_time_unit(text, seconds)) return true;
  return complain(false, "%s: '%.60s' is unknown: expected fs, ps, ns, us, ms or s", option, text);
}

bool take_unit(const char *option, ts_quantity kind, const char *text, double *scale)
{
  if (ts_quantity_unit(kind, text, scale)) return true;
  return complain(false, "%s: '%.60s' is unknown: expected %s", option, text, ts_quantity_units(kind));
}

bool take_time_range(const char *option, const char *text, double *from_s, double *to_s)
{
  char why[TS_MESSAGE_BYTES];
  if (ts_parse_time_range(text, from_s, to_s, why, sizeof why)) return true;
  return complain(false, "%s: %s", option, why);
}

bool take_lifetime(const char *text, double lifetime_s[TS_COMPONENTS_MAX], bool held[TS_COMPONENTS_MAX])
{
  char value[64];
  const char *equals = strchr(text, '='), *comma = strchr(text, ',');
  const size_t n = equals ? (comma ? (size_t)(comma - equals - 1) : strlen(equals + 1)) : 0;
  const unsigned k = text[0] >= '1' && text[0] <= '4' && text[1] == '=' ? (unsigned)(text[0] - '1') : TS_COMPONENTS_MAX;
  if (k == TS_COMPONENTS_MAX || !n || n >= sizeof value || (comma && strcmp(comma, ",fixed")))
    return complain(false, "--lifetime: '%.60s' cannot be used: expected K=VALUE or K=VALUE,fixed with K from 1 to 4, such as 1=2.5ns,fixed", text);
  memcpy(value, equals + 1, n);
  value[n] = 0;
  if (!take_positive_time("--lifetime", value, &lifetime_s[k])) return false;
  held[k] = comma != NULL;
  return true;
}
