// Boards offered as device nodes of usbfs to programs that run under umockdev's preload library.
//
// One thread (run()) owns the boards; the ioctls come in on a thread of umockdev's and wait in a queue.
#pragma once
#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <umockdev.h>

#include "board.h"
#include "options.h"

class Usbfs {
 public:
  explicit Usbfs(const Options &options);
  ~Usbfs();
  Usbfs(const Usbfs &) = delete;
  Usbfs &operator=(const Usbfs &) = delete;

  // Plugs the boards in. Empty: all are there, else what went wrong.
  std::string start();
  // Runs the boards until stop().
  void run();
  void stop();
  std::string stats() const;

 private:
  struct Urb {
    UMockdevIoctlClient *client;
    UMockdevIoctlData *data, *buffer;
    usb::Transfer transfer;
  };
  // A device node, from plug to unplug and on until nobody has it open any more.
  struct Node {
    Board *board = nullptr;  // null: unplugged
    std::string path;        // below /dev
    UMockdevIoctlBase *handler = nullptr;
    int fifo = -1;
    bool writable = true;
    std::list<UMockdevIoctlClient *> clients;
    std::list<std::unique_ptr<Urb>> pending, done;
    UMockdevIoctlClient *owner = nullptr;  // of interface 0
  };
  struct Port {
    std::unique_ptr<Board> board;
    std::string path;  // below /sys
    Node *node = nullptr;
    std::int64_t plug_at_ms = -1;
  };
  enum class Event { kIoctl, kOpened };
  struct Command {
    UMockdevIoctlBase *handler;
    UMockdevIoctlClient *client;
    Event event;
  };

  struct Claim {
    UMockdevIoctlBase *handler;
    UMockdevIoctlClient *client;
    std::int64_t until_ms;
  };

  static gboolean on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer self);
  static void on_opened(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer self);
  void enqueue(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, Event event);
  std::string add_root_hub();
  std::string add_device(const std::string &text);
  std::string plug(std::size_t number);
  std::string make_node(Node *n);
  void unplug(Port *p);
  void remove(std::list<Node>::iterator n);
  void act(const Command &c);
  void look_for_closed();
  void decide_claims();
  void ioctl(Node *n, UMockdevIoctlClient *client);
  void submit(Node *n, UMockdevIoctlClient *client);
  void discard(Node *n, UMockdevIoctlClient *client);
  void reap(Node *n, UMockdevIoctlClient *client);
  void finished(Node *n, Urb *urb);
  void closed(Node *n, UMockdevIoctlClient *client);
  void set_writable(Node *n, bool on);

  const Options &options_;
  UMockdevTestbed *testbed_;
  std::string root_;
  std::vector<Port> ports_;
  std::list<Node> nodes_;
  unsigned next_device_ = 2;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Command> queue_;
  std::vector<Claim> claims_;
  bool unplugged_ = false;
  bool stopping_ = false;
  std::uint64_t ioctls_ = 0;
};
