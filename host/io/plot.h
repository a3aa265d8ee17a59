/* Plots of fits with cairo: data and fit on a log axis, the IRF, weighted residuals below. The name's end chooses svg, png or pdf. Several
 * fits are pages of a pdf; as svg or png they are files of their own: F.svg, F-2.svg, ..., and when there are more than
 * TS_PLOT_FILES_MAX one map of the lifetimes. */
#ifndef TAUSTREAM_IO_PLOT_H
#define TAUSTREAM_IO_PLOT_H
#include <stdbool.h>

#include "../include/taustream.h"
#include "curve_csv.h"
#include "plot_pages.h"

#define TS_PLOT_PAGES_MAX TS_PAGES_MAX   /* of a pdf; further fits are counted, not drawn */
#define TS_PLOT_FILES_MAX TS_PAGE_FILES_MAX

typedef struct ts_plot ts_plot;
/* NULL on failure; message (TS_MESSAGE_BYTES) says why. The first file is opened at once, so that a bad place is known early. */
ts_plot *ts_plot_open(const char *path, char *message);
/* Whether the next fit's curve is drawn. */
bool ts_plot_wants_curve(const ts_plot *p);
/* One more fit. c may be NULL when no curve is wanted. text: lines drawn into the plot, separated by newlines. */
bool ts_plot_add(ts_plot *p, const ts_trpl_result *r, const char *source, const ts_curve *c, const char *text, char *message);
uint64_t ts_plot_left_out(const ts_plot *p);
/* Finishes and renames. Without a page there is no file. */
bool ts_plot_commit(ts_plot *p, char *message);
void ts_plot_abandon(ts_plot *p);
#endif
