#include "interrupt.h"

#include <signal.h>
#include <string.h>

/* A signal handler can reach nothing but a static. */
static volatile sig_atomic_t seen;

static void handler(int signal_number)
{
  (void)signal_number;
  seen = 1;
}

void interrupt_catch(void)
{
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = handler;
  /* Restart: a record that waits for room in a pipe is not torn. */
  a.sa_flags = (int)(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &a, NULL);
  sigaction(SIGTERM, &a, NULL);
  /* A connection that drops: the kernel and the shell may both tell of it. Under nohup it is to be ignored. */
  struct sigaction before;
  if (sigaction(SIGHUP, NULL, &before) || before.sa_handler == SIG_IGN) return;
  a.sa_flags = SA_RESTART;
  sigaction(SIGHUP, &a, NULL);
}

bool interrupted(void)
{
  return seen != 0;
}
