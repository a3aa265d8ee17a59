#include "unit.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct time_unit { const char *name; double scale; } time_unit;
static const time_unit units[] = {
  {"fs", 1e-15}, {"ps", 1e-12}, {"ns", 1e-9}, {"us", 1e-6}, {"\xc2\xb5s", 1e-6}, {"\xce\xbcs", 1e-6}, {"\xb5s", 1e-6}, {"ms", 1e-3}, {"s", 1.0},
};

static const char *skip_space(const char *p)
{
  while (isspace((unsigned char)*p)) p++;
  return p;
}

/* Length of the decimal number at p, 0 when there is none. */
static size_t number_length(const char *p)
{
  size_t i = 0, digits = 0;
  if (p[i] == '+' || p[i] == '-') i++;
  while (isdigit((unsigned char)p[i])) i++, digits++;
  if (p[i] == '.') i++;
  while (isdigit((unsigned char)p[i])) i++, digits++;
  if (!digits) return 0;
  if (p[i] == 'e' || p[i] == 'E') {
    size_t j = i + 1;
    if (p[j] == '+' || p[j] == '-') j++;
    if (isdigit((unsigned char)p[j])) {
      while (isdigit((unsigned char)p[j])) j++;
      i = j;
    }
  }
  return i;
}

bool ts_parse_number(const char *text, double *value)
{
  const char *p = skip_space(text);
  size_t n = number_length(p);
  if (!n || *skip_space(p + n)) return false;
  *value = strtod(p, NULL);
  return isfinite(*value);
}

static bool unit_of(const char *name, size_t n, double *scale)
{
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strlen(units[i].name) == n && !memcmp(units[i].name, name, n)) {
      *scale = units[i].scale;
      return true;
    }
  return false;
}

bool ts_time_unit(const char *name, double *scale)
{
  return unit_of(name, strlen(name), scale);
}

bool ts_parse_time(const char *text, double *seconds, char *why, size_t why_bytes)
{
  const char *p = skip_space(text);
  size_t n = number_length(p);
  if (!n) {
    snprintf(why, why_bytes, "'%.60s' is not a time: expected a number and a unit, such as 48.8ps or 12.5ns", text);
    return false;
  }
  double value = strtod(p, NULL), scale = 1;
  const char *unit = skip_space(p + n);
  size_t length = strlen(unit);
  while (length && isspace((unsigned char)unit[length - 1])) length--;
  if (length && !unit_of(unit, length, &scale)) {
    snprintf(why, why_bytes, "'%.60s' has the unknown unit '%.*s': expected fs, ps, ns, us, ms or s", text,
             (int)(length < 40 ? length : 40), unit);
    return false;
  }
  /* Multiply by an exact power of ten where there is one, so that 12.5ns is the double nearest to 12.5e-9. */
  *seconds = scale < 1 ? value / round(1 / scale) : value;
  if (!isfinite(*seconds)) {
    snprintf(why, why_bytes, "'%.60s' is beyond the range of a number", text);
    return false;
  }
  return true;
}

bool ts_parse_time_range(const char *text, double *from, double *to, char *why, size_t why_bytes)
{
  const char *dots = strstr(text, "..");
  char left[64];
  if (!dots || (size_t)(dots - text) >= sizeof left) {
    snprintf(why, why_bytes, "'%.60s' is not a range: expected FROM..TO, such as 0ns..200ns", text);
    return false;
  }
  memcpy(left, text, (size_t)(dots - text));
  left[dots - text] = 0;
  *from = -INFINITY;
  *to = INFINITY;
  if (*skip_space(left) && !ts_parse_time(left, from, why, why_bytes)) return false;
  if (*skip_space(dots + 2) && !ts_parse_time(dots + 2, to, why, why_bytes)) return false;
  if (!(*from < *to)) {
    snprintf(why, why_bytes, "'%.60s' is an empty range: expected FROM before TO", text);
    return false;
  }
  return true;
}

bool ts_header_unit(const char *name, double *scale)
{
  for (const char *p = name; *p; p++) {
    char close = *p == '[' ? ']' : *p == '(' ? ')' : 0;
    const char *end = close ? strchr(p, close) : NULL;
    if (!end) continue;
    const char *from = skip_space(p + 1);
    while (end > from && isspace((unsigned char)end[-1])) end--;
    return unit_of(from, (size_t)(end - from), scale);
  }
  const char *mark = strrchr(name, '_');
  const char *slash = strrchr(name, '/');
  if (!mark || (slash && slash > mark)) mark = slash;
  if (!mark) return false;
  const char *from = skip_space(mark + 1);
  size_t n = strlen(from);
  while (n && isspace((unsigned char)from[n - 1])) n--;
  return unit_of(from, n, scale);
}

void ts_format_time(char *out, size_t out_bytes, double seconds, int digits)
{
  static const time_unit shown[] = {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"ps", 1e-12}, {"fs", 1e-15}};
  size_t i = 0;
  double size = fabs(seconds);
  if (isnan(seconds)) {
    snprintf(out, out_bytes, "-");
    return;
  }
  if (size == 0) i = 3;
  else while (i + 1 < sizeof shown / sizeof *shown && size < shown[i].scale * 0.99995) i++;
  snprintf(out, out_bytes, "%.*g %s", digits, seconds / shown[i].scale, shown[i].name);
}
