#include "plot.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <cairo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "output_file.h"
#include "plot_map.h"

#define WIDTH 720.0
#define HEIGHT 520.0
#define LEFT 70.0
#define RIGHT 16.0
#define TOP 34.0
#define DATA_BOTTOM 360.0   /* the data's frame ends here, the residuals' begins 14 below */
#define RESIDUAL_TOP 374.0
#define BOTTOM 470.0
#define POINTS_MAX 4096u    /* more bins than these are summed for drawing */
#define PNG_SCALE 2.0

typedef enum kind { SVG, PNG, PDF } kind;

struct ts_plot {
  char *path;
  kind kind;
  ts_output *file[TS_PLOT_FILES_MAX]; /* drawn, not yet renamed: a map may take their place. pdf: the first only, for all pages */
  cairo_surface_t *surface; /* pdf: open from the first page to the end */
  ts_map *map;              /* pdf: none */
  uint64_t pages, fits;
};

/* What is drawn: a curve with its bins summed to at most POINTS_MAX points, and the axes' ranges. */
typedef struct view {
  size_t n;
  double *t, *y, *m, *r;     /* seconds (middle), counts per bin, fit, residual */
  double from, to;          /* seconds */
  double low, high;         /* log10 of counts */
  double span;              /* residuals: +- */
} view;

static cairo_status_t write_bytes(void *to, const unsigned char *bytes, unsigned n)
{
  return fwrite(bytes, 1, n, to) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

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

static void label(cairo_t *cr, double x, double y, double align, const char *text)
{
  cairo_text_extents_t e;
  cairo_text_extents(cr, text, &e);
  cairo_move_to(cr, x - align * e.x_advance, y);
  cairo_show_text(cr, text);
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
    label(cr, x, BOTTOM + 16, 0.5, text);
  }
  snprintf(text, sizeof text, "time (%s)", name[unit]);
  label(cr, (LEFT + WIDTH - RIGHT) / 2, BOTTOM + 36, 0.5, text);
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
      if (k == 1) label(cr, LEFT - 6, y + 4, 1, text);
    }
}

static void residual_axis(cairo_t *cr, const view *v)
{
  char text[16];
  const double part[] = {-1, 0, 1};
  for (unsigned i = 0; i < 3; i++) {
    double y = r_of(v, part[i] * v->span);
    snprintf(text, sizeof text, "%g", part[i] * v->span);
    label(cr, LEFT - 6, y + 4, 1, text);
    cairo_move_to(cr, LEFT, y);
    cairo_line_to(cr, part[i] == 0 ? WIDTH - RIGHT : LEFT + 6, y);
    cairo_stroke(cr);
  }
}

static void side_label(cairo_t *cr, double y, const char *text)
{
  cairo_save(cr);
  cairo_translate(cr, 16, y);
  cairo_rotate(cr, -acos(-1.0) / 2);
  label(cr, 0, 0, 0.5, text);
  cairo_restore(cr);
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
  side_label(cr, (TOP + DATA_BOTTOM) / 2, "counts per bin");
  side_label(cr, (RESIDUAL_TOP + BOTTOM) / 2, "residual / sigma");
  label(cr, LEFT, TOP - 12, 0, c->title);
  double y = TOP + 20;
  while (*text) {
    char line[160];
    size_t n = strcspn(text, "\n");
    snprintf(line, sizeof line, "%.*s", (int)(n < sizeof line ? n : sizeof line - 1), text);
    label(cr, WIDTH - RIGHT - 12, y, 1, line);
    y += 16;
    text += n + (text[n] ? 1 : 0);
  }
}

static ts_output *open_page(const ts_plot *p, uint64_t page, char *message)
{
  size_t n = strlen(p->path) + 32;
  char *path = malloc(n);
  const char *dot = strrchr(p->path, '.');
  if (!path) return NULL;
  if (page == 1) snprintf(path, n, "%s", p->path);
  else snprintf(path, n, "%.*s-%llu%s", (int)(dot - p->path), p->path, (unsigned long long)page, dot);
  ts_output *o = ts_output_open(path, message);
  free(path);
  return o;
}

/* Files that were not renamed are gone. */
static void destroy(ts_plot *p)
{
  for (size_t i = 0; i < TS_PLOT_FILES_MAX; i++) ts_output_abandon(p->file[i]);
  ts_map_free(p->map);
  free(p->path);
  free(p);
}

ts_plot *ts_plot_open(const char *path, char *message)
{
  const char *dot = strrchr(path, '.');
  ts_plot *p = calloc(1, sizeof *p);
  snprintf(message, TS_MESSAGE_BYTES, "out of memory");
  if (!p || !(p->path = strdup(path))) {
    free(p);
    return NULL;
  }
  bool known = true;
  if (dot && !strcasecmp(dot, ".svg")) p->kind = SVG;
  else if (dot && !strcasecmp(dot, ".png")) p->kind = PNG;
  else if (dot && !strcasecmp(dot, ".pdf")) p->kind = PDF;
  else known = false;
  if (!known) snprintf(message, TS_MESSAGE_BYTES, "--plot: '%.200s' is no kind of plot: expected a name that ends in .svg, .png or .pdf", path);
  p->map = known && p->kind != PDF ? ts_map_new() : NULL;
  if (known && (p->map || p->kind == PDF)) p->file[0] = open_page(p, 1, message);
  if (p->file[0]) return p;
  destroy(p);
  return NULL;
}

/* Something drawn into a page of an svg or png, or the pdf. */
typedef struct picture {
  const view *view;
  const ts_curve *curve;
  const char *text;
  const ts_map *map;        /* in place of the others */
} picture;

static bool draw_page(ts_plot *p, ts_output *to, const picture *what)
{
  FILE *f = ts_output_stream(to);
  cairo_surface_t *s = p->surface;
  if (!s && p->kind == SVG) s = cairo_svg_surface_create_for_stream(write_bytes, f, WIDTH, HEIGHT);
  if (!s && p->kind == PDF) s = cairo_pdf_surface_create_for_stream(write_bytes, f, WIDTH, HEIGHT);
  if (!s) s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(PNG_SCALE * WIDTH), (int)(PNG_SCALE * HEIGHT));
  cairo_t *cr = cairo_create(s);
  if (p->kind == PNG) cairo_scale(cr, PNG_SCALE, PNG_SCALE);
  if (what->map) ts_map_draw(what->map, cr, WIDTH, HEIGHT);
  else draw(cr, what->view, what->curve, what->text);
  cairo_show_page(cr);
  bool good = cairo_status(cr) == CAIRO_STATUS_SUCCESS;
  cairo_destroy(cr);
  if (p->kind == PNG) good = cairo_surface_write_to_png_stream(s, write_bytes, f) == CAIRO_STATUS_SUCCESS && good;
  if (p->kind == PDF) {
    p->surface = s;
  } else {
    cairo_surface_finish(s);
    good = good && cairo_surface_status(s) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(s);
  }
  return good;
}

bool ts_plot_wants_curve(const ts_plot *p)
{
  return p->fits < (p->kind == PDF ? TS_PLOT_PAGES_MAX : TS_PLOT_FILES_MAX);
}

static bool add_page(ts_plot *p, const ts_curve *c, const char *text, char *message)
{
  view v;
  const size_t at = p->kind == PDF ? 0 : p->pages;
  if (!p->file[at]) p->file[at] = open_page(p, p->pages + 1, message);
  if (!p->file[at]) return false;
  if (!make_view(&v, c)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", p->path);
    return false;
  }
  bool good = draw_page(p, p->file[at], &(picture){.view = &v, .curve = c, .text = text});
  free(v.t);
  if (!good) snprintf(message, TS_MESSAGE_BYTES, "%.300s: the plot cannot be drawn or written", p->path);
  else p->pages++;
  return good;
}

/* The map takes the place of the pages. */
static void forget_pages(ts_plot *p)
{
  for (size_t i = 0; i < TS_PLOT_FILES_MAX; i++) {
    ts_output_abandon(p->file[i]);
    p->file[i] = NULL;
  }
  p->pages = 0;
}

bool ts_plot_add(ts_plot *p, const ts_trpl_result *r, const char *source, const ts_curve *c, const char *text, char *message)
{
  const bool page = ts_plot_wants_curve(p) && c;
  p->fits++;
  if (p->map) ts_map_add(p->map, r, source);
  if (p->map && p->fits > TS_PLOT_FILES_MAX) forget_pages(p);
  return !page || add_page(p, c, text, message);
}

uint64_t ts_plot_left_out(const ts_plot *p)
{
  return p->kind == PDF && p->fits > TS_PLOT_PAGES_MAX ? p->fits - TS_PLOT_PAGES_MAX : 0;
}

static bool draw_map(ts_plot *p, char *message)
{
  p->file[0] = open_page(p, 1, message);
  if (!p->file[0]) return false;
  if (draw_page(p, p->file[0], &(picture){.map = p->map})) {
    p->pages = 1;
    return true;
  }
  snprintf(message, TS_MESSAGE_BYTES, "%.300s: the plot cannot be drawn or written", p->path);
  return false;
}

bool ts_plot_commit(ts_plot *p, char *message)
{
  bool good = true;
  if (p->surface) {
    cairo_surface_finish(p->surface);
    good = cairo_surface_status(p->surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(p->surface);
    if (!good) snprintf(message, TS_MESSAGE_BYTES, "%.300s: the plot cannot be written", p->path);
  }
  if (p->map && p->fits > TS_PLOT_FILES_MAX) good = draw_map(p, message);
  for (size_t i = 0; i < TS_PLOT_FILES_MAX && good && p->file[i] && p->pages; i++) {
    good = ts_output_commit(p->file[i], message);
    p->file[i] = NULL;
  }
  destroy(p);
  return good;
}

void ts_plot_abandon(ts_plot *p)
{
  if (!p) return;
  if (p->surface) {
    cairo_surface_finish(p->surface);
    cairo_surface_destroy(p->surface);
  }
  destroy(p);
}
