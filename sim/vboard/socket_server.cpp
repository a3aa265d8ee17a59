#include "socket_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "listener.h"
#include "stats.h"
#include "usb/descriptors.h"

namespace {
constexpr std::size_t kChunk = 4096;
// Bytes for a client that does not read, before the board is no longer read.
constexpr std::size_t kWaitingMax = 65536;
}  // namespace

SocketServer::SocketServer(const Options &options) : options_{options}, board_{options, options.serials[0], true}, out_bytes_(kChunk), in_bytes_(kChunk) {}

SocketServer::~SocketServer() {
  if (client_ >= 0) close(client_);
  if (listener_ >= 0) close(listener_);
  if (bound_) unlink(options_.socket.c_str());
  for (const int fd : stop_pipe_)
    if (fd >= 0) close(fd);
}

std::string SocketServer::start() {
  const std::string error = board_.plug();
  if (!error.empty()) return "enumeration of the virtual board: " + error;
  const std::string problem = listen_on(options_.socket, &listener_, &bound_);
  if (!problem.empty()) return problem;
  return pipe2(stop_pipe_, O_CLOEXEC | O_NONBLOCK) ? std::string("pipe: ") + std::strerror(errno) : std::string();
}

void SocketServer::connect() {
  client_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client_ < 0) return;
  board_.wake();
  usb::Host *host = board_.host();
  usb::Status s = host->control({0x40, usb::kLinkReset, 0, 0, 0}, nullptr);
  // The connection before may have ended between a packet and its ACK: then the toggles differ.
  for (const std::uint8_t endpoint : {usb::kInAddress, usb::kOutAddress})
    if (s == usb::Status::kDone) s = host->clear_halt(endpoint);
  if (s == usb::Status::kDone) return;
  std::fprintf(stderr, "taustream-vboard: LINK_RESET: %s\n", usb::status_name(s));
  close(client_);
  client_ = -1;
}

void SocketServer::disconnect() {
  close(client_);
  client_ = -1;
  if (out_busy_) board_.host()->cancel(&out_);
  if (in_busy_) board_.host()->cancel(&in_);
  waiting_.clear();
}

void SocketServer::take_from_socket() {
  if (out_busy_) return;
  const ssize_t n = recv(client_, out_bytes_.data(), out_bytes_.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return disconnect();
  out_.endpoint = usb::kOutAddress;
  out_.bytes = out_bytes_.data();
  out_.length = static_cast<std::size_t>(n);
  out_.done = [this](usb::Transfer &t) {
    out_busy_ = false;
    if (t.status != usb::Status::kDone && t.status != usb::Status::kCancelled)
      std::fprintf(stderr, "taustream-vboard: bulk OUT: %s\n", usb::status_name(t.status));
  };
  out_busy_ = true;
  board_.wake();
  board_.host()->submit(&out_);
}

void SocketServer::listen_to_board() {
  if (in_busy_ || waiting_.size() > kWaitingMax) return;
  in_.endpoint = usb::kInAddress;
  in_.bytes = in_bytes_.data();
  in_.length = in_bytes_.size();
  in_.done = [this](usb::Transfer &t) {
    in_busy_ = false;
    if (t.status == usb::Status::kDone) waiting_.insert(waiting_.end(), in_bytes_.begin(), in_bytes_.begin() + static_cast<std::ptrdiff_t>(t.actual));
    else if (t.status != usb::Status::kCancelled) std::fprintf(stderr, "taustream-vboard: bulk IN: %s\n", usb::status_name(t.status));
  };
  in_busy_ = true;
  board_.wake();
  board_.host()->submit(&in_);
}

void SocketServer::give_to_socket() {
  const ssize_t n = send(client_, waiting_.data(), waiting_.size(), MSG_NOSIGNAL);
  if (n > 0) waiting_.erase(waiting_.begin(), waiting_.begin() + n);
  else if (n < 0 && errno != EAGAIN && errno != EINTR) disconnect();
}

// Until there is something to do. False: stop.
bool SocketServer::sleep(bool board_works) {
  pollfd p[2] = {{stop_pipe_[0], POLLIN, 0}, {client_ >= 0 ? client_ : listener_, 0, 0}};
  if (client_ < 0 || !out_busy_) p[1].events |= POLLIN;
  if (client_ >= 0 && !waiting_.empty()) p[1].events |= POLLOUT;
  poll(p, 2, board_works ? 0 : -1);
  return !stopping_;
}

void SocketServer::run() {
  bool works = false;
  while (sleep(works)) {
    if (client_ < 0) {
      connect();
      works = false;
    }
    if (client_ < 0) continue;
    take_from_socket();
    if (client_ >= 0 && !waiting_.empty()) give_to_socket();
    if (client_ < 0) {
      works = false;
      continue;
    }
    listen_to_board();
    works = board_.run();
    if (board_.wants_unplug()) {
      disconnect();
      board_.unplug();
      const std::string error = board_.plug();
      if (!error.empty()) std::fprintf(stderr, "taustream-vboard: %s\n", error.c_str());
      works = false;
    }
  }
}

void SocketServer::stop() {
  stopping_ = true;
  const char byte = 0;
  if (write(stop_pipe_[1], &byte, 1) < 0) std::perror("taustream-vboard: pipe");
}

std::string SocketServer::stats() const { return board_stats(board_, 0); }
