#include "connectors/activation/xandr/xandr_files.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/activation/xandr/xandr_avro.h"

namespace weir::connectors {
namespace {

constexpr std::int64_t kMostOfXandrFile = 500'000'000;

}  // namespace

XandrUserEncoder::XandrUserEncoder(const XandrFileOptions& options) : name_(options.name) {
  if (options.bytes_of_file < 1 || options.bytes_of_file > kMostOfXandrFile) {
    throw UserError("a file of {} bytes: 1 to {} are allowed", options.bytes_of_file,
                    kMostOfXandrFile);
  }
  if (options.encoding == XandrEncoding::kText) {
    text_ = std::make_unique<XandrTextEncoder>(options.text, options.segments_of_line);
    format_ = std::make_unique<GzipFormat>();
  } else {
    format_ = std::make_unique<AvroFormat>(XandrAvroSchema());
  }
}

bool XandrUserEncoder::Append(const XandrUser& user, std::string& bytes) const {
  return text_ ? text_->Append(user, bytes) : AppendXandrRecord(user, bytes);
}

bool XandrUserEncoder::CanName(const XandrUid& uid) const {
  return !IsEmptyXandrUid(uid) && (text_ ? text_->CanName(uid) : IsAvroXandrUid(uid));
}

std::string XandrUserEncoder::NameOf(std::size_t index) const {
  return fmt::format("{}-{:05}.{}", name_, index, text_ ? "gz" : "avro");
}

XandrFileWriter::XandrFileWriter(XandrFileOptions options)
    : options_(std::move(options)),
      encoder_(options_),
      files_(encoder_.format(),
             {.folder = options_.folder,
              .name_of = [this](std::size_t index) { return encoder_.NameOf(index); },
              .bytes_of_file = options_.bytes_of_file}) {}

void XandrFileWriter::Write(const XandrUser& user) {
  const std::string name = ToText(user.uid);
  if (!last_user_.empty() && name <= last_user_) {
    throw UserError("user {} comes after user {}; users must be sorted, each once", name,
                    last_user_);
  }
  last_user_ = name;
  if (!encoder_.Append(user, buffer_)) {
    ++left_out_;
    return;
  }
  piece_.users += 1;
  piece_.lines += std::ssize(user.segments);
  if (std::ssize(buffer_) >= PlainBytesOfPiece(options_.bytes_of_file)) {
    EndPiece();
  }
}

std::vector<PackedFile> XandrFileWriter::Finish() {
  if (piece_.users > 0) {
    EndPiece();
  }
  files_.RequireFile();
  return files_.Finish();
}

void XandrFileWriter::EndPiece() {
  piece_.packed = encoder_.format().Pack(buffer_, piece_.users);
  files_.Append(piece_);
  piece_ = {};
  buffer_.clear();
}

}  // namespace weir::connectors
