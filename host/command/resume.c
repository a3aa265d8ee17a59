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

typedef struct resume_source {
  char *name;
  uint64_t *index;                  /* sorted, without doubles, once the file is read */
  size_t n, room;
} resume_source;

struct resume {
  resume_source *source;
  size_t sources;
};

static resume_source *source_named(const resume *r, const char *name)
{
  for (size_t i = r->sources; i-- > 0;)   /* records of a source stand together: mostly the last */
    if (!strcmp(r->source[i].name, name)) return &r->source[i];
  return NULL;
}

static bool add(resume *r, const char *name, uint64_t index)
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
    uint64_t *more = realloc(s->index, room * sizeof *more);
    if (!more) return false;
    s->index = more;
    s->room = room;
  }
  s->index[s->n++] = index;
  return true;
}

static int by_value(const void *a, const void *b)
{
  const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* What is wrong with a line, in why; NULL when it was taken. */
static const char *take_line(resume *r, const char *line, size_t n, const char *wanted, const char *engine, unsigned components, char *why, size_t room)
{
  json_t *j = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
  const char *schema = json_string_value(json_object_get(j, "schema")), *wrong = NULL;
  if (!j) {
    wrong = "no JSON object";
  } else if (!schema || (strcmp(schema, wanted) && strcmp(schema, "taustream.end/1"))) {
    snprintf(why, room, "no record of the schema %.40s", wanted);
    wrong = why;
  } else if (json_string_value(json_object_get(j, "mode")) && strcmp(json_string_value(json_object_get(j, "mode")), "trace")) {
    wrong = "a record of a whole matrix: expected those of --mode trace";
  } else if (!strcmp(schema, wanted)) {
    const char *source = json_string_value(json_object_get(j, "source")), *made_by = json_string_value(json_object_get(j, "engine"));
    const json_t *index = json_object_get(j, "index"), *k = json_object_get(j, "components");
    if (!source || !made_by || !json_is_integer(index) || json_integer_value(index) < 0 || !json_is_integer(k)) {
      wrong = "a record without source, index, engine or components";
    } else if (engine && strcmp(made_by, engine)) {
      snprintf(why, room, "a record of engine %.16s, the device has %s", made_by, engine);
      wrong = why;
    } else if (components && json_integer_value(k) != components) {
      snprintf(why, room, "a record of %lld components, now it is %u", (long long)json_integer_value(k), components);
      wrong = why;
    } else if (!add(r, source, (uint64_t)json_integer_value(index))) {
      wrong = "out of memory";
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

static bool read_lines(resume *r, FILE *f, const char *path, const char *schema, const char *engine, unsigned components)
{
  char *line = NULL, why[100];
  size_t room = 0;
  bool good = true;
  ssize_t n;
  for (unsigned long number = 1; good && (n = getline(&line, &room, f)) >= 0; number++) {
    const bool whole = n > 0 && line[n - 1] == '\n';
    const char *wrong = (size_t)n > LINE_BYTES_MAX ? "the line is too long for a record" : take_line(r, line, (size_t)n, schema, engine, components, why, sizeof why);
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

resume *resume_read(const char *path, const char *schema, const char *engine, unsigned components)
{
  resume *r = calloc(1, sizeof *r);
  FILE *f = r ? fopen(path, "r") : NULL;
  if (!f) {
    complain(0, "%s: %s", path, r ? strerror(errno) : "out of memory");
    free(r);
    return NULL;
  }
  const bool good = read_lines(r, f, path, schema, engine, components);
  fclose(f);
  if (!good) {
    resume_free(r);
    return NULL;
  }
  for (size_t i = 0; i < r->sources; i++) {
    resume_source *s = &r->source[i];
    size_t kept = 0;
    qsort(s->index, s->n, sizeof *s->index, by_value);
    for (size_t k = 0; k < s->n; k++)
      if (!kept || s->index[kept - 1] != s->index[k]) s->index[kept++] = s->index[k];
    s->n = kept;
  }
  return r;
}

void resume_free(resume *r)
{
  if (!r) return;
  for (size_t i = 0; i < r->sources; i++) {
    free(r->source[i].name);
    free(r->source[i].index);
  }
  free(r->source);
  free(r);
}

bool resume_has(const resume *r, const char *source, uint64_t index)
{
  const resume_source *s = r ? source_named(r, source) : NULL;
  return s && bsearch(&index, s->index, s->n, sizeof index, by_value);
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
