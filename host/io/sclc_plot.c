#include "sclc_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../fit/sclc_refine.h"
#include "sclc_curve.h"

#define LEFT 74.0
#define RIGHT (TS_PAGE_WIDTH - 16.0)
#define TOP 34.0
#define CURVE_BOTTOM 350.0
#define SLOPE_TOP 366.0
#define BOTTOM 476.0
#define DECADES_LEAST 1.0
#define LINE_STEPS 240u
#define OHMIC_COLOUR 0.86, 0.92, 0.98
#define FILLING_COLOUR 1.0, 0.93, 0.83
#define CHILD_COLOUR 0.88, 0.95, 0.87
#define OHMIC_LINE_COLOUR 0.3, 0.42, 0.6
#define TANGENT_COLOUR 0.78, 0.45, 0.05
#define CHILD_LINE_COLOUR 0.2, 0.48, 0.2
#define TEMPLATE_COLOUR 0.8, 0.15, 0.1
#define TEXT_LINES 8u
#define TITLE_LENGTH 80u

typedef struct page {
  const ts_sclc_origin *origin;
  const ts_sclc_result *result;
  const double *slope;      /* local, of every point */
  double from, to;          /* log10 V */
  double low, high;         /* log10 J */
  double steep;             /* upper end of the slope's axis */
} page;

static double x_of(const page *p, double v)
{
  return LEFT + (log10(v) - p->from) / (p->to - p->from) * (RIGHT - LEFT);
}

static double y_of(const page *p, double j)
{
  return CURVE_BOTTOM - (log10(j) - p->low) / (p->high - p->low) * (CURVE_BOTTOM - TOP);
}

static double slope_y(const page *p, double slope)
{
  return BOTTOM - fmax(0, fmin(slope, p->steep)) / p->steep * (BOTTOM - SLOPE_TOP);
}

static void find_ranges(page *p, const ts_sweep_branch *b)
{
  double low = INFINITY, high = 0;
  p->from = log10(b->v[0]);
  p->to = log10(b->v[b->n - 1]);
  for (size_t i = 0; i < b->n; i++) {
    low = fmin(low, b->j[i]);
    high = fmax(high, b->j[i]);
    if (p->slope[i] > p->steep) p->steep = p->slope[i];
  }
  p->steep = ceil(fmax(p->steep, 2.4) + 0.3);
  p->low = log10(low);
  p->high = log10(high);
  const double x = fmax(0, DECADES_LEAST - (p->to - p->from)) / 2 + 0.04 * (p->to - p->from);
  const double y = fmax(0, DECADES_LEAST - (p->high - p->low)) / 2 + 0.04 * (p->high - p->low);
  p->from -= x;
  p->to += x;
  p->low -= y;
  p->high += y;
}

/* ---- regions ---- */
static void region(cairo_t *cr, const page *p, double from, double to, const char *name)
{
  const double left = fmax(LEFT, x_of(p, from)), right = fmin(RIGHT, x_of(p, to));
  if (!(right > left)) return;
  cairo_rectangle(cr, left, TOP, right - left, CURVE_BOTTOM - TOP);
  cairo_rectangle(cr, left, SLOPE_TOP, right - left, BOTTOM - SLOPE_TOP);
  cairo_fill(cr);
  cairo_text_extents_t e;
  cairo_text_extents(cr, name, &e);
  if (e.x_advance + 4 > right - left) return;
  cairo_set_source_rgb(cr, 0.4, 0.4, 0.4);
  ts_plot_label(cr, (left + right) / 2, CURVE_BOTTOM - 6, 0.5, name);
}

/* Ohmic up to the onset, trap-filled from where the template holds, filling between them. Without a limit only what there is of them. */
static void draw_regions(cairo_t *cr, const page *p)
{
  const ts_sclc_result *r = p->result;
  const double first = pow(10, p->from), last = pow(10, p->to);
  if (!isfinite(r->v_onset_v) || (r->status != TS_SCLC_OK && r->status != TS_SCLC_UPPER_BOUND)) return;
  const double child = isfinite(r->fit_from_v) ? r->fit_from_v : isfinite(r->v_2_v) ? r->v_2_v : last;
  cairo_set_source_rgb(cr, OHMIC_COLOUR);
  region(cr, p, first, r->v_onset_v, "ohmic");
  cairo_set_source_rgb(cr, FILLING_COLOUR);
  region(cr, p, r->v_onset_v, child, "traps fill");
  cairo_set_source_rgb(cr, CHILD_COLOUR);
  region(cr, p, child, last, "traps filled, Child");
}

/* ---- lines ---- */
/* J = scale * (V / at)^slope between two voltages, clipped to the frame by the caller. */
static void power_line(cairo_t *cr, const page *p, double at_v, double at_j, double slope, double from, double to)
{
  cairo_move_to(cr, x_of(p, from), y_of(p, at_j * pow(from / at_v, slope)));
  cairo_line_to(cr, x_of(p, to), y_of(p, at_j * pow(to / at_v, slope)));
  cairo_stroke(cr);
}

/* The template, thin below where it was fitted. */
static void draw_template(cairo_t *cr, const page *p, double from, double to, double width)
{
  const ts_sclc_result *r = p->result;
  cairo_set_source_rgb(cr, TEMPLATE_COLOUR);
  cairo_set_line_width(cr, width);
  for (unsigned i = 0; i <= LINE_STEPS; i++) {
    const double v = from * pow(to / from, (double)i / LINE_STEPS), j = ts_sclc_fit_current(p->origin->options, r, v);
    if (j > 0) cairo_line_to(cr, x_of(p, v), y_of(p, j));
  }
  cairo_stroke(cr);
}

static void draw_lines(cairo_t *cr, const page *p)
{
  const ts_sclc_result *r = p->result;
  const double first = pow(10, p->from), last = pow(10, p->to), dash[] = {5, 4};
  cairo_save(cr);
  cairo_rectangle(cr, LEFT, TOP, RIGHT - LEFT, CURVE_BOTTOM - TOP);
  cairo_clip(cr);
  cairo_set_line_width(cr, 1);
  cairo_set_dash(cr, dash, 2, 0);
  cairo_set_source_rgb(cr, OHMIC_LINE_COLOUR);
  if (isfinite(r->ohmic_a_m2_v)) power_line(cr, p, 1, r->ohmic_a_m2_v, 1, first, isfinite(r->v_onset_v) ? 4 * r->v_onset_v : last);
  cairo_set_source_rgb(cr, TANGENT_COLOUR);
  const double tangent_end = isfinite(r->v_tfl_v) ? r->v_tfl_v : isfinite(r->v_2_v) ? 1.3 * r->v_2_v : last;
  if (isfinite(r->tangent_slope)) power_line(cr, p, r->tangent_v, r->tangent_j_a_m2, r->tangent_slope, first, tangent_end);
  cairo_set_source_rgb(cr, CHILD_LINE_COLOUR);
  if (isfinite(r->v_2_v)) power_line(cr, p, r->last_v, r->last_j_a_m2, r->last_slope, r->v_2_v / 2, last);
  cairo_set_dash(cr, NULL, 0, 0);
  if (isfinite(r->v_t_v)) {
    draw_template(cr, p, r->v_t_v, r->fit_from_v, 0.8);
    draw_template(cr, p, r->fit_from_v, last, 1.8);
  }
  cairo_restore(cr);
}

static void draw_legend(cairo_t *cr, const page *p)
{
  const ts_sclc_result *r = p->result;
  const bool contradicted = r->status == TS_SCLC_NO_TRAP_FILLED_LIMIT;
  const struct { bool there; double red, green, blue; const char *name; } entry[] = {
    {isfinite(r->ohmic_a_m2_v), OHMIC_LINE_COLOUR, "ohmic line"}, {isfinite(r->tangent_slope), TANGENT_COLOUR, "steepest tangent"},
    {isfinite(r->v_2_v), CHILD_LINE_COLOUR, "last slope"}, {isfinite(r->v_t_v), TEMPLATE_COLOUR, contradicted ? "template (contradicted)" : "template"}};
  double y = CURVE_BOTTOM - 26;
  for (unsigned i = sizeof entry / sizeof *entry; i-- > 0;) {
    if (!entry[i].there) continue;
    cairo_set_source_rgb(cr, entry[i].red, entry[i].green, entry[i].blue);
    ts_plot_label(cr, RIGHT - 10, y, 1, entry[i].name);
    y -= 15;
  }
}

/* A voltage named at the top, with a line through both panels. */
static void mark(cairo_t *cr, const page *p, double v, const char *name, double y)
{
  const double dash[] = {2, 3};
  if (!isfinite(v) || log10(v) < p->from || log10(v) > p->to) return;
  cairo_save(cr);
  cairo_set_source_rgb(cr, 0.3, 0.3, 0.3);
  cairo_set_dash(cr, dash, 2, 0);
  cairo_set_line_width(cr, 1);
  cairo_move_to(cr, x_of(p, v), TOP);
  cairo_line_to(cr, x_of(p, v), CURVE_BOTTOM);
  cairo_move_to(cr, x_of(p, v), SLOPE_TOP);
  cairo_line_to(cr, x_of(p, v), BOTTOM);
  cairo_stroke(cr);
  cairo_restore(cr);
  cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
  ts_plot_label(cr, x_of(p, v) + 3, y, 0, name);
}

static void draw_points(cairo_t *cr, const page *p)
{
  const ts_sweep_branch *b = p->origin->branch;
  cairo_set_source_rgb(cr, 0.2, 0.35, 0.65);
  for (size_t i = 0; i < b->n; i++) {
    cairo_arc(cr, x_of(p, b->v[i]), y_of(p, b->j[i]), 2, 0, 2 * acos(-1.0));
    cairo_fill(cr);
    if (!isfinite(p->slope[i])) continue;
    cairo_arc(cr, x_of(p, b->v[i]), slope_y(p, p->slope[i]), 1.6, 0, 2 * acos(-1.0));
    cairo_fill(cr);
  }
}

/* ---- frames and axes ---- */
/* Ticks of a decade axis; labels at the decades, and at 2 and 5 when there are few decades. */
static void decade_tick(cairo_t *cr, double l, int k, bool labelled, double x, double y, bool horizontal)
{
  char text[24];
  const double length = k == 1 ? 8 : 4;
  cairo_move_to(cr, x, y);
  cairo_line_to(cr, horizontal ? x : x + length, horizontal ? y - length : y);
  cairo_stroke(cr);
  if (!labelled) return;
  if (k == 1 && fabs(l) > 3.5) snprintf(text, sizeof text, "1e%.0f", l);
  else snprintf(text, sizeof text, "%g", pow(10, l));
  if (horizontal) ts_plot_label(cr, x, y + 16, 0.5, text);
  else ts_plot_label(cr, x - 6, y + 4, 1, text);
}

static void decade_axis(cairo_t *cr, const page *p, bool horizontal)
{
  const double from = horizontal ? p->from : p->low, to = horizontal ? p->to : p->high, decades = to - from;
  const int every = decades > 10 ? 2 : 1;
  for (int d = (int)floor(from); d <= (int)ceil(to); d++)
    for (int k = 1; k < 10; k++) {
      const double l = d + log10(k);
      if (l < from || l > to || (decades > 8 && !horizontal && k > 1)) continue;
      const bool labelled = (k == 1 && d % every == 0) || (decades < 1.7 && (k == 2 || k == 5));
      if (horizontal) decade_tick(cr, l, k, labelled, x_of(p, pow(10, l)), BOTTOM, true);
      else decade_tick(cr, l, k, labelled, LEFT, y_of(p, pow(10, l)), false);
    }
}

static void slope_axis(cairo_t *cr, const page *p)
{
  const double step = p->steep > 12 ? 5 : p->steep > 5 ? 2 : 1, dash[] = {2, 2};
  char text[16];
  for (double s = 0; s < p->steep + 1e-9; s += step) {
    snprintf(text, sizeof text, "%g", s);
    ts_plot_label(cr, LEFT - 6, slope_y(p, s) + 4, 1, text);
    cairo_move_to(cr, LEFT, slope_y(p, s));
    cairo_line_to(cr, LEFT + 6, slope_y(p, s));
    cairo_stroke(cr);
  }
  cairo_save(cr);
  cairo_set_dash(cr, dash, 2, 0);
  cairo_set_source_rgb(cr, 0.6, 0.6, 0.6);
  for (int s = 1; s <= 2; s++) {
    cairo_move_to(cr, LEFT, slope_y(p, s));
    cairo_line_to(cr, RIGHT, slope_y(p, s));
  }
  cairo_stroke(cr);
  cairo_restore(cr);
}

static void draw_frames(cairo_t *cr, const page *p)
{
  cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
  cairo_set_line_width(cr, 1);
  cairo_rectangle(cr, LEFT, TOP, RIGHT - LEFT, CURVE_BOTTOM - TOP);
  cairo_rectangle(cr, LEFT, SLOPE_TOP, RIGHT - LEFT, BOTTOM - SLOPE_TOP);
  cairo_stroke(cr);
  decade_axis(cr, p, true);
  decade_axis(cr, p, false);
  slope_axis(cr, p);
  ts_plot_label(cr, (LEFT + RIGHT) / 2, BOTTOM + 34, 0.5, p->origin->branch->negative ? "-V (V)" : "V (V)");
  ts_plot_side_label(cr, 16, (TOP + CURVE_BOTTOM) / 2, "J (A/m\xc2\xb2)");
  ts_plot_side_label(cr, 16, (SLOPE_TOP + BOTTOM) / 2, "d log J / d log V");
}

/* ---- words ---- */
static void draw_words(cairo_t *cr, const page *p)
{
  const ts_sclc_result *r = p->result;
  char line[TEXT_LINES][160];
  unsigned n = 0;
  snprintf(line[n++], sizeof *line, "%s", ts_sclc_status_name(r->status));
  if (r->status == TS_SCLC_UPPER_BOUND) {
    snprintf(line[n++], sizeof *line, "net N_t at most %.2g m\xe2\x81\xbb\xc2\xb3 (%.2g cm\xe2\x81\xbb\xc2\xb3)", r->trap_density_high_m3,
             r->trap_density_high_m3 * 1e-6);
  } else if (isfinite(r->v_tfl_v)) {
    snprintf(line[n++], sizeof *line, "V_TFL %.3g V (%.3g to %.3g)", r->v_tfl_v, r->v_tfl_low_v, r->v_tfl_high_v);
    snprintf(line[n++], sizeof *line, "net N_t %.3g m\xe2\x81\xbb\xc2\xb3 = %.3g cm\xe2\x81\xbb\xc2\xb3", r->trap_density_m3, r->trap_density_m3 * 1e-6);
  }
  if (isfinite(r->trap_density_onset_m3)) snprintf(line[n++], sizeof *line, "onset: %.3g m\xe2\x81\xbb\xc2\xb3", r->trap_density_onset_m3);
  if (isfinite(r->mobility_m2_vs)) snprintf(line[n++], sizeof *line, "mobility %.3g cm\xc2\xb2/Vs", r->mobility_m2_vs * 1e4);
  for (unsigned bit = 0; bit < 32 && n < TEXT_LINES; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_sclc_flag_name(1u << bit) : NULL;
    if (name) snprintf(line[n++], sizeof *line, "! %s", name);
  }
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  for (unsigned i = 0; i < n; i++) ts_plot_label(cr, LEFT + 12, TOP + 34 + 16 * i, 0, line[i]);
}

static void draw(cairo_t *cr, const void *what)
{
  const page *p = what;
  const ts_sweep_branch *b = p->origin->branch;
  char title[300];
  cairo_set_source_rgb(cr, 1, 1, 1);
  cairo_paint(cr);
  cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cr, 12);
  draw_regions(cr, p);
  draw_lines(cr, p);
  draw_points(cr, p);
  mark(cr, p, p->result->v_onset_v, "onset", TOP + 14);
  mark(cr, p, p->result->v_tfl_v, "V_TFL", TOP + 14);
  draw_frames(cr, p);
  draw_legend(cr, p);
  const size_t length = strlen(p->origin->source);
  const bool cut = length > TITLE_LENGTH;   /* its end tells files apart */
  snprintf(title, sizeof title, "%s%.180s%s%.60s [%llu], %s", cut ? "..." : "", p->origin->source + (cut ? length - TITLE_LENGTH : 0), *p->origin->column ? ", " : "", p->origin->column,
           (unsigned long long)p->origin->index, ts_direction_name(b->direction));
  cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
  ts_plot_label(cr, LEFT, TOP - 12, 0, title);
  draw_words(cr, p);
}

bool ts_sclc_plot(ts_pages *pages, const ts_sclc_origin *o, const ts_sclc_result *r, char *message)
{
  if (!o->branch->n) return true;
  double *slope = ts_sclc_local_slopes(o->branch);
  page p = {.origin = o, .result = r, .slope = slope};
  if (!slope) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", o->source);
    return false;
  }
  find_ranges(&p, o->branch);
  const bool good = ts_pages_add(pages, draw, &p, message);
  free(slope);
  return good;
}
