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
}

bool interrupted(void)
{
  return seen != 0;
}
