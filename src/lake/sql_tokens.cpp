#include "lake/sql_tokens.h"

#include <algorithm>

#include "base/ascii.h"

namespace weir::lake {
namespace {

bool BeginsName(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
         static_cast<unsigned char>(byte) >= 0x80;
}

bool IsNamePart(char byte) { return BeginsName(byte) || IsDigit(byte) || byte == '$'; }

bool IsOneOf(char byte, std::string_view bytes) {
  return byte != '\0' && bytes.find(byte) != std::string_view::npos;
}

bool SameLetters(std::string_view text, std::string_view capitals) {
  return std::ranges::equal(text, capitals, {}, [](char letter) {
    return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  });
}

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  std::vector<SqlToken> Tokens() {
    while (SkipBlank()) {
      const std::size_t begin = position_;
      const SqlToken::Kind kind = Next();
      position_ = std::min(position_, sql_.size());
      after_name_ = kind == SqlToken::Kind::kName || kind == SqlToken::Kind::kQuotedName;
      tokens_.push_back({kind, begin, sql_.substr(begin, position_ - begin)});
    }
    return std::move(tokens_);
  }

 private:
  using Kind = SqlToken::Kind;

  char At(std::size_t position) const { return position < sql_.size() ? sql_[position] : '\0'; }
  std::string_view Rest() const { return sql_.substr(std::min(position_, sql_.size())); }

  // The position behind `mark`, or the end.
  std::size_t After(std::string_view mark, std::size_t from) const {
    const std::size_t found = sql_.find(mark, from);
    return found == std::string_view::npos ? sql_.size() : found + mark.size();
  }

  // Skips spaces and comments. False at the end.
  bool SkipBlank() {
    while (position_ < sql_.size()) {
      if (IsSpace(sql_[position_])) {
        ++position_;
      } else if (Rest().starts_with("--")) {
        position_ = After("\n", position_);
      } else if (Rest().starts_with("/*")) {
        SkipComment();
      } else {
        return true;
      }
      after_name_ = false;
    }
    return false;
  }

  void SkipComment() {  // they nest
    int depth = 0;
    do {
      const bool opens = Rest().starts_with("/*");
      const bool closes = Rest().starts_with("*/");
      depth += opens ? 1 : closes ? -1 : 0;
      position_ += opens || closes ? 2 : 1;
    } while (depth > 0 && position_ < sql_.size());
  }

  Kind Next() {
    const char first = sql_[position_];
    if (first == '\'' || first == '"') {
      SkipQuoted(position_ + 1, first, false);
      return first == '"' ? Kind::kQuotedName : Kind::kText;
    }
    if ((first == 'e' || first == 'E') && At(position_ + 1) == '\'') {
      SkipQuoted(position_ + 2, '\'', true);
      return Kind::kText;
    }
    if (BeginsName(first)) {
      SkipWhile(IsNamePart);
      return Kind::kName;
    }
    if (IsDigit(first)) {
      SkipWhile([](char byte) { return IsNamePart(byte) || byte == '.'; });
      return Kind::kNumber;
    }
    if (first == '$' && SkipDollarText()) {
      return Kind::kText;
    }
    if (first == '@' && after_name_ && SkipVersion()) {
      return Kind::kVersion;
    }
    ++position_;
    return Kind::kSymbol;
  }

  template <typename Test>
  void SkipWhile(Test test) {
    while (position_ < sql_.size() && test(sql_[position_])) {
      ++position_;
    }
  }

  void SkipQuoted(std::size_t from, char quote, bool backslashes) {
    for (position_ = from; position_ < sql_.size(); ++position_) {
      const bool is_escape = backslashes && sql_[position_] == '\\';
      if (is_escape || (sql_[position_] == quote && At(position_ + 1) == quote)) {
        ++position_;
      } else if (sql_[position_] == quote) {
        ++position_;
        return;
      }
    }
  }

  // $$text$$ or $tag$text$tag$; $1 and $name are parameters.
  bool SkipDollarText() {
    std::size_t end = position_ + 1;
    if (!IsDigit(At(end))) {
      while (end < sql_.size() && IsNamePart(sql_[end]) && sql_[end] != '$') {
        ++end;
      }
    }
    if (At(end) != '$') {
      return false;
    }
    const std::string_view tag = sql_.substr(position_, end + 1 - position_);
    position_ = After(tag, end + 1);
    return true;
  }

  bool SkipVersion() {
    const std::size_t from = position_ + 1;
    if (At(from) == '\'') {
      SkipQuoted(from + 1, '\'', false);
      return true;
    }
    std::size_t end = from;
    if (At(from) == 'v' || At(from) == 'V') {
      do {
        ++end;
      } while (IsDigit(At(end)));
    } else if (IsDigit(At(from))) {
      while (IsNamePart(At(end)) || (IsOneOf(At(end), "-:.+") && IsDigit(At(end + 1)))) {
        ++end;
      }
    }
    const bool is_version = end > from + 1 && !IsNamePart(At(end));
    position_ = is_version ? end : position_;
    return is_version;
  }

  std::string_view sql_;
  std::size_t position_ = 0;
  bool after_name_ = false;  // a name ended right here
  std::vector<SqlToken> tokens_;
};

std::string Unquoted(std::string_view quoted) {
  const char quote = quoted.front();
  std::string value;
  for (std::size_t i = 1; i < quoted.size(); ++i) {
    if (quoted[i] == quote) {
      ++i;
    }
    if (i < quoted.size()) {
      value += quoted[i];
    }
  }
  return value;
}

}  // namespace

bool SqlToken::IsWord(std::string_view word) const {
  return kind == Kind::kName && SameLetters(text, word);
}

bool SqlToken::IsOneOf(const std::vector<std::string_view>& words) const {
  return std::ranges::any_of(words, [&](std::string_view word) { return IsWord(word); });
}

std::string SqlToken::Value() const {
  const bool is_quoted = text.front() == '\'' || text.front() == '"';
  return is_quoted ? Unquoted(text) : std::string(text);
}

std::vector<SqlToken> SqlTokens(std::string_view sql) { return Scanner(sql).Tokens(); }

}  // namespace weir::lake
