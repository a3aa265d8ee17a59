/* The terminal as a whole (ncurses): keys in, screens out. Nothing here waits for a terminal that takes no output, but live_terminal_leave(), 2 s at most. */
#ifndef TAUSTREAM_LIVE_TERMINAL_H
#define TAUSTREAM_LIVE_TERMINAL_H
#include "view.h"

typedef struct live_terminal live_terminal;
live_terminal *live_terminal_open(void);          /* NULL: the terminal cannot do it */
void live_terminal_leave(live_terminal *t);       /* the view ends; t may be NULL */
void live_terminal_close(live_terminal *t);       /* and writes the notes to standard error, which may be that terminal; t may be NULL */
int live_terminal_fd(const live_terminal *t);
int live_terminal_key(live_terminal *t);          /* 0: none */
/* At most once in interval_s. */
void live_terminal_draw(live_terminal *t, const live_view *v, double interval_s);
void live_terminal_note(live_terminal *t, const char *message);
bool live_terminal_save(const live_terminal *t, const char *path, char *message);
/* A view without a terminal, of a size of its own. */
bool live_view_save(const live_view *v, const char *path, char *message);
#endif
