// taustream-vboard: a virtual USB board, see options.cpp. Starts itself anew under umockdev's preload library when it offers a device node,
// because its own side of umockdev's files must be seen through that, too.
#include <dlfcn.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "make_bus.h"
#include "options.h"
#include "redir_server.h"
#include "socket_server.h"
#include "stats.h"
#include "usbfs.h"

namespace {

constexpr char kPreload[] = "libumockdev-preload.so.0";
constexpr int kFailed = 1, kNotExecutable = 126, kNotFound = 127, kSignal = 128;
volatile std::sig_atomic_t child_of_signals = 0;

void pass_on(int signal) {
  if (child_of_signals) kill(child_of_signals, signal);
}

int complain(const std::string &what) {
  std::fprintf(stderr, "taustream-vboard: %s\n", what.c_str());
  return kFailed;
}

// 0: not started, *code is set.
pid_t start(const Options &o, bool mocked, int *code) {
  std::string preload;
  for (const std::string &p : o.preload) preload += p + ":";
  if (mocked) preload += kPreload;
  if (preload.empty()) unsetenv("LD_PRELOAD");
  else setenv("LD_PRELOAD", preload.c_str(), 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int error = posix_spawnp(&child, o.command[0], nullptr, &attributes, o.command, environ);
  posix_spawnattr_destroy(&attributes);
  if (!error) return child;
  complain(std::string(o.command[0]) + ": " + std::strerror(error));
  *code = error == ENOENT ? kNotFound : kNotExecutable;
  return 0;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return kFailed;
  child_of_signals = 0;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kSignal + WTERMSIG(status);
}

// The command in the foreground, the boards beside it.
template <typename Server>
int serve(Server *server, const Options &o, bool mocked) {
  const std::string error = server->start();
  if (!error.empty()) return complain(error);
  if (!o.quiet) std::fprintf(stderr, "taustream-vboard: %s\n", describe(o).c_str());
  std::signal(SIGPIPE, SIG_IGN);
  if (!o.command) {
    std::signal(SIGINT, [](int) { _exit(0); });
    std::signal(SIGTERM, [](int) { _exit(0); });
    server->run();
    return 0;
  }
  int code = 0;
  const pid_t child = start(o, mocked, &code);
  if (!child) return code;
  child_of_signals = child;
  std::signal(SIGINT, SIG_IGN);  // the command gets it from the terminal itself
  std::signal(SIGTERM, pass_on);
  std::thread boards([server] { server->run(); });
  code = wait_for(child);
  server->stop();
  boards.join();
  return write_stats(o.stats, server->stats()) ? code : kFailed;
}

}  // namespace

int main(int argc, char **argv) {
  Options o;
  int code = 0;
  if (!parse_options(argc, argv, &o, &code)) return code;
  if (!o.socket.empty()) {
    SocketServer server(o);
    return serve(&server, o, false);
  }
  if (!o.redir.empty()) {
    RedirServer server(o);
    return serve(&server, o, false);
  }
  if (!dlopen(kPreload, RTLD_LAZY | RTLD_NOLOAD)) {
    const char *had = std::getenv("LD_PRELOAD");
    if (had && std::strstr(had, kPreload)) return complain(std::string("cannot load ") + kPreload + " (Debian: libumockdev0)");
    setenv("LD_PRELOAD", kPreload, 1);
    execv("/proc/self/exe", argv);
    return complain(std::string("starting anew: ") + std::strerror(errno));
  }
  Usbfs server(o);
  return serve(&server, o, true);
}
