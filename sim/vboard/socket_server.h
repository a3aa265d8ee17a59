// A board's byte stream on a unix stream socket, one connection at a time. The bytes go through the simulated USB: this program is the host on
// it. A new connection begins with a LINK_RESET.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "board.h"
#include "options.h"

class SocketServer {
 public:
  explicit SocketServer(const Options &options);
  ~SocketServer();
  SocketServer(const SocketServer &) = delete;
  SocketServer &operator=(const SocketServer &) = delete;

  std::string start();
  void run();
  void stop();
  std::string stats() const;

 private:
  bool sleep(bool want_write);
  void connect();
  void disconnect();
  void take_from_socket();
  void give_to_socket();
  void listen_to_board();

  const Options &options_;
  Board board_;
  int listener_ = -1, client_ = -1, stop_pipe_[2] = {-1, -1};
  bool bound_ = false;
  std::atomic<bool> stopping_{false};
  usb::Transfer out_, in_;
  bool out_busy_ = false, in_busy_ = false;
  std::vector<std::uint8_t> out_bytes_, in_bytes_, waiting_;  // waiting_: for the socket
};
