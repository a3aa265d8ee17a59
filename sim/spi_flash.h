// A board's SPI flash, for simulations of its top.
#ifndef TAUSTREAM_SPI_FLASH_H
#define TAUSTREAM_SPI_FLASH_H
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

namespace sim {

// A whole file; empty: there is none.
inline std::vector<std::uint8_t> read_file(const char *path) {
  std::vector<std::uint8_t> bytes;
  if (std::FILE *f = std::fopen(path, "rb")) {
    for (int c; (c = std::fgetc(f)) != EOF;) bytes.push_back(static_cast<std::uint8_t>(c));
    std::fclose(f);
  }
  return bytes;
}

// SPI mode 0: takes on rising, shows on falling edges; asleep until 0xAB, then 0x03 reads.
class Flash {
 public:
  Flash(std::vector<std::uint8_t> image, std::uint32_t from) : image_(std::move(image)), from_(from) {}
  bool step(bool select_n, bool clock, bool in) {
    if (select_n) {
      if (!was_select_n_ && bits_ == 8 && (command_ & 255) == 0xAB) awake_ = true;
      bits_ = 0, out_ = true;
    } else if (clock && !was_clock_) {
      if (bits_ < 32) command_ = command_ << 1 | in;
      bits_++;
    } else if (!clock && was_clock_ && bits_ >= 32 && awake_ && command_ >> 24 == 3) {
      const std::uint64_t at = (command_ & 0xffffff) + (bits_ - 32) / 8;
      const unsigned byte = at >= from_ && at - from_ < image_.size() ? image_[at - from_] : 0xff;
      out_ = byte >> (7 - bits_ % 8) & 1;
    }
    was_select_n_ = select_n, was_clock_ = clock;
    return out_;
  }

 private:
  std::vector<std::uint8_t> image_;
  std::uint64_t from_, bits_ = 0;
  std::uint32_t command_ = 0;
  bool awake_ = false, out_ = true, was_select_n_ = true, was_clock_ = false;
};

}  // namespace sim
#endif
