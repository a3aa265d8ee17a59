#include "plot_pages.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../include/taustream.h"
#include "output_file.h"

#define PNG_SCALE 2.0

typedef enum kind { SVG, PNG, PDF } kind;

struct ts_pages {
  char *path;
  kind kind;
  ts_output *file[TS_PAGE_FILES_MAX]; /* drawn, not yet renamed. pdf: the first only, for all pages */
  cairo_surface_t *surface;           /* pdf: open from the first page to the end */
  uint64_t pages;
};

static cairo_status_t write_bytes(void *to, const unsigned char *bytes, unsigned n)
{
  return fwrite(bytes, 1, n, to) == n ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static ts_output *open_page(const ts_pages *p, uint64_t page, char *message)
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
static void destroy(ts_pages *p)
{
  for (size_t i = 0; i < TS_PAGE_FILES_MAX; i++) ts_output_abandon(p->file[i]);
  free(p->path);
  free(p);
}

ts_pages *ts_pages_open(const char *path, char *message)
{
  const char *dot = strrchr(path, '.');
  ts_pages *p = calloc(1, sizeof *p);
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
  if (known) p->file[0] = open_page(p, 1, message);
  if (p->file[0]) return p;
  destroy(p);
  return NULL;
}

bool ts_pages_are_pdf(const ts_pages *p)
{
  return p->kind == PDF;
}

bool ts_pages_have_room(const ts_pages *p)
{
  return p->pages < (p->kind == PDF ? TS_PAGES_MAX : TS_PAGE_FILES_MAX);
}

static bool draw_page(ts_pages *p, ts_output *to, ts_page_drawer draw, const void *what)
{
  FILE *f = ts_output_stream(to);
  cairo_surface_t *s = p->surface;
  if (!s && p->kind == SVG) s = cairo_svg_surface_create_for_stream(write_bytes, f, TS_PAGE_WIDTH, TS_PAGE_HEIGHT);
  if (!s && p->kind == PDF) s = cairo_pdf_surface_create_for_stream(write_bytes, f, TS_PAGE_WIDTH, TS_PAGE_HEIGHT);
  if (!s) s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(PNG_SCALE * TS_PAGE_WIDTH), (int)(PNG_SCALE * TS_PAGE_HEIGHT));
  cairo_t *cr = cairo_create(s);
  if (p->kind == PNG) cairo_scale(cr, PNG_SCALE, PNG_SCALE);
  draw(cr, what);
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

bool ts_pages_add(ts_pages *p, ts_page_drawer draw, const void *what, char *message)
{
  const size_t at = p->kind == PDF ? 0 : p->pages;
  if (!p->file[at]) p->file[at] = open_page(p, p->pages + 1, message);
  if (!p->file[at]) return false;
  if (draw_page(p, p->file[at], draw, what)) {
    p->pages++;
    return true;
  }
  ts_output_tell(p->file[at], message);
  return false;
}

void ts_pages_forget(ts_pages *p)
{
  for (size_t i = 0; i < TS_PAGE_FILES_MAX; i++) {
    ts_output_abandon(p->file[i]);
    p->file[i] = NULL;
  }
  p->pages = 0;
}

bool ts_pages_commit(ts_pages *p, char *message)
{
  bool good = true;
  if (p->surface) {
    cairo_surface_finish(p->surface);
    good = cairo_surface_status(p->surface) == CAIRO_STATUS_SUCCESS;
    cairo_surface_destroy(p->surface);
    if (!good) ts_output_tell(p->file[0], message);
  }
  for (size_t i = 0; i < TS_PAGE_FILES_MAX && good && p->file[i] && p->pages; i++) {
    good = ts_output_commit(p->file[i], message);
    p->file[i] = NULL;
  }
  destroy(p);
  return good;
}

void ts_pages_abandon(ts_pages *p)
{
  if (!p) return;
  if (p->surface) {
    cairo_surface_finish(p->surface);
    cairo_surface_destroy(p->surface);
  }
  destroy(p);
}

void ts_plot_label(cairo_t *cr, double x, double y, double align, const char *text)
{
  cairo_text_extents_t e;
  cairo_text_extents(cr, text, &e);
  cairo_move_to(cr, x - align * e.x_advance, y);
  cairo_show_text(cr, text);
}

void ts_plot_side_label(cairo_t *cr, double x, double y, const char *text)
{
  cairo_save(cr);
  cairo_translate(cr, x, y);
  cairo_rotate(cr, -acos(-1.0) / 2);
  ts_plot_label(cr, 0, 0, 0.5, text);
  cairo_restore(cr);
}
