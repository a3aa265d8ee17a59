#include "fields.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unit.h"

static char *trim(char *p)
{
  while (isspace((unsigned char)*p)) p++;
  size_t n = strlen(p);
  while (n && isspace((unsigned char)p[n - 1])) p[--n] = 0;
  return p;
}

static char *unquote(char *p)
{
  size_t n = strlen(p);
  if (n >= 2 && (*p == '"' || *p == '\'') && p[n - 1] == *p) {
    p[n - 1] = 0;
    p++;
  }
  return p;
}

/* With spaces as separators: `[ns]` or `(ns)` belongs to the word before it. */
static bool is_unit_word(const char *p)
{
  size_t n = strcspn(p, " ");
  return n > 2 && ((p[0] == '[' && p[n - 1] == ']') || (p[0] == '(' && p[n - 1] == ')'));
}

/* Only numbers between spaces, two or more, and a comma within one of them: commas as separators would leave spaces within numbers. */
static bool has_decimal_commas(const char *p)
{
  size_t numbers = 0;
  for (; *p; numbers++) {
    p += strspn(p, "+-");
    const size_t whole = strspn(p, "0123456789");
    p += whole;
    if (whole && *p == ',') {
      const size_t part = strspn(p + 1, "0123456789");
      if (!part) return false;
      p += 1 + part;
    }
    if (whole && (*p == 'e' || *p == 'E')) {
      p += 1 + strspn(p + 1, "+-");
      p += strspn(p, "0123456789");
    }
    if (!whole || (*p && *p != ' ')) return false;
    p += strspn(p, " ");
  }
  return numbers > 1;
}

size_t ts_fields_split(char *line, char **field, size_t max, bool *decimal_comma)
{
  char separator = strchr(line, ';') ? ';' : strchr(line, '\t') ? '\t' : strchr(line, ',') ? ',' : ' ';
  size_t n = 0;
  char *p = trim(line);
  *decimal_comma = separator == ';' || separator == '\t';
  if (separator == ',' && has_decimal_commas(p)) {
    separator = ' ';
    *decimal_comma = true;
  }
  const bool runs = separator == '\t' || separator == ' ';
  if (!*p) return 0;
  for (;;) {
    char *end = strchr(p, separator);
    while (end && separator == ' ' && is_unit_word(end + 1)) end = strchr(end + 1, separator);
    char *next = end;
    if (n == max) return max + 1;
    if (end) {
      *end = 0;
      next = end + 1;
      while (runs && *next == separator) next++;
    }
    field[n++] = unquote(trim(p));
    if (!end) return n;
    p = next;
  }
}

bool ts_field_number(char *field, bool decimal_comma, double *value)
{
  if (decimal_comma && !strchr(field, '.')) {
    char *comma = strchr(field, ',');
    if (comma) *comma = '.';
  }
  return ts_parse_number(field, value);
}

/* 12:30, 2026-11-26, 26/11/2026, 26.11.2026, alone or at the start. */
static bool is_date(const char *p)
{
  const size_t first = strspn(p, "0123456789"), second = first && p[first] ? strspn(p + first + 1, "0123456789") : 0;
  const char mark = p[first];
  if (!second || !strchr(":-/.", mark)) return false;
  const char *rest = p + first + 1 + second;
  return mark == ':' || (*rest == mark && isdigit((unsigned char)rest[1]) && first <= 4 && second <= 2);
}

bool ts_field_is_data(const char *p)
{
  if (is_date(p)) return false;
  if (*p == '+' || *p == '-') p++;
  if (*p == '.') p++;
  return isdigit((unsigned char)*p) || !strcasecmp(p, "nan") || !strcasecmp(p, "inf") || !strcasecmp(p, "infinity");
}

size_t ts_columns_parse(const char *text, size_t *column, size_t max)
{
  size_t n = 0;
  const char *p = text;
  for (;;) {
    if (!isdigit((unsigned char)*p)) return 0;
    char *end;
    unsigned long from = strtoul(p, &end, 10), to = from;
    if (*end == '-') {
      if (!isdigit((unsigned char)end[1])) return 0;
      to = strtoul(end + 1, &end, 10);
    }
    if (!from || to < from || to > TS_FIELDS_MAX) return 0;
    for (; from <= to; from++) {
      if (n == max) return 0;
      column[n++] = from - 1;
    }
    if (!*end) return n;
    if (*end != ',') return 0;
    p = end + 1;
  }
}
