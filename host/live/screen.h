/* A grid of characters with colours, as a terminal shows it; can be written as text or as SVG. */
#ifndef TAUSTREAM_LIVE_SCREEN_H
#define TAUSTREAM_LIVE_SCREEN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum live_colour { LIVE_PLAIN, LIVE_DIM, LIVE_BLUE, LIVE_RED, LIVE_GREEN, LIVE_YELLOW, LIVE_MAGENTA, LIVE_CYAN, LIVE_BOLD, LIVE_COLOURS } live_colour;

typedef struct live_cell {
  uint32_t code;                  /* Unicode */
  live_colour colour;
} live_cell;

typedef struct live_screen {
  int rows, columns;
  bool ascii;                     /* nothing but ASCII can be shown */
  live_cell *cell;
} live_screen;

bool live_screen_begin(live_screen *s, int rows, int columns, bool ascii);
void live_screen_free(live_screen *s);
void live_screen_clear(live_screen *s);
/* UTF-8 text, cut at the edge; returns the column behind it. */
int live_screen_text(live_screen *s, int row, int column, live_colour c, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A part of the grid as a canvas of dots: 2 x 4 a cell with braille patterns, 1 x 2 in ASCII. */
typedef struct live_canvas {
  live_screen *screen;
  int row, column, rows, columns;
} live_canvas;
int live_canvas_width(const live_canvas *c);    /* dots */
int live_canvas_height(const live_canvas *c);
void live_canvas_dot(const live_canvas *c, int x, int y, live_colour colour);   /* y from the top; dots outside are left out */
/* `.svg` or `.txt`, by the name's end. False: message (TS_MESSAGE_BYTES) says why. */
bool live_screen_write(const live_screen *s, const char *path, char *message);
#endif
