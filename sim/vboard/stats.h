// What taustream-vboard --stats writes.
#pragma once
#include <string>
#include <vector>

#include "board.h"

std::string board_stats(const Board &b, std::uint64_t ioctls);
// True when file is empty or was written.
bool write_stats(const std::string &file, const std::string &text);
