/* Plots of fits with cairo: data and fit on a log axis, the IRF, weighted residuals below. The name's end chooses svg, png or pdf. Several
 * fits are pages of a pdf; as svg or png, files of their own: F.svg, F-2.svg, F-3.svg, ... */
#ifndef TAUSTREAM_IO_PLOT_H
#define TAUSTREAM_IO_PLOT_H
#include <stdbool.h>

#include "curve_csv.h"

#define TS_PLOT_PAGES_MAX 200u   /* further fits are counted, not drawn */

typedef struct ts_plot ts_plot;
/* NULL on failure; message (TS_MESSAGE_BYTES) says why. The first file is opened at once, so that a bad place is known early. */
ts_plot *ts_plot_open(const char *path, char *message);
/* text: lines drawn into the plot, separated by newlines. */
bool ts_plot_page(ts_plot *p, const ts_curve *c, const char *text, char *message);
uint64_t ts_plot_left_out(const ts_plot *p);
/* Finishes and renames. Without a page there is no file. */
bool ts_plot_commit(ts_plot *p, char *message);
void ts_plot_abandon(ts_plot *p);
#endif
