#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace weir::lake {

// The lines of a text file in order, unpacked; its memory is a buffer and the longest line. Throws
// ExternalError naming the file where it can't be read, and UserError where what is packed is
// damaged or cut off, or a line is longer than kLongestLine; CancelledError soon (a buffer) after a
// stop. One thread.
class TextLines {
 public:
  static constexpr std::size_t kLongestLine = std::size_t{16} << 20U;  // bytes

  explicit TextLines(std::string file, std::stop_token stop = {});
  TextLines(const TextLines&) = delete;
  TextLines& operator=(const TextLines&) = delete;
  ~TextLines();

  // The next line without its '\n' (a '\r' before it stays) and without a byte order mark; it lives
  // until the next call. Nothing at the end; what follows the last '\n' is a line unless empty.
  std::optional<std::string_view> Next();

  // Of the line that Next() gave, from 1.
  std::int64_t number() const { return number_; }
  // Whether the file began with a byte order mark; known once its first line is.
  bool has_byte_order_mark() const { return has_byte_order_mark_; }
  // Whether that line ended with '\n'.
  bool is_ended() const { return is_ended_; }
  const std::string& file() const { return file_; }

  class Bytes;

 private:
  bool Fill();
  std::string_view Taken(std::size_t end);

  std::string file_;
  std::stop_token stop_;
  std::unique_ptr<Bytes> bytes_;
  std::string buffer_;
  std::size_t begin_ = 0;  // of what is not yet given
  bool at_end_ = false;    // the file has no more bytes
  std::int64_t number_ = 0;
  bool has_byte_order_mark_ = false;
  bool is_ended_ = false;
};

}  // namespace weir::lake
