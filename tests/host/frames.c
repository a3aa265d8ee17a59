/* Frames of photons through the library: simulated photons go in one by one, frames with fits come out. A frame's fit is the fit of its histogram,
 * no photon is lost or counted twice, jumps of the lifetimes are followed, and what cannot be done is refused by name. */
#include <stdlib.h>

#include "check.h"
#include "taustream.h"

enum { BINS = 256 };
static const double width = 5e-11;
static uint64_t state = 0x9e3779b97f4a7c15u;

static double uniform(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

/* A photon of a bi-exponential decay behind a Gauss of 5 bins, on a background of 2 %. Bins may lie beyond the window. */
static uint32_t photon(double tau_1, double tau_2, double share_1) {
  if (uniform() < 0.02) return (uint32_t)(uniform() * BINS);
  for (;;) {
    const double gauss = sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()) * 5 / 2.3548;
    const double t = 40 + gauss - log(uniform()) * (uniform() < share_1 ? tau_1 : tau_2);
    if (t >= 0) return (uint32_t)t;
  }
}

static ts_trpl_plan *plan_on(ts_device *d, bool compact) {
  ts_trpl_options o;
  ts_trpl_plan *p = NULL;
  double example[BINS] = {0};
  for (int i = 0; i < 200000; i++) {
    const uint32_t b = photon(10, 40, 0.5);
    if (b < BINS) example[b]++;
  }
  ts_trpl_options_default(&o);
  o.bin_width_s = width;
  o.components = 2;
  o.irf_kind = TS_IRF_GAUSS;
  o.irf_fwhm_s = 5 * width;
  o.irf_start_s = 40 * width;
  o.compact = compact;
  CHECK(ts_trpl_plan_create(&p, d, &o, BINS, example) == TS_OK);
  if (!p) printf("%s\n", ts_device_message(d));
  return p;
}

/* Frames by number of photons; cold: each fit is bit for bit that of its histogram alone. */
static void counted(const char *engine, bool warm, bool compact) {
  enum { FRAMES = 40, PHOTONS = 20000 };
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL, *other = NULL;
  CHECK(ts_device_open(&d, "model", engine, message) == TS_OK && ts_device_open(&other, "model", engine, message) == TS_OK);
  if (!d || !other) return;
  ts_trpl_plan *p = plan_on(d, compact);
  state = 77;
  ts_trpl_plan *q = plan_on(other, compact);
  state = 78;
  ts_frames *f = NULL;
  const ts_frames_options o = {.photons = PHOTONS, .warm = warm, .send_histogram = true};
  CHECK(ts_frames_open(d, p, &o, &f) == TS_OK);
  if (!f) printf("%s\n", ts_device_message(d));
  if (!p || !q || !f) return;
  static uint64_t counts[FRAMES + 1][BINS];
  uint32_t outside[FRAMES + 1] = {0}, inside = 0, bins[1000];
  memset(counts, 0, sizeof counts);
  unsigned frame = 0, number = 0, warm_fits = 0, evaluations = 0, near = 0;
  while (frame < FRAMES) {
    size_t n = 1 + (size_t)(uniform() * 1000);
    for (size_t i = 0; i < n; i++) {
      /* the decay jumps twice, unrelated lifetimes and shares */
      const unsigned third = frame / (FRAMES / 3);
      bins[i] = third == 0 ? photon(10, 40, 0.5) : third == 1 ? photon(5, 30, 0.7) : photon(14, 60, 0.3);
      if (bins[i] >= BINS) {
        outside[frame]++;
      } else {
        counts[frame][bins[i]]++;
        if (++inside == PHOTONS) frame++, inside = 0;
      }
      if (frame == FRAMES) n = i + 1;
    }
    CHECK(ts_frames_photons(f, bins, n) == TS_OK);
    ts_frame r;
    bool got;
    CHECK(ts_frames_next(f, &r, 0, &got) == TS_OK);
    for (; got; ts_frames_next(f, &r, 0, &got)) {
      CHECK(r.number == number && r.photons == PHOTONS && r.outside == outside[number] && r.end == TS_FRAME_END_PHOTONS && !r.extended && !r.count_saturated);
      size_t groups;
      const uint32_t *edge = ts_frames_groups(f, &groups);
      CHECK(r.groups == groups && edge[groups] == BINS);
      unsigned wrong = 0;
      for (size_t g = 0; g < r.groups; g++) {
        uint64_t sum = 0;
        for (uint32_t b = edge[g]; b < edge[g + 1]; b++) sum += counts[number][b];
        wrong += sum != r.counts[g];
      }
      CHECK(wrong == 0);
      ts_trpl_result alone;
      bool there;
      CHECK(ts_trpl_submit(q, counts[number], number) == TS_OK && ts_trpl_poll(q, true, &alone, &there) == TS_OK && there);
      if (!warm || !r.warm) CHECK(strcmp(alone.raw, r.result.raw) == 0);
      CHECK(alone.status == r.result.status && alone.index == r.result.index);
      warm_fits += r.warm;
      evaluations += r.result.evaluations + r.evaluations_refused;
      if (!compact) {
        bool all = true;
        for (int k = 0; k < 2; k++) all = all && fabs(r.result.lifetime_s[k] - alone.lifetime_s[k]) < 0.1 * alone.lifetime_sigma_s[k];
        near += all;
        CHECK(r.result.deviance > 0 && r.result.chi2_reduced < 3);
      }
      number++;
    }
  }
  CHECK(number == FRAMES);
  printf("%s%s%s: %u of %u frames warm, %.2f evaluations a frame, %u within 0.1 sigma of the fit alone\n", engine, warm ? " warm" : " cold",
         compact ? " compact" : "", warm_fits, number, (double)evaluations / number, near);
  if (warm) CHECK(warm_fits >= FRAMES * 3 / 4);
  if (!compact) CHECK(near >= FRAMES - 1);
  /* the device is the measurement's */
  ts_trpl_result r;
  bool got;
  CHECK(ts_trpl_submit(p, counts[0], 0) == TS_OK && ts_trpl_poll(p, true, &r, &got) == TS_ERROR_DEVICE && strstr(ts_device_message(d), "busy"));
  ts_frames *second = NULL;
  CHECK(ts_frames_open(d, p, &o, &second) == TS_ERROR_ARGUMENT && !second);
  ts_frames_destroy(f);
  /* and nobody's afterwards, with the starts that it was given */
  ts_trpl_result a, b;
  CHECK(ts_trpl_submit(p, counts[1], 1) == TS_OK && ts_trpl_poll(p, true, &a, &got) == TS_OK && got);
  CHECK(ts_trpl_submit(q, counts[1], 1) == TS_OK && ts_trpl_poll(q, true, &b, &got) == TS_OK && got && strcmp(a.raw, b.raw) == 0);
  ts_trpl_plan_destroy(p);
  ts_trpl_plan_destroy(q);
  ts_device_close(d);
  ts_device_close(other);
}

/* Frames ended by the caller, empty ones too. */
static void closed(void) {
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL;
  CHECK(ts_device_open(&d, "model", "u16", message) == TS_OK);
  ts_trpl_plan *p = plan_on(d, false);
  ts_frames *f = NULL;
  const ts_frames_options o = {.warm = true};
  CHECK(ts_frames_open(d, p, &o, &f) == TS_OK);
  if (!f) return;
  const uint32_t sizes[] = {0, 5000, 0, 1, 3000, 3000};
  for (unsigned k = 0; k < 6; k++) {
    for (uint32_t i = 0; i < sizes[k]; i++) {
      uint32_t b;
      do b = photon(10, 40, 0.5);
      while (b >= BINS);
      CHECK(ts_frames_photons(f, &b, 1) == TS_OK);
    }
    CHECK(ts_frames_close(f) == TS_OK);
    ts_frame r;
    bool got = false;
    CHECK(ts_frames_next(f, &r, 1, &got) == TS_OK && got);
    CHECK(r.number == k && r.photons == sizes[k] && r.end == TS_FRAME_END_COMMAND && !r.counts && isnan(r.result.deviance));
    CHECK((r.result.status == TS_STATUS_INSUFFICIENT_DATA) == (sizes[k] < 100));
    CHECK(r.warm == (k == 5));
    CHECK(ts_frames_next(f, &r, 0, &got) == TS_OK && !got);
  }
  ts_frames_destroy(f);
  ts_trpl_plan_destroy(p);
  ts_device_close(d);
}

/* With single bins a frame's result is that of its histogram, whole: the host's look at it, too. */
static void judged(const char *engine) {
  enum { PHOTONS = 20000 };
  char message[TS_MESSAGE_BYTES];
  ts_device *d = NULL, *other = NULL;
  CHECK(ts_device_open(&d, "model", engine, message) == TS_OK && ts_device_open(&other, "model", engine, message) == TS_OK);
  state = 77;
  ts_trpl_plan *p = plan_on(d, false);
  state = 77;
  ts_trpl_plan *q = plan_on(other, false);
  ts_frames *f = NULL;
  const ts_frames_options o = {.send_raw = true};
  CHECK(ts_frames_open(d, p, &o, &f) == TS_OK);
  if (!f || !q) return;
  unsigned poor = 0;
  for (unsigned k = 0; k < 6; k++) {
    uint64_t counts[BINS] = {0};
    for (unsigned i = 0; i < PHOTONS; i++) {
      uint32_t b;
      do b = i % 50 < k / 2 ? 100 : photon(10, 40, 0.5);   /* a hot bin in the tail, where groups hide it */
      while (b >= BINS);
      counts[b]++;
      CHECK(ts_frames_photons(f, &b, 1) == TS_OK);
    }
    ts_frame r;
    ts_trpl_result alone;
    bool got = false, there = false;
    CHECK(ts_frames_close(f) == TS_OK && ts_frames_next(f, &r, 1, &got) == TS_OK && got && r.raw_bins == BINS);
    CHECK(ts_trpl_submit(q, counts, k) == TS_OK && ts_trpl_poll(q, true, &alone, &there) == TS_OK && there);
    CHECK(strcmp(alone.raw, r.result.raw) == 0 && alone.status == r.result.status && alone.flags == r.result.flags && alone.deviance == r.result.deviance);
    CHECK(alone.lifetime_s[0] == r.result.lifetime_s[0] && alone.lifetime_sigma_s[1] == r.result.lifetime_sigma_s[1]);
    poor += (r.result.flags & TS_FLAG_POOR_FIT) != 0;
  }
  CHECK(poor >= 2);
  ts_frames_destroy(f);
  ts_trpl_plan_destroy(p);
  ts_trpl_plan_destroy(q);
  ts_device_close(d);
  ts_device_close(other);
}

int main(void) {
  for (unsigned k = 0; k < 2; k++) {
    const char *engine = k ? "e18" : "u16";
    counted(engine, false, false);
    counted(engine, true, false);
    counted(engine, true, true);
    judged(engine);
  }
  closed();
  return check_end();
}
