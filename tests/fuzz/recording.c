/* Recordings of any bytes. Byte 0: 0 the bytes as they are; else the rest is a list of messages (type, two bytes of length, payload) that get headers, sequence and
 * CRCs, so that what stands behind the checks is reached. */
#define _GNU_SOURCE /* memfd_create */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/recording.h"
#include "io/trpl_record_read.h"
#include "session/session.h"
#include "session/words.h"

static const char begin[] = "{\"schema\":\"taustream.recording/1\",\"bins\":4,\"bin_width_s\":1e-9,\"start_s\":0}";

static size_t put(uint8_t *to, size_t at, size_t room, uint8_t type, uint32_t sequence, const uint8_t *payload, size_t n) {
  if (at + n + TS_HEADER_BYTES + TS_CRC_BYTES > room) return at;
  return at + ts_frame_build(to + at, type, sequence, 1, payload, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static int fd = -1;
  static uint8_t made[1 << 20];
  char path[64], message[TS_MESSAGE_BYTES] = "", why[TS_MESSAGE_BYTES];
  ts_recording_reader *r = NULL;
  if (size < 1) return 0;
  size_t n = size - 1;
  if (!data[0]) {
    memcpy(made, data + 1, n < sizeof made ? n : (n = sizeof made));
  } else {
    uint32_t sequence = 0;
    n = put(made, 0, sizeof made, TS_MSG_RECORDING_BEGIN, sequence++, (const uint8_t *)begin, sizeof begin - 1);
    for (size_t at = 1; at + 3 <= size;) {
      const size_t want = data[at + 1] | (size_t)data[at + 2] << 8, left = size - at - 3, part = want < left ? want : left;
      n = put(made, n, sizeof made, data[at], sequence++, data + at + 3, part < TS_MAX_PAYLOAD_BYTES ? part : TS_MAX_PAYLOAD_BYTES);
      at += 3 + part;
    }
  }
  if (fd < 0) fd = memfd_create("fuzz", 0);
  if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, made, n, 0) != (ssize_t)n) abort();
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (ts_recording_open(&r, path, message)) {
    if (!message[0] || r) abort();
    return 0;
  }
  uint64_t frames = 0;
  for (ts_item_kind k = TS_ITEM_MESSAGE; k != TS_ITEM_END && k != TS_ITEM_BROKEN;) {
    ts_item item;
    ts_read_record record;
    message[0] = 0;
    k = ts_recording_next(r, &item, message);
    if (k == TS_ITEM_BROKEN && !message[0]) abort();
    if (k == TS_ITEM_JSON && !ts_trpl_record_read(item.json, &record, why) && !why[0]) abort();
    if (k == TS_ITEM_JSON && (record.result.components < 1 || record.result.components > TS_COMPONENTS_MAX)) abort();
    if (k != TS_ITEM_FRAME) continue;
    uint64_t sum = 0;
    bool is_full = false;
    for (size_t i = 0; i < ts_recording_reader_bins(r); i++) sum += item.counts[i], is_full |= ts_counter_is_full(item.counts[i]);
    if (item.frame.number != frames++ || sum > item.frame.photons || (sum < item.frame.photons && !is_full) || !(item.frame.end_s >= item.frame.start_s)) abort();
  }
  if (ts_recording_reader_frames(r) != frames) abort();
  ts_recording_reader_close(r);
  return 0;
}
