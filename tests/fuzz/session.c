/* What a device sends, made of the input: opening, loopback, plan, histograms, reconnection. Nothing it sends may crash, hang or make a result come twice.
 *
 * Byte 0 chooses: bit 0: the rest is the raw stream; else it is a program, one step a message that the host sends (see answer()), so that frames with
 * right checks reach what lies behind. Bit 1: the device can be opened again. */
#include <stdlib.h>
#include <string.h>

#include "fit/plan.h"
#include "session/device_private.h"
#include "session/words.h"

enum { BINS = 64, HISTOGRAMS = 6, REOPENINGS_MAX = 4, OUT_ROOM = 1 << 14 };

typedef struct input {
  const uint8_t *p;
  size_t n;
  unsigned reopenings;
  bool raw;
} input;

typedef struct device {
  ts_transport base;
  input *in;
  uint8_t request[TS_HEADER_BYTES + TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES], out[OUT_ROOM];
  size_t request_bytes, out_at, out_bytes;
} device;

static unsigned take(input *in) {
  if (!in->n) return 0;
  in->n--;
  return *in->p++;
}

static void put(device *d, const uint8_t *p, size_t n) {
  if (n > OUT_ROOM - d->out_bytes) n = OUT_ROOM - d->out_bytes;
  memcpy(d->out + d->out_bytes, p, n);
  d->out_bytes += n;
}

static void answer(device *d) {
  input *in = d->in;
  uint8_t payload[1024], frame[sizeof payload + TS_HEADER_BYTES + TS_CRC_BYTES];
  const uint8_t *r = d->request;
  const unsigned step = take(in);
  uint8_t type = r[TS_HEADER_TYPE_BYTE] == TS_MSG_INFO_REQUEST ? TS_MSG_INFO : r[TS_HEADER_TYPE_BYTE] == TS_MSG_ECHO_REQUEST ? TS_MSG_ECHO
                 : r[TS_HEADER_TYPE_BYTE] == TS_MSG_HISTOGRAM_GROUPED ? TS_MSG_RESULT : TS_MSG_ACK;
  uint32_t sequence = ts_get_u32(r + TS_HEADER_SEQUENCE_BYTE);
  uint16_t config = (uint16_t)ts_get_u16(r + TS_HEADER_CONFIG_BYTE);
  size_t n = type == TS_MSG_INFO ? 4 * TS_INFO_WORDS : type == TS_MSG_RESULT ? 4 * (TS_RES_FIXED_WORDS + 10 + 1) : 0;
  memset(payload, 0, sizeof payload);
  if (type == TS_MSG_INFO) {
    static const uint32_t good[TS_INFO_WORDS] = {TS_PROTOCOL_VERSION, TS_ENGINE_E18, 4, 4096, 480, 512, 18, 36, 24, 2, 0, 1};
    for (unsigned i = 0; i < TS_INFO_WORDS; i++) ts_put_u32(payload + 4 * i, good[i]);
  } else if (type == TS_MSG_ECHO) {
    n = ts_get_u32(r + TS_HEADER_LENGTH_BYTE);
    memcpy(payload, r + TS_HEADER_BYTES, n);
  }
  switch (step & 7) {
    case 0: case 6: break;
    case 1: type = (uint8_t)take(in); break;
    case 2: type = TS_MSG_ERROR, n = 4, payload[0] = (uint8_t)take(in); break;
    case 3: for (size_t i = 0; i < n; i++) payload[i] = (uint8_t)take(in); break;
    case 4: payload[take(in) % sizeof payload] = (uint8_t)take(in); break;
    case 5: return;
    default: break;
  }
  if (step & 8) sequence += take(in);
  if (step & 16) config = (uint16_t)(config + take(in));
  if (step & 32) n = 4 * take(in);
  const size_t k = ts_frame_build(frame, type, sequence, config, payload, n);
  if ((step & 7) == 7) frame[take(in) % k] ^= (uint8_t)take(in);
  put(d, frame, step & 64 ? k / 2 : k);
  if ((step & 7) == 6) put(d, frame, k);
}

static ts_error fuzz_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  device *d = (device *)t;
  *moved = n;
  for (size_t i = 0; i < n; i++) {
    d->request[d->request_bytes++] = bytes[i];
    if (d->request_bytes < TS_HEADER_BYTES || d->request_bytes < TS_HEADER_BYTES + ts_get_u32(d->request + TS_HEADER_LENGTH_BYTE) + TS_CRC_BYTES) continue;
    if (!d->in->raw) answer(d);
    d->request_bytes = 0;
  }
  return TS_OK;
}

static ts_error fuzz_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  device *d = (device *)t;
  const size_t left = d->in->raw ? d->in->n : d->out_bytes - d->out_at, k = n < left ? n : left;
  *moved = k;
  if (k) memcpy(bytes, d->in->raw ? d->in->p : d->out + d->out_at, k);
  if (d->in->raw) d->in->p += k, d->in->n -= k;
  else d->out_at += k;
  return TS_OK;
}

static ts_error fuzz_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  (void)t, (void)want_write, (void)timeout_ms;
  *ready = false;
  return TS_OK;
}

static void fuzz_close(ts_transport *t) { free(t); }
static const char *fuzz_text(const ts_transport *t) { return t ? "fuzz" : ""; }
static const ts_transport_ops ops = {fuzz_write, fuzz_read, fuzz_wait, fuzz_close, fuzz_text};

static ts_transport *make(input *in) {
  device *d = calloc(1, sizeof *d);
  if (!d) abort();
  d->base.ops = &ops;
  d->in = in;
  return &d->base;
}

static ts_error reopen(void *context, ts_transport **t, char *message) {
  input *in = context;
  message[0] = 0;
  if (in->reopenings++ >= REOPENINGS_MAX || !in->n) return TS_ERROR_TRANSPORT;
  *t = make(in);
  return TS_OK;
}

static void no_wait(void *context, int timeout_ms) { (void)context, (void)timeout_ms; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  if (size < 1) return 0;
  input in = {.p = data + 1, .n = size - 1, .raw = data[0] & 1};
  if (ts_device_open_transport(&d, make(&in), "fuzz", NULL, message)) return 0;
  ts_session_set_timeout(d->session, 1000);
  if (data[0] & 2) {
    d->reopen = (ts_reopen){reopen, no_wait, &in};
    d->reconnect_ms = 1;
  }
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  ts_trpl_plan *p = NULL;
  uint64_t counts[BINS], expected = 0;
  for (unsigned i = 0; i < BINS; i++) counts[i] = 1000u >> i / 8;
  ts_error e = ts_device_echo(d, (const uint8_t *)"fuzz", 4);
  if (!e) e = ts_trpl_plan_create(&p, d, &o, BINS, NULL);
  for (uint64_t i = 0; !e && i < 2; i++) e = ts_trpl_submit(p, counts, i);
  for (uint64_t sent = 2; !e && expected < HISTOGRAMS; expected++) {
    ts_trpl_result r;
    bool got = false;
    e = ts_trpl_poll(p, true, &r, &got);
    if (!e && (!got || r.index != expected)) abort();
    if (!e && sent < HISTOGRAMS) e = ts_trpl_submit(p, counts, sent++);
  }
  ts_trpl_plan_destroy(p);
  ts_device_close(d);
  return 0;
}
