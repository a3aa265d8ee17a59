/* A file for --resume of any bytes. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command/resume.h"
#include "taustream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  char path[64];
  if (fd < 0) fd = memfd_create("fuzz", 0);
  if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  resume *r = resume_read(path, "taustream.trpl/1", "e18", 0, 0);
  if (r && resume_count(r, "f.npy") > resume_total(r)) abort();
  char why[TS_MESSAGE_BYTES];
  const ts_made_from now = {.bin_width_s = 1e-10};
  if (resume_look(r, "f.npy", 3, &now, why) != RESUME_TO_DO && !resume_count(r, "f.npy")) abort();
  resume_free(r);
  return 0;
}
