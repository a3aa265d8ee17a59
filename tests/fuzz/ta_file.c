/* Transient-absorption tables of any bytes, a chirp's polynomial of the same. Byte 0 chooses the options. */
#define _GNU_SOURCE /* memfd_create */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/ta_side.h"

static void check(const ts_ta_data *d) {
  if (!d->wavelengths || !d->delays || !(d->time_unit_s > 0)) abort();
  for (size_t i = 0; i < d->delays; i++) {
    if (!isfinite(d->delay_s[i]) || (i && !(d->delay_s[i] >= d->delay_s[i - 1]))) abort();
    if (d->sigma && !(d->sigma[i] > 0)) abort();
  }
  for (size_t w = 0; w < d->wavelengths; w++)
    if (!d->is_trace && !(d->wavelength_m[w] >= 0)) abort();
  for (size_t i = 0; i < d->wavelengths * d->delays; i++)
    if (isinf(d->signal[i])) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  char path[64], message[TS_MESSAGE_BYTES] = "";
  double coefficient[TS_TA_CHIRP_MAX], *sigma;
  size_t n;
  bool per_delay;
  ts_ta_data d;
  if (size < 1) return 0;
  const unsigned how = data[0];
  if (fd < 0) fd = memfd_create("fuzz", 0);
  if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data + 1, size - 1, 0) != (ssize_t)size - 1) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const ts_ta_read_options o = {.columns = how & 1 ? "1,3-4" : NULL, .skip = how >> 1 & 3, .time_unit_s = how & 8 ? 1e-12 : 0,
                                .wavelength_unit_m = how & 16 ? 1e-9 : 0, .transposed = how >> 5 & 1};
  if (!ts_ta_chirp_read(path, coefficient, &n, message) ? n < 1 || n > TS_TA_CHIRP_MAX : !message[0]) abort();
  message[0] = 0;
  if (ts_ta_file_read(&d, path, &o, message)) {
    if (!message[0]) abort();
    return 0;
  }
  check(&d);
  message[0] = 0;
  if (!ts_ta_sigma_read(path, &d, &sigma, &per_delay, message) ? !sigma : !message[0]) abort();
  free(sigma);
  ts_ta_data_free(&d);
  return 0;
}
