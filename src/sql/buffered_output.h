#pragma once

#include <cstddef>
#include <ostream>
#include <string>

#include "base/error.h"

namespace weir::sql {

// Gathers text and hands it to a stream in large pieces.
class BufferedOutput {
 public:
  // `out` must outlive it.
  explicit BufferedOutput(std::ostream& out) : out_(out) {}

  // Append to it, then call FlushIfLarge now and then and Flush at the end.
  std::string& text() { return text_; }

  void FlushIfLarge() {
    if (text_.size() >= kLarge) {
      Flush();
    }
  }

  // Throws ExternalError if the stream fails.
  void Flush() {
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
    if (!out_.flush()) {
      throw ExternalError("the output can't be written");
    }
  }

 private:
  static constexpr std::size_t kLarge = 1 << 16;
  std::ostream& out_;
  std::string text_;
};

}  // namespace weir::sql
