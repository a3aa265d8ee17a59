/* The device in integer C: any bytes from a host. Byte 0: bit 0: frames with right checks are made around the rest, else it is the raw stream. */
#include <stdlib.h>
#include <string.h>

#include "model/device.h"
#include "session/session.h"
#include "session/words.h"

enum { STEPS_MAX = 64, EVALUATIONS_MAX_BYTE = 4 * (TS_LAYOUT_WORDS + TS_CFG_EVALUATIONS_MAX) };

static void give(ts_model *m, const uint8_t *p, size_t n) {
  uint8_t answer[4096];
  for (size_t at = 0; at < n;) {
    const size_t taken = ts_model_write(m, p + at, n - at), back = ts_model_read(m, answer, sizeof answer);
    if (taken > n - at || back > sizeof answer || (!taken && !back)) abort();
    at += taken;
  }
  while (ts_model_read(m, answer, sizeof answer)) {}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t frame[TS_HEADER_BYTES + TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES];
  if (size < 2) return 0;
  ts_model *m = ts_model_create(data[0] & 2 ? TS_ENGINE_U16 : TS_ENGINE_E18);
  if (!m) abort();
  if (data[0] & 1) {
    data++, size--;
    for (int i = 0; i < STEPS_MAX && size >= 3; i++) {
      const size_t wanted = data[1] | (size_t)data[2] << 8, n = wanted < size - 3 ? wanted : size - 3;
      const size_t k = n < TS_MAX_PAYLOAD_BYTES ? n : TS_MAX_PAYLOAD_BYTES;
      memcpy(frame + TS_HEADER_BYTES, data + 3, k);
      /* The device does as many evaluations as it is told to: that is no hang of the parser. */
      if (data[0] == TS_MSG_CONFIG && k >= EVALUATIONS_MAX_BYTE + 4) ts_put_u32(frame + TS_HEADER_BYTES + EVALUATIONS_MAX_BYTE, data[3 + EVALUATIONS_MAX_BYTE] & 31u);
      give(m, frame, ts_frame_build(frame, data[0], (uint32_t)i + 1, 1, frame + TS_HEADER_BYTES, k));
      data += 3 + k;
      size -= 3 + k;
    }
  } else {
    give(m, data + 1, size - 1);
  }
  ts_model_destroy(m);
  return 0;
}
