#include "terminal.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../command/command.h"
#include "../command/progress.h"

#define NOTES 8
#define SAVE_ROWS 32
#define SAVE_COLUMNS 110

struct live_terminal {
  FILE *keys;                     /* standard input, or the terminal where that is a pipe */
  SCREEN *curses;
  live_screen screen;
  double last;
  char note[NOTES][TS_MESSAGE_BYTES];
  size_t notes;
};

static bool fit_screen(live_terminal *t)
{
  int rows = LINES > 0 ? LINES : 24, columns = COLS > 0 ? COLS : 80;
  bool ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
  if (t->screen.cell && t->screen.rows == rows && t->screen.columns == columns) return true;
  live_screen_free(&t->screen);
  return live_screen_begin(&t->screen, rows, columns, ascii);
}

live_terminal *live_terminal_open(void)
{
  static const short colour[LIVE_COLOURS] = {[LIVE_PLAIN] = -1, [LIVE_DIM] = -1, [LIVE_BLUE] = COLOR_BLUE, [LIVE_RED] = COLOR_RED, [LIVE_GREEN] = COLOR_GREEN,
                                             [LIVE_YELLOW] = COLOR_YELLOW, [LIVE_MAGENTA] = COLOR_MAGENTA, [LIVE_CYAN] = COLOR_CYAN, [LIVE_BOLD] = -1};
  setlocale(LC_CTYPE, "");
  live_terminal *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  t->keys = isatty(STDIN_FILENO) ? stdin : fopen("/dev/tty", "r");
  t->curses = t->keys ? newterm(NULL, stdout, t->keys) : NULL;
  if (!t->curses) {
    if (t->keys && t->keys != stdin) fclose(t->keys);
    free(t);
    return NULL;
  }
  cbreak();
  noecho();
  nodelay(stdscr, TRUE);
  keypad(stdscr, TRUE);
  curs_set(0);
  if (has_colors()) {
    start_color();
    use_default_colors();
    for (short i = 0; i < LIVE_COLOURS; i++) init_pair((short)(i + 1), colour[i], -1);
  }
  if (fit_screen(t)) return t;
  live_terminal_close(t);
  return NULL;
}

void live_terminal_close(live_terminal *t)
{
  if (!t) return;
  endwin();
  delscreen(t->curses);
  for (size_t i = 0; i < t->notes && i < NOTES; i++) complain(0, "%s", t->note[i]);
  if (t->notes > NOTES) complain(0, "and %zu more messages", t->notes - NOTES);
  live_screen_free(&t->screen);
  if (t->keys != stdin) fclose(t->keys);
  free(t);
}

int live_terminal_fd(const live_terminal *t)
{
  return fileno(t->keys);
}

int live_terminal_key(live_terminal *t)
{
  (void)t;
  int k = getch();
  return k == ERR ? 0 : k;
}

static void show(const live_screen *s)
{
  for (int row = 0; row < s->rows; row++)
    for (int i = 0; i < s->columns; i++) {
      const live_cell *c = &s->cell[row * s->columns + i];
      wchar_t text[2] = {(wchar_t)c->code, 0};
      cchar_t out;
      attr_t attributes = c->colour == LIVE_BOLD ? A_BOLD : c->colour == LIVE_DIM ? A_DIM : A_NORMAL;
      if (setcchar(&out, text, attributes, (short)(has_colors() ? c->colour + 1 : 0), NULL) == OK) mvadd_wch(row, i, &out);
    }
  refresh();
}

void live_terminal_draw(live_terminal *t, const live_view *v, double interval_s)
{
  double now = seconds_now();
  if (now - t->last < interval_s || !fit_screen(t)) return;
  t->last = now;
  live_screen_clear(&t->screen);
  live_view_draw(v, &t->screen);
  show(&t->screen);
}

void live_terminal_note(live_terminal *t, const char *message)
{
  if (t->notes < NOTES) snprintf(t->note[t->notes], sizeof t->note[0], "%s", message);
  t->notes++;
}

bool live_terminal_save(const live_terminal *t, const char *path, char *message)
{
  return live_screen_write(&t->screen, path, message);
}

bool live_view_save(const live_view *v, const char *path, char *message)
{
  live_screen s;
  if (!live_screen_begin(&s, SAVE_ROWS, SAVE_COLUMNS, false)) {
    snprintf(message, TS_MESSAGE_BYTES, "%.300s: out of memory", path);
    return false;
  }
  live_view_draw(v, &s);
  bool good = live_screen_write(&s, path, message);
  live_screen_free(&s);
  return good;
}
