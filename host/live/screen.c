#include "screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/taustream.h"
#include "../io/output_file.h"

#define BRAILLE 0x2800u
#define CELL_W 8.4
#define CELL_H 17.0
#define MARGIN 10.0

bool live_screen_begin(live_screen *s, int rows, int columns, bool ascii)
{
  *s = (live_screen){.rows = rows, .columns = columns, .ascii = ascii, .cell = calloc((size_t)rows * (size_t)columns, sizeof *s->cell)};
  if (s->cell) live_screen_clear(s);
  return s->cell != NULL;
}

void live_screen_free(live_screen *s)
{
  free(s->cell);
  s->cell = NULL;
}

void live_screen_clear(live_screen *s)
{
  for (int i = 0; i < s->rows * s->columns; i++) s->cell[i] = (live_cell){' ', LIVE_PLAIN};
}

static uint32_t next_code(const char **at)
{
  const unsigned char *p = (const unsigned char *)*at;
  unsigned more = p[0] < 0x80 ? 0 : p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : p[0] >= 0xc0 ? 1 : 9;
  uint32_t code = more == 0 ? p[0] : more == 9 ? '?' : p[0] & (0x3fu >> more);
  size_t i = 1;
  for (; more != 9 && i <= more && (p[i] & 0xc0) == 0x80; i++) code = code << 6 | (p[i] & 0x3fu);
  if (more != 9 && i <= more) code = '?';
  *at += i;
  return code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0) ? '?' : code;
}

int live_screen_text(live_screen *s, int row, int column, live_colour c, const char *format, ...)
{
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (row < 0 || row >= s->rows) return column;
  for (const char *at = text; *at;) {
    uint32_t code = next_code(&at);
    if (s->ascii && code > 0x7e) code = '?';
    if (column >= 0 && column < s->columns) s->cell[row * s->columns + column] = (live_cell){code, c};
    column++;
  }
  return column;
}

int live_canvas_width(const live_canvas *c) { return c->columns * (c->screen->ascii ? 1 : 2); }
int live_canvas_height(const live_canvas *c) { return c->rows * (c->screen->ascii ? 2 : 4); }

void live_canvas_dot(const live_canvas *c, int x, int y, live_colour colour)
{
  static const uint8_t bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  if (x < 0 || y < 0 || x >= live_canvas_width(c) || y >= live_canvas_height(c)) return;
  bool ascii = c->screen->ascii;
  int row = c->row + y / (ascii ? 2 : 4), column = c->column + x / (ascii ? 1 : 2);
  if (row < 0 || row >= c->screen->rows || column < 0 || column >= c->screen->columns) return;
  live_cell *cell = &c->screen->cell[row * c->screen->columns + column];
  cell->colour = colour;
  if (ascii) {
    char mark = y % 2 ? '.' : '\'';
    cell->code = cell->code == '.' || cell->code == '\'' ? (cell->code == (uint32_t)mark ? cell->code : ':') : cell->code == ':' ? ':' : (uint32_t)mark;
  } else {
    cell->code = (cell->code >= BRAILLE && cell->code <= BRAILLE + 0xff ? cell->code : BRAILLE) | bit[y % 4][x % 2];
  }
}

/* ---- files ---- */
static void put_code(FILE *f, uint32_t c, bool xml)
{
  if (xml && c == '&') fputs("&amp;", f);
  else if (xml && c == '<') fputs("&lt;", f);
  else if (c < 0x80) fputc((int)c, f);
  else if (c < 0x800) fprintf(f, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
  else if (c < 0x10000) fprintf(f, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
  else fprintf(f, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)), (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
}

static void write_text(const live_screen *s, FILE *f)
{
  for (int row = 0; row < s->rows; row++) {
    int end = s->columns;
    while (end > 0 && s->cell[row * s->columns + end - 1].code == ' ') end--;
    for (int i = 0; i < end; i++) put_code(f, s->cell[row * s->columns + i].code, false);
    fputc('\n', f);
  }
}

static bool is_braille(const live_cell *c) { return c->code >= BRAILLE && c->code <= BRAILLE + 0xff; }

/* Dots of braille cells as squares, so that no font is needed for them. */
static void write_dots(const live_screen *s, FILE *f, live_colour colour, const char *paint)
{
  static const uint8_t bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
  bool begun = false;
  for (int i = 0; i < s->rows * s->columns; i++) {
    const live_cell *c = &s->cell[i];
    if (!is_braille(c) || c->colour != colour) continue;
    if (!begun) fprintf(f, "<path fill=\"%s\" d=\"", paint);
    begun = true;
    for (int y = 0; y < 4; y++)
      for (int x = 0; x < 2; x++)
        if (c->code & bit[y][x])
          fprintf(f, "M%.1f %.1fh2v2h-2z", MARGIN + (i % s->columns) * CELL_W + x * CELL_W / 2 + 1, MARGIN + (i / s->columns) * CELL_H + y * CELL_H / 4 + 1);
  }
  if (begun) fputs("\"/>\n", f);
}

static void write_svg(const live_screen *s, FILE *f)
{
  static const char *const paint[LIVE_COLOURS] = {[LIVE_PLAIN] = "#d0d4d8", [LIVE_DIM] = "#6b7280", [LIVE_BLUE] = "#60a5fa", [LIVE_RED] = "#f87171",
                                                  [LIVE_GREEN] = "#4ade80", [LIVE_YELLOW] = "#facc15", [LIVE_MAGENTA] = "#e879f9", [LIVE_CYAN] = "#22d3ee",
                                                  [LIVE_BOLD] = "#ffffff"};
  double w = s->columns * CELL_W + 2 * MARGIN, h = s->rows * CELL_H + 2 * MARGIN;
  fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\">\n"
          "<rect width=\"100%%\" height=\"100%%\" rx=\"6\" fill=\"#111418\"/>\n<g font-family=\"monospace\" font-size=\"14\" xml:space=\"preserve\">\n", w, h, w, h);
  for (int row = 0; row < s->rows; row++)
    for (int i = 0; i < s->columns;) {
      const live_cell *c = &s->cell[row * s->columns + i];
      int n = 0;
      while (i + n < s->columns && c[n].colour == c->colour && !is_braille(&c[n]) && c[n].code != ' ') n++;
      if (n) {
        fprintf(f, "<text x=\"%.1f\" y=\"%.1f\" textLength=\"%.1f\" fill=\"%s\"%s>", MARGIN + i * CELL_W, MARGIN + (row + 0.76) * CELL_H, n * CELL_W,
                paint[c->colour], c->colour == LIVE_BOLD ? " font-weight=\"bold\"" : "");
        for (int k = 0; k < n; k++) put_code(f, c[k].code, true);
        fputs("</text>\n", f);
      }
      i += n ? n : 1;
    }
  fputs("</g>\n", f);
  for (int k = 0; k < LIVE_COLOURS; k++) write_dots(s, f, (live_colour)k, paint[k]);
  fputs("</svg>\n", f);
}

bool live_screen_write(const live_screen *s, const char *path, char *message)
{
  size_t n = strlen(path);
  bool svg = n > 4 && !strcmp(path + n - 4, ".svg"), text = n > 4 && !strcmp(path + n - 4, ".txt");
  if (!svg && !text) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: cannot be written: expected a name that ends in .svg or .txt", path);
    return false;
  }
  ts_output *o = ts_output_open(path, message);
  if (!o) return false;
  if (svg) write_svg(s, ts_output_stream(o));
  else write_text(s, ts_output_stream(o));
  return ts_output_commit(o, message);
}
