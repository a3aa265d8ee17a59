#include "sclc_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "sclc_columns.h"
#include "text_table.h"

struct ts_sclc_file {
  ts_text_table table;
  ts_sclc_columns columns;
};

void ts_sclc_file_free(ts_sclc_file *f)
{
  if (!f) return;
  ts_text_table_free(&f->table);
  ts_sclc_columns_free(&f->columns);
  free(f);
}

ts_error ts_sclc_file_read(ts_sclc_file **out, const char *path, const ts_sclc_read_options *o, char *message)
{
  const ts_read_options text = {.columns = o->columns, .skip = o->skip, .row_name = "points"};
  ts_sclc_file *f = calloc(1, sizeof *f);
  ts_source *s = ts_source_open(path, message);
  ts_error e = f && s ? TS_OK : s ? TS_ERROR_MEMORY : TS_ERROR_INPUT;
  *out = NULL;
  if (e == TS_ERROR_MEMORY) snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", path);
  if (!e) e = ts_text_table_read(&f->table, s, path, &text, message);
  if (!e) e = ts_sclc_columns_find(&f->columns, f->table.name, f->table.columns, path, f->table.line[0], o, message);
  ts_source_close(s);
  if (e) ts_sclc_file_free(f);
  else *out = f;
  return e;
}

size_t ts_sclc_file_points(const ts_sclc_file *f) { return f->table.rows; }
size_t ts_sclc_file_curves(const ts_sclc_file *f) { return f->columns.curves; }

const char *ts_sclc_file_name(const ts_sclc_file *f, size_t curve)
{
  return f->table.name[f->columns.current[curve]];
}

ts_sweep_point ts_sclc_file_point(const ts_sclc_file *f, size_t curve, size_t i)
{
  const double *row = f->table.cell + i * f->table.columns;
  return (ts_sweep_point){row[f->columns.voltage] * f->columns.voltage_scale,
                          row[f->columns.current[curve]] * f->columns.current_scale[curve], f->table.line[i]};
}

/* ---- line by line ---- */
struct ts_sclc_stream {
  char *path, *header;
  ts_source *source;
  ts_sclc_read_options options;
  size_t *chosen, chosen_n;    /* --columns */
  char **field;
  size_t fields;               /* of a line of data, 0: none seen yet */
  unsigned long line;
  ts_sclc_columns columns;
};

void ts_sclc_stream_close(ts_sclc_stream *s)
{
  if (!s) return;
  ts_source_close(s->source);
  ts_sclc_columns_free(&s->columns);
  free(s->path);
  free(s->header);
  free(s->chosen);
  free(s->field);
  free(s);
}

ts_error ts_sclc_stream_open(ts_sclc_stream **out, const char *path, const ts_sclc_read_options *o, char *message)
{
  ts_sclc_stream *s = calloc(1, sizeof *s);
  *out = NULL;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", path);
  if (!s) return TS_ERROR_MEMORY;
  s->options = *o;
  s->path = strdup(path);
  s->chosen = malloc(TS_FIELDS_MAX * sizeof *s->chosen);
  s->field = malloc(TS_FIELDS_MAX * sizeof *s->field);
  ts_error e = s->path && s->chosen && s->field ? TS_OK : TS_ERROR_MEMORY;
  if (!e && !(s->source = ts_source_open(path, message))) e = TS_ERROR_INPUT;
  if (!e && o->columns) s->chosen_n = ts_columns_parse(o->columns, s->chosen, TS_FIELDS_MAX);
  if (e) ts_sclc_stream_close(s);
  else *out = s;
  return e;
}

static ts_error say(const ts_sclc_stream *s, const char *what, char *message)
{
  snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: %.250s", s->path, s->line, what);
  return TS_ERROR_INPUT;
}

static size_t place(const ts_sclc_stream *s, size_t column)
{
  return s->chosen_n ? s->chosen[column] : column;
}

/* The first line of data: what the columns are. */
static ts_error begin(ts_sclc_stream *s, size_t fields, char *message)
{
  char **header = malloc(TS_FIELDS_MAX * sizeof *header), empty[] = "", what[200];
  char **name = calloc(fields + 1, sizeof *name);
  bool comma, named = header && s->header && ts_fields_split(s->header, header, TS_FIELDS_MAX, &comma) == fields;
  ts_error e = header && name ? TS_OK : TS_ERROR_MEMORY;
  const size_t n = s->chosen_n ? s->chosen_n : fields;
  if (e) snprintf(message, TS_MESSAGE_BYTES, "%.200s: out of memory", s->path);
  for (size_t i = 0; !e && i < s->chosen_n; i++)
    if (s->chosen[i] >= fields || s->chosen_n > fields) {
      snprintf(what, sizeof what, "--columns names column %zu, the file has %zu", s->chosen[i] + 1, fields);
      e = say(s, what, message);
    }
  for (size_t i = 0; !e && i < n; i++) name[i] = named ? header[place(s, i)] : empty;
  if (!e) e = ts_sclc_columns_find(&s->columns, name, n, s->path, s->line, &s->options, message);
  if (!e && s->columns.curves > 1) e = say(s, "several columns of current: expected one with --follow; choose by --columns", message);
  if (!e) s->fields = fields;
  free(header);
  free(name);
  return e;
}

static ts_error number(ts_sclc_stream *s, size_t column, bool comma, double *value, char *message)
{
  char what[200];
  char *text = s->field[place(s, column)];
  if (ts_field_number(text, comma, value)) return TS_OK;
  snprintf(what, sizeof what, "column %zu: '%.60s' is not a number: expected a decimal number", place(s, column) + 1, text);
  return say(s, what, message);
}

static ts_error read_point(ts_sclc_stream *s, char *line, ts_sweep_point *p, bool *got, char *message)
{
  bool comma;
  char what[200];
  char *copy = s->fields ? NULL : strdup(line);
  const size_t fields = ts_fields_split(line, s->field, TS_FIELDS_MAX, &comma);
  ts_error e = TS_OK;
  if (!s->fields && fields && !ts_field_is_data(s->field[s->chosen_n && s->chosen[0] < fields ? s->chosen[0] : 0])) {
    free(s->header);
    s->header = copy;
    return TS_OK;
  }
  free(copy);
  if (!fields) return TS_OK;
  if (!s->fields) e = begin(s, fields, message);
  if (!e && fields != s->fields) {
    snprintf(what, sizeof what, "%zu column%s: expected %zu as in the lines before", fields, fields == 1 ? "" : "s", s->fields);
    e = say(s, what, message);
  }
  if (!e) e = number(s, s->columns.voltage, comma, &p->v, message);
  if (!e) e = number(s, s->columns.current[0], comma, &p->j, message);
  if (e) return e;
  p->v *= s->columns.voltage_scale;
  p->j *= s->columns.current_scale[0];
  p->line = s->line;
  *got = true;
  return TS_OK;
}

ts_error ts_sclc_stream_next(ts_sclc_stream *s, ts_sweep_point *p, bool *got, char *message)
{
  char *line;
  *got = false;
  for (;;) {
    const ts_line kind = ts_source_line(s->source, &line);
    if (kind == TS_LINE_END) return TS_OK;
    s->line++;
    if (kind == TS_LINE_LONG) return say(s, "the line is too long: expected text with one point a line", message);
    if (kind == TS_LINE_BINARY) return say(s, "a zero byte: expected text", message);
    if (kind == TS_LINE_FAILED) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s: cannot be read: %s", s->path, strerror(ts_source_errno(s->source)));
      return TS_ERROR_INPUT;
    }
    if (s->line <= s->options.skip) continue;
    line += strspn(line, " \t");
    if (*line == '#' && !s->fields) {
      free(s->header);
      s->header = strdup(line + 1);
    }
    if (!*line || *line == '#') continue;
    ts_error e = read_point(s, line, p, got, message);
    if (e || *got) return e;
  }
}
