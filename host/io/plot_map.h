/* The map of many fits: every lifetime over the number of its histogram, with its 95 % interval, on a log axis. */
#ifndef TAUSTREAM_IO_PLOT_MAP_H
#define TAUSTREAM_IO_PLOT_MAP_H
#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

#include "../include/taustream.h"

#define TS_MAP_POINTS_MAX 1024u   /* of more fits every 2nd, 4th, ... is drawn, and the title says so */

typedef struct ts_map ts_map;
/* NULL when out of memory. */
ts_map *ts_map_new(void);
void ts_map_add(ts_map *m, const ts_trpl_result *r, const char *source);
/* Into width x height, white before. */
void ts_map_draw(const ts_map *m, cairo_t *cr, double width, double height);
void ts_map_free(ts_map *m);
#endif
