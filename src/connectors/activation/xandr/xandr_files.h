#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "connectors/activation/xandr/xandr_text.h"
#include "connectors/activation/xandr/xandr_user.h"

namespace weir::connectors {

enum class XandrEncoding : std::uint8_t { kText, kAvro };

struct XandrFileOptions {
  std::filesystem::path folder;  // that is there
  std::string name;              // of the files: "xandr-958", then "-00000.avro" or "-00000.gz"
  XandrEncoding encoding = XandrEncoding::kAvro;
  XandrTextFormat text{};
  std::int64_t bytes_of_file = 200'000'000;  // as stored; at most half a GB
  std::int64_t segments_of_line = 1800;
};

struct XandrFile {
  std::string name;
  std::int64_t bytes = 0;
  std::int64_t users = 0;     // lines, or records
  std::int64_t segments = 0;  // as given, before each comes once
};

// Writes users to files of about `bytes_of_file`: text by gzip, or Avro deflated. A file ends where
// it has reached its size, a megabyte more at most. One thread.
class XandrFileWriter {
 public:
  // Throws UserError for options that can't be.
  explicit XandrFileWriter(XandrFileOptions options);
  XandrFileWriter(const XandrFileWriter&) = delete;
  XandrFileWriter& operator=(const XandrFileWriter&) = delete;
  ~XandrFileWriter();

  // Users come sorted, each once: in the order of ToText(uid), bytewise. Throws UserError for
  // others, and for what the format can't say; ExternalError for what the file system refuses.
  // Returns the index of the file that took the user; -1 for one left out because of a timestamp
  // finer than seconds.
  int Write(const XandrUser& user);
  // All files, durable. At least one, perhaps without users.
  std::vector<XandrFile> Finish();

  std::int64_t left_out() const { return left_out_; }

  // One file that grows.
  class Sink;

 private:
  void Open();
  void Close();

  XandrFileOptions options_;
  std::unique_ptr<XandrTextEncoder> text_;
  std::unique_ptr<Sink> sink_;  // none: the next user begins a file
  std::vector<XandrFile> files_;
  std::string last_user_;
  std::string buffer_;
  std::int64_t left_out_ = 0;
};

}  // namespace weir::connectors
