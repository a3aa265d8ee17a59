// A board for QEMU's `-device usb-redir`: the usb-redir protocol on a unix stream socket, this program being the side that has the device.
// The guest's kernel then enumerates and drives the simulated board.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include <usbredirparser.h>

#include "board.h"
#include "options.h"

class RedirServer {
 public:
  explicit RedirServer(const Options &options);
  ~RedirServer();
  RedirServer(const RedirServer &) = delete;
  RedirServer &operator=(const RedirServer &) = delete;

  std::string start();
  // One guest, until it hangs up or stop().
  void run();
  void stop();
  std::string stats() const;

 private:
  struct Job {
    std::uint64_t id;
    bool control;
    usb_redir_control_packet_header control_header;
    usb_redir_bulk_packet_header bulk_header;
    std::vector<std::uint8_t> bytes;
    usb::Transfer transfer;
  };
  static RedirServer *of(void *self) { return static_cast<RedirServer *>(self); }
  static int read_guest(void *self, std::uint8_t *bytes, int n);
  static int write_guest(void *self, std::uint8_t *bytes, int n);
  static void on_control(void *self, std::uint64_t id, usb_redir_control_packet_header *h, std::uint8_t *bytes, int n);
  static void on_bulk(void *self, std::uint64_t id, usb_redir_bulk_packet_header *h, std::uint8_t *bytes, int n);
  static void on_cancel(void *self, std::uint64_t id);
  static void on_set_configuration(void *self, std::uint64_t id, usb_redir_set_configuration_header *h);
  static void on_set_interface(void *self, std::uint64_t id, usb_redir_set_alt_setting_header *h);
  void announce(bool connect);
  void make_parser();
  void submit(std::unique_ptr<Job> job);
  void finished(Job *job);

  const Options &options_;
  Board board_;
  int listener_ = -1, guest_ = -1;
  bool bound_ = false;
  std::atomic<bool> stopping_{false};
  usbredirparser *parser_ = nullptr;
  std::list<std::unique_ptr<Job>> jobs_, over_;
};
