// Where the gateware's $readmemh find the engine's program and tables: a folder `rtl-tables` beside the program or in ../share/taustream.
#ifndef TAUSTREAM_SIM_TABLES_H
#define TAUSTREAM_SIM_TABLES_H
#include <cstdio>
#include <filesystem>
#include <system_error>

// Goes there. False: there is no such folder.
inline bool go_to_tables(const char *program) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path &folder : {here / "rtl-tables", here / "../share/taustream/rtl-tables"}) {
    if (!fs::is_directory(folder, error)) continue;
    fs::current_path(folder, error);
    return !error;
  }
  std::fprintf(stderr, "%s: no folder rtl-tables beside %s or in ../share/taustream\n", program, here.c_str());
  return false;
}
#endif
