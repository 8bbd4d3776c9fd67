#include "sql/split_statements.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/error.h"
#include "data/schema.h"

namespace weir::sql {
namespace {

bool IsLetter(char byte) {
  const auto letter = static_cast<unsigned char>(byte);
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_' ||
         letter >= 0x80;
}

bool IsNamePart(char byte) { return IsLetter(byte) || (byte >= '0' && byte <= '9'); }

// Reads SQL as PostgreSQL's scanner does, whose grammar DuckDB has taken over.
class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  bool AtEnd() const { return position_ >= sql_.size(); }
  std::size_t position() const { return position_; }
  // Whether the last token is a comment that reaches to the end for want of its "*/".
  bool is_open_comment() const { return open_comment_; }

  // Takes one quoted text, comment, name or single byte.
  std::string_view NextToken() {
    const std::size_t begin = position_;
    SkipToken();
    position_ = std::min(position_, sql_.size());
    return sql_.substr(begin, position_ - begin);
  }

 private:
  void SkipToken() {
    const std::string_view rest = sql_.substr(position_);
    if (rest.starts_with("--")) {
      position_ = After("\n", position_);
    } else if (rest.starts_with("/*")) {
      SkipComment();
    } else if (IsEscapeText(rest)) {
      position_ += 2;
      SkipQuoted('\'', true);
    } else if (rest.front() == '\'' || rest.front() == '"') {
      ++position_;
      SkipQuoted(rest.front(), false);
    } else if (rest.front() == '$') {
      SkipDollar();
    } else if (IsLetter(rest.front())) {
      SkipName();
    } else {
      ++position_;
    }
  }

  static bool IsEscapeText(std::string_view rest) {
    return rest.starts_with("e'") || rest.starts_with("E'");
  }

  // The position behind `mark`, or the end.
  std::size_t After(std::string_view mark, std::size_t from) const {
    const std::size_t found = sql_.find(mark, from);
    return found == std::string_view::npos ? sql_.size() : found + mark.size();
  }

  void SkipComment() {  // they nest
    int depth = 0;
    do {
      const std::string_view rest = sql_.substr(position_);
      const bool opens = rest.starts_with("/*");
      const bool closes = rest.starts_with("*/");
      depth += opens ? 1 : closes ? -1 : 0;
      position_ += opens || closes ? 2 : 1;
    } while (depth > 0 && !AtEnd());
    open_comment_ = depth > 0;
  }

  // A doubled quote ends one text and begins another, which comes to the same.
  void SkipQuoted(char quote, bool backslashes) {
    while (!AtEnd()) {
      const char byte = sql_[position_++];
      if (byte == quote) {
        return;
      }
      if (backslashes && byte == '\\') {
        ++position_;
      }
    }
  }

  // "$tag$ … $tag$", or a '$' of a parameter.
  void SkipDollar() {
    std::size_t end = position_ + 1;
    while (end < sql_.size() && IsNamePart(sql_[end])) {
      ++end;
    }
    const bool is_parameter = end > position_ + 1 && !IsLetter(sql_[position_ + 1]);
    if (end == sql_.size() || sql_[end] != '$' || is_parameter) {
      ++position_;
      return;
    }
    position_ = After(sql_.substr(position_, end + 1 - position_), end + 1);
  }

  void SkipName() {
    while (!AtEnd() && (IsNamePart(sql_[position_]) || sql_[position_] == '$')) {
      ++position_;
    }
  }

  std::string_view sql_;
  std::size_t position_ = 0;
  bool open_comment_ = false;
};

std::size_t LineOf(std::string_view sql, std::size_t position) {
  return static_cast<std::size_t>(std::ranges::count(sql.substr(0, position), '\n')) + 1;
}

bool BeginsQuery(std::string_view token) {
  return std::ranges::any_of(std::array{"SELECT", "WITH", "FROM", "VALUES"},
                             [&](const char* word) { return SameName(token, word); });
}

}  // namespace

std::vector<std::string_view> SplitStatements(std::string_view sql) {
  std::vector<std::string_view> statements;
  std::size_t begin = 0;
  Scanner scanner(sql);
  while (!scanner.AtEnd()) {
    if (scanner.NextToken() == ";") {
      statements.push_back(sql.substr(begin, scanner.position() - begin));
      begin = scanner.position();
    }
  }
  if (begin < sql.size()) {
    statements.push_back(sql.substr(begin));
  }
  return statements;
}

void CheckWhole(std::string_view sql) {
  if (const auto nul = sql.find('\0'); nul != std::string_view::npos) {
    throw UserError(
        "line {} of the SQL text has a NUL byte (byte {} of the text); a text holds "
        "one as 'a' || chr(0) || 'b'",
        LineOf(sql, nul), nul + 1);
  }
  for (Scanner scanner(sql); !scanner.AtEnd();) {
    const std::size_t begin = scanner.position();
    scanner.NextToken();
    if (scanner.is_open_comment()) {
      throw UserError("the comment that begins with /* in line {} of the SQL text has no */",
                      LineOf(sql, begin));
    }
  }
}

std::string_view FindQuery(std::string_view statement) {
  Scanner scanner(statement);
  std::size_t begin = std::string_view::npos;
  int depth = 0;  // of brackets, inside the query
  while (!scanner.AtEnd()) {
    const std::size_t position = scanner.position();
    const std::string_view token = scanner.NextToken();
    if (begin == std::string_view::npos) {
      begin = BeginsQuery(token) ? position : begin;
      continue;
    }
    depth += token == "(" ? 1 : token == ")" ? -1 : 0;
    if (depth < 0) {
      return statement.substr(begin, position - begin);
    }
  }
  return begin == std::string_view::npos ? std::string_view() : statement.substr(begin);
}

}  // namespace weir::sql
