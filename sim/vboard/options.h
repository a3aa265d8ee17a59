// The command line of taustream-vboard.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

struct Options {
  std::string level = "packet", engine = "u16", socket, redir, stats, pins;
  std::vector<std::string> serials, preload;
  std::vector<std::uint64_t> unplug_after, wedge_after;  // bulk bytes
  unsigned replug_ms = 100;
  bool stay_unplugged = false, start_unplugged = false, quiet = false;
  std::uint64_t seed = 1;
  double loss = 0, ppm = 0, jitter_ns = 0, clock_hz = 24e6;
  char **command = nullptr;  // ends with a null; null itself: none
};

// False: *code is what the program ends with.
bool parse_options(int argc, char **argv, Options *o, int *code);
