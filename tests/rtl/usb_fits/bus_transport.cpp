#include "bus_transport.h"

#include <algorithm>

extern "C" {
#include "transport/usb_gather.h"
}
#include "usb/bus.h"
#include "usb/descriptors.h"

const ts_transport_ops BusTransport::kOps = {write, read, wait, close, text};

BusTransport::BusTransport(usb::Host *host) : shell_{{&kOps}, this}, host_{host} {
  for (Slot &s : out_) {
    s.transfer.done = [this, &s](usb::Transfer &t) {
      s.busy = false;
      last_out_s = host_->seconds();
      failed_ |= t.status != usb::Status::kDone;
      send_held();
    };
    s.transfer.endpoint = usb::kOutAddress;
  }
  for (Slot &s : in_) {
    s.bytes.resize(kBytes);
    s.transfer.endpoint = usb::kInAddress;
    s.transfer.bytes = s.bytes.data();
    s.transfer.length = kBytes;
    s.transfer.done = [this, &s](usb::Transfer &t) {
      s.busy = false;
      last_in_s = host_->seconds();
      failed_ |= t.status != usb::Status::kDone;
      received_.insert(received_.end(), s.bytes.begin(), s.bytes.begin() + static_cast<std::ptrdiff_t>(t.actual));
    };
    listen(&s);
  }
}

void BusTransport::listen(Slot *s) {
  s->busy = true;
  host_->submit(&s->transfer);
}

void BusTransport::send_held() {
  const auto free = std::find_if(out_.begin(), out_.end(), [](const Slot &s) { return !s.busy; });
  const auto under_way = static_cast<unsigned>(std::count_if(out_.begin(), out_.end(), [](const Slot &s) { return s.busy; }));
  const std::size_t k = ts_usb_gather(held_.size(), under_way, usb::kMaxPacketBytes);
  if (!k || free == out_.end()) return;
  const auto end = held_.begin() + static_cast<std::ptrdiff_t>(k);
  free->bytes.assign(held_.begin(), end);
  held_.erase(held_.begin(), end);
  free->transfer.bytes = free->bytes.data();
  free->transfer.length = k;
  free->busy = true;
  host_->submit(&free->transfer);
}

ts_error BusTransport::write(ts_transport *t, const std::uint8_t *bytes, std::size_t n, std::size_t *moved) {
  BusTransport *b = of(t);
  *moved = 0;
  if (b->failed_) return TS_ERROR_TRANSPORT;
  *moved = std::min(n, kBytes - b->held_.size());
  b->held_.insert(b->held_.end(), bytes, bytes + *moved);
  b->send_held();
  return TS_OK;
}

ts_error BusTransport::read(ts_transport *t, std::uint8_t *bytes, std::size_t n, std::size_t *moved) {
  BusTransport *b = of(t);
  *moved = std::min(n, b->received_.size());
  std::copy_n(b->received_.begin(), *moved, bytes);
  b->received_.erase(b->received_.begin(), b->received_.begin() + static_cast<std::ptrdiff_t>(*moved));
  return b->failed_ ? TS_ERROR_TRANSPORT : TS_OK;
}

ts_error BusTransport::wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  BusTransport *b = of(t);
  const double until = b->host_->seconds() + timeout_ms * 1e-3;
  for (Slot &s : b->in_)
    if (!s.busy) b->listen(&s);
  do {
    b->host_->step();
    *ready = !b->received_.empty() || (want_write && b->held_.size() < kBytes);
  } while (!*ready && !b->failed_ && b->host_->seconds() < until);
  return b->failed_ ? TS_ERROR_TRANSPORT : TS_OK;
}
