/* A current-voltage sweep on a device: points out, result words back; docs/sclc_engine.md has the method. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../session/device_private.h"
#include "../session/words.h"
#include "sclc_refine.h"
#include "sclc_result.h"
#include "sclc_units.h"

#define GATE 2.45            /* smallest steepest slope of a trap-filled limit */
#define POINTS_FIRST 256     /* room at first */
#define TEMPERATURE_MAX_K 2000.0
#define THICKNESS_MIN_M 1e-10
#define THICKNESS_MAX_M 1.0
#define PERMITTIVITY_MAX 1e6

struct ts_sclc {
  ts_device *device;
  ts_sclc_options options;
  size_t points_max;         /* of the device */
  double *voltage, *current; /* every point of the sweep */
  size_t points, room;
  size_t group;              /* so many points are averaged into one; 0: the device has to be configured */
  size_t held;               /* points that the device has */
  uint16_t config;
  uint8_t *payload;
};

ts_error ts_sclc_create(ts_sclc **out, ts_device *d, const ts_sclc_options *o) {
  if (out) *out = NULL;
  if (!out || !d || !o) return TS_ERROR_ARGUMENT;
  const size_t points_max = ts_session_info(d->session)[TS_INFO_SCLC_POINTS_MAX];
  if (!points_max) return ts_device_fail(d, TS_ERROR_UNSUPPORTED, "the device has no SCLC engine");
  if (!(o->thickness_m >= THICKNESS_MIN_M && o->thickness_m <= THICKNESS_MAX_M))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "thickness %g m, expected %g to %g m", o->thickness_m, THICKNESS_MIN_M, THICKNESS_MAX_M);
  if (!(o->relative_permittivity >= 1 && o->relative_permittivity <= PERMITTIVITY_MAX))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "relative permittivity %g, expected 1 to %g", o->relative_permittivity, PERMITTIVITY_MAX);
  if (!(o->temperature_k > 0 && o->temperature_k <= TEMPERATURE_MAX_K))
    return ts_device_fail(d, TS_ERROR_ARGUMENT, "temperature %g K, expected above 0 and at most %g K", o->temperature_k, TEMPERATURE_MAX_K);
  ts_sclc *s = calloc(1, sizeof *s);
  if (!s) return TS_ERROR_MEMORY;
  s->device = d;
  s->options = *o;
  s->points_max = points_max < TS_SCLC_POINTS_SENT_MAX ? points_max : TS_SCLC_POINTS_SENT_MAX;
  s->room = POINTS_FIRST;
  s->voltage = malloc(s->room * sizeof *s->voltage);
  s->current = malloc(s->room * sizeof *s->current);
  s->payload = malloc(4 + 8 * s->points_max);
  if (!s->voltage || !s->current || !s->payload) {
    ts_sclc_destroy(s);
    return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory for a sweep");
  }
  *out = s;
  return TS_OK;
}

void ts_sclc_destroy(ts_sclc *s) {
  if (!s) return;
  free(s->voltage);
  free(s->current);
  free(s->payload);
  free(s);
}

ts_error ts_sclc_begin(ts_sclc *s) {
  if (!s) return TS_ERROR_ARGUMENT;
  s->points = s->group = s->held = 0;
  return TS_OK;
}

ts_error ts_sclc_point(ts_sclc *s, double voltage_v, double current_density_a_m2) {
  if (!s) return TS_ERROR_ARGUMENT;
  if (!isfinite(voltage_v) || !isfinite(current_density_a_m2))
    return ts_device_fail(s->device, TS_ERROR_INPUT, "point of %g V and %g A/m2, expected finite numbers", voltage_v, current_density_a_m2);
  if (s->points == s->room) {
    const size_t room = 2 * s->room;
    double *v = realloc(s->voltage, room * sizeof *v);
    if (v) s->voltage = v;
    double *j = realloc(s->current, room * sizeof *j);
    if (j) s->current = j;
    if (!v || !j) return ts_device_fail(s->device, TS_ERROR_MEMORY, "out of memory for %zu points", room);
    s->room = room;
  }
  s->voltage[s->points] = voltage_v;
  s->current[s->points++] = current_density_a_m2;
  return TS_OK;
}

static ts_error configure(ts_sclc *s) {
  uint8_t payload[4 * TS_SCLC_CFG_WORDS];
  const double diffusion_v = TS_SCLC_DIFFUSION * ts_sclc_v_min(s->options.temperature_k) / TS_SCLC_V_MIN_KT / TS_SCLC_TEMPLATE_FACTOR;
  ts_put_u32(payload + 4 * TS_SCLC_CFG_GATE, (uint32_t)lround(GATE * 65536));
  ts_put_u32(payload + 4 * TS_SCLC_CFG_DIFFUSION, (uint32_t)(int32_t)lround(log2(diffusion_v) * 65536));
  size_t n = 0;
  s->config = ts_session_new_config(s->device->session);
  s->device->sclc_configured = 0;
  const ts_error e = ts_session_request(s->device->session, TS_MSG_SCLC_CONFIG, s->config, payload, sizeof payload, TS_MSG_ACK, NULL, 0, &n);
  if (e) return ts_device_session_error(s->device, e);
  s->device->sclc_configured = s->config;
  s->held = 0;
  return TS_OK;
}

/* Point n of those that the device gets: the geometric mean of `group` points, or the one point. */
static void sent_point(const ts_sclc *s, size_t n, uint8_t *words) {
  const size_t first = n * s->group, last = first + s->group < s->points ? first + s->group : s->points;
  double v = s->voltage[first], j = s->current[first];
  if (last - first > 1) {
    double x = 0, y = 0;
    size_t usable = 0;
    for (size_t k = first; k < last; k++)
      if (s->voltage[k] > 0 && s->current[k] > 0) {
        x += log(s->voltage[k]);
        y += log(s->current[k]);
        usable++;
      }
    v = usable ? exp(x / (double)usable) : 0;
    j = usable ? exp(y / (double)usable) : 0;
  }
  ts_put_u32(words, ts_f32x_from_double(v));
  ts_put_u32(words + 4, ts_f32x_from_double(j));
}

/* Sends what the device does not have yet of all points in groups, and takes its answer. */
static ts_error exchange(ts_sclc *s, size_t group, uint8_t *answer, size_t bytes) {
  if (group != s->group || s->device->sclc_configured != s->config) {
    const ts_error e = configure(s);
    if (e) return e;
    s->group = group;
  }
  const size_t total = (s->points + group - 1) / group, fresh = total - s->held;
  ts_put_u32(s->payload, (uint32_t)s->held | (uint32_t)fresh << 16);
  for (size_t k = 0; k < fresh; k++) sent_point(s, s->held + k, s->payload + 4 + 8 * k);
  size_t n = 0;
  const ts_error e = ts_session_request(s->device->session, TS_MSG_SCLC_POINTS, s->config, s->payload, 4 + 8 * fresh, TS_MSG_SCLC_RESULT, answer, bytes, &n);
  if (e) return ts_device_session_error(s->device, e);
  if (n != bytes) return ts_device_fail(s->device, TS_ERROR_PROTOCOL, "SCLC result of %zu bytes, expected %zu", n, bytes);
  s->held = total;
  return TS_OK;
}

ts_error ts_sclc_answer(ts_sclc *s, ts_sclc_result *r) {
  if (!s || !r) return TS_ERROR_ARGUMENT;
  ts_device *d = s->device;
  const size_t group = s->points ? (s->points + s->points_max - 1) / s->points_max : 1;
  uint8_t answer[4 * (TS_SCLC_RES_WORDS + 1)];
  ts_error e;
  while ((e = exchange(s, group, answer, sizeof answer)) && ts_session_broken(d->session) && !(e = ts_device_recover(d, e))) {}
  if (e) return e;
  d->fruitless = 0;
  uint32_t words[TS_SCLC_RES_WORDS + 1];
  for (size_t k = 0; k <= TS_SCLC_RES_WORDS; k++) words[k] = ts_get_u32(answer + 4 * k);
  ts_sclc_result_from_words(&s->options, words, r);
  for (size_t k = 0; k < 4 * TS_SCLC_RES_WORDS; k++) snprintf(r->raw + 2 * k, 3, "%02x", answer[k]);
  r->v_max_v = NAN;   /* not the last bin's mean */
  for (size_t k = 0; k < s->points; k++) r->v_max_v = fmax(r->v_max_v, s->voltage[k]);
  if (!ts_sclc_refine(&s->options, s->voltage, s->current, s->points, r)) return ts_device_fail(d, TS_ERROR_MEMORY, "out of memory for a sweep");
  if (group > 1) r->flags |= TS_SCLC_FLAG_REBINNED;
  return TS_OK;
}
