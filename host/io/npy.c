#include "npy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../include/taustream.h"

#define HEADER_BYTES_MAX 65536u
static const char magic[6] = {'\x93', 'N', 'U', 'M', 'P', 'Y'};

bool ts_npy_is(ts_source *s)
{
  uint8_t start[6];
  return ts_source_peek(s, start, 6) == 6 && !memcmp(start, magic, 6);
}

/* The text after `'key':` in the header dictionary, NULL when it is not there. */
static const char *value_of(const char *header, const char *key)
{
  size_t n = strlen(key);
  for (const char *p = header; (p = strstr(p, key)) != NULL; p += n) {
    if (p == header || (p[-1] != '\'' && p[-1] != '"') || (p[n] != '\'' && p[n] != '"')) continue;
    const char *q = p + n + 1;
    while (isspace((unsigned char)*q)) q++;
    if (*q != ':') continue;
    q++;
    while (isspace((unsigned char)*q)) q++;
    return q;
  }
  return NULL;
}

static bool read_type(const char *p, ts_npy *h, char *why)
{
  char type[16] = "";
  if (p && (*p == '\'' || *p == '"')) {
    size_t n = strcspn(p + 1, "'\"");
    if (n < sizeof type) memcpy(type, p + 1, n);
  }
  char order = type[0], kind = type[0] ? type[1] : 0;
  int bytes = kind ? atoi(type + 2) : 0;
  if (kind == 'f' || kind == 'c') {
    snprintf(why, TS_MESSAGE_BYTES, "the array's type is '%s' (floating point): expected integers; if they are whole photon counts, "
             "save them with .astype(numpy.uint32)", type);
    return false;
  }
  if (!strchr("<>|=", order) || !order || (kind != 'u' && kind != 'i') || (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)) {
    snprintf(why, TS_MESSAGE_BYTES, "the array's type is '%.30s': expected an integer of 1, 2, 4 or 8 bytes such as '<u4'",
             type[0] ? type : p ? p : "missing");
    return false;
  }
  h->bytes = (unsigned)bytes;
  h->is_signed = kind == 'i';
  h->big_endian = order == '>';
  return true;
}

static bool read_shape(const char *p, ts_npy *h, char *why)
{
  uint64_t size[2] = {0, 0};
  unsigned n = 0;
  bool good = p && *p == '(';
  for (p = good ? p + 1 : ""; good && *p && *p != ')';) {
    if (isspace((unsigned char)*p) || *p == ',') {
      p++;
    } else if (isdigit((unsigned char)*p)) {
      char *end;
      uint64_t v = strtoull(p, &end, 10);
      if (n < 2) size[n] = v;
      n++;
      p = end;
    } else {
      good = false;
    }
  }
  if (!good || *p != ')') {
    snprintf(why, TS_MESSAGE_BYTES, "the array's shape cannot be read: expected (n,) or (m, n)");
    return false;
  }
  if (n != 1 && n != 2) {
    snprintf(why, TS_MESSAGE_BYTES, "the array has %u dimensions: expected 1 (bins) or 2 (histograms x bins)", n);
    return false;
  }
  h->rows = n == 1 ? 1 : size[0];
  h->columns = size[n - 1];
  if (!h->rows || !h->columns) {
    snprintf(why, TS_MESSAGE_BYTES, "the array is empty (%llu x %llu): expected at least one histogram with at least one bin",
             (unsigned long long)h->rows, (unsigned long long)h->columns);
    return false;
  }
  return true;
}

bool ts_npy_header(ts_source *s, ts_npy *h, char *why)
{
  uint8_t start[8], size[4] = {0, 0, 0, 0};
  memset(h, 0, sizeof *h);
  if (ts_source_read(s, start, 8) != 8 || memcmp(start, magic, 6)) {
    snprintf(why, TS_MESSAGE_BYTES, "the .npy header is truncated");
    return false;
  }
  if (start[6] < 1 || start[6] > 3) {
    snprintf(why, TS_MESSAGE_BYTES, "it is .npy version %u.%u: expected 1, 2 or 3", start[6], start[7]);
    return false;
  }
  size_t size_bytes = start[6] == 1 ? 2 : 4;
  bool good = ts_source_read(s, size, size_bytes) == size_bytes;
  uint32_t length = (uint32_t)size[0] | (uint32_t)size[1] << 8 | (uint32_t)size[2] << 16 | (uint32_t)size[3] << 24;
  if (good && length > HEADER_BYTES_MAX) {
    snprintf(why, TS_MESSAGE_BYTES, "the .npy header has %u bytes: expected at most %u", length, HEADER_BYTES_MAX);
    return false;
  }
  char *text = calloc(length + 1, 1);
  good = good && text && ts_source_read(s, text, length) == length;
  if (!good) {
    snprintf(why, TS_MESSAGE_BYTES, "the .npy header is truncated");
  } else {
    const char *order = value_of(text, "fortran_order");
    good = read_type(value_of(text, "descr"), h, why);
    if (good && order && !strncmp(order, "True", 4)) {
      snprintf(why, TS_MESSAGE_BYTES, "the array is in Fortran order: expected C order; save numpy.ascontiguousarray(array)");
      good = false;
    } else if (good && (!order || strncmp(order, "False", 5))) {
      snprintf(why, TS_MESSAGE_BYTES, "the .npy header does not say fortran_order True or False");
      good = false;
    }
    good = good && read_shape(value_of(text, "shape"), h, why);
  }
  free(text);
  return good;
}

bool ts_npy_element(const ts_npy *h, const uint8_t *p, uint64_t *value, int64_t *negative)
{
  uint64_t v = 0;
  for (unsigned i = 0; i < h->bytes; i++) v |= (uint64_t)p[h->big_endian ? h->bytes - 1 - i : i] << 8 * i;
  *value = v;
  if (!h->is_signed) return true;
  unsigned top = 8 * h->bytes - 1;
  if (!(v >> top & 1)) return true;
  if (top < 63) v |= ~(uint64_t)0 << top;
  *negative = (int64_t)v;
  return false;
}

bool ts_npy_write_header(FILE *f, uint64_t rows, uint64_t columns)
{
  char text[128];
  int n = rows ? snprintf(text, sizeof text, "{'descr': '<u4', 'fortran_order': False, 'shape': (%llu, %llu), }",
                          (unsigned long long)rows, (unsigned long long)columns)
               : snprintf(text, sizeof text, "{'descr': '<u4', 'fortran_order': False, 'shape': (%llu,), }",
                          (unsigned long long)columns);
  size_t padded = ((size_t)n + 1 + 10 + 63) / 64 * 64 - 10;
  uint8_t start[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)(padded & 255), (uint8_t)(padded >> 8)};
  fwrite(start, 1, 10, f);
  fwrite(text, 1, (size_t)n, f);
  for (size_t i = (size_t)n; i + 1 < padded; i++) fputc(' ', f);
  return fputc('\n', f) != EOF && !ferror(f);
}

bool ts_npy_write_row(FILE *f, const uint32_t *values, size_t n)
{
  uint8_t bytes[4096];
  for (size_t i = 0; i < n;) {
    size_t used = 0;
    for (; i < n && used < sizeof bytes; i++, used += 4)
      for (unsigned b = 0; b < 4; b++) bytes[used + b] = (uint8_t)(values[i] >> 8 * b);
    if (fwrite(bytes, 1, used, f) != used) return false;
  }
  return true;
}
