#include "ta_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define LEFT 76.0
#define RIGHT 700.0
#define TOP 40.0
#define TRACE_BOTTOM 350.0
#define RESIDUAL_TOP 366.0
#define BOTTOM 460.0
#define MAP_RIGHT 640.0
#define TRACES 5u                /* of a matrix that are drawn */
#define LINE_STEPS 600u
#define LINEAR_FWHM 5.0          /* the time axis is even up to so many FWHM around t0, logarithmic beyond */
#define RESIDUAL_SPAN 4.0        /* sigmas */
#define NANOMETRE 1e-9
#define MAP_SCALE 2.0
#define TITLE_LENGTH 70u

static const double colour[TRACES][3] = {{0.2, 0.35, 0.65}, {0.8, 0.25, 0.1}, {0.15, 0.5, 0.25}, {0.55, 0.25, 0.6}, {0.7, 0.5, 0.1}};

typedef struct page {
  const ts_ta_origin *origin;
  const ts_ta_result *result;
  const ts_ta_spectrum *spectra;
  const ts_ta_picture *data;
  double linear;                 /* s: half of the even part of the time axis */
  double from, to;               /* of it, after bend() */
  double low, high;              /* of the upper frame */
  size_t shown[TRACES], shown_n; /* wavelengths of the traces */
} page;

/* ---- axes ---- */
static double bend(const page *p, double t)
{
  const double x = t / p->linear, size = fabs(x);
  return size <= 1 ? x : copysign(1 + log10(size), x);
}

static double unbend(const page *p, double x)
{
  return p->linear * (fabs(x) <= 1 ? x : copysign(pow(10, fabs(x) - 1), x));
}

static double x_of(const page *p, double t, double right)
{
  return LEFT + (bend(p, t) - p->from) / (p->to - p->from) * (right - LEFT);
}

static double y_of(const page *p, double y, double top, double bottom)
{
  return bottom - (y - p->low) / (p->high - p->low) * (bottom - top);
}

static double own_time(const page *p, size_t w, size_t i)
{
  return p->data->delay_s[i] - (p->origin->time_zero_s ? p->origin->time_zero_s[w] : 0) - (isfinite(p->result->t0_s) ? p->result->t0_s : 0);
}

static void find_times(page *p)
{
  const ts_ta_result *r = p->result;
  double first = INFINITY, last = -INFINITY;
  for (size_t w = 0; w < p->origin->wavelengths; w++)
    for (size_t i = 0; i < p->data->delays; i++)
      if (isfinite(p->data->signal[w * p->data->delays + i])) {
        first = fmin(first, own_time(p, w, i));
        last = fmax(last, own_time(p, w, i));
      }
  p->linear = LINEAR_FWHM * (r->irf_fwhm_s > 0 ? r->irf_fwhm_s : p->origin->options->irf_fwhm_s);
  if (!(p->linear > 0)) p->linear = (last - first) / 100;
  p->from = bend(p, first);
  p->to = bend(p, last);
  if (!(p->to > p->from)) p->to = p->from + 1;
}

static void frame(cairo_t *cr, double top, double right, double bottom)
{
  cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
  cairo_set_line_width(cr, 1);
  cairo_rectangle(cr, LEFT, top, right - LEFT, bottom - top);
  cairo_stroke(cr);
}

static void tick(cairo_t *cr, double x, double bottom, const char *text)
{
  cairo_move_to(cr, x, bottom);
  cairo_line_to(cr, x, bottom - 5);
  cairo_stroke(cr);
  if (text) ts_plot_label(cr, x, bottom + 16, 0.5, text);
}

static void time_axis(cairo_t *cr, const page *p, double right, double bottom)
{
  char text[40];
  const double first = unbend(p, p->from), last = unbend(p, p->to);
  for (int part = -4; part <= 4; part++) {
    const double t = p->linear * part / 5;
    if (t >= first && t <= last) tick(cr, x_of(p, t, right), bottom, NULL);
  }
  if (first <= 0 && last >= 0) tick(cr, x_of(p, 0, right), bottom, "0");
  for (int side = -1; side <= 1; side += 2)
    for (int d = (int)floor(log10(p->linear)); d <= 3; d++)
      for (int k = 1; k < 10; k++) {
        const double t = side * k * pow(10, d);
        if (fabs(t) < p->linear || t < first || t > last) continue;
        ts_format_time(text, sizeof text, t, 3);
        tick(cr, x_of(p, t, right), bottom, k == 1 ? text : NULL);
      }
  ts_plot_label(cr, (LEFT + right) / 2, bottom + 36, 0.5, "time after t0, even near it and logarithmic beyond");
}

/* Evenly spaced values with round steps. */
static void value_axis(cairo_t *cr, double low, double high, double top, double bottom, const char *name)
{
  char text[24];
  const double raw = (high - low) / 6, ten = pow(10, floor(log10(raw))), f = raw / ten, step = (f < 1.5 ? 1 : f < 3.5 ? 2 : f < 7.5 ? 5 : 10) * ten;
  for (double v = ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step) {
    const double y = bottom - (v - low) / (high - low) * (bottom - top);
    cairo_move_to(cr, LEFT, y);
    cairo_line_to(cr, LEFT + 6, y);
    cairo_stroke(cr);
    snprintf(text, sizeof text, "%.3g", fabs(v) < 1e-9 * step ? 0.0 : v);
    ts_plot_label(cr, LEFT - 6, y + 4, 1, text);
  }
  ts_plot_side_label(cr, 16, (top + bottom) / 2, name);
}

static void begin_page(cairo_t *cr, const page *p, const char *what)
{
  char title[300];
  const size_t length = strlen(p->origin->source);
  const bool cut = length > TITLE_LENGTH;       /* its end tells files apart */
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, 12);
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  snprintf(title, sizeof title, "%s%.180s [%llu]%s", cut ? "..." : "", p->origin->source + (cut ? length - TITLE_LENGTH : 0),
           (unsigned long long)p->result->index, what);
  ts_plot_label(cr, LEFT, TOP - 14, 0, title);
}

static void words(cairo_t *cr, const page *p, double x, double y)
{
  const ts_ta_result *r = p->result;
  char line[160], value[40], sigma[40];
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  for (unsigned k = 0; k < r->components; k++) {
    ts_format_time(value, sizeof value, r->lifetime_s[k], 4);
    ts_format_time(sigma, sizeof sigma, r->lifetime_sigma_s[k], 2);
    snprintf(line, sizeof line, "%s +- %s", value, sigma);
    ts_plot_label(cr, x, y += 16, 1, line);
  }
  ts_plot_label(cr, x, y += 16, 1, ts_status_name(r->status));
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    snprintf(line, sizeof line, "! %s", name ? name : "");
    if (name) ts_plot_label(cr, x, y += 16, 1, line);
  }
}

/* ---- traces ---- */
static void find_values(page *p)
{
  p->low = INFINITY;
  p->high = -INFINITY;
  for (size_t n = 0; n < p->shown_n; n++)
    for (size_t i = 0; i < p->data->delays; i++) {
      const double y = p->data->signal[p->shown[n] * p->data->delays + i];
      if (!isfinite(y)) continue;
      p->low = fmin(p->low, y);
      p->high = fmax(p->high, y);
    }
  if (!(p->high >= p->low)) p->low = p->high = 0;
  const double margin = p->high > p->low ? 0.06 * (p->high - p->low) : 1;
  p->low -= margin;
  p->high += margin;
}

static double largest(const page *p, size_t w)
{
  double most = -1;
  for (size_t i = 0; i < p->data->delays; i++)
    if (fabs(p->data->signal[w * p->data->delays + i]) > most) most = fabs(p->data->signal[w * p->data->delays + i]);
  return most;
}

/* The strongest wavelength of each of a few equal parts of the matrix. */
static void choose_traces(page *p)
{
  const size_t n = p->origin->wavelengths, parts = n < TRACES ? n : TRACES;
  p->shown_n = parts;
  for (size_t i = 0; i < parts; i++) {
    size_t best = i * n / parts;
    for (size_t w = best; w < (i + 1) * n / parts; w++)
      if (largest(p, w) > largest(p, best)) best = w;
    p->shown[i] = best;
  }
}

/* The fit between the data's delays too; where it bends they are close enough to be joined by lines elsewhere. */
static void draw_fit(cairo_t *cr, const page *p, size_t w)
{
  ts_ta_result r = *p->result;
  double time[LINE_STEPS], y[LINE_STEPS];
  memcpy(r.amplitude, p->spectra[w].amplitude, sizeof r.amplitude);
  memcpy(r.artefact, p->spectra[w].artefact, sizeof r.artefact);
  r.offset = p->spectra[w].offset;
  for (unsigned i = 0; i < LINE_STEPS; i++) time[i] = r.t0_s + unbend(p, p->from + (p->to - p->from) * i / (LINE_STEPS - 1));
  if (ts_ta_curve(&r, time, LINE_STEPS, y)) return;
  cairo_set_line_width(cr, 1.4);
  for (unsigned i = 0; i < LINE_STEPS; i++)
    if (isfinite(y[i])) cairo_line_to(cr, x_of(p, time[i] - r.t0_s, RIGHT), y_of(p, y[i], TOP, TRACE_BOTTOM));
  cairo_stroke(cr);
}

static void draw_trace(cairo_t *cr, const page *p, size_t n)
{
  const size_t w = p->shown[n];
  char name[40];
  cairo_set_source_rgb(cr, colour[n][0], colour[n][1], colour[n][2]);
  for (size_t i = 0; i < p->data->delays; i++) {
    const double y = p->data->signal[w * p->data->delays + i], x = x_of(p, own_time(p, w, i), RIGHT);
    const double z = ts_ta_weighted_residual(p->data, p->result, w, i);
    if (!isfinite(y)) continue;
    cairo_rectangle(cr, x - 1.2, y_of(p, y, TOP, TRACE_BOTTOM) - 1.2, 2.4, 2.4);
    if (!isfinite(z)) continue;
    const double part = fmax(-1, fmin(1, z / RESIDUAL_SPAN));
    cairo_rectangle(cr, x - 1, (RESIDUAL_TOP + BOTTOM) / 2 - part * (BOTTOM - RESIDUAL_TOP) / 2 - 1, 2, 2);
  }
  cairo_fill(cr);
  cairo_save(cr);
  cairo_rectangle(cr, LEFT, TOP, RIGHT - LEFT, TRACE_BOTTOM - TOP);
  cairo_clip(cr);
  draw_fit(cr, p, w);
  cairo_restore(cr);
  if (!isfinite(p->origin->wavelength_m[w])) return;
  snprintf(name, sizeof name, "%.5g nm", p->origin->wavelength_m[w] / NANOMETRE);
  ts_plot_label(cr, LEFT + 12, TOP + 18 + 15 * (double)n, 0, name);
}

static void draw_traces(cairo_t *cr, const void *what)
{
  const page *p = what;
  char one[40] = "";
  if (!p->origin->is_global && isfinite(p->origin->wavelength_m[0])) snprintf(one, sizeof one, ", %.5g nm", p->origin->wavelength_m[0] / NANOMETRE);
  begin_page(cr, p, p->origin->is_global ? ": traces and fits" : one);
  for (size_t n = 0; n < p->shown_n; n++) draw_trace(cr, p, n);
  frame(cr, TOP, RIGHT, TRACE_BOTTOM);
  frame(cr, RESIDUAL_TOP, RIGHT, BOTTOM);
  time_axis(cr, p, RIGHT, BOTTOM);
  value_axis(cr, p->low, p->high, TOP, TRACE_BOTTOM, "signal");
  value_axis(cr, -RESIDUAL_SPAN, RESIDUAL_SPAN, RESIDUAL_TOP, BOTTOM, "residual / sigma");
  words(cr, p, RIGHT - 12, TOP + 4);
}

/* ---- spectra ---- */
static void wavelength_range(const page *p, double *from, double *to)
{
  *from = INFINITY;
  *to = -INFINITY;
  for (size_t w = 0; w < p->origin->wavelengths; w++) {
    *from = fmin(*from, p->origin->wavelength_m[w]);
    *to = fmax(*to, p->origin->wavelength_m[w]);
  }
  if (!(*to > *from)) *from -= NANOMETRE, *to += NANOMETRE;
}

static void wavelength_axis(cairo_t *cr, double from, double to, double right, double bottom)
{
  char text[24];
  const double span = (to - from) / NANOMETRE, raw = span / 8, ten = pow(10, floor(log10(raw))), f = raw / ten;
  const double step = (f < 1.5 ? 1 : f < 3.5 ? 2 : f < 7.5 ? 5 : 10) * ten;
  for (double v = ceil(from / NANOMETRE / step - 1e-9) * step; v <= to / NANOMETRE + 1e-9 * step; v += step) {
    snprintf(text, sizeof text, "%g", v);
    tick(cr, LEFT + (v * NANOMETRE - from) / (to - from) * (right - LEFT), bottom, text);
  }
  ts_plot_label(cr, (LEFT + right) / 2, bottom + 36, 0.5, "wavelength (nm)");
}

/* Component k of a wavelength; behind the last one the offset. */
static double member(const page *p, unsigned k, size_t w, double *sigma)
{
  const ts_ta_spectrum *s = &p->spectra[w];
  *sigma = k < p->result->components ? s->amplitude_sigma[k] : s->offset_sigma;
  return k < p->result->components ? s->amplitude[k] : s->offset;
}

static void find_spectra(page *p, unsigned lines)
{
  p->low = p->high = 0;
  for (unsigned k = 0; k < lines; k++)
    for (size_t w = 0; w < p->origin->wavelengths; w++) {
      double sigma;
      const double a = member(p, k, w, &sigma);
      if (!isfinite(a)) continue;
      p->low = fmin(p->low, a);
      p->high = fmax(p->high, a);
    }
  const double margin = p->high > p->low ? 0.08 * (p->high - p->low) : 1;
  p->low -= margin;
  p->high += margin;
}

static void draw_spectrum(cairo_t *cr, const page *p, unsigned k, double from, double to)
{
  const double *c = colour[k];
  char name[60] = "offset", value[40];
  cairo_save(cr);
  cairo_rectangle(cr, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP);
  cairo_clip(cr);
  cairo_set_line_width(cr, 1);
  for (unsigned pass = 0; pass < 2; pass++) {      /* the intervals, the line */
    cairo_set_source_rgba(cr, c[0], c[1], c[2], pass ? 1 : 0.3);
    for (size_t w = 0; w < p->origin->wavelengths; w++) {
      double sigma;
      const double a = member(p, k, w, &sigma), x = LEFT + (p->origin->wavelength_m[w] - from) / (to - from) * (RIGHT - LEFT);
      if (!isfinite(a)) {
        cairo_new_sub_path(cr);
        continue;
      }
      if (pass) {
        cairo_line_to(cr, x, y_of(p, a, TOP, BOTTOM));
      } else if (isfinite(sigma)) {
        cairo_move_to(cr, x, y_of(p, a - 1.96 * sigma, TOP, BOTTOM));
        cairo_line_to(cr, x, y_of(p, a + 1.96 * sigma, TOP, BOTTOM));
      }
    }
    cairo_stroke(cr);
  }
  cairo_restore(cr);
  if (k < p->result->components) {
    ts_format_time(value, sizeof value, p->result->lifetime_s[k], 4);
    snprintf(name, sizeof name, "%s", value);
  }
  cairo_set_source_rgb(cr, c[0], c[1], c[2]);
  ts_plot_label(cr, LEFT + 12, TOP + 18 + 15 * k, 0, name);
}

static void draw_spectra(cairo_t *cr, const void *what)
{
  page p = *(const page *)what;
  const unsigned lines = p.result->components + (p.origin->options->offset == TS_FREE);
  double from, to;
  begin_page(cr, &p, ": decay-associated spectra, bars are 95 %");
  wavelength_range(&p, &from, &to);
  find_spectra(&p, lines);
  cairo_set_source_rgb(cr, 0.7, 0.7, 0.7);
  cairo_set_line_width(cr, 1);
  cairo_move_to(cr, LEFT, y_of(&p, 0, TOP, BOTTOM));
  cairo_line_to(cr, RIGHT, y_of(&p, 0, TOP, BOTTOM));
  cairo_stroke(cr);
  for (unsigned k = 0; k < lines; k++) draw_spectrum(cr, &p, k, from, to);
  frame(cr, TOP, RIGHT, BOTTOM);
  wavelength_axis(cr, from, to, RIGHT, BOTTOM);
  value_axis(cr, p.low, p.high, TOP, BOTTOM, "amplitude");
  words(cr, &p, RIGHT - 12, TOP + 4);
}

/* ---- map of the residuals ---- */
/* Blue below, white at zero, red above; grey: missing. */
static void set_colour(cairo_t *cr, double z)
{
  const double part = fmax(-1, fmin(1, z / RESIDUAL_SPAN)), size = fabs(part);
  if (isnan(z)) cairo_set_source_rgb(cr, 0.75, 0.75, 0.75);
  else if (part < 0) cairo_set_source_rgb(cr, 1 - 0.85 * size, 1 - 0.6 * size, 1 - 0.25 * size);
  else cairo_set_source_rgb(cr, 1 - 0.2 * size, 1 - 0.8 * size, 1 - 0.85 * size);
}

/* Where the cell of delay i begins: midway to its neighbour on the bent axis. */
static double edge(const page *p, size_t w, size_t i)
{
  const size_t n = p->data->delays;
  if (i == 0) return LEFT;
  if (i == n) return MAP_RIGHT;
  return (x_of(p, own_time(p, w, i - 1), MAP_RIGHT) + x_of(p, own_time(p, w, i), MAP_RIGHT)) / 2;
}

/* One rectangle a signal. */
static void draw_cells(cairo_t *cr, const page *p, double from, double to)
{
  const size_t n = p->origin->wavelengths;
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
  for (size_t w = 0; w < n; w++) {
    const double here = p->origin->wavelength_m[w], before = w ? p->origin->wavelength_m[w - 1] : here, after = w + 1 < n ? p->origin->wavelength_m[w + 1] : here;
    /* half way to the neighbours, but no further than twice the nearer one where wavelengths are left out */
    const double down = w ? fabs(here - before) : fabs(after - here), up = w + 1 < n ? fabs(after - here) : down, half = n > 1 ? fmin(down, up) / 2 : NANOMETRE;
    const double high = BOTTOM - (here + half - from) / (to - from) * (BOTTOM - TOP), low = BOTTOM - (here - half - from) / (to - from) * (BOTTOM - TOP);
    for (size_t i = 0; i < p->data->delays; i++) {
      const double left = edge(p, w, i), right = edge(p, w, i + 1);
      if (right < LEFT || left > MAP_RIGHT) continue;
      set_colour(cr, ts_ta_weighted_residual(p->data, p->result, w, i));
      cairo_rectangle(cr, left, high, right - left, low - high);
      cairo_fill(cr);
    }
  }
}

static void draw_map(cairo_t *cr, const void *what)
{
  const page *p = what;
  double from, to;
  char text[24];
  begin_page(cr, p, ": residuals / sigma, grey is missing");
  wavelength_range(p, &from, &to);
  /* as pixels in every kind of file: 100 000 rectangles would make a svg of 20 MB */
  cairo_surface_t *pixels = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(MAP_SCALE * TS_PAGE_WIDTH), (int)(MAP_SCALE * TS_PAGE_HEIGHT));
  cairo_t *on = cairo_create(pixels);
  cairo_set_source_rgb(on, 1, 1, 1);
  cairo_paint(on);
  cairo_scale(on, MAP_SCALE, MAP_SCALE);
  draw_cells(on, p, from, to);
  cairo_destroy(on);
  cairo_save(cr);
  cairo_rectangle(cr, LEFT, TOP, MAP_RIGHT - LEFT, BOTTOM - TOP);
  cairo_clip(cr);
  cairo_scale(cr, 1 / MAP_SCALE, 1 / MAP_SCALE);
  cairo_set_source_surface(cr, pixels, 0, 0);
  cairo_paint(cr);
  cairo_restore(cr);
  cairo_surface_destroy(pixels);
  for (unsigned i = 0; i < 100; i++) {
    set_colour(cr, RESIDUAL_SPAN * (i / 49.5 - 1));
    cairo_rectangle(cr, MAP_RIGHT + 14, BOTTOM - (BOTTOM - TOP) * (i + 1) / 100, 14, (BOTTOM - TOP) / 100 + 0.5);
    cairo_fill(cr);
  }
  frame(cr, TOP, MAP_RIGHT, BOTTOM);
  for (int z = -(int)RESIDUAL_SPAN; z <= (int)RESIDUAL_SPAN; z += 2) {
    snprintf(text, sizeof text, "%d", z);
    ts_plot_label(cr, MAP_RIGHT + 34, (TOP + BOTTOM) / 2 - z / RESIDUAL_SPAN * (BOTTOM - TOP) / 2 + 4, 0, text);
  }
  time_axis(cr, p, MAP_RIGHT, BOTTOM);
  value_axis(cr, from / NANOMETRE, to / NANOMETRE, TOP, BOTTOM, "wavelength (nm)");
}

bool ts_ta_plot(ts_pages *pages, const ts_ta_origin *o, const ts_ta_result *r, const ts_ta_spectrum *spectra, const ts_ta_picture *data, char *message)
{
  page p = {.origin = o, .result = r, .spectra = spectra, .data = data};
  find_times(&p);
  choose_traces(&p);
  find_values(&p);
  if (!ts_pages_add(pages, draw_traces, &p, message)) return false;
  if (!o->is_global || o->wavelengths < 2) return true;
  if (ts_pages_have_room(pages) && !ts_pages_add(pages, draw_map, &p, message)) return false;
  return !ts_pages_have_room(pages) || ts_pages_add(pages, draw_spectra, &p, message);
}
