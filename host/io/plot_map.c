#include "plot_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEFT 80.0
#define RIGHT 16.0
#define TOP 54.0
#define BELOW 50.0          /* the frame, for the axis */
#define DECADES_MIN 0.15    /* of the lifetime axis */
#define DOT 2.0
#define DENSE 256u         /* points, from which on lines are thin */

typedef struct point {
  double value[TS_COMPONENTS_MAX], low[TS_COMPONENTS_MAX], high[TS_COMPONENTS_MAX];
  uint64_t number;
  bool ok;
} point;

struct ts_map {
  point *at;
  size_t n;
  uint64_t fits, not_ok, without, stride;
  unsigned components;
  bool several;             /* sources */
  char source[240];
};

/* Where things are. */
typedef struct frame {
  double left, right, top, bottom, from, to, low, high; /* low, high: log10 of the lifetime */
} frame;

static const double colour[TS_COMPONENTS_MAX][3] = {{0.12, 0.36, 0.68}, {0.80, 0.25, 0.10}, {0.15, 0.50, 0.20}, {0.50, 0.22, 0.60}};

ts_map *ts_map_new(void)
{
  ts_map *m = calloc(1, sizeof *m);
  if (m) m->at = malloc(TS_MAP_POINTS_MAX * sizeof *m->at);
  if (m && m->at) {
    m->stride = 1;
    return m;
  }
  free(m);
  return NULL;
}

void ts_map_free(ts_map *m)
{
  if (m) free(m->at);
  free(m);
}

void ts_map_add(ts_map *m, const ts_trpl_result *r, const char *source)
{
  const uint64_t number = m->fits++;
  if (!number) snprintf(m->source, sizeof m->source, "%s", source);
  else if (strcmp(m->source, source) != 0) m->several = true;
  if (r->status != TS_STATUS_OK) m->not_ok++;
  if (isnan(r->lifetime_s[0])) m->without++;
  if (r->components > m->components) m->components = r->components;
  if (number % m->stride) return;
  if (m->n == TS_MAP_POINTS_MAX) {
    m->stride *= 2;
    m->n /= 2;
    for (size_t i = 0; i < m->n; i++) m->at[i] = m->at[2 * i];
    if (number % m->stride) return;
  }
  point *p = &m->at[m->n++];
  p->number = number;
  p->ok = r->status == TS_STATUS_OK;
  for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) {
    const bool there = k < r->components;
    p->value[k] = there ? r->lifetime_s[k] : NAN;
    p->low[k] = there ? r->lifetime_low_s[k] : NAN;
    p->high[k] = there ? r->lifetime_high_s[k] : NAN;
  }
}

static double x_of(const frame *f, double number)
{
  return f->left + (number - f->from) / (f->to - f->from) * (f->right - f->left);
}

static double y_of(const frame *f, double seconds)
{
  double part = (log10(seconds) - f->low) / (f->high - f->low);
  part = part < 0 ? 0 : part > 1 ? 1 : part;
  return f->bottom - part * (f->bottom - f->top);
}

static void widen(double *low, double *high, double seconds)
{
  if (!(seconds > 0) || !isfinite(seconds)) return;
  *low = fmin(*low, log10(seconds));
  *high = fmax(*high, log10(seconds));
}

/* The axis holds the intervals of the fits that are ok; without any, the values there are. */
static void lifetime_range(const ts_map *m, frame *f)
{
  double low = INFINITY, high = -INFINITY;
  for (int pass = 0; pass < 2 && !(low <= high); pass++)
    for (size_t i = 0; i < m->n; i++)
      for (unsigned k = 0; k < m->components; k++) {
        if (!pass && !m->at[i].ok) continue;
        widen(&low, &high, m->at[i].value[k]);
        if (pass) continue;
        widen(&low, &high, m->at[i].low[k]);
        widen(&low, &high, m->at[i].high[k]);
      }
  if (!(low <= high)) low = high = -9;
  const double more = fmax(0.05 * (high - low), (DECADES_MIN - (high - low)) / 2);
  f->low = low - more;
  f->high = high + more;
}

static double write_at(cairo_t *cr, double x, double y, double align, const char *text)
{
  cairo_text_extents_t e;
  cairo_text_extents(cr, text, &e);
  cairo_move_to(cr, x - align * e.x_advance, y);
  cairo_show_text(cr, text);
  return e.x_advance;
}

/* A step of 1, 2 or 5 times a power of ten that makes at most `most` steps. */
static double step_of(double span, double most)
{
  const double raw = span / most, ten = pow(10, floor(log10(raw))), part = raw / ten;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * ten;
}

static void lifetime_axis(cairo_t *cr, const frame *f)
{
  static const struct { double seconds; const char *name; } unit[] = {{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}, {1e-12, "ps"}, {1e-15, "fs"}};
  unsigned u = 0;
  char text[60];
  while (u < 5 && pow(10, (f->low + f->high) / 2) < unit[u].seconds) u++;
  const double low = pow(10, f->low) / unit[u].seconds, high = pow(10, f->high) / unit[u].seconds;
  if (f->high - f->low < 0.7) {
    const double step = step_of(high - low, 8);
    for (double t = ceil(low / step) * step; t <= high; t += step) {
      const double y = y_of(f, t * unit[u].seconds);
      cairo_move_to(cr, f->left, y), cairo_line_to(cr, f->left + 6, y), cairo_stroke(cr);
      snprintf(text, sizeof text, "%.6g", t);
      write_at(cr, f->left - 6, y + 4, 1, text);
    }
  } else {
    for (int d = (int)floor(log10(low)); d <= (int)floor(log10(high)); d++)
      for (int k = 1; k < 10; k++) {
        const double t = k * pow(10, d), y = y_of(f, t * unit[u].seconds);
        if (t < low || t > high) continue;
        cairo_move_to(cr, f->left, y), cairo_line_to(cr, f->left + (k == 1 ? 8 : 4), y), cairo_stroke(cr);
        if (k != 1 && (f->high - f->low > 2.5 || (k != 2 && k != 5))) continue;
        snprintf(text, sizeof text, "%g", t);
        write_at(cr, f->left - 6, y + 4, 1, text);
      }
  }
  cairo_save(cr);
  cairo_translate(cr, 18, (f->top + f->bottom) / 2);
  cairo_rotate(cr, -acos(-1.0) / 2);
  snprintf(text, sizeof text, "lifetime (%s), 95 %% interval", unit[u].name);
  write_at(cr, 0, 0, 0.5, text);
  cairo_restore(cr);
}

static void number_axis(cairo_t *cr, const frame *f)
{
  char text[40];
  const double step = fmax(step_of(f->to - f->from, 10), 1);
  for (double x = 0; x <= f->to; x += step) {
    cairo_move_to(cr, x_of(f, x), f->bottom), cairo_line_to(cr, x_of(f, x), f->bottom - 6), cairo_stroke(cr);
    snprintf(text, sizeof text, "%.0f", x);
    write_at(cr, x_of(f, x), f->bottom + 16, 0.5, text);
  }
  write_at(cr, (f->left + f->right) / 2, f->bottom + 36, 0.5, "histogram");
}

static void draw_point(cairo_t *cr, const frame *f, const point *p, unsigned k)
{
  const double x = x_of(f, (double)p->number);
  if (!(p->value[k] > 0)) return;
  if (p->ok) cairo_set_source_rgb(cr, colour[k][0], colour[k][1], colour[k][2]);
  else cairo_set_source_rgb(cr, 0.72, 0.72, 0.72);
  if (p->low[k] > 0 && p->high[k] > 0) {
    cairo_move_to(cr, x, y_of(f, p->low[k]));
    cairo_line_to(cr, x, y_of(f, p->high[k]));
    cairo_stroke(cr);
  }
  cairo_arc(cr, x, y_of(f, p->value[k]), DOT, 0, 2 * acos(-1.0));
  if (p->ok) cairo_fill(cr);
  else cairo_stroke(cr);
}

static void draw_titles(cairo_t *cr, const ts_map *m)
{
  char text[400], every[60] = "";
  if (m->stride > 1) snprintf(every, sizeof every, ", every %lluth drawn", (unsigned long long)m->stride);
  if (m->stride == 2) snprintf(every, sizeof every, ", every 2nd drawn");
  snprintf(text, sizeof text, "%.200s%s: %llu fits%s", m->source, m->several ? " and others" : "", (unsigned long long)m->fits, every);
  cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
  write_at(cr, LEFT, 20, 0, text);
  double x = LEFT;
  for (unsigned k = 0; k < m->components; k++) {
    cairo_set_source_rgb(cr, colour[k][0], colour[k][1], colour[k][2]);
    snprintf(text, sizeof text, "lifetime %u", k + 1);
    x += write_at(cr, x, 40, 0, text) + 18;
  }
  if (!m->not_ok) return;
  cairo_set_source_rgb(cr, 0.5, 0.5, 0.5);
  snprintf(text, sizeof text, "open, grey: status not ok (%llu", (unsigned long long)m->not_ok);
  size_t n = strlen(text);
  if (m->without) snprintf(text + n, sizeof text - n, ", %llu without a lifetime", (unsigned long long)m->without);
  n = strlen(text);
  snprintf(text + n, sizeof text - n, ")");
  write_at(cr, x, 40, 0, text);
}

void ts_map_draw(const ts_map *m, cairo_t *cr, double width, double height)
{
  frame f = {.left = LEFT, .right = width - RIGHT, .top = TOP, .bottom = height - BELOW, .from = -0.5, .to = (double)m->fits - 0.5};
  lifetime_range(m, &f);
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, 12);
  cairo_set_line_width(cr, m->n > DENSE ? 0.4 : 1);
  for (int ok = 0; ok < 2; ok++)
    for (size_t i = 0; i < m->n; i++)
      for (unsigned k = 0; k < m->components && m->at[i].ok == (ok == 1); k++) draw_point(cr, &f, &m->at[i], k);
  draw_titles(cr, m);
  cairo_set_line_width(cr, 1);
  cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
  cairo_rectangle(cr, f.left, f.top, f.right - f.left, f.bottom - f.top);
  cairo_stroke(cr);
  lifetime_axis(cr, &f);
  number_axis(cr, &f);
}
