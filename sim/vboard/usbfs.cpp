#include "usbfs.h"

#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "stats.h"

namespace {

constexpr unsigned kFullSpeed = 2;  // enum usb_device_speed, for USBDEVFS_GET_SPEED
constexpr int kClaimMs = 300, kLookMs = 2;
constexpr int kFifoBytes = 4096;
constexpr unsigned kClaimable = 0;  // the only interface

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::string hex(const std::vector<std::uint8_t> &bytes) {
  std::string s;
  char digits[3];
  for (const std::uint8_t b : bytes) {
    std::snprintf(digits, sizeof digits, "%02X", b);
    s += digits;
  }
  return s;
}

std::string three_digits(unsigned n) {
  char text[16];
  std::snprintf(text, sizeof text, "%03u", n);
  return text;
}

// A device for umockdev_testbed_add_from_string, without an N: line: its node is made by hand.
std::string description(const std::string &path, unsigned number, const std::vector<std::uint8_t> &descriptors, const std::string &attributes) {
  const std::string node = "bus/usb/001/" + three_digits(number);
  return "P: " + path + "\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\nE: DEVNAME=/dev/" + node + "\nE: BUSNUM=001\nE: DEVNUM=" + three_digits(number) +
         "\nE: MAJOR=189\nE: MINOR=" + std::to_string(number - 1) + "\nA: busnum=1\\n\nA: devnum=" + std::to_string(number) +
         "\\n\nA: bConfigurationValue=1\\n\n" + attributes + "H: descriptors=" + hex(descriptors) + "\n\n";
}

std::string attribute(const char *name, const std::string &value) { return std::string("A: ") + name + "=" + value + "\\n\n"; }

int urb_status(usb::Status s) {
  switch (s) {
    case usb::Status::kPending: return -EINPROGRESS;
    case usb::Status::kDone: return 0;
    case usb::Status::kStall: return -EPIPE;
    case usb::Status::kError: return -EPROTO;
    case usb::Status::kOverflow: return -EOVERFLOW;
    case usb::Status::kShort: return -EREMOTEIO;
    case usb::Status::kCancelled: return -ENOENT;
    case usb::Status::kGone: return -ESHUTDOWN;
  }
  return -EIO;
}

int status_errno(usb::Status s) { return s == usb::Status::kGone ? ENODEV : -urb_status(s); }

void complete(UMockdevIoctlClient *client, int error) { umockdev_ioctl_client_complete(client, error ? -1 : 0, error); }

// A structure behind the ioctl's argument; T's value when it cannot be read is all zeros.
template <typename T>
T argument(UMockdevIoctlClient *client) {
  T value{};
  UMockdevIoctlData *data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof value, nullptr);
  if (data) {
    std::memcpy(&value, data->data, sizeof value);
    g_object_unref(data);
  }
  return value;
}

}  // namespace

Usbfs::Usbfs(const Options &options) : options_{options}, testbed_{umockdev_testbed_new()} {
  char *root = umockdev_testbed_get_root_dir(testbed_);
  root_ = root;
  g_free(root);
}

Usbfs::~Usbfs() {
  for (Port &p : ports_)
    if (p.board->plugged()) p.board->unplug();
  while (!nodes_.empty()) remove(nodes_.begin());
  g_object_unref(testbed_);  // removes its folder
}

std::string Usbfs::add_root_hub() {
  // A root hub: libusb wants a parent. Linux Foundation, "2.0 root hub".
  static const std::vector<std::uint8_t> descriptors = {18, 1, 0x00, 0x02, 9, 0, 0, 64, 0x6b, 0x1d, 0x02, 0x00, 0x00, 0x06, 0, 0, 0, 1,
                                                        9, 2, 25, 0, 1, 1, 0, 0xe0, 0, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7, 5, 0x81, 3, 4, 0, 12};
  return add_device(description("/devices/usb1", 1, descriptors,
                                attribute("speed", "480") + attribute("idVendor", "1d6b") + attribute("idProduct", "0002")));
}

std::string Usbfs::start() {
  std::string error = add_root_hub();
  for (std::size_t i = 0; error.empty() && i < options_.serials.size(); i++) {
    ports_.emplace_back();
    ports_[i].board = std::make_unique<Board>(options_, options_.serials[i], i == 0);
    if (options_.start_unplugged) ports_[i].plug_at_ms = now_ms() + options_.replug_ms;
    else error = plug(i);
  }
  return error;
}

std::string Usbfs::plug(std::size_t number) {
  Port *p = &ports_[number];
  p->plug_at_ms = -1;
  const std::string problem = p->board->plug();
  if (!problem.empty()) return "enumeration of the virtual board: " + problem;
  const usb::Enumerated &e = p->board->enumerated();
  const unsigned device = next_device_++;
  p->path = "/devices/usb1/1-" + std::to_string(number + 1);
  nodes_.emplace_back();
  p->node = &nodes_.back();
  p->node->board = p->board.get();
  p->node->path = "/dev/bus/usb/001/" + three_digits(device);
  const std::string problem_of_node = make_node(p->node);
  if (!problem_of_node.empty()) return problem_of_node;
  std::vector<std::uint8_t> descriptors = e.device;
  descriptors.insert(descriptors.end(), e.configuration.begin(), e.configuration.end());
  char ids[2][8];
  std::snprintf(ids[0], sizeof ids[0], "%02x%02x", e.device[9], e.device[8]);
  std::snprintf(ids[1], sizeof ids[1], "%02x%02x", e.device[11], e.device[10]);
  // Last, because it sends the uevent `add`.
  return add_device(description(p->path, device, descriptors,
                                attribute("speed", "12") + attribute("idVendor", ids[0]) + attribute("idProduct", ids[1]) +
                                    attribute("manufacturer", e.manufacturer) + attribute("product", e.product) + attribute("serial", e.serial)));
}

std::string Usbfs::add_device(const std::string &text) {
  GError *error = nullptr;
  if (umockdev_testbed_add_from_string(testbed_, text.c_str(), &error)) return {};
  const std::string what = error->message;
  g_error_free(error);
  return "umockdev: " + what;
}

std::string Usbfs::make_node(Node *n) {
  // poll() on a plain file is always ready; a FIFO is writable just when it is not full.
  const std::string file = root_ + n->path;
  std::error_code code;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), code);
  if (mkfifo(file.c_str(), 0666)) return "mkfifo " + file + ": " + std::strerror(errno);
  n->fifo = open(file.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (n->fifo < 0) return "open " + file + ": " + std::strerror(errno);
  fcntl(n->fifo, F_SETPIPE_SZ, kFifoBytes);
  set_writable(n, false);
  n->handler = umockdev_ioctl_base_new();
  g_signal_connect(n->handler, "handle-ioctl", G_CALLBACK(on_ioctl), this);
  g_signal_connect(n->handler, "client-connected", G_CALLBACK(on_opened), this);
  GError *error = nullptr;
  if (umockdev_testbed_attach_ioctl(testbed_, n->path.c_str(), n->handler, &error)) return {};
  const std::string what = error->message;
  g_error_free(error);
  return "umockdev: " + what;
}

void Usbfs::remove(std::list<Node>::iterator n) {
  for (auto *list : {&n->pending, &n->done})
    for (const auto &urb : *list) {
      if (urb->buffer) g_object_unref(urb->buffer);
      g_object_unref(urb->data);
    }
  for (UMockdevIoctlClient *client : n->clients) g_object_unref(client);
  if (n->handler) {
    g_signal_handlers_disconnect_by_data(n->handler, this);
    umockdev_testbed_detach_ioctl(testbed_, n->path.c_str(), nullptr);
    g_object_unref(n->handler);
  }
  if (n->fifo >= 0) close(n->fifo);
  nodes_.erase(n);
}

void Usbfs::unplug(Port *p) {
  p->board->unplug();  // the pending URBs are done with that
  umockdev_testbed_uevent(testbed_, ("/sys" + p->path).c_str(), "remove");
  umockdev_testbed_remove_device(testbed_, ("/sys" + p->path).c_str());
  p->node->board = nullptr;
  unplugged_ = true;
  p->node = nullptr;
  if (!options_.stay_unplugged) p->plug_at_ms = now_ms() + options_.replug_ms;
}

// ---- ioctls ----
gboolean Usbfs::on_ioctl(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer self) {
  static_cast<Usbfs *>(self)->enqueue(handler, client, Event::kIoctl);
  return TRUE;
}

void Usbfs::on_opened(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, gpointer self) {
  static_cast<Usbfs *>(self)->enqueue(handler, client, Event::kOpened);
}

void Usbfs::enqueue(UMockdevIoctlBase *handler, UMockdevIoctlClient *client, Event event) {
  g_object_ref(handler);
  g_object_ref(client);
  const std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back({handler, client, event});
  wake_.notify_one();
}

void Usbfs::act(const Command &c) {
  const auto n = std::find_if(nodes_.begin(), nodes_.end(), [&c](const Node &x) { return x.handler == c.handler; });
  if (c.event == Event::kIoctl) {
    ioctls_++;
    if (n != nodes_.end()) ioctl(&*n, c.client);
    else complete(c.client, ENODEV);
  } else if (n != nodes_.end()) {
    n->clients.push_back(c.client);
    g_object_ref(c.client);
  }
  g_object_unref(c.client);
  g_object_unref(c.handler);
}

// umockdev does not tell when a file is closed: it has to be asked.
void Usbfs::look_for_closed() {
  for (auto n = nodes_.begin(); n != nodes_.end();) {
    for (auto at = n->clients.begin(); at != n->clients.end();) {
      UMockdevIoctlClient *client = *at;
      // A process that dies inside an ioctl leaves umockdev's connection open with nobody but this list to hold it.
      const bool abandoned = g_atomic_int_get(&G_OBJECT(client)->ref_count) == 1;
      if (umockdev_ioctl_client_get_connected(client) && !abandoned) {
        ++at;
        continue;
      }
      closed(&*n, client);
      at = n->clients.erase(at);
      if (!abandoned) g_object_unref(client);  // umockdev complains when it has to destroy an open one
    }
    const auto node = n++;
    if (!node->board && node->clients.empty()) remove(node);
  }
}

// Whoever claims an interface that another had waits a little: that other may be dead, and its end not yet seen.
void Usbfs::decide_claims() {
  for (auto c = claims_.begin(); c != claims_.end();) {
    Node *n = nullptr;
    for (Node &x : nodes_)
      if (x.handler == c->handler) n = &x;
    if (n && n->board && n->owner && n->owner != c->client && now_ms() < c->until_ms) {
      ++c;
      continue;
    }
    if (!n || !n->board) {
      complete(c->client, ENODEV);
    } else if (n->owner && n->owner != c->client) {
      complete(c->client, EBUSY);
    } else {
      n->owner = c->client;
      complete(c->client, 0);
    }
    g_object_unref(c->client);
    c = claims_.erase(c);
  }
}

void Usbfs::ioctl(Node *n, UMockdevIoctlClient *client) {
  const unsigned long request = umockdev_ioctl_client_get_request(client);
  if (request == USBDEVFS_REAPURBNDELAY || request == USBDEVFS_REAPURB) return reap(n, client);
  if (request == USBDEVFS_DISCARDURB) return discard(n, client);
  if (!n->board) return complete(client, ENODEV);
  usb::Host *host = n->board->host();
  n->board->wake();
  switch (request) {
    case USBDEVFS_GET_CAPABILITIES: {
      UMockdevIoctlData *data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof(std::uint32_t), nullptr);
      const std::uint32_t capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
      std::memcpy(data->data, &capabilities, sizeof capabilities);
      complete(client, 0);
      g_object_unref(data);
      return;
    }
    case USBDEVFS_GET_SPEED: return umockdev_ioctl_client_complete(client, kFullSpeed, 0);
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_DISCONNECT_CLAIM:
      if (argument<unsigned>(client) != kClaimable) return complete(client, request == USBDEVFS_CLAIMINTERFACE ? ENOENT : EINVAL);
      claims_.push_back({n->handler, client, now_ms() + kClaimMs});
      g_object_ref(client);
      return;
    case USBDEVFS_RELEASEINTERFACE:
      if (n->owner != client) return complete(client, EINVAL);
      n->owner = nullptr;
      return complete(client, 0);
    case USBDEVFS_GETDRIVER:
    case USBDEVFS_IOCTL: return complete(client, ENODATA);  // no driver of the kernel's is bound
    case USBDEVFS_SUBMITURB: return submit(n, client);
    case USBDEVFS_SETCONFIGURATION: return complete(client, status_errno(host->set_configuration(argument<unsigned>(client))));
    case USBDEVFS_SETINTERFACE: {
      const auto s = argument<usbdevfs_setinterface>(client);
      return complete(client, status_errno(host->set_interface(s.interface, s.altsetting)));
    }
    case USBDEVFS_CLEAR_HALT: return complete(client, status_errno(host->clear_halt(static_cast<std::uint8_t>(argument<unsigned>(client)))));
    case USBDEVFS_RESET: {
      const std::string error = host->reset_device();
      if (!error.empty()) std::fprintf(stderr, "taustream-vboard: reset of the virtual board: %s\n", error.c_str());
      return complete(client, error.empty() ? 0 : EIO);
    }
    default:
      std::fprintf(stderr, "taustream-vboard: ioctl 0x%lx is not known here\n", request);
      complete(client, ENOTTY);
  }
}

void Usbfs::submit(Node *n, UMockdevIoctlClient *client) {
  UMockdevIoctlData *data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof(usbdevfs_urb), nullptr);
  if (!data) return complete(client, EFAULT);
  auto *u = reinterpret_cast<usbdevfs_urb *>(data->data);
  const bool control = u->type == USBDEVFS_URB_TYPE_CONTROL;
  const unsigned header = control ? sizeof(usb::Setup) : 0;
  int error = 0;
  if (!control && u->type != USBDEVFS_URB_TYPE_BULK) error = EINVAL;
  else if (!control && u->endpoint != 0x01 && u->endpoint != 0x81) error = ENOENT;
  else if (u->buffer_length < static_cast<int>(header)) error = EINVAL;
  UMockdevIoctlData *buffer = nullptr;
  if (!error && u->buffer_length) {
    buffer = umockdev_ioctl_data_resolve(data, offsetof(usbdevfs_urb, buffer), static_cast<gsize>(u->buffer_length), nullptr);
    if (!buffer) error = EFAULT;
  }
  auto urb = std::make_unique<Urb>();
  usb::Transfer &t = urb->transfer;
  if (!error && control) {
    std::memcpy(&t.setup, buffer->data, sizeof t.setup);
    if (static_cast<unsigned>(u->buffer_length) < header + t.setup.length) error = EINVAL;
    t.length = t.setup.length;
  }
  if (error) {
    if (buffer) g_object_unref(buffer);
    g_object_unref(data);
    return complete(client, error);
  }
  if (!control) {
    t.endpoint = u->endpoint;
    t.length = static_cast<std::size_t>(u->buffer_length);
    t.zero_packet = u->flags & USBDEVFS_URB_ZERO_PACKET;
    t.short_not_ok = u->flags & USBDEVFS_URB_SHORT_NOT_OK;
  }
  t.bytes = buffer ? buffer->data + header : nullptr;
  urb->client = client;
  urb->data = data;
  urb->buffer = buffer;
  Urb *raw = urb.get();
  t.done = [this, n, raw](usb::Transfer &) { finished(n, raw); };
  n->pending.push_back(std::move(urb));
  n->board->host()->submit(&t);
  complete(client, 0);
}

void Usbfs::finished(Node *n, Urb *urb) {
  auto *u = reinterpret_cast<usbdevfs_urb *>(urb->data->data);
  u->status = urb_status(urb->transfer.status);
  u->actual_length = static_cast<int>(urb->transfer.actual);
  const auto at = std::find_if(n->pending.begin(), n->pending.end(), [urb](const auto &x) { return x.get() == urb; });
  n->done.splice(n->done.end(), n->pending, at);
  set_writable(n, true);
}

void Usbfs::discard(Node *n, UMockdevIoctlClient *client) {
  const gulong address = *reinterpret_cast<gulong *>(umockdev_ioctl_client_get_arg(client)->data);
  for (const auto &urb : n->pending)
    if (urb->client == client && urb->data->client_addr == address) {
      n->board->host()->cancel(&urb->transfer);
      return complete(client, 0);
    }
  complete(client, EINVAL);
}

void Usbfs::reap(Node *n, UMockdevIoctlClient *client) {
  const auto at = std::find_if(n->done.begin(), n->done.end(), [client](const auto &x) { return x->client == client; });
  if (at == n->done.end()) {
    complete(client, n->board ? EAGAIN : ENODEV);
  } else {
    const std::unique_ptr<Urb> urb = std::move(*at);
    n->done.erase(at);
    UMockdevIoctlData *d = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, sizeof(void *), nullptr);
    umockdev_ioctl_data_set_ptr(d, 0, urb->data);
    complete(client, 0);
    g_object_unref(d);
    if (urb->buffer) g_object_unref(urb->buffer);
    g_object_unref(urb->data);
  }
  set_writable(n, !n->done.empty());
}

// The file was closed.
void Usbfs::closed(Node *n, UMockdevIoctlClient *client) {
  if (n->owner == client) n->owner = nullptr;
  for (auto at = n->pending.begin(); at != n->pending.end();) {
    Urb *urb = (at++)->get();
    if (urb->client == client) n->board->host()->cancel(&urb->transfer);
  }
  n->done.remove_if([client](const auto &urb) {
    if (urb->client != client) return false;
    if (urb->buffer) g_object_unref(urb->buffer);
    g_object_unref(urb->data);
    return true;
  });
  set_writable(n, !n->done.empty());
}

void Usbfs::set_writable(Node *n, bool on) {
  static const char zeros[kFifoBytes] = {};
  char sink[kFifoBytes];
  if (n->fifo < 0 || on == n->writable) return;
  if (on) while (read(n->fifo, sink, sizeof sink) > 0) {}
  else while (write(n->fifo, zeros, sizeof zeros) > 0) {}
  n->writable = on;
}

// ---- the loop ----
void Usbfs::run() {
  bool work = true;
  for (;;) {
    std::deque<Command> commands;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!work && queue_.empty() && !stopping_) {
        std::int64_t next = -1;
        for (const Port &p : ports_)
          if (p.plug_at_ms >= 0 && (next < 0 || p.plug_at_ms < next)) next = p.plug_at_ms;
        if (!claims_.empty()) wake_.wait_for(lock, std::chrono::milliseconds(kLookMs));
        else if (next < 0) wake_.wait(lock);
        else wake_.wait_for(lock, std::chrono::milliseconds(std::max<std::int64_t>(next - now_ms(), 1)));
      }
      if (stopping_) return;
      commands.swap(queue_);
    }
    for (const Command &c : commands) act(c);
    if (!claims_.empty() || unplugged_) look_for_closed();
    unplugged_ = false;
    decide_claims();
    work = false;
    for (std::size_t i = 0; i < ports_.size(); i++) {
      Port *p = &ports_[i];
      if (p->plug_at_ms >= 0 && now_ms() >= p->plug_at_ms) {
        const std::string error = plug(i);
        if (!error.empty()) std::fprintf(stderr, "taustream-vboard: %s\n", error.c_str());
      }
      if (p->board->run()) work = true;
      if (p->board->wants_unplug()) unplug(p);
    }
  }
}

void Usbfs::stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  stopping_ = true;
  wake_.notify_one();
}

std::string Usbfs::stats() const {
  std::string text;
  for (const Port &p : ports_) text += board_stats(*p.board, ioctls_);
  return text;
}
