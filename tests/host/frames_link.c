/* Photons over a link that damages messages: what arrives damaged is sent again with all behind it, and every photon is counted once. */
#include <stdlib.h>

#include "check.h"
#include "session/device_private.h"
#include "session/words.h"

enum { BINS = 256, PHOTONS = 60000, LIMIT = 7000, RATE = 20 };   /* one in RATE messages is damaged */

typedef struct link {
  ts_transport base;
  ts_transport *device;
  uint8_t queue[TS_HEADER_BYTES + TS_MAX_PAYLOAD_BYTES + TS_CRC_BYTES];
  size_t at, bytes;
  unsigned damaged, every;
} link;

static uint32_t state = 12345;
static uint32_t pick(uint32_t n) {
  state ^= state << 13, state ^= state >> 17, state ^= state << 5;
  return state % n;
}

static ts_error pass_on(link *l) {
  size_t k;
  const ts_error e = l->at < l->bytes ? l->device->ops->write(l->device, l->queue + l->at, l->bytes - l->at, &k) : TS_OK;
  if (!e && l->at < l->bytes) l->at += k;
  return e;
}

static ts_error link_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  link *l = (link *)t;
  const ts_error e = pass_on(l);
  *moved = 0;
  if (e || l->at < l->bytes) return e;
  memcpy(l->queue, bytes, n);
  l->at = 0;
  l->bytes = *moved = n;
  if (l->every && bytes[TS_HEADER_TYPE_BYTE] == TS_MSG_PHOTONS && pick(l->every) == 0) {
    l->queue[TS_HEADER_BYTES + pick((uint32_t)(n - TS_HEADER_BYTES - 1))] ^= (uint8_t)(1u << pick(8));
    l->damaged++;
  }
  return pass_on(l);
}

static ts_error link_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  link *l = (link *)t;
  *moved = 0;
  const ts_error e = pass_on(l);
  return e ? e : l->device->ops->read(l->device, bytes, n, moved);
}

static ts_error link_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  link *l = (link *)t;
  return l->device->ops->wait(l->device, want_write, timeout_ms, ready);
}

static void link_close(ts_transport *t) {
  link *l = (link *)t;
  l->device->ops->close(l->device);
  free(l);
}

static const char *link_text(const ts_transport *t) {
  (void)t;
  return "damaging link";
}

static const ts_transport_ops ops = {link_write, link_read, link_wait, link_close, link_text};

static ts_device *open_device(link **out) {
  link *l = calloc(1, sizeof *l);
  ts_device *d = NULL;
  char message[TS_MESSAGE_BYTES];
  l->base.ops = &ops;
  CHECK(ts_transport_open_model(&l->device, TS_ENGINE_U16, message) == TS_OK);
  CHECK(ts_device_open_transport(&d, &l->base, "damaged", "u16", message) == TS_OK);
  *out = l;
  return d;
}

int main(void) {
  static uint32_t bins[PHOTONS];
  static uint64_t counts[PHOTONS / LIMIT + 1][BINS];
  double example[BINS] = {0};
  for (int i = 0; i < PHOTONS; i++) {
    bins[i] = 30 + (uint32_t)(-20 * log((pick(1000000) + 0.5) / 1000000));
    if (bins[i] >= BINS) bins[i] = BINS - 1;
    counts[i / LIMIT][bins[i]]++;
    example[bins[i]]++;
  }
  link *l;
  ts_device *d = open_device(&l);
  ts_trpl_options o;
  ts_trpl_plan *p = NULL;
  ts_frames *f = NULL;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  o.irf_kind = TS_IRF_GAUSS;
  o.irf_fwhm_s = 4e-10;
  CHECK(ts_trpl_plan_create(&p, d, &o, BINS, example) == TS_OK);
  const ts_frames_options fo = {.photons = LIMIT, .send_histogram = true};
  CHECK(ts_frames_open(d, p, &fo, &f) == TS_OK);
  if (!f) {
    printf("%s\n", ts_device_message(d));
    return check_end();
  }
  l->every = RATE;
  ts_error e = TS_OK;
  for (int at = 0; !e && at < PHOTONS; at += 100) e = ts_frames_photons(f, bins + at, 100);
  CHECK(e == TS_OK);
  if (e) printf("%s\n", ts_device_message(d));
  CHECK(ts_frames_close(f) == TS_OK);
  unsigned frames = 0, wrong = 0;
  for (bool got = true; got;) {
    ts_frame r;
    CHECK(ts_frames_next(f, &r, 0, &got) == TS_OK);
    if (!got) break;
    if (frames > PHOTONS / LIMIT) break;
    const uint32_t *edge = ts_frames_groups(f, NULL);
    for (size_t g = 0; g < r.groups; g++) {
      uint64_t sum = 0;
      for (uint32_t b = edge[g]; b < edge[g + 1]; b++) sum += counts[frames][b];
      wrong += sum != r.counts[g];
    }
    CHECK(r.number == frames && r.photons == (frames < PHOTONS / LIMIT ? LIMIT : PHOTONS % LIMIT));
    frames++;
  }
  CHECK(frames == PHOTONS / LIMIT + 1 && wrong == 0 && l->damaged > 10);
  printf("%u messages damaged, %u frames\n", l->damaged, frames);
  ts_frames_destroy(f);

  /* nothing comes through any more: the error of the stream ends the measurement, and says so until a new one is opened */
  CHECK(ts_frames_open(d, p, &fo, &f) == TS_OK);
  if (!f) {
    printf("%s\n", ts_device_message(d));
    return check_end();
  }
  l->every = 1;
  e = TS_OK;
  for (int k = 0; !e && k < 20; k++) e = ts_frames_photons(f, bins, 500);
  if (!e) e = ts_frames_close(f);
  CHECK(e == TS_ERROR_PROTOCOL && strstr(ts_device_message(d), "crc"));
  CHECK(ts_frames_photons(f, bins, 1) != TS_OK && ts_frames_close(f) != TS_OK);
  ts_frames_destroy(f);
  ts_trpl_plan_destroy(p);
  ts_device_close(d);
  return check_end();
}
