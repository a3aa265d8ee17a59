#include "redir_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "listener.h"
#include "stats.h"
#include "usb/descriptors.h"

namespace {

constexpr int kPollMs = 100;
constexpr unsigned kEndpoints = 32;
constexpr std::uint8_t kClearFeature = 1;

std::uint8_t redir_status(usb::Status s) {
  switch (s) {
    case usb::Status::kDone:
    case usb::Status::kShort: return usb_redir_success;
    case usb::Status::kCancelled: return usb_redir_cancelled;
    case usb::Status::kStall: return usb_redir_stall;
    case usb::Status::kOverflow: return usb_redir_babble;
    default: return usb_redir_ioerror;
  }
}

void log(void *, int level, const char *text) {
  if (level <= usbredirparser_warning) std::fprintf(stderr, "taustream-vboard: usb-redir: %s\n", text);
}

}  // namespace

RedirServer::RedirServer(const Options &options) : options_{options}, board_{options, options.serials[0], true} {}

RedirServer::~RedirServer() {
  if (parser_) usbredirparser_destroy(parser_);
  if (guest_ >= 0) close(guest_);
  if (listener_ >= 0) close(listener_);
  if (bound_) unlink(options_.redir.c_str());
}

std::string RedirServer::start() {
  const std::string error = board_.plug();
  return error.empty() ? listen_on(options_.redir, &listener_, &bound_) : "enumeration of the virtual board: " + error;
}

int RedirServer::read_guest(void *self, std::uint8_t *bytes, int n) {
  const ssize_t k = recv(of(self)->guest_, bytes, static_cast<std::size_t>(n), 0);
  if (k > 0) return static_cast<int>(k);
  return k < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

int RedirServer::write_guest(void *self, std::uint8_t *bytes, int n) {
  const ssize_t k = send(of(self)->guest_, bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL);
  if (k >= 0) return static_cast<int>(k);
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

void RedirServer::announce(bool connect) {
  usb_redir_interface_info_header interface{};
  interface.interface_count = 1;
  interface.interface_class[0] = 0xff;
  usbredirparser_send_interface_info(parser_, &interface);
  usb_redir_ep_info_header endpoints{};
  std::fill_n(endpoints.type, kEndpoints, static_cast<std::uint8_t>(usb_redir_type_invalid));
  endpoints.type[0] = endpoints.type[16] = usb_redir_type_control;
  endpoints.type[1] = endpoints.type[17] = usb_redir_type_bulk;
  for (const unsigned e : {0u, 1u, 16u, 17u}) endpoints.max_packet_size[e] = usb::kMaxPacketBytes;
  usbredirparser_send_ep_info(parser_, &endpoints);
  if (!connect) return;
  const std::vector<std::uint8_t> &d = board_.enumerated().device;
  usb_redir_device_connect_header device{};
  device.speed = usb_redir_speed_full;
  device.vendor_id = usb::kVendorId;
  device.product_id = usb::kProductId;
  device.device_version_bcd = static_cast<std::uint16_t>(d[12] | d[13] << 8);
  usbredirparser_send_device_connect(parser_, &device);
}

void RedirServer::make_parser() {
  parser_ = usbredirparser_create();
  parser_->priv = this;
  parser_->log_func = log;
  parser_->read_func = read_guest;
  parser_->write_func = write_guest;
  parser_->hello_func = [](void *self, usb_redir_hello_header *) { of(self)->announce(true); };
  parser_->reset_func = [](void *self) {
    of(self)->board_.wake();
    const std::string error = of(self)->board_.host()->reset_device();
    if (!error.empty()) std::fprintf(stderr, "taustream-vboard: reset: %s\n", error.c_str());
  };
  parser_->set_configuration_func = on_set_configuration;
  parser_->get_configuration_func = [](void *self, std::uint64_t id) {
    usb_redir_configuration_status_header s{usb_redir_success, 1};
    usbredirparser_send_configuration_status(of(self)->parser_, id, &s);
  };
  parser_->set_alt_setting_func = on_set_interface;
  parser_->control_packet_func = on_control;
  parser_->bulk_packet_func = on_bulk;
  parser_->cancel_data_packet_func = on_cancel;
  parser_->device_disconnect_ack_func = [](void *) {};
  parser_->filter_reject_func = [](void *) { std::fputs("taustream-vboard: the guest refuses the board\n", stderr); };
  parser_->filter_filter_func = [](void *, usbredirfilter_rule *rules, int) { free(rules); };
  std::uint32_t capabilities[USB_REDIR_CAPS_SIZE] = {};
  for (const int c : {usb_redir_cap_connect_device_version, usb_redir_cap_filter, usb_redir_cap_device_disconnect_ack,
                      usb_redir_cap_ep_info_max_packet_size, usb_redir_cap_64bits_ids, usb_redir_cap_32bits_bulk_length})
    usbredirparser_caps_set_cap(capabilities, c);
  usbredirparser_init(parser_, "taustream-vboard", capabilities, USB_REDIR_CAPS_SIZE, usbredirparser_fl_usb_host);
}

void RedirServer::on_set_configuration(void *self, std::uint64_t id, usb_redir_set_configuration_header *h) {
  RedirServer *s = of(self);
  s->board_.wake();
  const usb::Status r = s->board_.host()->set_configuration(h->configuration);
  s->announce(false);
  usb_redir_configuration_status_header answer{redir_status(r), h->configuration};
  usbredirparser_send_configuration_status(s->parser_, id, &answer);
}

void RedirServer::on_set_interface(void *self, std::uint64_t id, usb_redir_set_alt_setting_header *h) {
  RedirServer *s = of(self);
  s->board_.wake();
  const usb::Status r = s->board_.host()->set_interface(h->interface, h->alt);
  usb_redir_alt_setting_status_header answer{redir_status(r), h->interface, h->alt};
  usbredirparser_send_alt_setting_status(s->parser_, id, &answer);
}

void RedirServer::on_control(void *self, std::uint64_t id, usb_redir_control_packet_header *h, std::uint8_t *bytes, int n) {
  RedirServer *s = of(self);
  if (h->requesttype == 0x02 && h->request == kClearFeature && !h->value) {  // the host's toggle goes with the device's
    h->status = redir_status(s->board_.host()->clear_halt(static_cast<std::uint8_t>(h->index)));
    h->length = 0;
    usbredirparser_send_control_packet(s->parser_, id, h, nullptr, 0);
    return;
  }
  auto job = std::make_unique<Job>();
  job->id = id;
  job->control = true;
  job->control_header = *h;
  job->bytes.assign(h->length, 0);
  if (bytes) {
    std::copy_n(bytes, std::min<std::size_t>(static_cast<std::size_t>(n), job->bytes.size()), job->bytes.begin());
    usbredirparser_free_packet_data(s->parser_, bytes);
  }
  job->transfer.setup = {h->requesttype, h->request, h->value, h->index, h->length};
  s->submit(std::move(job));
}

void RedirServer::on_bulk(void *self, std::uint64_t id, usb_redir_bulk_packet_header *h, std::uint8_t *bytes, int n) {
  RedirServer *s = of(self);
  auto job = std::make_unique<Job>();
  job->id = id;
  job->control = false;
  job->bulk_header = *h;
  job->transfer.endpoint = h->endpoint;
  if (h->endpoint & 0x80) job->bytes.assign(h->length | static_cast<std::size_t>(h->length_high) << 16, 0);
  else job->bytes.assign(bytes, bytes + n);
  if (bytes) usbredirparser_free_packet_data(s->parser_, bytes);
  s->submit(std::move(job));
}

void RedirServer::submit(std::unique_ptr<Job> job) {
  Job *raw = job.get();
  raw->transfer.bytes = raw->bytes.data();
  raw->transfer.length = raw->bytes.size();
  raw->transfer.done = [this, raw](usb::Transfer &) { finished(raw); };
  jobs_.push_back(std::move(job));
  board_.wake();
  board_.host()->submit(&raw->transfer);
}

void RedirServer::finished(Job *job) {
  const usb::Transfer &t = job->transfer;
  const auto actual = static_cast<std::uint32_t>(t.actual);
  if (job->control) {
    const bool in = job->control_header.requesttype & 0x80;
    job->control_header.status = redir_status(t.status);
    job->control_header.length = static_cast<std::uint16_t>(actual);
    usbredirparser_send_control_packet(parser_, job->id, &job->control_header, in ? job->bytes.data() : nullptr, in ? static_cast<int>(actual) : 0);
  } else {
    const bool in = job->bulk_header.endpoint & 0x80;
    job->bulk_header.status = redir_status(t.status);
    job->bulk_header.length = static_cast<std::uint16_t>(actual);
    job->bulk_header.length_high = static_cast<std::uint16_t>(actual >> 16);
    usbredirparser_send_bulk_packet(parser_, job->id, &job->bulk_header, in ? job->bytes.data() : nullptr, in ? static_cast<int>(actual) : 0);
  }
  const auto at = std::find_if(jobs_.begin(), jobs_.end(), [job](const auto &x) { return x.get() == job; });
  over_.splice(over_.end(), jobs_, at);  // its transfer's callback is running: it goes later
}

void RedirServer::on_cancel(void *self, std::uint64_t id) {
  RedirServer *s = of(self);
  for (const auto &job : s->jobs_)
    if (job->id == id) {
      s->board_.host()->cancel(&job->transfer);
      return;
    }
}

void RedirServer::run() {
  while (!stopping_) {
    pollfd p{listener_, POLLIN, 0};
    if (poll(&p, 1, kPollMs) > 0 && (guest_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) break;
  }
  if (guest_ < 0) return;
  make_parser();
  bool works = false;
  while (!stopping_) {
    pollfd p{guest_, static_cast<short>(usbredirparser_has_data_to_write(parser_) ? POLLIN | POLLOUT : POLLIN), 0};
    poll(&p, 1, works ? 0 : kPollMs);
    if ((p.revents & (POLLIN | POLLHUP)) && usbredirparser_do_read(parser_) == usbredirparser_read_io_error) break;
    works = board_.run();
    over_.clear();
    if (usbredirparser_has_data_to_write(parser_) && usbredirparser_do_write(parser_) < 0) break;
  }
  board_.host()->end_all(usb::Status::kGone);
}

void RedirServer::stop() { stopping_ = true; }

std::string RedirServer::stats() const { return board_stats(board_, 0); }
