/* Values with units, ranges, column lists and fields of any text. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/fields.h"
#include "io/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size + 1), why[200], shown[64], *field[16];
  size_t column[16];
  double a, b;
  bool comma;
  if (!text) abort();
  memcpy(text, data, size);
  text[size] = 0;
  if (ts_parse_number(text, &a) && !isfinite(a)) abort();
  why[0] = 0;
  if (!ts_parse_time(text, &a, why, sizeof why)) {
    if (!why[0]) abort();
  } else {
    if (!isfinite(a)) abort();
    ts_format_time(shown, sizeof shown, a, 4);
    if (!shown[0]) abort();
  }
  if (ts_parse_time_range(text, &a, &b, why, sizeof why) && (isnan(a) || isnan(b))) abort();
  if (ts_header_unit(text, &a) && !(a > 0)) abort();
  const size_t n = ts_columns_parse(text, column, 16);
  if (n > 16) abort();
  const size_t k = ts_fields_split(text, field, 16, &comma);
  for (size_t i = 0; i < k && i < 16; i++) {
    ts_field_is_data(field[i]);
    ts_field_number(field[i], comma, &a);
  }
  free(text);
  return 0;
}
