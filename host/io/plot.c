#include "plot.h"

#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "plot_map.h"
#include "plot_pages.h"

#define WIDTH TS_PAGE_WIDTH
#define HEIGHT TS_PAGE_HEIGHT
#define LEFT 70.0
#define RIGHT 16.0
#define TOP 34.0
#define DATA_BOTTOM 360.0   /* the data's frame ends here, the residuals' begins 14 below */
#define RESIDUAL_TOP 374.0
#define BOTTOM 470.0
#define POINTS_MAX 4096u    /* more bins than these are summed for drawing */

struct ts_plot {
  ts_pages *pages;
  ts_map *map;              /* pdf: none */
  uint64_t fits;
};

/* What is drawn: a curve with its bins summed to at most POINTS_MAX points, and the axes' ranges. */
typedef struct view {
  size_t n;
  double *t, *y, *m, *r;     /* seconds (middle), counts per bin, fit, residual */
  double from, to;          /* seconds */
  double low, high;         /* log10 of counts */
  double span;              /* residuals: +- */
} view;

static double x_of(const view *v, double t)
{
  return LEFT + (t - v->from) / (v->to - v->from) * (WIDTH - RIGHT - LEFT);
}

static double y_of(const view *v, double counts)
{
  double l = counts > 0 ? log10(counts) : v->low;
  if (l < v->low) l = v->low;
  return DATA_BOTTOM - (l - v->low) / (v->high - v->low) * (DATA_BOTTOM - TOP);
}

static double r_of(const view *v, double r)
{
  double part = r / v->span;
  part = part > 1 ? 1 : part < -1 ? -1 : part;
  return (RESIDUAL_TOP + BOTTOM) / 2 - part * (BOTTOM - RESIDUAL_TOP) / 2;
}

static bool make_view(view *v, const ts_curve *c)
{
  size_t sum = (c->bins + POINTS_MAX - 1) / POINTS_MAX;
  double top = 1, bottom = INFINITY, span = 4;
  v->n = c->bins / sum;
  v->t = calloc(4 * v->n + 4, sizeof *v->t);
  if (!v->t) return false;
  v->y = v->t + v->n;
  v->m = v->y + v->n;
  v->r = v->m + v->n;
  for (size_t i = 0; i < v->n; i++) {
    double y = 0, m = 0;
    for (size_t j = i * sum; j < (i + 1) * sum; j++) {
      y += c->counts[j];
      m += c->fit ? c->fit[j] : NAN;
    }
    v->t[i] = c->start_s + ((double)i + 0.5) * (double)sum * c->bin_width_s;
    v->y[i] = y / (double)sum;
    v->m[i] = m / (double)sum;
    v->r[i] = ts_weighted_residual(y, m);
    if (v->y[i] > top) top = v->y[i];
    if (v->y[i] > 0 && v->y[i] < bottom) bottom = v->y[i];
    if (fabs(v->r[i]) > span) span = fabs(v->r[i]);
  }
  v->from = c->start_s;
  v->to = c->start_s + (double)c->bins * c->bin_width_s;
  v->high = ceil(log10(top * 1.2) * 10) / 10;
  v->low = isfinite(bottom) ? log10(bottom) - 0.3 : -1;
  if (v->high - v->low < 1) v->low = v->high - 1;
  v->span = ceil(span);
  return true;
}

static void frame(cairo_t *cr, double top, double bottom)
{
  cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
  cairo_set_line_width(cr, 1);
  cairo_rectangle(cr, LEFT, top, WIDTH - RIGHT - LEFT, bottom - top);
  cairo_stroke(cr);
}

static void time_axis(cairo_t *cr, const view *v)
{
  static const char *const name[] = {"s", "ms", "us", "ns", "ps", "fs"};
  double span = v->to - v->from, scale = 1;
  unsigned unit = 0;
  char text[40];
  while (unit < 5 && span / scale < 2) unit++, scale /= 1000;
  double raw = span / scale / 8, ten = pow(10, floor(log10(raw))), f = raw / ten;
  double step = (f < 1.5 ? 1 : f < 3.5 ? 2 : f < 7.5 ? 5 : 10) * ten;
  for (double t = ceil(v->from / scale / step - 1e-9) * step; t <= v->to / scale + 1e-9 * step; t += step) {
    double x = x_of(v, t * scale);
    cairo_move_to(cr, x, BOTTOM);
    cairo_line_to(cr, x, BOTTOM - 5);
    cairo_move_to(cr, x, DATA_BOTTOM);
    cairo_line_to(cr, x, DATA_BOTTOM - 5);
    cairo_stroke(cr);
    snprintf(text, sizeof text, "%g", fabs(t) < 1e-9 * step ? 0.0 : t);
    ts_plot_label(cr, x, BOTTOM + 16, 0.5, text);
  }
  snprintf(text, sizeof text, "time (%s)", name[unit]);
  ts_plot_label(cr, (LEFT + WIDTH - RIGHT) / 2, BOTTOM + 36, 0.5, text);
}

static void count_axis(cairo_t *cr, const view *v)
{
  for (int d = (int)floor(v->low); d <= (int)v->high; d++)
    for (int k = 1; k < 10; k++) {
      double l = d + log10(k);
      if (l < v->low - 1e-9 || l > v->high + 1e-9) continue;
      double y = y_of(v, pow(10, l));
      cairo_move_to(cr, LEFT, y);
      cairo_line_to(cr, LEFT + (k == 1 ? 8 : 4), y);
      cairo_stroke(cr);
      char text[16];
      snprintf(text, sizeof text, "1e%d", d);
      if (d >= 0 && d <= 4) snprintf(text, sizeof text, "%.0f", pow(10, d));
      if (k == 1) ts_plot_label(cr, LEFT - 6, y + 4, 1, text);
    }
}

static void residual_axis(cairo_t *cr, const view *v)
{
  char text[16];
  const double part[] = {-1, 0, 1};
  for (unsigned i = 0; i < 3; i++) {
    double y = r_of(v, part[i] * v->span);
    snprintf(text, sizeof text, "%g", part[i] * v->span);
    ts_plot_label(cr, LEFT - 6, y + 4, 1, text);
    cairo_move_to(cr, LEFT, y);
    cairo_line_to(cr, part[i] == 0 ? WIDTH - RIGHT : LEFT + 6, y);
    cairo_stroke(cr);
  }
}

static void draw_irf(cairo_t *cr, const view *v, const ts_curve *c)
{
  double most = 0, top = 0;
  bool down = false;
  for (size_t i = 0; i < c->irf_bins; i++) most = fmax(most, c->irf[i]);
  for (size_t i = 0; i < v->n; i++) top = fmax(top, v->y[i]);
  if (!(most > 0)) return;
  cairo_set_source_rgb(cr, 0.35, 0.6, 0.35);
  cairo_set_line_width(cr, 1);
  for (size_t i = 0; i < c->irf_bins; i++) {
    double t = c->irf_start_s + ((double)i + 0.5) * c->irf_bin_width_s, y = c->irf[i] / most * top;
    bool inside = t >= v->from && t <= v->to && y > 0 && log10(y) > v->low;
    if (inside && down) cairo_line_to(cr, x_of(v, t), y_of(v, y));
    if (inside && !down) cairo_move_to(cr, x_of(v, t), y_of(v, y));
    down = inside;
  }
  cairo_stroke(cr);
}

static void draw(cairo_t *cr, const view *v, const ts_curve *c, const char *text)
{
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, 12);
  if (c->irf) draw_irf(cr, v, c);
  cairo_set_source_rgb(cr, 0.2, 0.35, 0.65);
  for (size_t i = 0; i < v->n; i++) {
    if (v->y[i] > 0) cairo_rectangle(cr, x_of(v, v->t[i]) - 1, y_of(v, v->y[i]) - 1, 2, 2);
    if (isfinite(v->r[i])) cairo_rectangle(cr, x_of(v, v->t[i]) - 0.75, r_of(v, v->r[i]) - 0.75, 1.5, 1.5);
  }
  cairo_fill(cr);
  cairo_set_source_rgb(cr, 0.8, 0.15, 0.1);
  cairo_set_line_width(cr, 1.4);
  for (size_t i = 0; i < v->n; i++)
    if (v->m[i] > 0) cairo_line_to(cr, x_of(v, v->t[i]), y_of(v, v->m[i]));
  cairo_stroke(cr);
  frame(cr, TOP, DATA_BOTTOM);
  frame(cr, RESIDUAL_TOP, BOTTOM);
  time_axis(cr, v);
  count_axis(cr, v);
  residual_axis(cr, v);
  ts_plot_side_label(cr, 16, (TOP + DATA_BOTTOM) / 2, "counts per bin");
  ts_plot_side_label(cr, 16, (RESIDUAL_TOP + BOTTOM) / 2, "residual / sigma");
  ts_plot_label(cr, LEFT, TOP - 12, 0, c->title);
  double y = TOP + 20;
  while (*text) {
    char line[160];
    size_t n = strcspn(text, "\n");
    snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
    ts_plot_label(cr, WIDTH - RIGHT - 12, y, 1, line);
    y += 16;
    text += n + (text[n] ? 1 : 0);
  }
}

/* Something drawn into a page. */
typedef struct picture {
  const view *view;
  const ts_curve *curve;
  const char *text;
} picture;

static void draw_picture(cairo_t *cr, const void *what)
{
  const picture *p = what;
  draw(cr, p->view, p->curve, p->text);
}

static void draw_map(cairo_t *cr, const void *map)
{
  ts_map_draw(map, cr, WIDTH, HEIGHT);
}

ts_plot *ts_plot_open(const char *path, char *message)
{
  ts_plot *p = calloc(1, sizeof *p);
  if (!p) {
    snprintf(message, TS_MESSAGE_BYTES, "out of memory");
    return NULL;
  }
  p->pages = ts_pages_open(path, message);
  if (p->pages && !ts_pages_are_pdf(p->pages) && !(p->map = ts_map_new())) {
    snprintf(message, TS_MESSAGE_BYTES, "out of memory");
    ts_pages_abandon(p->pages);
    p->pages = NULL;
  }
  if (p->pages) return p;
  free(p);
  return NULL;
}

bool ts_plot_wants_curve(const ts_plot *p)
{
  return p->fits < (ts_pages_are_pdf(p->pages) ? TS_PLOT_PAGES_MAX : TS_PLOT_FILES_MAX);
}

static bool add_page(ts_plot *p, const ts_curve *c, const char *text, char *message)
{
  view v;
  if (!make_view(&v, c)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", c->title);
    return false;
  }
  bool good = ts_pages_add(p->pages, draw_picture, &(picture){.view = &v, .curve = c, .text = text}, message);
  free(v.t);
  return good;
}

bool ts_plot_add(ts_plot *p, const ts_trpl_result *r, const char *source, const ts_curve *c, const char *text, char *message)
{
  const bool page = ts_plot_wants_curve(p) && c;
  p->fits++;
  if (p->map) ts_map_add(p->map, r, source);
  if (p->map && p->fits > TS_PLOT_FILES_MAX) ts_pages_forget(p->pages);
  return !page || add_page(p, c, text, message);
}

uint64_t ts_plot_left_out(const ts_plot *p)
{
  return ts_pages_are_pdf(p->pages) && p->fits > TS_PLOT_PAGES_MAX ? p->fits - TS_PLOT_PAGES_MAX : 0;
}

bool ts_plot_commit(ts_plot *p, char *message)
{
  bool good = true;
  if (p->map && p->fits > TS_PLOT_FILES_MAX) good = ts_pages_add(p->pages, draw_map, p->map, message);
  if (good) good = ts_pages_commit(p->pages, message);
  else ts_pages_abandon(p->pages);
  ts_map_free(p->map);
  free(p);
  return good;
}

void ts_plot_abandon(ts_plot *p)
{
  if (!p) return;
  ts_pages_abandon(p->pages);
  ts_map_free(p->map);
  free(p);
}
