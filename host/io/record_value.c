#include "record_value.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define FLAG_BITS 32u

json_t *ts_json_number(double v)
{
  return isfinite(v) ? json_real(v) : json_null();
}

json_t *ts_json_text(const char *p)
{
  char safe[512];
  size_t i = 0;
  if (!p) return json_null();
  json_t *j = json_string(p);
  if (j) return j;
  for (; p[i] && i + 1 < sizeof safe; i++) safe[i] = (unsigned char)p[i] < 128 ? p[i] : '?';
  safe[i] = 0;
  return json_string(safe);
}

json_t *ts_json_pair(double low, double high)
{
  json_t *a = json_array();
  json_array_append_new(a, ts_json_number(low));
  json_array_append_new(a, ts_json_number(high));
  return a;
}

json_t *ts_json_list(const double *v, size_t n)
{
  json_t *a = json_array();
  for (size_t i = 0; i < n; i++) json_array_append_new(a, ts_json_number(v[i]));
  return a;
}

json_t *ts_json_flags(unsigned flags, ts_flag_namer name)
{
  json_t *a = json_array();
  for (unsigned bit = 0; bit < FLAG_BITS; bit++) {
    const char *one = flags >> bit & 1 ? name(1u << bit) : NULL;
    if (one) json_array_append_new(a, json_string(one));
  }
  return a;
}

void ts_csv_flags(FILE *f, unsigned flags, ts_flag_namer name)
{
  bool first = true;
  for (unsigned bit = 0; bit < FLAG_BITS; bit++) {
    const char *one = flags >> bit & 1 ? name(1u << bit) : NULL;
    if (one) fprintf(f, "%s%s", first ? "" : ";", one);
    if (one) first = false;
  }
}

void ts_csv_text(FILE *f, const char *p)
{
  if (!strpbrk(p, ",\"\r\n")) {
    fputs(p, f);
    return;
  }
  fputc('"', f);
  for (; *p; p++) {
    if (*p == '"') fputc('"', f);
    fputc(*p, f);
  }
  fputc('"', f);
}

void ts_csv_number(FILE *f, double v)
{
  fputc(',', f);
  if (isfinite(v)) fprintf(f, "%.17g", v);
}
