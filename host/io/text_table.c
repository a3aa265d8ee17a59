#include "text_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fields.h"
#include "unit.h"

#define CELLS_MAX (1u << 24)

typedef struct reader {
  ts_text_table *table;
  const ts_read_options *options;
  const char *path;
  unsigned long line;
  size_t chosen;            /* columns that the options name, 0: all */
  char **field;             /* of the line at hand */
  char *message;
  bool empty;               /* the line before held nothing */
  bool in_top;              /* lines of numbers are not the data yet */
  bool widths_next;         /* the next line tells the bins' widths */
  bool ended;               /* by *END */
} reader;

static ts_error say(const reader *r, const char *what)
{
  snprintf(r->message, TS_MESSAGE_BYTES, "%.200s:%lu: %.250s", r->path, r->line, what);
  return TS_ERROR_INPUT;
}

static const char *columns_option(const ts_read_options *o)
{
  return o->columns_option ? o->columns_option : "--columns";
}

void ts_text_table_free(ts_text_table *t)
{
  for (size_t i = 0; t->name && i < t->columns; i++) free(t->name[i]);
  free(t->name);
  free(t->cell);
  free(t->line);
  free(t->chosen);
  memset(t, 0, sizeof *t);
}

/* `Time calibration: 2.743484E-02ns/ch`; true when the line is one. */
static bool read_calibration(const char *line, double *seconds)
{
  if (strncasecmp(line, "Time calibration", 16)) return false;
  const char *colon = strchr(line, ':');
  char text[64], why[TS_MESSAGE_BYTES];
  size_t n = colon ? strcspn(colon + 1, "/") : 0;
  if (!n || n >= sizeof text) return false;
  memcpy(text, colon + 1, n);
  text[n] = 0;
  return ts_parse_time(text, seconds, why, sizeof why) && *seconds > 0;
}

/* The last header line, until the data tell whether it names their columns. */
static void keep_header(char **header, const char *line)
{
  char *copy = strdup(line);
  if (!copy) return;
  free(*header);
  *header = copy;
}

/* Which columns are wanted, as far as the options say. */
static ts_error choose_columns(reader *r)
{
  ts_text_table *t = r->table;
  t->chosen = malloc(TS_FIELDS_MAX * sizeof *t->chosen);
  if (!t->chosen) return TS_ERROR_MEMORY;
  for (size_t i = 0; i < TS_FIELDS_MAX; i++) t->chosen[i] = i;
  if (r->options->columns) r->chosen = ts_columns_parse(r->options->columns, t->chosen, TS_FIELDS_MAX);
  return TS_OK;
}

/* Becker & Hickl: `*BLOCK 1 ( Time[ns] No_of_photons )` names the columns in brackets. */
static char *block_header(char *header)
{
  char *open = header && !strncmp(header, "*BLOCK", 6) ? strchr(header, '(') : NULL, *close = open ? strrchr(open, ')') : NULL;
  if (!close) return header;
  *close = 0;
  return open + 1;
}

/* The columns' names from the header line, when it has as many fields as the data. `fields`: of the first row, with an empty one at its end where empty_end. */
static ts_error name_columns(ts_text_table *t, char *header, size_t fields)
{
  char **field = malloc(TS_FIELDS_MAX * sizeof *field), *names = block_header(header);
  bool comma, good = field != NULL;
  const size_t have = field && names ? ts_fields_split(names, field, TS_FIELDS_MAX, &comma) : 0;
  if (t->empty_end && have == fields && *field[have - 1]) t->empty_end = false;   /* it has a name: values are missing */
  t->fields = fields - t->empty_end;
  if (!t->chosen_n) t->columns = t->fields;
  const bool named = have == t->fields || (have == t->fields + 1 && have <= TS_FIELDS_MAX && !*field[have - 1]);
  t->name = calloc(t->columns, sizeof *t->name);
  for (size_t i = 0; good && i < t->columns; i++) {
    if (t->name) t->name[i] = strdup(named ? field[t->chosen[i]] : "");
    good = t->name && t->name[i];
  }
  free(field);
  return good ? TS_OK : TS_ERROR_MEMORY;
}

/* Called at the first line of data. */
static ts_error begin_data(reader *r, size_t fields, char *header)
{
  ts_text_table *t = r->table;
  char what[250];
  if (fields > TS_FIELDS_MAX) return say(r, "more than 4096 columns: expected fewer; save the histograms as .npy");
  for (size_t i = 0; i < r->chosen; i++)
    if (t->chosen[i] >= fields) {
      snprintf(what, sizeof what, "%s names column %zu, the file has %zu", columns_option(r->options), t->chosen[i] + 1, fields);
      return say(r, what);
    }
  t->chosen_n = t->columns = r->chosen;
  t->empty_end = fields > 1 && fields <= TS_FIELDS_MAX && !*r->field[fields - 1];
  return name_columns(t, header, fields);
}

static ts_error make_room(reader *r)
{
  ts_text_table *t = r->table;
  char what[250];
  if (t->rows == TS_BINS_MAX) {
    if (r->options->row_name) snprintf(what, sizeof what, "more than %u %s: expected at most that", TS_BINS_MAX, r->options->row_name);
    else snprintf(what, sizeof what, "more than %u bins: expected at most %u; sum neighbouring bins or cut the window", TS_BINS_MAX, TS_BINS_MAX);
    return say(r, what);
  }
  if ((t->rows + 1) * t->columns > CELLS_MAX)
    return say(r, "more than 16777216 numbers in a text file: expected fewer; save the histograms as .npy");
  if (t->rows < t->row_room) return TS_OK;
  size_t room = t->row_room ? 2 * t->row_room : 256;
  double *cell = realloc(t->cell, room * t->columns * sizeof *cell);
  if (cell) t->cell = cell;
  unsigned long *line = realloc(t->line, room * sizeof *line);
  if (line) t->line = line;
  if (!cell || !line) return TS_ERROR_MEMORY;
  t->row_room = room;
  return TS_OK;
}

/* Does the line stand above the data? Its first wanted field tells. */
static bool is_header(const reader *r, size_t fields)
{
  size_t first = r->chosen && r->table->chosen[0] < fields ? r->table->chosen[0] : 0;
  return !ts_field_is_data(r->field[first]);
}

static ts_error read_row(reader *r, size_t fields, bool comma)
{
  ts_text_table *t = r->table;
  char what[250];
  if (t->empty_end && fields == t->fields + 1 && !*r->field[fields - 1]) fields--;
  if (t->rows && fields <= TS_FIELDS_MAX && is_header(r, fields) && *r->field[0]) {
    snprintf(what, sizeof what, "'%.60s' behind %zu lines of numbers: expected one table a file; cut other blocks off, or put them into files of their own",
             r->field[0], t->rows);
    return say(r, what);
  }
  if (fields != t->fields) {
    snprintf(what, sizeof what, "%s%zu column%s: expected %zu as in the lines before; is the file truncated?",
             fields > TS_FIELDS_MAX ? "more than " : "", fields > TS_FIELDS_MAX ? TS_FIELDS_MAX : fields, fields == 1 ? "" : "s", t->fields);
    return say(r, what);
  }
  ts_error e = make_room(r);
  if (e) return e;
  for (size_t i = 0; i < t->columns; i++) {
    char *text = r->field[t->chosen[i]];
    double *cell = &t->cell[t->rows * t->columns + i];
    if (!*text) {
      snprintf(what, sizeof what, "column %zu is empty: expected a number", t->chosen[i] + 1);
      return say(r, what);
    }
    if (!ts_field_number(text, comma, cell)) {
      snprintf(what, sizeof what, "column %zu: '%.60s' is not a number: expected a decimal number", t->chosen[i] + 1, text);
      return say(r, what);
    }
  }
  if (r->empty && t->rows && !t->gaps++) t->gap_line = r->line;
  t->line[t->rows++] = r->line;
  return TS_OK;
}

static ts_error line_error(reader *r, ts_line kind, ts_source *s)
{
  char what[250];
  r->line++;
  if (kind == TS_LINE_LONG) {
    snprintf(what, sizeof what, "the line is longer than %u bytes: expected text or CSV with one bin a line", TS_LINE_BYTES_MAX);
    return say(r, what);
  }
  if (kind == TS_LINE_BINARY) return say(r, "a zero byte: expected text, CSV or .npy");
  snprintf(r->message, TS_MESSAGE_BYTES, "%.200s: cannot be read: %s", r->path, strerror(ts_source_errno(s)));
  return TS_ERROR_INPUT;
}

/* The line behind PicoQuant's `#ns/channel`: a width for each curve. */
static ts_error read_widths(reader *r, char *line)
{
  bool comma;
  const size_t n = ts_fields_split(line, r->field, TS_FIELDS_MAX, &comma);
  double first = 0, width;
  char what[250];
  r->widths_next = false;
  for (size_t i = 0; i < n && n <= TS_FIELDS_MAX; i++) {
    if (!ts_field_number(r->field[i], comma, &width) || !(width > 0)) {
      snprintf(what, sizeof what, "'%.60s' is no width of a bin: expected nanoseconds", r->field[i]);
      return say(r, what);
    }
    if (!i) first = width;
    if (width != first) {
      snprintf(what, sizeof what, "curves with bins of %g and %g ns: expected one width a file", first, width);
      return say(r, what);
    }
  }
  r->table->calibration_s = first / 1e9;
  return TS_OK;
}

/* A line that begins with #: PicoQuant's headers stand above lines of numbers, the counts behind `#counts`. */
static void read_comment(reader *r, const char *line, char **header)
{
  if (r->table->fields) return;
  keep_header(header, line);
  if (!strncasecmp(line, "channels per curve", 18)) r->in_top = true;
  if (!strncasecmp(line, "ns/", 3)) r->in_top = r->widths_next = true;
  if (r->in_top && !strncasecmp(line, "counts", 6)) {
    r->in_top = false;
    r->table->counts_alone = true;
  }
}

/* A line before the data begin: a header, or the first row. */
static ts_error read_top(reader *r, char *line, char **header)
{
  bool comma;
  ts_error e;
  if (r->widths_next) return read_widths(r, line);
  if (read_calibration(line, &r->table->calibration_s)) r->in_top = true;
  if (!strncasecmp(line, "Chan", 4)) r->in_top = false;
  char *copy = strdup(line);
  if (!copy) return TS_ERROR_MEMORY;
  size_t fields = ts_fields_split(line, r->field, TS_FIELDS_MAX, &comma);
  if (r->in_top || !fields || is_header(r, fields)) {
    keep_header(header, copy);
    e = TS_OK;
  } else {
    e = begin_data(r, fields, *header);
    if (!e) e = read_row(r, fields, comma);
  }
  free(copy);
  return e;
}

static ts_error read_lines(reader *r, ts_source *s, char **header)
{
  bool comma;
  char *line;
  ts_line kind;
  ts_error e = choose_columns(r);
  while (!e && (kind = ts_source_line(s, &line)) != TS_LINE_END) {
    if (kind != TS_LINE_OK) return line_error(r, kind, s);
    r->line++;
    if (r->line <= r->options->skip) continue;
    line += strspn(line, " \t");
    if (*line == '#') {
      read_comment(r, line + 1, header);
    } else if (*line && !r->table->fields) {
      e = read_top(r, line, header);
    } else if (!strncmp(line, "*END", 4)) {
      r->ended = true;
    } else if (*line && r->ended) {
      e = say(r, "more behind *END: expected one block a file; put the others into files of their own");
    } else if (*line) {
      size_t fields = ts_fields_split(line, r->field, TS_FIELDS_MAX, &comma);
      e = read_row(r, fields, comma);
    }
    r->empty = !*line;
  }
  return e;
}

ts_error ts_text_table_read(ts_text_table *t, ts_source *s, const char *path, const ts_read_options *o, char *message)
{
  reader r = {.table = t, .options = o, .path = path, .message = message};
  char *header = NULL;
  memset(t, 0, sizeof *t);
  *message = 0;
  r.field = malloc(TS_FIELDS_MAX * sizeof *r.field);
  ts_error e = r.field ? read_lines(&r, s, &header) : TS_ERROR_MEMORY;
  if (!e && !t->rows) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s: no data%s: expected lines of numbers", path,
             r.line ? " behind its header and comment lines" : ", the file is empty");
    e = TS_ERROR_INPUT;
  }
  if (e == TS_ERROR_MEMORY) snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", path);
  free(r.field);
  free(header);
  if (e) ts_text_table_free(t);
  return e;
}
