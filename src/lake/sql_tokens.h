#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::lake {

// A word of an SQL text. Comments and spaces are none.
struct SqlToken {
  enum class Kind : std::uint8_t {
    kName,        // table, SELECT
    kQuotedName,  // "table"
    kText,        // 'text', e'text', $$text$$
    kNumber,
    kVersion,  // @v12, @2026-01-01, @'2026-01-01T10:00': only right behind a name
    kSymbol,   // one byte
  };

  Kind kind = Kind::kSymbol;
  std::size_t begin = 0;
  std::string_view text;  // as written, of the SQL that was given

  std::size_t end() const { return begin + text.size(); }
  bool IsSymbol(char symbol) const { return kind == Kind::kSymbol && text.front() == symbol; }
  bool IsName() const { return kind == Kind::kName || kind == Kind::kQuotedName; }
  // Whether it is this keyword, given in capitals.
  bool IsWord(std::string_view word) const;
  bool IsOneOf(const std::vector<std::string_view>& words) const;
  // What a name or text says: without its quotes, doubled ones as one.
  std::string Value() const;
};

// The tokens of any bytes, in order; a text that doesn't end reaches to the end. Never throws.
// Quotes, dollar quotes and nested comments are read as PostgreSQL's scanner does, whose grammar
// DuckDB has taken over.
std::vector<SqlToken> SqlTokens(std::string_view sql);

}  // namespace weir::lake
