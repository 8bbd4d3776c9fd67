#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "connectors/activation/packed_format.h"

namespace weir::connectors {

// Compressed users that follow each other; the part of a file that is never cut.
struct EncodedPiece {
  PackedPiece packed;
  std::int64_t users = 0;
  std::int64_t lines = 0;  // users in segments
};

struct PackedFile {
  std::string name;
  std::int64_t bytes = 0;
  std::int64_t users = 0;
  std::int64_t lines = 0;
};

struct PackedFileOptions {
  std::filesystem::path folder;                     // that is there
  std::function<std::string(std::size_t)> name_of;  // of the file with this index
  std::int64_t bytes_of_file = 0;
};

// So large are the pieces of files of at most `bytes_of_file`, before they are compressed, a user
// more at most.
std::int64_t PlainBytesOfPiece(std::int64_t bytes_of_file);

// Puts pieces into files, in order: a file ends where the next piece would make it larger than it
// may be. A file takes one piece at least. One thread; throws ExternalError for what the file
// system refuses.
class PackedFiles {
 public:
  // `format` must outlive it.
  PackedFiles(const PackedFormat& format, PackedFileOptions options);

  // Returns the index of the file that took the piece.
  std::size_t Append(const EncodedPiece& piece);
  // Makes a file without users, if there is none at all.
  void RequireFile();
  // All files, durable, in order. Once, last.
  std::vector<PackedFile> Finish();

  const std::string& NameOf(std::size_t index) const { return files_.at(index).name; }

 private:
  void Open();
  void Close();
  void Write(const std::string& bytes);

  const PackedFormat& format_;
  PackedFileOptions options_;
  std::ofstream stream_;
  PackedPiece all_;  // of the open file, without bytes
  std::vector<PackedFile> files_;
};

}  // namespace weir::connectors
