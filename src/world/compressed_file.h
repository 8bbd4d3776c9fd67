#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "world/options.h"

namespace weir::world {

// `bytes` compressed as one gzip member or zstd frame, the same bytes for the same library.
std::string Compressed(std::string_view bytes, Compression compression);

// A file that is written piece by piece; folders above it must exist. Throws ExternalError naming
// the path.
class OutputFile {
 public:
  explicit OutputFile(std::filesystem::path path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  void Append(std::string_view bytes);

 private:
  [[noreturn]] void Fail() const;

  std::filesystem::path path_;
  int file_ = -1;
};

// Writes a whole file; folders above it must exist. Throws ExternalError naming the path.
void WriteFile(const std::filesystem::path& path, std::string_view bytes);

}  // namespace weir::world
