#include "lake/text_lines.h"

#include <cerrno>
#include <cstdio>
#include <span>
#include <utility>

#include "base/byte_order_mark.h"
#include "base/error.h"
#include "storage/unpacker.h"

namespace weir::lake {

namespace {

constexpr std::size_t kReadAtOnce = std::size_t{1} << 20U;

}  // namespace

// The unpacked bytes of a file.
class TextLines::Bytes final : public storage::PackedSource {
 public:
  explicit Bytes(std::string file)
      : file_(std::move(file)), in_(std::fopen(file_.c_str(), "rb"), &std::fclose) {
    if (!in_) {
      FailToRead();
    }
    std::setvbuf(in_.get(), nullptr, _IONBF, 0);  // what is read at once is large
    if (const auto packing = storage::PackingOf(file_); packing != storage::Packing::kPlain) {
      packed_.resize(kReadAtOnce);
      unpacker_ = storage::MakeUnpacker(packing, *this);
    }
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() override = default;

  // As many as there are at once, at most `into`; 0 at the end.
  std::size_t Read(std::span<char> into) {
    return unpacker_ ? unpacker_->Read(into) : ReadStored(into);
  }

  std::string_view Next() override {
    return std::string_view(packed_).substr(0, ReadStored(packed_));
  }

  UserError ErrorOf(const storage::PackingDamage& damage) const override {
    const auto packing = storage::PackingName(storage::PackingOf(file_));
    if (damage.is_cut_off) {
      return UserError("{}: its {} data is cut off", file_, packing);
    }
    return UserError("{}: its {} data is damaged: {}", file_, packing, damage.what);
  }

 private:
  std::size_t ReadStored(std::span<char> into) {
    const std::size_t read = std::fread(into.data(), 1, into.size(), in_.get());
    if (read == 0 && std::ferror(in_.get()) != 0) {
      FailToRead();
    }
    return read;
  }

  [[noreturn]] void FailToRead() const {
    throw ExternalError("{}", SystemMessage(file_ + ": it can't be read", errno));
  }

  std::string file_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> in_;
  std::string packed_;                           // of a packed file, as stored
  std::unique_ptr<storage::Unpacker> unpacker_;  // absent: the file is plain
};

TextLines::TextLines(std::string file, std::stop_token stop)
    : file_(std::move(file)), stop_(std::move(stop)), bytes_(std::make_unique<Bytes>(file_)) {}

TextLines::~TextLines() = default;

std::optional<std::string_view> TextLines::Next() {
  std::size_t looked = begin_;
  std::size_t end = buffer_.find('\n', looked);
  while (end == std::string::npos && !at_end_) {
    looked = buffer_.size() - begin_;
    if (looked > kLongestLine) {
      throw UserError("{}:{}: the line is longer than {} MiB", file_, number_ + 1,
                      kLongestLine >> 20U);
    }
    at_end_ = !Fill();
    end = buffer_.find('\n', begin_ + looked);
  }
  is_ended_ = end != std::string::npos;
  if (!is_ended_ && begin_ == buffer_.size()) {
    return std::nullopt;
  }
  return Taken(is_ended_ ? end : buffer_.size());
}

std::string_view TextLines::Taken(std::size_t end) {
  std::string_view line = std::string_view(buffer_).substr(begin_, end - begin_);
  begin_ = end + (is_ended_ ? 1 : 0);
  ++number_;
  if (number_ == 1 && line.starts_with(kByteOrderMark)) {
    has_byte_order_mark_ = true;
    line.remove_prefix(kByteOrderMark.size());
  }
  return line;
}

// Moves what is left to the buffer's front and reads on behind it.
bool TextLines::Fill() {
  if (stop_.stop_requested()) {
    throw CancelledError();
  }
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t kept = buffer_.size();
  buffer_.resize(kept + kReadAtOnce);
  const std::size_t read = bytes_->Read(std::span(buffer_).subspan(kept));
  buffer_.resize(kept + read);
  return read > 0;
}

}  // namespace weir::lake
