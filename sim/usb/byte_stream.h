// What stands behind the two bulk endpoints: one byte stream each way.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace usb {

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream &) = delete;
  ByteStream &operator=(const ByteStream &) = delete;
  virtual ~ByteStream() = default;
  // Everything half done is forgotten, both ways.
  virtual void reset() = 0;
  // Each returns how many bytes moved.
  virtual std::size_t write(const std::uint8_t *bytes, std::size_t n) = 0;
  virtual std::size_t read(std::uint8_t *bytes, std::size_t n) = 0;
  // The bus's time, for what does its work in time.
  virtual void advance(double bit_times) { (void)bit_times; }
};

// The engine in integer C (host/model/device.h); engine: "u16" or "e18". Null when there is no such engine.
std::unique_ptr<ByteStream> make_model_stream(const std::string &engine);

}  // namespace usb
