#include "connectors/activation/packed_files.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "connectors/files/temporary_target.h"

namespace weir::connectors {

std::int64_t PlainBytesOfPiece(std::int64_t bytes_of_file) {
  constexpr std::int64_t kMost = 524'288;
  constexpr std::int64_t kPiecesOfFile = 8;  // at least, so that files are nearly full
  return std::clamp<std::int64_t>(bytes_of_file / kPiecesOfFile, 1, kMost);
}

PackedFiles::PackedFiles(const PackedFormat& format, PackedFileOptions options)
    : format_(format), options_(std::move(options)) {}

std::size_t PackedFiles::Append(const EncodedPiece& piece) {
  if (stream_.is_open()) {
    PackedPiece longer = all_;
    Follow(longer, piece.packed);
    const auto more = piece.packed.bytes.size() + format_.Tail(longer).size();
    if (files_.back().bytes + static_cast<std::int64_t>(more) > options_.bytes_of_file) {
      Close();
    }
  }
  if (!stream_.is_open()) {
    Open();
  }
  Write(piece.packed.bytes);
  Follow(all_, piece.packed);
  files_.back().users += piece.users;
  files_.back().lines += piece.lines;
  return files_.size() - 1;
}

void PackedFiles::RequireFile() {
  if (files_.empty()) {
    Open();
  }
}

std::vector<PackedFile> PackedFiles::Finish() {
  if (stream_.is_open()) {
    Close();
  }
  return std::move(files_);
}

void PackedFiles::Open() {
  files_.push_back({.name = options_.name_of(files_.size())});
  stream_.open(options_.folder / files_.back().name, std::ios::binary | std::ios::trunc);
  const PackedPiece head = format_.Head();
  all_ = {};
  Follow(all_, head);
  Write(head.bytes);
}

void PackedFiles::Close() {
  Write(format_.Tail(all_));
  stream_.close();
  Write("");
  MakeDurable(options_.folder / files_.back().name);
}

void PackedFiles::Write(const std::string& bytes) {
  stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream_) {
    throw ExternalError("{}: it can't be written; the disk may be full",
                        (options_.folder / files_.back().name).string());
  }
  files_.back().bytes += static_cast<std::int64_t>(bytes.size());
}

}  // namespace weir::connectors
