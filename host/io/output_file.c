#include "output_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../include/taustream.h"

#define PROBE_BYTES 65536u   /* more than what is left of a block */

struct ts_output {
  FILE *stream;
  bool is_stdout, is_direct;
  char *path, *temporary;
};

static void destroy(ts_output *o)
{
  free(o->path);
  free(o->temporary);
  free(o);
}

static bool open_temporary(ts_output *o)
{
  size_t n = strlen(o->path);
  const char *slash = strrchr(o->path, '/');
  size_t folder = slash ? (size_t)(slash - o->path) + 1 : 0;
  o->temporary = malloc(n + 16);
  if (!o->temporary) return false;
  snprintf(o->temporary, n + 16, "%.*s.%s.XXXXXX", (int)folder, o->path, o->path + folder);
  int fd = mkstemp(o->temporary);
  if (fd < 0) return false;
  mode_t mask = umask(0);
  umask(mask);
  if (fchmod(fd, 0666 & ~mask)) errno = 0;
  o->stream = fdopen(fd, "wb");
  if (o->stream) return true;
  close(fd);
  unlink(o->temporary);
  return false;
}

ts_output *ts_output_open(const char *path, char *message)
{
  ts_output *o = calloc(1, sizeof *o);
  struct stat st;
  errno = ENOMEM;
  if (o && (o->path = strdup(path)) != NULL) {
    bool exists = !stat(path, &st);
    if (!strcmp(path, "-")) {
      o->is_stdout = true;
      o->stream = stdout;
    } else if (exists && S_ISDIR(st.st_mode)) {
      errno = EISDIR;
    } else if (exists && !S_ISREG(st.st_mode)) {
      o->is_direct = true;
      o->stream = fopen(path, "wb");
    } else if (!open_temporary(o)) {
      o->stream = NULL;
    }
    if (o->stream) return o;
  }
  snprintf(message, TS_MESSAGE_BYTES, "%.300s: cannot be written: %s", path, strerror(errno));
  if (o) destroy(o);
  return NULL;
}

FILE *ts_output_stream(ts_output *o)
{
  return o->stream;
}

const char *ts_output_written_path(const ts_output *o)
{
  return o->temporary ? o->temporary : o->path;
}

/* Why a write failed so long ago that errno tells it no longer: one more at the end fails for the same reason. It goes with the file. */
static int reason(const ts_output *o)
{
  static const char more[PROBE_BYTES];
  if (o->is_stdout) return EIO;
  clearerr(o->stream);
  if (fseek(o->stream, 0, SEEK_END)) errno = 0;   /* a pipe, a device */
  errno = 0;
  return (fwrite(more, sizeof more, 1, o->stream) != 1 || fflush(o->stream)) && errno ? errno : EIO;
}

void ts_output_tell(const ts_output *o, char *message)
{
  snprintf(message, TS_MESSAGE_BYTES, "%.300s: cannot be written: %s", o->path, strerror(reason(o)));
}

bool ts_output_commit(ts_output *o, char *message)
{
  errno = 0;
  bool good = !fflush(o->stream) && !ferror(o->stream);
  int why = good ? 0 : errno ? errno : reason(o);
  if (!o->is_stdout && fclose(o->stream) && good) good = false, why = errno;
  if (good && o->temporary && rename(o->temporary, o->path)) good = false, why = errno;
  if (!good) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: cannot be written: %s", o->path, strerror(why));
    if (o->temporary) unlink(o->temporary);
  }
  destroy(o);
  return good;
}

void ts_output_abandon(ts_output *o)
{
  if (!o) return;
  if (!o->is_stdout) fclose(o->stream);
  if (o->temporary) unlink(o->temporary);
  destroy(o);
}
