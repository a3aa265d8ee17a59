#include "outputs.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../include/taustream.h"

static bool is_standard(const char *path) { return !strcmp(path, "-"); }

static const char *last_of(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* The folder of a file that need not be there yet. */
static bool find_folder(const char *path, struct stat *s)
{
  const size_t n = (size_t)(last_of(path) - path);
  char *folder = n ? strndup(path, n) : strdup(".");
  const bool found = folder && !stat(folder, s);
  free(folder);
  return found;
}

/* By name, or by another name of one file. */
static bool is_same(const char *a, const char *b)
{
  struct stat x, y;
  if (!strcmp(a, b)) return true;
  if (is_standard(a) || is_standard(b)) return false;
  if (!stat(a, &x) && !stat(b, &y)) return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
  return !strcmp(last_of(a), last_of(b)) && find_folder(a, &x) && find_folder(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* F-2.svg beside --plot F.svg. */
static bool is_page(const named_file *plot, const char *path)
{
  const char *dot = plot->path ? strrchr(last_of(plot->path), '.') : NULL;
  if (strcmp(plot->option, "--plot") || !dot) return false;
  const size_t stem = (size_t)(dot - last_of(plot->path));
  const char *name = last_of(path), *number = name + stem + 1;
  struct stat x, y;
  if (strncmp(name, last_of(plot->path), stem) || name[stem] != '-') return false;
  const size_t digits = strspn(number, "0123456789");
  return digits > 0 && !strcmp(number + digits, dot) && find_folder(plot->path, &x) && find_folder(path, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void tell_two(const named_file *a, const named_file *b, const char *path, char *message)
{
  const bool is_json = !strcmp(a->option, "--json");   /* has no file */
  if (is_standard(b->path)) snprintf(message, TS_MESSAGE_BYTES, "%s - and %s%s both write to standard output: expected one of them", b->option, a->option, is_json ? "" : " -");
  else snprintf(message, TS_MESSAGE_BYTES, "%s and %s both write '%.200s': expected a file each", a->option, b->option, path);
}

static bool writes_over(const named_file *output, const char *input, char *message)
{
  if (!input || is_standard(input) || !is_same(output->path, input)) return false;
  snprintf(message, TS_MESSAGE_BYTES, "%s would write over '%.200s', which is read: expected another name", output->option, input);
  return true;
}

const char *files_wrong(const named_file *output, size_t outputs, const named_inputs *inputs, char *message)
{
  for (size_t i = 0; i < outputs; i++) {
    if (!output[i].path) continue;
    for (size_t k = 0; k < i; k++) {
      if (!output[k].path || !(is_same(output[i].path, output[k].path) || is_page(&output[k], output[i].path) || is_page(&output[i], output[k].path))) continue;
      tell_two(&output[k], &output[i], is_page(&output[i], output[k].path) ? output[k].path : output[i].path, message);
      return message;
    }
    for (const char *const *in = inputs->files; in && *in; in++)
      if (writes_over(&output[i], *in, message)) return message;
    for (size_t k = 0; k < INPUTS_OF_OPTIONS; k++)
      if (writes_over(&output[i], inputs->of_options[k], message)) return message;
  }
  return NULL;
}
