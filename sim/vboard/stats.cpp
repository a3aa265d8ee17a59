#include "stats.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>

std::string board_stats(const Board &b, std::uint64_t ioctls) {
  const usb::HostCounts c = b.counts();
  char text[512];
  std::snprintf(text, sizeof text,
                "{\"serial\":\"%s\",\"bus_s\":%.9f,\"unplugs\":%u,\"transactions\":%" PRIu64 ",\"naks\":%" PRIu64 ",\"errors\":%" PRIu64
                ",\"repeated\":%" PRIu64 ",\"frames\":%" PRIu64 ",\"bytes_out\":%" PRIu64 ",\"bytes_in\":%" PRIu64 ",\"ioctls\":%" PRIu64 "}\n",
                b.serial().c_str(), b.bus_seconds(), b.unplugs(), c.transactions, c.naks, c.errors, c.repeated, c.frames, c.bytes_out, c.bytes_in,
                ioctls);
  return text;
}

bool write_stats(const std::string &file, const std::string &text) {
  if (file.empty()) return true;
  std::FILE *f = std::fopen(file.c_str(), "w");
  const bool good = f && std::fputs(text.c_str(), f) >= 0;
  if ((f && std::fclose(f)) || !good) {
    std::perror(("taustream-vboard: " + file).c_str());
    return false;
  }
  return true;
}
