#include <new>

#include "byte_stream.h"
extern "C" {
#include "model/device.h"
#include "session/protocol.h"
}

namespace usb {
namespace {

class ModelStream : public ByteStream {
 public:
  explicit ModelStream(unsigned engine) : engine_{engine}, model_{ts_model_create(engine)} {
    if (!model_) throw std::bad_alloc();
  }
  ~ModelStream() override { ts_model_destroy(model_); }
  void reset() override {
    ts_model *fresh = ts_model_create(engine_);
    if (!fresh) throw std::bad_alloc();
    ts_model_destroy(model_);
    model_ = fresh;
  }
  std::size_t write(const std::uint8_t *bytes, std::size_t n) override { return ts_model_write(model_, bytes, n); }
  std::size_t read(std::uint8_t *bytes, std::size_t n) override { return ts_model_read(model_, bytes, n); }

 private:
  unsigned engine_;
  ts_model *model_;
};

}  // namespace

std::unique_ptr<ByteStream> make_model_stream(const std::string &engine) {
#define X(NAME, name, number, ...) if (engine == (name)) return std::make_unique<ModelStream>(number);
  TS_ENGINE_LIST(X)
#undef X
  return nullptr;
}

}  // namespace usb
