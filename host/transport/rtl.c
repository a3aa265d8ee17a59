/* Backend `rtl`: the simulated gateware, a child process with the byte stream at its standard input and output. */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fd_stream.h"

enum { CLOSE_POLLS = 100, CLOSE_POLL_MS = 10 };

typedef struct rtl_transport {
  ts_fd_stream stream;
  pid_t child;
} rtl_transport;

static bool reap(pid_t child) {
  for (int i = 0; i < CLOSE_POLLS; i++) {
    const pid_t k = waitpid(child, NULL, WNOHANG);
    if (k == child || (k < 0 && errno != EINTR)) return true;
    const struct timespec pause = {0, CLOSE_POLL_MS * 1000000L};
    nanosleep(&pause, NULL);
  }
  return false;
}

static void rtl_close(ts_transport *t) {
  rtl_transport *r = (rtl_transport *)t;
  close(r->stream.fd); /* the simulation ends at the end of its input */
  if (!reap(r->child)) {
    kill(r->child, SIGTERM);
    if (!reap(r->child)) {
      kill(r->child, SIGKILL);
      while (waitpid(r->child, NULL, 0) < 0 && errno == EINTR) {}
    }
  }
  free(r);
}

static const ts_transport_ops rtl_ops = {ts_fd_write, ts_fd_read, ts_fd_wait, rtl_close, ts_fd_text};

/* path := directory of file / name; false when that is not an executable file. */
static bool beside(char path[PATH_MAX], const char *file, const char *name) {
  const char *slash = strrchr(file, '/');
  const int length = slash ? (int)(slash - file) : 1;
  const int k = snprintf(path, PATH_MAX, "%.*s/%s", length, slash ? file : ".", name);
  return k > 0 && k < PATH_MAX && access(path, X_OK) == 0;
}

static bool find_program(char path[PATH_MAX], const char *name) {
  const char *dir = getenv("TAUSTREAM_RTL_DIR");
  if (dir && *dir) { /* named by the user: nothing else is tried behind his back */
    const int k = snprintf(path, PATH_MAX, "%s/%s", dir, name);
    return k > 0 && k < PATH_MAX && access(path, X_OK) == 0;
  }
  char self[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n > 0) {
    self[n] = 0;
    if (beside(path, self, name)) return true;
  }
  Dl_info where;
  if (!dladdr((const void *)&rtl_ops, &where) || !where.dli_fname) return false;
  if (beside(path, where.dli_fname, name)) return true;
  char installed[80]; /* the library is in PREFIX/lib, programs are in PREFIX/bin */
  snprintf(installed, sizeof installed, "../bin/%s", name);
  return beside(path, where.dli_fname, installed);
}

ts_error ts_transport_open_rtl(ts_transport **t, const char *engine_name, char *message) {
  char name[64], path[PATH_MAX];
  snprintf(name, sizeof name, "taustream-rtl-%s", engine_name);
  if (!find_program(path, name)) {
    const char *dir = getenv("TAUSTREAM_RTL_DIR");
    if (message)
      snprintf(message, TS_MESSAGE_BYTES, "rtl: no program %s %s%.300s (it is made by `make rtl`; TAUSTREAM_RTL_DIR names its folder)", name,
               dir && *dir ? "in " : "beside the executable or the library, or in ../bin from there", dir && *dir ? dir : "");
    return TS_ERROR_TRANSPORT;
  }
  rtl_transport *r = calloc(1, sizeof *r);
  if (!r) return TS_ERROR_MEMORY;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "rtl: socketpair: %s", strerror(errno));
    free(r);
    return TS_ERROR_TRANSPORT;
  }
  const pid_t child = fork();
  if (child == 0) {
    /* dup2 onto another number clears close-on-exec; ends[1] itself may be 0 or 1 when the parent runs without them. */
    int fd = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
    if (fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0) _exit(126);
    /* An interrupt from the terminal goes to both: it is the command's, which has what is under way answered first. */
    signal(SIGINT, SIG_IGN);
    execl(path, name, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  if (child < 0) {
    if (message) snprintf(message, TS_MESSAGE_BYTES, "rtl: fork: %s", strerror(errno));
    close(ends[0]);
    free(r);
    return TS_ERROR_TRANSPORT;
  }
  r->stream.base = (ts_transport){.ops = &rtl_ops, .throttles = true};
  r->stream.fd = ends[0];
  r->stream.peer = "the simulation";
  snprintf(r->stream.name, sizeof r->stream.name, "rtl");
  r->child = child;
  *t = &r->stream.base;
  return TS_OK;
}
