#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "connectors/activation/packed_files.h"
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

// Users as the bytes of a file of the Batch Segment Service: legacy text by gzip, or Avro deflated.
// Thread-safe.
class XandrUserEncoder {
 public:
  // Throws UserError for options that can't be.
  explicit XandrUserEncoder(const XandrFileOptions& options);

  // Appends a user; false, and nothing, for one with a timestamp finer than seconds. Throws
  // UserError for what the format can't say.
  bool Append(const XandrUser& user, std::string& bytes) const;
  // Whether the format has such an id: one that isn't empty or 0, of a size and of letters that it
  // can hold.
  bool CanName(const XandrUid& uid) const;
  const PackedFormat& format() const { return *format_; }
  // "xandr-958-00000.avro".
  std::string NameOf(std::size_t index) const;

 private:
  std::string name_;
  std::unique_ptr<XandrTextEncoder> text_;  // none: Avro
  std::unique_ptr<PackedFormat> format_;
};

// Writes users to files one by one. A file ends where the next users would make it larger than
// `bytes_of_file`. One thread.
class XandrFileWriter {
 public:
  // Throws UserError for options that can't be.
  explicit XandrFileWriter(XandrFileOptions options);

  // Users come sorted, each once: in the order of ToText(uid), bytewise. Throws UserError for
  // others, and for what the format can't say; ExternalError for what the file system refuses. One
  // with a timestamp finer than seconds is left out.
  void Write(const XandrUser& user);
  // All files, durable. At least one, perhaps without users.
  std::vector<PackedFile> Finish();

  std::int64_t left_out() const { return left_out_; }

 private:
  void EndPiece();

  XandrFileOptions options_;
  XandrUserEncoder encoder_;
  PackedFiles files_;
  std::string last_user_;
  std::string buffer_;  // of the piece that is begun
  EncodedPiece piece_;
  std::int64_t left_out_ = 0;
};

}  // namespace weir::connectors
