#include "resume.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define LINE_BYTES_MAX (1u << 20)   /* a record has some thousand */

typedef struct resume_record {
  uint64_t index;
  bool tells;                       /* what it was made from */
  ts_made_from from;
} resume_record;

typedef struct resume_source {
  char *name;
  resume_record *record;            /* sorted, without doubles, once the file is read */
  size_t n, room;
} resume_source;

struct resume {
  const char *path;
  resume_source *source;
  size_t sources;
  uint64_t untold;
};

/* What the records have to be. */
typedef struct resume_wanted {
  const char *schema, *engine;
  unsigned components;
  uint32_t options_crc32;
} resume_wanted;

static resume_source *source_named(const resume *r, const char *name)
{
  for (size_t i = r->sources; i-- > 0;)   /* records of a source stand together: mostly the last */
    if (!strcmp(r->source[i].name, name)) return &r->source[i];
  return NULL;
}

static bool add(resume *r, const char *name, const resume_record *record)
{
  resume_source *s = source_named(r, name);
  if (!s) {
    resume_source *more = realloc(r->source, (r->sources + 1) * sizeof *more);
    if (!more) return false;
    r->source = more;
    more[r->sources] = (resume_source){.name = strdup(name)};
    if (!more[r->sources].name) return false;
    s = &more[r->sources++];
  }
  if (s->n == s->room) {
    const size_t room = s->room ? 2 * s->room : 256;
    resume_record *more = realloc(s->record, room * sizeof *more);
    if (!more) return false;
    s->record = more;
    s->room = room;
  }
  s->record[s->n++] = *record;
  r->untold += !record->tells;
  return true;
}

static int by_index(const void *a, const void *b)
{
  const uint64_t x = ((const resume_record *)a)->index, y = ((const resume_record *)b)->index;
  return (x > y) - (x < y);
}

/* What is wrong with a line, in why; NULL when it was taken. */
static const char *take_line(resume *r, const char *line, size_t n, const resume_wanted *wanted, char *why, size_t room)
{
  json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
  const char *schema = json_string_value(json_object_get(j, "schema")), *wrong = NULL;
  if (!j) {
    wrong = "no JSON object";
  } else if (!schema || (strcmp(schema, wanted->schema) && strcmp(schema, "taustream.end/1"))) {
    snprintf(why, room, "no record of the schema %.40s", wanted->schema);
    wrong = why;
  } else if (json_string_value(json_object_get(j, "mode")) && strcmp(json_string_value(json_object_get(j, "mode")), "trace")) {
    wrong = "a record of a whole matrix: expected those of --mode trace";
  } else if (!strcmp(schema, wanted->schema)) {
    resume_record record = {.tells = false};
    const char *source = json_string_value(json_object_get(j, "source")), *made_by = json_string_value(json_object_get(j, "engine"));
    const json_t *index = json_object_get(j, "index"), *k = json_object_get(j, "components");
    if (!source || !made_by || !json_is_integer(index) || json_integer_value(index) < 0 || !json_is_integer(k)) {
      wrong = "a record without source, index, engine or components";
    } else if (wanted->engine && strcmp(made_by, wanted->engine)) {
      snprintf(why, room, "a record of engine %.16s, the device has %s", made_by, wanted->engine);
      wrong = why;
    } else if (wanted->components && json_integer_value(k) != wanted->components) {
      snprintf(why, room, "a record of %lld components, now it is %u", (long long)json_integer_value(k), wanted->components);
      wrong = why;
    } else {
      record.index = (uint64_t)json_integer_value(index);
      record.tells = ts_made_from_read(&record.from, j);
      if (record.tells && record.from.options_crc32 != wanted->options_crc32) wrong = "a record made with other options of the fit or another IRF: expected those of then";
      else if (!add(r, source, &record)) wrong = "out of memory";
    }
  }
  json_decref(j);
  return wrong;
}

/* Does standard output go on in the file that is resumed? */
static bool is_standard_output(FILE *f)
{
  struct stat a, b;
  return !fstat(fileno(f), &a) && !fstat(STDOUT_FILENO, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool read_lines(resume *r, FILE *f, const resume_wanted *wanted)
{
  const char *path = r->path;
  char *line = NULL, why[100];
  size_t room = 0;
  bool good = true;
  ssize_t n;
  for (unsigned long number = 1; good && (n = getline(&line, &room, f)) >= 0; number++) {
    const bool whole = n > 0 && line[n - 1] == '\n';
    const char *wrong = (size_t)n > LINE_BYTES_MAX ? "the line is too long for a record" : take_line(r, line, (size_t)n, wanted, why, sizeof why);
    if (!whole && is_standard_output(f)) wrong = "the last line does not end, and standard output would go on in it: expected that it is removed or ended first";
    else if (wrong && !whole && feof(f)) {   /* what a crash leaves */
      complain(0, "%s:%lu: the last line is cut off: its fit is made again", path, number);
      wrong = NULL;
    }
    if (wrong) complain(0, "%s:%lu: %s", path, number, wrong);
    good = !wrong;
  }
  if (good && ferror(f)) {
    complain(0, "%s: %s", path, strerror(errno));
    good = false;
  }
  free(line);
  return good;
}

static bool is_same(const resume_record *a, const resume_record *b)
{
  return a->tells == b->tells && (!a->tells || (a->from.data_crc32 == b->from.data_crc32 && !(a->from.bin_width_s < b->from.bin_width_s) && !(a->from.bin_width_s > b->from.bin_width_s)));
}

/* Sorted, each index once; false: two records of one index are of different data. */
static bool sort(const resume *r, resume_source *s)
{
  size_t kept = 0;
  qsort(s->record, s->n, sizeof *s->record, by_index);
  for (size_t k = 0; k < s->n; k++) {
    if (!kept || s->record[kept - 1].index != s->record[k].index) s->record[kept++] = s->record[k];
    else if (!is_same(&s->record[kept - 1], &s->record[k]))
      return complain(false, "%s: two records of %.200s, index %llu, made from different data: expected one", r->path, s->name, (unsigned long long)s->record[k].index);
  }
  s->n = kept;
  return true;
}

resume *resume_read(const char *path, const char *schema, const char *engine, unsigned components, uint32_t options_crc32)
{
  resume *r = calloc(1, sizeof *r);
  FILE *f = r ? fopen(path, "r") : NULL;
  if (!f) {
    complain(0, "%s: %s", path, r ? strerror(errno) : "out of memory");
    free(r);
    return NULL;
  }
  r->path = path;
  bool good = read_lines(r, f, &(resume_wanted){schema, engine, components, options_crc32});
  fclose(f);
  for (size_t i = 0; good && i < r->sources; i++) good = sort(r, &r->source[i]);
  if (good) return r;
  resume_free(r);
  return NULL;
}

void resume_free(resume *r)
{
  if (!r) return;
  for (size_t i = 0; i < r->sources; i++) {
    free(r->source[i].name);
    free(r->source[i].record);
  }
  free(r->source);
  free(r);
}

resume_state resume_look(const resume *r, const char *source, uint64_t index, const ts_made_from *now, char *why)
{
  const resume_source *s = r ? source_named(r, source) : NULL;
  const resume_record key = {.index = index}, *then = s ? bsearch(&key, s->record, s->n, sizeof key, by_index) : NULL;
  if (!then) return RESUME_TO_DO;
  if (!then->tells) return RESUME_DONE;
  if (then->from.bin_width_s < now->bin_width_s || then->from.bin_width_s > now->bin_width_s) {
    snprintf(why, TS_MESSAGE_BYTES, "%.200s has its record with bins of %g s, now they are %g s: expected the same", r->path, then->from.bin_width_s, now->bin_width_s);
    return RESUME_OTHER;
  }
  if (then->from.data_crc32 == now->data_crc32) return RESUME_DONE;
  snprintf(why, TS_MESSAGE_BYTES, "%.200s has its record, made from other data (or with another range, sigma or chirp): expected what was fitted then", r->path);
  return RESUME_OTHER;
}

uint64_t resume_count(const resume *r, const char *source)
{
  const resume_source *s = r ? source_named(r, source) : NULL;
  return s ? s->n : 0;
}

uint64_t resume_total(const resume *r)
{
  uint64_t n = 0;
  for (size_t i = 0; r && i < r->sources; i++) n += r->source[i].n;
  return n;
}

uint64_t resume_untold(const resume *r)
{
  return r ? r->untold : 0;
}
