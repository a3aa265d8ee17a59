// The USB core on a bus of bits.
//
//   bench [--bytes N] [--soak-bytes N] [--seconds S] [--seed N] [TEST]...
// TEST: enumeration, rate, offset, control, rejects, soak (all of them when none is named).
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "bench.h"

int main(int argc, char **argv) {
  std::uint64_t bytes = 192000, soak_bytes = 300000, seed = 1;
  double seconds = 0;
  std::vector<std::string> tests;
  for (int i = 1; i < argc; i++) {
    const std::string a = argv[i];
    if (a.rfind("--", 0) == 0 && i + 1 < argc) {
      const char *value = argv[++i];
      if (a == "--bytes") bytes = std::strtoull(value, nullptr, 10);
      else if (a == "--soak-bytes") soak_bytes = std::strtoull(value, nullptr, 10);
      else if (a == "--seconds") seconds = std::strtod(value, nullptr);
      else if (a == "--seed") seed = std::strtoull(value, nullptr, 10);
      else return 2;
    } else {
      tests.push_back(a);
    }
  }
  const auto wanted = [&](const char *name) {
    if (tests.empty()) return true;
    for (const std::string &t : tests)
      if (t == name) return true;
    return false;
  };
  Checks checks;
  if (wanted("enumeration")) bench_enumeration(&checks);
  if (wanted("rate")) bench_rate(&checks, bytes);
  if (wanted("offset")) bench_offset(&checks, bytes);
  if (wanted("control")) bench_control(&checks, 400, seed);
  if (wanted("rejects")) bench_rejects(&checks);
  if (wanted("soak")) bench_soak(&checks, soak_bytes, seed, seconds);
  return checks.end();
}
