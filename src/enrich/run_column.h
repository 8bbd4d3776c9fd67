#pragma once

#include <string>
#include <string_view>

#include "data/column_builder.h"

namespace weir::enrich {

// A text column whose neighbouring rows are often the same: a row like the one before only counts.
// Not thread-safe: one writer.
class RunColumn {
 public:
  void Append(std::string_view text) { Add(text, false); }
  // An empty text is null.
  void AppendOrNull(std::string_view text) { Add(text, text.empty()); }
  Batch Finish() {
    EndRun();
    return column_.Finish();
  }

 private:
  void Add(std::string_view text, bool is_null) {
    if (text != text_ || is_null != is_null_) {
      EndRun();
      text_.assign(text);
      is_null_ = is_null;
    }
    ++rows_;
  }
  void EndRun() {
    is_null_ ? column_.AppendNulls(rows_) : column_.AppendRepeated(text_, rows_);
    rows_ = 0;
  }

  // The last row, and how many like it aren't in the column yet.
  std::string text_;
  bool is_null_ = true;
  std::size_t rows_ = 0;
  TextColumn column_;
};

}  // namespace weir::enrich
