/* Time tags of any bytes: refused or taken, in pieces of any length; times never fall, bins are those that were promised. Byte 0 chooses the options. */
#include <stdlib.h>
#include <string.h>

#include "io/ptu.h"

enum { ROOM = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char message[TS_MESSAGE_BYTES] = "";
  ts_tag_event event[ROOM];
  if (size < 2) return 0;
  const unsigned how = data[0], piece = 1 + data[1];
  const ts_ptu_options o = {.channel = how & 3, .sync_channel = how >> 2 & 1, .bin_width_s = how & 8 ? 1.28e-10 : 0, .period_s = how & 16 ? 1e-7 : 0};
  ts_ptu *p = ts_ptu_create("fuzz", &o);
  if (!p) abort();
  ts_error e = TS_OK;
  uint64_t last = 0;
  for (size_t at = 2; !e && at < size;) {
    size_t used, n;
    const size_t left = size - at;
    e = ts_ptu_feed(p, data + at, left < piece ? left : piece, &used, event, 1 + how % ROOM, &n, message);
    if (n > ROOM || used > left || (!e && !used && !n) || (e && !message[0])) abort();
    const ts_ptu_axis *a = ts_ptu_get_axis(p);
    if (n && !a) abort();
    if (a && (a->bins < 2 || a->bins > 65536 || !(a->bin_width_s > 0) || !(a->tick_s > 0) || !(a->period_s > 0))) abort();
    for (size_t i = 0; i < n; i++) {
      if (event[i].time < last || (event[i].bin >= a->bins && event[i].bin < TS_TAG_TIME)) abort();
      last = event[i].time;
    }
    at += used;
  }
  if (!e && ts_ptu_end(p, message) && !message[0]) abort();
  ts_ptu_destroy(p);
  return 0;
}
