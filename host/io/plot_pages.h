/* Pages drawn with cairo: the name's end chooses svg, png or pdf. Several pages are one pdf; as svg or png they are files of their own: F.svg, F-2.svg, ... */
#ifndef TAUSTREAM_IO_PLOT_PAGES_H
#define TAUSTREAM_IO_PLOT_PAGES_H
#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

#define TS_PAGE_WIDTH 720.0
#define TS_PAGE_HEIGHT 520.0
#define TS_PAGES_MAX 200u        /* of a pdf */
#define TS_PAGE_FILES_MAX 20u    /* of svg and png */

typedef struct ts_pages ts_pages;
typedef void (*ts_page_drawer)(cairo_t *cr, const void *what);

/* NULL on failure; message (TS_MESSAGE_BYTES) says why. The first file is opened at once, so that a bad place is known early. */
ts_pages *ts_pages_open(const char *path, char *message);
bool ts_pages_are_pdf(const ts_pages *p);
bool ts_pages_have_room(const ts_pages *p);
/* One more page, on white. */
bool ts_pages_add(ts_pages *p, ts_page_drawer draw, const void *what, char *message);
/* svg, png: what was drawn is forgotten; the next page is the first again. */
void ts_pages_forget(ts_pages *p);
/* Finishes, renames and frees. Without a page there is no file. */
bool ts_pages_commit(ts_pages *p, char *message);
void ts_pages_abandon(ts_pages *p);   /* p may be NULL */

/* Text at (x, y); align 0: begins there, 0.5: centred, 1: ends there. */
void ts_plot_label(cairo_t *cr, double x, double y, double align, const char *text);
/* Text that runs upwards, centred at (x, y). */
void ts_plot_side_label(cairo_t *cr, double x, double y, const char *text);
#endif
