#include "outputs.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../include/taustream.h"

static bool is_standard(const char *path) { return !strcmp(path, "-"); }

/* By name, or by another name of one file. */
static bool is_same(const char *a, const char *b)
{
  struct stat x, y;
  if (!strcmp(a, b)) return true;
  return !is_standard(a) && !is_standard(b) && !stat(a, &x) && !stat(b, &y) && S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void tell_two(const named_file *a, const named_file *b, char *message)
{
  const bool is_json = !strcmp(a->option, "--json");   /* has no file */
  if (is_standard(b->path)) snprintf(message, TS_MESSAGE_BYTES, "%s - and %s%s both write to standard output: expected one of them", b->option, a->option, is_json ? "" : " -");
  else snprintf(message, TS_MESSAGE_BYTES, "%s and %s both write '%.200s': expected a file each", a->option, b->option, b->path);
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
      if (!output[k].path || !is_same(output[i].path, output[k].path)) continue;
      tell_two(&output[k], &output[i], message);
      return message;
    }
    for (const char *const *in = inputs->files; in && *in; in++)
      if (writes_over(&output[i], *in, message)) return message;
    for (size_t k = 0; k < INPUTS_OF_OPTIONS; k++)
      if (writes_over(&output[i], inputs->of_options[k], message)) return message;
  }
  return NULL;
}
