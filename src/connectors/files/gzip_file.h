#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

struct gzFile_s;

namespace weir::connectors {

// A file that is written as gzip: the same bytes for the same content. It isn't durable by itself.
// One thread; every function throws ExternalError that names the file.
class GzipFile {
 public:
  explicit GzipFile(std::filesystem::path path);
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;
  ~GzipFile();

  void Write(std::string_view bytes);
  // Bytes as stored so far, but for what is still in memory.
  std::int64_t size() const;
  // Once, last.
  void Finish();

 private:
  [[noreturn]] void Fail() const;

  std::filesystem::path path_;
  gzFile_s* file_;
};

}  // namespace weir::connectors
