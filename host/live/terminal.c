#define _GNU_SOURCE /* pthread_timedjoin_np */
#include "terminal.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../command/command.h"
#include "../command/progress.h"

#define NOTES 8
#define SAVE_ROWS 32
#define SAVE_COLUMNS 110
#define LOOK_MS 30                /* between two looks at the keys, some of which ncurses takes from several bytes, and at the size */
#define LEAVE_S 2                 /* a terminal that takes nothing is left as it is then */

/* A terminal may stop taking output (^S, a connection that hangs), and a write to it then waits. It waits in a thread of its own, which makes every
 * call of ncurses between open and close; whoever measures gives it screens and takes keys, and waits for nothing. */
struct live_terminal {
  FILE *keys;                     /* standard input, or the terminal where that is a pipe */
  SCREEN *curses;
  struct termios before;
  bool has_before;
  int pressed[2], awake[2];       /* pipes: keys from the thread, a byte to it when there is something */
  pthread_t thread;
  pthread_mutex_t lock;
  /* under the lock */
  live_screen given;              /* the screen to show next; its cells are 0 when there is none */
  int rows, columns;
  bool ends;
  /* of whoever measures */
  bool has_left, is_stuck;
  live_screen screen;
  double last;
  char note[NOTES][TS_MESSAGE_BYTES];
  size_t notes;
};

static bool fit_screen(live_terminal *t)
{
  pthread_mutex_lock(&t->lock);
  const int rows = t->rows, columns = t->columns;
  pthread_mutex_unlock(&t->lock);
  const bool ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
  if (t->screen.cell && t->screen.rows == rows && t->screen.columns == columns) return true;
  live_screen_free(&t->screen);
  return live_screen_begin(&t->screen, rows, columns, ascii);
}

/* ---- the thread ---- */
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

static void take_size(live_terminal *t)
{
  t->rows = LINES > 0 ? LINES : 24;
  t->columns = COLS > 0 ? COLS : 80;
}

/* What waits to be shown, and whether it is the last. */
static bool take_given(live_terminal *t, live_screen *s)
{
  pthread_mutex_lock(&t->lock);
  *s = t->given;
  t->given.cell = NULL;
  take_size(t);
  const bool ends = t->ends;
  pthread_mutex_unlock(&t->lock);
  return !ends;
}

static void *work(void *context)
{
  live_terminal *t = context;
  live_screen s;
  struct pollfd p[2] = {{.fd = t->awake[0], .events = POLLIN}, {.fd = fileno(t->keys), .events = POLLIN}};
  for (bool goes_on = true; goes_on;) {
    if (poll(p, 2, LOOK_MS) > 0 && p[1].revents & (POLLHUP | POLLERR | POLLNVAL)) p[1].fd = -1;   /* no keys any more */
    char bytes[64];
    while (read(t->awake[0], bytes, sizeof bytes) > 0) continue;
    int k;
    while ((k = getch()) != ERR)
      if (write(t->pressed[1], &k, sizeof k) != (ssize_t)sizeof k) break;   /* thousands of keys that nobody took */
    goes_on = take_given(t, &s);
    if (s.cell) show(&s);
    live_screen_free(&s);
  }
  endwin();
  return NULL;
}

static void wake(live_terminal *t)
{
  const char byte = 0;
  if (write(t->awake[1], &byte, 1) != 1) return;   /* full: it is going to wake */
}

/* An interrupt is for whoever measures, stopping and a new size are for the thread: ncurses answers both. */
static bool start(live_terminal *t)
{
  sigset_t ours, theirs;
  sigemptyset(&ours);
  sigaddset(&ours, SIGINT);
  sigaddset(&ours, SIGTERM);
  sigaddset(&ours, SIGHUP);
  sigemptyset(&theirs);
  sigaddset(&theirs, SIGTSTP);
  sigaddset(&theirs, SIGWINCH);
  pthread_sigmask(SIG_BLOCK, &ours, NULL);
  const bool started = !pthread_create(&t->thread, NULL, work, t);
  pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
  if (started) pthread_sigmask(SIG_BLOCK, &theirs, NULL);
  return started;
}

/* ---- open and close ---- */
static bool open_pipe(int fd[2])
{
  return !pipe2(fd, O_CLOEXEC | O_NONBLOCK);
}

static void free_terminal(live_terminal *t)
{
  for (int i = 0; i < 2; i++) {
    if (t->pressed[i] >= 0) close(t->pressed[i]);
    if (t->awake[i] >= 0) close(t->awake[i]);
  }
  live_screen_free(&t->given);
  live_screen_free(&t->screen);
  if (t->keys && t->keys != stdin) fclose(t->keys);
  pthread_mutex_destroy(&t->lock);
  free(t);
}

live_terminal *live_terminal_open(void)
{
  static const short colour[LIVE_COLOURS] = {[LIVE_PLAIN] = -1, [LIVE_DIM] = -1, [LIVE_BLUE] = COLOR_BLUE, [LIVE_RED] = COLOR_RED, [LIVE_GREEN] = COLOR_GREEN,
                                             [LIVE_YELLOW] = COLOR_YELLOW, [LIVE_MAGENTA] = COLOR_MAGENTA, [LIVE_CYAN] = COLOR_CYAN, [LIVE_BOLD] = -1};
  setlocale(LC_CTYPE, "");
  live_terminal *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  pthread_mutex_init(&t->lock, NULL);
  t->pressed[0] = t->pressed[1] = t->awake[0] = t->awake[1] = -1;
  t->keys = isatty(STDIN_FILENO) ? stdin : fopen("/dev/tty", "r");
  if (t->keys && open_pipe(t->pressed) && open_pipe(t->awake)) {
    t->has_before = !tcgetattr(fileno(t->keys), &t->before);
    t->curses = newterm(NULL, stdout, t->keys);
  }
  if (!t->curses) {
    free_terminal(t);
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
  take_size(t);
  if (fit_screen(t) && start(t)) return t;
  endwin();
  delscreen(t->curses);
  free_terminal(t);
  return NULL;
}

/* The thread ends the view itself. One that still waits for the terminal is ended where it waits; what the terminal was like is restored without writing to it. */
static void end_thread(live_terminal *t)
{
  pthread_mutex_lock(&t->lock);
  t->ends = true;
  pthread_mutex_unlock(&t->lock);
  wake(t);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += LEAVE_S;
  if (pthread_timedjoin_np(t->thread, NULL, &until)) {
    t->is_stuck = true;
    pthread_cancel(t->thread);
    pthread_join(t->thread, NULL);
    if (t->has_before) tcsetattr(fileno(t->keys), TCSANOW, &t->before);
  }
  sigset_t theirs;
  sigemptyset(&theirs);
  sigaddset(&theirs, SIGTSTP);
  sigaddset(&theirs, SIGWINCH);
  pthread_sigmask(SIG_UNBLOCK, &theirs, NULL);
}

void live_terminal_leave(live_terminal *t)
{
  if (!t || t->has_left) return;
  end_thread(t);
  t->has_left = true;
}

void live_terminal_close(live_terminal *t)
{
  if (!t) return;
  live_terminal_leave(t);
  if (!t->is_stuck) delscreen(t->curses);   /* it writes what is left: that would wait */
  for (size_t i = 0; i < t->notes && i < NOTES; i++) complain(0, "%s", t->note[i]);
  if (t->notes > NOTES) complain(0, "and %zu more messages", t->notes - NOTES);
  free_terminal(t);
}

/* ---- whoever measures ---- */
int live_terminal_fd(const live_terminal *t)
{
  return t->pressed[0];
}

int live_terminal_key(live_terminal *t)
{
  int k;
  return read(t->pressed[0], &k, sizeof k) == (ssize_t)sizeof k ? k : 0;
}

static bool give(live_terminal *t)
{
  const live_screen *s = &t->screen;
  live_screen next;
  if (!live_screen_begin(&next, s->rows, s->columns, s->ascii)) return false;
  memcpy(next.cell, s->cell, (size_t)s->rows * (size_t)s->columns * sizeof *s->cell);
  pthread_mutex_lock(&t->lock);
  const live_screen late = t->given;   /* not shown yet, and old now */
  t->given = next;
  pthread_mutex_unlock(&t->lock);
  free(late.cell);
  wake(t);
  return true;
}

void live_terminal_draw(live_terminal *t, const live_view *v, double interval_s)
{
  double now = seconds_now();
  if (now - t->last < interval_s || !fit_screen(t)) return;
  t->last = now;
  live_screen_clear(&t->screen);
  live_view_draw(v, &t->screen);
  give(t);
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
