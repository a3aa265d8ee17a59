// A listening unix stream socket.
#pragma once
#include <string>

// Empty: *fd listens, *bound: path is to be removed in the end.
std::string listen_on(const std::string &path, int *fd, bool *bound);
