#include "ta_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fields.h"
#include "source.h"
#include "ta_axes.h"

#define CELLS_MAX (1u << 24)

/* A line above the data that is kept until the data tell what it is. */
typedef struct kept {
  char *text;                    /* NULL: none */
  unsigned long line;
  size_t fields;
  bool is_bare;                  /* without a corner: a field short of the data */
  bool is_numbers;               /* all of it behind the first field, which are at least two */
} kept;

struct ts_ta_stream {
  char *path, *message;
  ts_source *source;
  ts_ta_read_options options;
  size_t *chosen, chosen_n;      /* --columns */
  char *scratch, **field;        /* the line that was cut last */
  size_t scratch_bytes;
  bool comma;
  unsigned long line;
  kept header, first;            /* first: numbers that may be the wavelengths or the first row */
  size_t columns;                /* of a line of data, 0: none seen yet */
  ts_ta_axes axes;
  size_t rows, room;
  double *row;                   /* rows x columns, NAN: missing */
};

static ts_error say_at(const ts_ta_stream *s, unsigned long line, const char *what)
{
  snprintf(s->message, TS_MESSAGE_BYTES, "%.180s:%lu: %.290s", s->path, line, what);
  return TS_ERROR_INPUT;
}

static ts_error no_memory(const ts_ta_stream *s)
{
  snprintf(s->message, TS_MESSAGE_BYTES, "%.200s: out of memory", s->path);
  return TS_ERROR_MEMORY;
}

void ts_ta_stream_close(ts_ta_stream *s)
{
  if (!s) return;
  ts_source_close(s->source);
  ts_ta_axes_free(&s->axes);
  free(s->path);
  free(s->chosen);
  free(s->scratch);
  free(s->field);
  free(s->header.text);
  free(s->first.text);
  free(s->row);
  free(s);
}

ts_error ts_ta_stream_open(ts_ta_stream **out, const char *path, const ts_ta_read_options *o, char *message)
{
  ts_ta_stream *s = calloc(1, sizeof *s);
  *out = NULL;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", path);
  if (!s) return TS_ERROR_MEMORY;
  s->options = *o;
  s->message = message;
  s->path = strdup(path);
  s->chosen = malloc(TS_FIELDS_MAX * sizeof *s->chosen);
  s->field = malloc(TS_FIELDS_MAX * sizeof *s->field);
  ts_error e = s->path && s->chosen && s->field ? TS_OK : TS_ERROR_MEMORY;
  if (!e && !(s->source = ts_source_open(path, message))) e = TS_ERROR_INPUT;
  if (!e && o->columns) s->chosen_n = ts_columns_parse(o->columns, s->chosen, TS_FIELDS_MAX);
  if (e) ts_ta_stream_close(s);
  else *out = s;
  return e;
}

/* With --columns: the chosen fields alone, in their order. */
static ts_error pick(ts_ta_stream *s, unsigned long line, size_t *n)
{
  char what[120];
  ts_error e = TS_OK;
  char **picked = malloc(s->chosen_n * sizeof *picked);
  if (!picked) return no_memory(s);
  for (size_t i = 0; !e && i < s->chosen_n; i++) {
    if (s->chosen[i] < *n) {
      picked[i] = s->field[s->chosen[i]];
    } else {
      snprintf(what, sizeof what, "--columns names column %zu, the line has %zu", s->chosen[i] + 1, *n);
      e = say_at(s, line, what);
    }
  }
  if (!e) memcpy(s->field, picked, s->chosen_n * sizeof *picked);
  free(picked);
  *n = s->chosen_n;
  return e;
}

/* Cuts a copy of a line into s->field. is_bare: an empty corner is put before it. */
static ts_error cut(ts_ta_stream *s, const char *text, unsigned long line, bool is_bare, size_t *n)
{
  static char none[] = "";
  const size_t bytes = strlen(text) + 1;
  if (bytes > s->scratch_bytes) {
    char *more = realloc(s->scratch, bytes);
    if (!more) return no_memory(s);
    s->scratch = more;
    s->scratch_bytes = bytes;
  }
  memcpy(s->scratch, text, bytes);
  *n = ts_fields_split(s->scratch, s->field, TS_FIELDS_MAX, &s->comma);
  if (*n + is_bare > TS_FIELDS_MAX) return say_at(s, line, "more than 4096 columns: expected at most that; average neighbouring wavelengths");
  if (is_bare) {
    memmove(s->field + 1, s->field, *n * sizeof *s->field);
    s->field[0] = none;
    ++*n;
  }
  return s->chosen_n ? pick(s, line, n) : TS_OK;
}

static bool are_numbers(const ts_ta_stream *s, size_t n)
{
  char copy[80];
  double value;
  for (size_t i = 1; i < n; i++) {
    snprintf(copy, sizeof copy, "%.79s", s->field[i]);
    if (!ts_field_number(copy, s->comma, &value)) return false;
  }
  return n > 2;
}

/* Keeps the line at hand, which was cut into n fields. */
static ts_error keep(ts_ta_stream *s, kept *k, const char *text, size_t n, bool is_bare)
{
  free(k->text);
  *k = (kept){.text = strdup(text), .line = s->line, .fields = n, .is_bare = is_bare, .is_numbers = are_numbers(s, n)};
  return k->text ? TS_OK : no_memory(s);
}

/* Columns and axes, once it is known that a line of data has n fields. */
static ts_error begin(ts_ta_stream *s, size_t n, unsigned long line)
{
  char what[TS_MESSAGE_BYTES];
  size_t fields = 0;
  ts_error e = s->header.text ? cut(s, s->header.text, s->header.line, s->header.is_bare, &fields) : TS_OK;
  if (e) return e;
  const bool named = fields == n;
  e = ts_ta_axes_find(&s->axes, named ? s->field : NULL, n, s->comma, s->path, &s->options, what);
  if (e == TS_ERROR_MEMORY) return no_memory(s);
  if (e) return say_at(s, named ? s->header.line : line, what);
  s->columns = n;
  return TS_OK;
}

static ts_error make_room(ts_ta_stream *s, unsigned long line)
{
  if (s->rows == TS_TA_ROWS_MAX || (s->rows + 1) * s->columns > CELLS_MAX)
    return say_at(s, line, "more than 65536 rows or 16777216 numbers: expected fewer; cut or average the data");
  if (s->rows < s->room) return TS_OK;
  const size_t room = s->room ? 2 * s->room : 256;
  double *row = realloc(s->row, room * s->columns * sizeof *row);
  if (!row) return no_memory(s);
  s->row = row;
  s->room = room;
  return TS_OK;
}

/* The first number of the newest row. */
static ts_error check_axis(const ts_ta_stream *s, unsigned long line)
{
  const double *at = s->row + s->rows * s->columns;
  char what[160];
  if (s->options.transposed && !(*at > 0)) {
    snprintf(what, sizeof what, "the wavelength is %.9g: expected a positive number", *at);
    return say_at(s, line, what);
  }
  if (!s->options.transposed && s->rows && !(*at > *(at - s->columns))) {
    snprintf(what, sizeof what, "the delay %.9g comes after %.9g: expected rising delays", *at, *(at - s->columns));
    return say_at(s, line, what);
  }
  return TS_OK;
}

/* Takes the n fields at hand as a row. */
static ts_error take_row(ts_ta_stream *s, size_t n, unsigned long line)
{
  char what[200];
  if (n != s->columns) {
    snprintf(what, sizeof what, "%zu column%s: expected %zu as in the lines before; is the file truncated?", n, n == 1 ? "" : "s", s->columns);
    return say_at(s, line, what);
  }
  ts_error e = make_room(s, line);
  if (e) return e;
  double *row = s->row + s->rows * s->columns;
  for (size_t i = 0; i < n; i++) {
    char *text = s->field[i];
    const bool is_sigma = s->axes.has_sigma && i == 2;
    const char *or_nan = i && !is_sigma ? ", or nan where a value is missing" : "";
    *what = 0;
    if (*or_nan && !strcasecmp(text, "nan")) row[i] = NAN;
    else if (!*text) snprintf(what, sizeof what, "column %zu is empty: expected a number%s", i + 1, or_nan);
    else if (!ts_field_number(text, s->comma, &row[i]))
      snprintf(what, sizeof what, "column %zu: '%.60s' is not a number: expected a decimal number%s", i + 1, text, or_nan);
    else if (is_sigma && !(row[i] > 0)) snprintf(what, sizeof what, "column %zu: sigma is %.60s: expected a positive number", i + 1, text);
    if (*what) return say_at(s, line, what);
  }
  e = check_axis(s, line);
  if (!e) s->rows++;
  return e;
}

/* The line of numbers that was kept: wavelengths, or the first row. n: fields of the line behind it, 0: there is none. */
static ts_error settle_first(ts_ta_stream *s, size_t n)
{
  const bool is_bare = s->first.fields + 1 == n && !s->chosen_n;
  size_t fields;
  if (is_bare || (s->first.fields == n && n > 3)) {
    free(s->header.text);
    s->header = s->first;
    s->header.is_bare = is_bare;
    s->first.text = NULL;
    return TS_OK;
  }
  ts_error e = begin(s, s->first.fields, s->first.line);
  if (!e) e = cut(s, s->first.text, s->first.line, false, &fields);
  if (!e) e = take_row(s, fields, s->first.line);
  free(s->first.text);
  s->first.text = NULL;
  return e;
}

/* One line that is neither empty nor a comment. */
static ts_error take_line(ts_ta_stream *s, const char *text)
{
  const bool is_bare = *text == '\t' && !s->columns;
  char what[120];
  size_t n;
  ts_error e = cut(s, text, s->line, is_bare, &n);
  if (e || !n) return e;
  if (s->columns) return take_row(s, n, s->line);
  if (!s->first.text && (is_bare || !ts_field_is_data(s->field[0]))) return keep(s, &s->header, text, n, is_bare);
  if (s->header.text && s->header.is_numbers && s->header.fields != n) {
    snprintf(what, sizeof what, "%zu columns: expected %zu as in line %lu; is the file truncated?", n, s->header.fields, s->header.line);
    return say_at(s, s->line, what);
  }
  /* a title above has another number of fields */
  if (!s->first.text && (!s->header.text || s->header.fields != n)) return keep(s, &s->first, text, n, false);
  if (s->first.text) e = settle_first(s, n);
  if (!e && !s->columns) e = begin(s, n, s->line);
  if (!e) e = cut(s, text, s->line, false, &n);
  return e ? e : take_row(s, n, s->line);
}

/* A comment above the data may name the columns. */
static ts_error take_comment(ts_ta_stream *s, const char *text)
{
  size_t n;
  ts_error e = cut(s, text + strspn(text, " \t"), s->line, false, &n);
  return e || !n ? e : keep(s, &s->header, text + strspn(text, " \t"), n, false);
}

ts_error ts_ta_stream_next(ts_ta_stream *s, bool *got, char *message)
{
  const size_t before = s->rows;
  char *line;
  ts_error e = TS_OK;
  s->message = message;
  *got = false;
  while (!e && s->rows == before) {
    const ts_line kind = ts_source_line(s->source, &line);
    if (kind == TS_LINE_END) {
      if (s->first.text) e = settle_first(s, 0);
      break;
    }
    s->line++;
    if (kind == TS_LINE_LONG) return say_at(s, s->line, "the line is longer than 1048576 bytes: expected text or CSV with a delay a line");
    if (kind == TS_LINE_BINARY) return say_at(s, s->line, "a zero byte: expected text or CSV");
    if (kind == TS_LINE_FAILED) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s: cannot be read: %s", s->path, strerror(ts_source_errno(s->source)));
      return TS_ERROR_INPUT;
    }
    if (s->line <= s->options.skip) continue;
    const char *text = line + strspn(line, " ");
    const char *word = text + strspn(text, " \t");
    if (*word == '#' && !s->columns && !s->first.text) e = take_comment(s, word + 1);
    else if (*word && *word != '#') e = take_line(s, text);
  }
  *got = !e && s->rows > before;
  return e;
}

bool ts_ta_stream_waits(ts_ta_stream *s)
{
  return ts_source_line_waits(s->source);
}

size_t ts_ta_stream_rows(const ts_ta_stream *s)
{
  return s->rows;
}

static void read_cells(const ts_ta_stream *s, ts_ta_data *d)
{
  const bool turned = s->options.transposed;
  const size_t across = s->columns - 1;
  for (size_t r = 0; r < s->rows; r++) {
    const double *row = s->row + r * s->columns;
    if (turned) d->wavelength_m[r] = row[0] * d->wavelength_unit_m;
    else d->delay_s[r] = row[0] * d->time_unit_s;
    if (d->sigma) d->sigma[r] = row[2];
    if (d->is_trace) d->signal[r] = row[1];
    for (size_t c = 0; c < across && !d->is_trace; c++) d->signal[turned ? r * across + c : c * s->rows + r] = row[1 + c];
  }
  if (turned) memcpy(d->delay_s, s->axes.first_row, across * sizeof *d->delay_s);
  else memcpy(d->wavelength_m, s->axes.first_row, d->wavelengths * sizeof *d->wavelength_m);
}

ts_error ts_ta_stream_data(const ts_ta_stream *s, ts_ta_data *d, char *message)
{
  const size_t across = s->columns ? s->columns - 1 : 0;
  memset(d, 0, sizeof *d);
  if (!s->rows) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: no data%s: expected lines of delays and signals", s->path,
             s->line ? " behind its header and comment lines" : ", the file is empty");
    return TS_ERROR_INPUT;
  }
  d->is_trace = s->axes.is_trace;
  d->time_unit_s = s->axes.time_unit_s;
  d->wavelength_unit_m = s->axes.wavelength_unit_m;
  d->delays = s->options.transposed ? across : s->rows;
  d->wavelengths = d->is_trace ? 1 : s->options.transposed ? s->rows : across;
  d->wavelength_m = malloc(d->wavelengths * sizeof *d->wavelength_m);
  d->delay_s = malloc(d->delays * sizeof *d->delay_s);
  d->signal = malloc(d->wavelengths * d->delays * sizeof *d->signal);
  if (s->axes.has_sigma) d->sigma = malloc(d->delays * sizeof *d->sigma);
  if (!d->wavelength_m || !d->delay_s || !d->signal || (s->axes.has_sigma && !d->sigma)) {
    ts_ta_data_free(d);
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", s->path);
    return TS_ERROR_MEMORY;
  }
  read_cells(s, d);
  return TS_OK;
}

ts_error ts_ta_file_read(ts_ta_data *d, const char *path, const ts_ta_read_options *o, char *message)
{
  ts_ta_stream *s;
  bool got = true;
  memset(d, 0, sizeof *d);
  ts_error e = ts_ta_stream_open(&s, path, o, message);
  if (e) return e;
  while (!e && got) e = ts_ta_stream_next(s, &got, message);
  if (!e) e = ts_ta_stream_data(s, d, message);
  ts_ta_stream_close(s);
  return e;
}

void ts_ta_data_free(ts_ta_data *d)
{
  free(d->wavelength_m);
  free(d->delay_s);
  free(d->signal);
  free(d->sigma);
  memset(d, 0, sizeof *d);
}
