// Counts what held. A failed check says so on a line of its own.
#pragma once
#include <cstdio>
#include <string>

class Checks {
 public:
  bool check(bool good, const std::string &what) {
    (good ? passed_ : failed_)++;
    if (!good) std::printf("FAIL %s\n", what.c_str());
    std::fflush(stdout);
    return good;
  }
  void note(const std::string &what) const {
    std::printf("%s\n", what.c_str());
    std::fflush(stdout);
  }
  int end() const {
    std::printf("%u passed, %u failed\n", passed_, failed_);
    return failed_ ? 1 : 0;
  }

 private:
  unsigned passed_ = 0, failed_ = 0;
};
