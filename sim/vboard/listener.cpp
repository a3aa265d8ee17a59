#include "listener.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

std::string listen_on(const std::string &path, int *fd, bool *bound) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return path + ": the path is too long for a socket";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (*fd < 0) return std::string("socket: ") + std::strerror(errno);
  if (bind(*fd, reinterpret_cast<const sockaddr *>(&address), sizeof address)) return path + ": " + std::strerror(errno);
  *bound = true;
  return listen(*fd, 4) ? std::string("listen: ") + std::strerror(errno) : std::string();
}
