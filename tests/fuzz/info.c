/* A device's info of any words: refused, or within what the host's memory and arithmetic are made for. */
#include <stdlib.h>
#include <string.h>

#include "session/device_private.h"
#include "session/words.h"

typedef struct device {
  ts_transport base;
  const uint8_t *p;
  size_t n, at, bytes;
  uint8_t frame[4096];
} device;

static ts_error info_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  device *d = (device *)t;
  *moved = n;
  d->bytes = ts_frame_build(d->frame, TS_MSG_INFO, ts_get_u32(bytes + TS_HEADER_SEQUENCE_BYTE), 0, d->p, d->n);
  return TS_OK;
}

static ts_error info_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  device *d = (device *)t;
  *moved = n < d->bytes - d->at ? n : d->bytes - d->at;
  memcpy(bytes, d->frame + d->at, *moved);
  d->at += *moved;
  return TS_OK;
}

static ts_error info_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  (void)t, (void)want_write, (void)timeout_ms;
  *ready = false;
  return TS_OK;
}

static void info_close(ts_transport *t) { free(t); }
static const char *info_text(const ts_transport *t) { return t ? "fuzz" : ""; }
static const ts_transport_ops ops = {info_write, info_read, info_wait, info_close, info_text};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char message[TS_MESSAGE_BYTES] = "";
  ts_device *device_opened = NULL;
  device *d = calloc(1, sizeof *d);
  if (!d) abort();
  d->base.ops = &ops;
  d->p = data;
  d->n = size < 4000 ? size : 4000;
  if (ts_device_open_transport(&device_opened, &d->base, "fuzz", NULL, message)) {
    if (!message[0]) abort();
    return 0;
  }
  const ts_device_info *i = ts_device_get_info(device_opened);
  /* Decays are fitted, or only counted, or the device is one for sweeps. */
  if (!i->components_max && !i->photon && !i->sclc_points_max) abort();
  if (i->components_max > TS_COMPONENTS_MAX || i->bins_max > 65535 || i->word_bits > 32 || i->count_bits > 32) abort();
  ts_trpl_options o;
  ts_trpl_options_default(&o);
  o.bin_width_s = 1e-10;
  o.irf_kind = TS_IRF_GAUSS;
  o.irf_fwhm_s = 5e-10;
  ts_trpl_plan *p = NULL;
  if (ts_trpl_plan_create(&p, device_opened, &o, 256, NULL) && !*ts_device_message(device_opened)) abort();
  ts_trpl_plan_destroy(p);
  ts_device_close(device_opened);
  return 0;
}
