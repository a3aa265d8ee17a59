// The folder of the engine's program and tables as the working directory, as long as this object lives.
#pragma once
#include <filesystem>
#include <system_error>

// The gateware's $readmemh reads from the working directory, in its first moment.
class InTables {
 public:
  InTables() : before_{std::filesystem::current_path(error_)} {
    const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", error_).parent_path();
    for (const std::filesystem::path &folder : {here / "rtl-tables", here / "../rtl-tables", here / "../share/taustream/rtl-tables"}) {
      if (!std::filesystem::is_directory(folder, error_)) continue;
      std::filesystem::current_path(folder, error_);
      found = !error_;
      return;
    }
  }
  ~InTables() { std::filesystem::current_path(before_, error_); }
  InTables(const InTables &) = delete;
  InTables &operator=(const InTables &) = delete;
  bool found = false;

 private:
  std::error_code error_;
  std::filesystem::path before_;
};
