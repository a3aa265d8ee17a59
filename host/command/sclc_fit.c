#include "sclc_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fit/sclc_units.h"
#include "interrupt.h"

#define BOLTZMANN_V_K 8.617333262e-5
#define HYSTERESIS_LEAST 0.02            /* of ln J */
#define ASYMMETRY_LEAST 0.22             /* of ln J: a quarter */
#define SIGMAS 4.5                       /* and beyond the noise */
#define ASYMMETRY_FROM_V 0.05            /* 2 kT/q: below, both polarities are alike */
#define PART_OF_HIGHEST 0.1              /* of the voltage: where directions are compared when there is no onset */
#define CHANGE 0.005                     /* of V_TFL: what is worth a line while points come */

typedef struct job {
  const char *path, *column;
  const sclc_options *options;
  ts_device *device;
  ts_sclc *sclc;
  sclc_sink *sink;
  uint64_t index;                        /* of the file's next branch */
} job;

static sclc_end library_failed(const job *j, ts_error e)
{
  const char *message = ts_device_message(j->device);
  /* Ctrl-C on a terminal also reaches a simulated device, which then is gone. */
  if (interrupted() && is_device_error(e)) return SCLC_INTERRUPTED;
  complain(0, "%s: %s%s%s", j->path, ts_error_text(e), message && *message ? ": " : "", message ? message : "");
  return is_device_error(e) ? SCLC_DEVICE_FAILED : SCLC_INPUT_FAILED;
}

static unsigned flags_of(const ts_sweep_branch *b)
{
  return (b->clipped ? TS_SCLC_FLAG_COMPLIANCE : 0u) | (b->excluded ? TS_SCLC_FLAG_POINTS_EXCLUDED : 0u) | (b->inverted ? TS_SCLC_FLAG_CURRENT_INVERTED : 0u) |
         (b->direction == TS_UNSORTED ? TS_SCLC_FLAG_UNSORTED : 0u) | (b->offset_v > 0 ? TS_SCLC_FLAG_CURRENT_OFFSET : 0u);
}

/* The branch's points from `from` on, and the answer. */
static ts_error ask(const job *j, const ts_sweep_branch *b, size_t from, ts_sclc_result *r)
{
  ts_error e = from ? TS_OK : ts_sclc_begin(j->sclc);
  for (size_t i = from; !e && i < b->n; i++) e = ts_sclc_point(j->sclc, b->v[i], b->j[i]);
  if (!e) e = ts_sclc_answer(j->sclc, r);
  if (e) return e;
  /* The source's limit is what ended the sweep too early. */
  if (b->clipped && r->status != TS_SCLC_OK && r->status != TS_SCLC_UPPER_BOUND && (r->flags & TS_SCLC_FLAG_SWEEP_TOO_SHORT)) r->status = TS_SCLC_SATURATED;
  r->flags |= flags_of(b);
  return TS_OK;
}

static ts_sclc_origin origin_of(const job *j, const ts_sweep_branch *b, uint64_t index)
{
  const ts_sweep_difference none = {NAN, NAN, NAN, false};
  return (ts_sclc_origin){.source = j->path, .column = j->column, .index = index, .device = ts_device_get_info(j->device), .branch = b,
                          .options = &j->options->fit, .hysteresis = none, .polarity = none, .built_in_voltage_least_v = NAN};
}

/* ---- branches beside each other ---- */
/* The neighbouring branch of the same polarity and the other direction; n: there is none. */
static size_t other_direction(const ts_sweep *s, size_t i)
{
  const ts_sweep_branch *b = s->branch;
  for (unsigned side = 0; side < 2; side++) {
    const size_t k = side ? i - 1 : i + 1;   /* i - 1 of 0 is beyond the end */
    if (k < s->n && b[k].negative == b[i].negative && b[k].direction != b[i].direction && b[i].direction != TS_UNSORTED) return k;
  }
  return s->n;
}

static size_t other_polarity(const ts_sweep *s, size_t i)
{
  size_t found = s->n;
  for (size_t k = 0; k < s->n; k++)
    if (s->branch[k].negative != s->branch[i].negative && (found == s->n || s->branch[k].direction == s->branch[i].direction)) found = k;
  return found;
}

static void compare(const ts_sweep *s, size_t i, ts_sclc_origin *o, ts_sclc_result *r)
{
  const ts_sweep_branch *b = &s->branch[i];
  const size_t turn = other_direction(s, i), side = other_polarity(s, i);
  if (turn < s->n) {
    const bool forward = b->direction == TS_FORWARD;
    const double from = isfinite(r->v_onset_v) ? r->v_onset_v : PART_OF_HIGHEST * r->v_max_v;
    o->hysteresis = ts_sweep_compare(forward ? b : &s->branch[turn], forward ? &s->branch[turn] : b, from, INFINITY, HYSTERESIS_LEAST, SIGMAS);
    if (o->hysteresis.is_significant) r->flags |= TS_SCLC_FLAG_HYSTERESIS;
  }
  if (side < s->n) {
    o->polarity = ts_sweep_compare(b, &s->branch[side], ASYMMETRY_FROM_V, INFINITY, ASYMMETRY_LEAST, SIGMAS);
    o->larger_polarity = o->polarity.ratio > 1;
    if (o->polarity.ratio < 1) o->polarity.ratio = 1 / o->polarity.ratio;
    o->built_in_voltage_least_v = BOLTZMANN_V_K * o->options->temperature_k * log(o->polarity.ratio);
    if (o->polarity.is_significant) r->flags |= TS_SCLC_FLAG_BUILT_IN_VOLTAGE;
  }
}

static sclc_end fit_curve(job *j, const ts_sweep_point *p, size_t n)
{
  char message[TS_MESSAGE_BYTES];
  ts_sweep s;
  sclc_end end = SCLC_DONE;
  if (ts_sweep_cut(&s, p, n, j->path, message)) {
    complain(0, "%s", message);
    return SCLC_INPUT_FAILED;
  }
  if (j->options->common.verbose && s.excluded) complain(0, "%s: %zu points at V = 0 or in short turns are left out", j->path, s.excluded);
  for (size_t i = 0; i < s.n && end == SCLC_DONE; i++) {
    ts_sclc_result r;
    ts_error e = interrupted() ? TS_OK : ask(j, &s.branch[i], 0, &r);
    if (interrupted()) end = SCLC_INTERRUPTED;
    else if (e) end = library_failed(j, e);
    if (end != SCLC_DONE) break;
    ts_sclc_origin o = origin_of(j, &s.branch[i], j->index++);
    compare(&s, i, &o, &r);
    sclc_sink_put(j->sink, &o, &r);
  }
  ts_sweep_free(&s);
  return end;
}

sclc_end sclc_fit_file(const char *path, const sclc_options *o, ts_device *d, ts_sclc *s, sclc_sink *sink)
{
  char message[TS_MESSAGE_BYTES];
  ts_sclc_file *f;
  job j = {.path = path, .column = "", .options = o, .device = d, .sclc = s, .sink = sink};
  if (ts_sclc_file_read(&f, path, &o->read, message)) {
    if (interrupted()) return SCLC_INTERRUPTED;
    complain(0, "%s", message);
    return SCLC_INPUT_FAILED;
  }
  const size_t n = ts_sclc_file_points(f), curves = ts_sclc_file_curves(f);
  ts_sweep_point *p = malloc(n * sizeof *p);
  sclc_end end = SCLC_DONE;
  if (!p) {
    complain(0, "%s: out of memory", path);
    end = SCLC_INPUT_FAILED;
  }
  for (size_t c = 0; p && c < curves; c++) {
    if (curves > 1) j.column = ts_sclc_file_name(f, c);
    for (size_t i = 0; i < n; i++) p[i] = ts_sclc_file_point(f, c, i);
    const sclc_end one = fit_curve(&j, p, n);
    if (one != SCLC_DONE) end = one;
    if (one == SCLC_DEVICE_FAILED || one == SCLC_INTERRUPTED) break;
  }
  free(p);
  ts_sclc_file_free(f);
  return end;
}

/* ---- --follow ---- */
typedef struct following {
  ts_sweep_point *p;
  size_t n, room;
  ts_sweep_branch last;        /* the branch at hand when the device was last asked; its points were sent */
  ts_sclc_status status;
  double v_tfl_v;
  bool told;
} following;

/* How many points of b the device already has, in order; 0: it must begin again. */
static size_t known_points(const ts_sweep_branch *known, const ts_sweep_branch *b)
{
  if (known->n == 0 || known->n > b->n) return 0;
  for (size_t i = 0; i < known->n; i++)
    if (known->v[i] != b->v[i] || known->j[i] != b->j[i]) return 0;
  return known->n;
}

static bool is_news(const following *f, const ts_sclc_result *r)
{
  return !f->told || r->status != f->status || fabs(r->v_tfl_v - f->v_tfl_v) > CHANGE * fabs(r->v_tfl_v);
}

static bool keep(following *f, ts_sweep_point p)
{
  if (f->n == f->room) {
    const size_t room = f->room ? 2 * f->room : 256;
    ts_sweep_point *more = realloc(f->p, room * sizeof *more);
    if (!more) return false;
    f->p = more;
    f->room = room;
  }
  f->p[f->n++] = p;
  return true;
}

/* One more point: the branch it belongs to, the device's answer so far. */
static sclc_end provisional(job *j, following *f)
{
  char message[TS_MESSAGE_BYTES];
  ts_sweep s;
  ts_sclc_result r;
  if (ts_sweep_cut(&s, f->p, f->n, j->path, message)) return SCLC_DONE;   /* not yet usable; the end tells */
  ts_sweep_branch *b = &s.branch[s.n - 1];
  ts_error e = ask(j, b, known_points(&f->last, b), &r);
  if (!e && (j->options->common.json || is_news(f, &r))) {
    ts_sclc_origin o = origin_of(j, b, s.n - 1);
    o.provisional = true;
    sclc_sink_provisional(j->sink, &o, &r);
    f->told = true;
    f->status = r.status;
    f->v_tfl_v = r.v_tfl_v;
  }
  free(f->last.v);
  free(f->last.j);
  f->last = *b;
  b->v = b->j = NULL;          /* f->last has them now */
  ts_sweep_free(&s);
  return e ? library_failed(j, e) : SCLC_DONE;
}

sclc_end sclc_follow(const char *path, const sclc_options *o, ts_device *d, ts_sclc *s, sclc_sink *sink)
{
  char message[TS_MESSAGE_BYTES];
  ts_sclc_stream *stream;
  job j = {.path = path, .column = "", .options = o, .device = d, .sclc = s, .sink = sink};
  following f = {0};
  sclc_end end = SCLC_DONE;
  bool got = true, bad = false;
  if (ts_sclc_stream_open(&stream, path, &o->read, message)) {
    complain(0, "%s", message);
    return SCLC_INPUT_FAILED;
  }
  if (sink->has_text) ts_sclc_line_header(stdout);
  while (end == SCLC_DONE && got) {
    ts_sweep_point p;
    bad = ts_sclc_stream_next(stream, &p, &got, message) != TS_OK;
    if (bad || interrupted() || !got) break;
    if (!keep(&f, p)) {
      snprintf(message, sizeof message, "%.300s: out of memory", path);
      bad = true;
      break;
    }
    end = provisional(&j, &f);
  }
  if (bad && !interrupted()) complain(0, "%s", message);
  if (end == SCLC_DONE && f.n) end = fit_curve(&j, f.p, f.n);
  else if (end == SCLC_DONE && !bad && !interrupted()) complain(0, "%s: no points: expected lines of voltage and current", path);
  if (end == SCLC_DONE && (bad || !f.n)) end = SCLC_INPUT_FAILED;
  if (interrupted()) end = SCLC_INTERRUPTED;
  ts_sclc_stream_close(stream);
  free(f.last.v);
  free(f.last.j);
  free(f.p);
  return end;
}

/* ---- --v-tfl ---- */
ts_sclc_status sclc_published(const sclc_options *o, double v, uint64_t index, sclc_sink *sink)
{
  const ts_sweep_difference none = {NAN, NAN, NAN, false};
  const ts_sclc_options *c = &o->fit;
  const double v_min = ts_sclc_v_min(c->temperature_k), bound = ts_sclc_density(v_min, c->thickness_m, c->relative_permittivity);
  const double n = ts_sclc_density(v, c->thickness_m, c->relative_permittivity);
  const bool resolved = v >= v_min;
  const double field = v / c->thickness_m;
  const unsigned doubt = field > TS_SCLC_FIELD_PLAUSIBLE_V_M || (resolved && n > TS_SCLC_DENSITY_PLAUSIBLE_M3) ? TS_SCLC_FLAG_IMPLAUSIBLE : 0;
  const ts_sclc_result r = {
    .status = resolved ? TS_SCLC_OK : TS_SCLC_UPPER_BOUND, .flags = TS_SCLC_FLAG_CONVENTIONAL_VALUE | doubt, .v_onset_v = v, .v_min_v = v_min,
    .v_tfl_v = resolved ? v : NAN, .v_tfl_low_v = resolved ? NAN : 0, .v_tfl_high_v = resolved ? NAN : v_min, .trap_density_m3 = resolved ? n : NAN,
    .trap_density_low_m3 = resolved ? NAN : 0, .trap_density_high_m3 = resolved ? NAN : bound, .trap_density_onset_m3 = n, .trap_density_min_m3 = bound,
    .mobility_m2_vs = NAN, .mobility_sigma_m2_vs = NAN, .slope_max = NAN, .v_max_v = NAN, .v_inflection_v = NAN, .v_2_v = NAN, .ohmic_a_m2_v = NAN,
    .ohmic_over_least = NAN,
    .tangent_slope = NAN, .tangent_v = NAN, .tangent_j_a_m2 = NAN, .last_slope = NAN, .last_v = NAN, .last_j_a_m2 = NAN, .v_t_v = NAN, .j_0_a_m2 = NAN,
    .fit_from_v = NAN, .residual_rms = NAN, .noise_rms = NAN, .mark_helfrich_l = NAN, .leak_a_m2_v = NAN, .leak_part = NAN,
    .field_gamma_sqrt_m_v = NAN, .series_ohm_m2 = NAN, .field_max_v_m = field, .drift_velocity_m_s = NAN, .cycles = -1};
  const ts_sclc_origin origin = {.source = "--v-tfl", .column = "", .index = index, .options = c, .hysteresis = none, .polarity = none,
                                 .built_in_voltage_least_v = NAN};
  sclc_sink_put(sink, &origin, &r);
  return r.status;
}
