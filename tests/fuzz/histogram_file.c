/* Input files of any bytes: text tables, Horiba text, .npy. Byte 0 chooses the options. */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/histogram_file.h"

enum { HISTOGRAMS_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  char path[64], message[TS_MESSAGE_BYTES] = "";
  ts_histogram_file *f = NULL;
  if (size < 1) return 0;
  const unsigned how = data[0];
  if (fd < 0) fd = memfd_create("fuzz", 0);
  if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data + 1, size - 1, 0) != (ssize_t)size - 1) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const ts_read_options o = {.columns = how & 1 ? "1,3-5" : NULL, .skip = how >> 1 & 3, .time_unit_s = how & 8 ? 1e-9 : 0, .bin_width_s = how & 16 ? 1e-10 : 0,
                             .real_values = how >> 5 & 1};
  if (ts_histogram_file_open(&f, path, &o, message)) {
    if (!message[0] || f) abort();
    return 0;
  }
  const size_t bins = ts_histogram_file_bins(f);
  if (bins < 1 || bins > TS_BINS_MAX || !(ts_histogram_file_bin_width(f) > 0)) abort();
  uint64_t *counts = malloc(bins * sizeof *counts);
  double *values = malloc(bins * sizeof *values);
  if (!counts || !values) abort();
  bool got = true;
  for (int i = 0; i < HISTOGRAMS_MAX && got; i++) {
    const ts_error e = o.real_values ? ts_histogram_file_next_real(f, values, &got, message) : ts_histogram_file_next(f, counts, &got, message);
    if (e && !message[0]) abort();
    if (e) break;
    for (size_t b = 0; got && b < bins; b++)
      if (o.real_values ? !(values[b] >= 0) : (double)counts[b] > TS_COUNT_MAX) abort();
    if (got && !ts_histogram_file_name(f, (uint64_t)i)) abort();
  }
  free(counts);
  free(values);
  ts_histogram_file_close(f);
  return 0;
}
