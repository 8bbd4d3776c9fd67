#include "lake/table_references.h"

#include <algorithm>
#include <charconv>

#include "base/clock.h"
#include "base/error.h"
#include "lake/sql_tokens.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

using Tokens = std::vector<SqlToken>;

// Words that may follow a table in a FROM clause; any other name there is its alias.
const std::vector<std::string_view>& WordsAfterTable() {
  static const std::vector<std::string_view> kWords = {
      "ANTI",      "ASOF",   "CROSS",  "EXCEPT",    "FETCH", "FOR",         "FULL",
      "GROUP",     "HAVING", "INNER",  "INTERSECT", "JOIN",  "LEFT",        "LIMIT",
      "NATURAL",   "OFFSET", "ON",     "ORDER",     "PIVOT", "POSITIONAL",  "QUALIFY",
      "RETURNING", "RIGHT",  "SELECT", "SEMI",      "SET",   "TABLESAMPLE", "UNION",
      "UNPIVOT",   "USING",  "WHEN",   "WHERE",     "WINDOW"};
  return kWords;
}

std::optional<VersionChoice> ParseVersion(std::string_view text) {
  if (text.starts_with('v') || text.starts_with('V')) {
    std::int64_t version = 0;
    const auto [end, problem] =
        std::from_chars(text.data() + 1, text.data() + text.size(), version);
    if (problem == std::errc() && end == text.data() + text.size() && version >= 0) {
      return VersionChoice{.version = version, .as_of = {}};
    }
    return std::nullopt;
  }
  if (const auto time = ParseTimestamp(text)) {
    return VersionChoice{.version = {}, .as_of = time};
  }
  return std::nullopt;
}

bool LooksLikeVersion(std::string_view text) {
  const auto is_digit = [](char byte) { return byte >= '0' && byte <= '9'; };
  if (text.starts_with('v') || text.starts_with('V')) {
    return text.size() > 1 && std::ranges::all_of(text.substr(1), is_digit);
  }
  return !text.empty() && is_digit(text.front());
}

// `tokens[at]` is the name of `schema.name@version`.
bool IsVersionedTable(const Tokens& tokens, std::size_t at) {
  return at >= 2 && at + 1 < tokens.size() && tokens[at].IsName() &&
         tokens[at + 1].kind == SqlToken::Kind::kVersion && tokens[at - 1].IsSymbol('.') &&
         tokens[at - 2].IsName();
}

bool FollowsFrom(const Tokens& tokens, std::size_t schema) {
  if (schema == 0) {
    return false;
  }
  const SqlToken& before = tokens[schema - 1];
  return before.IsOneOf({"FROM", "JOIN"}) || before.IsSymbol(',') || before.IsSymbol('(');
}

bool HasAlias(const Tokens& tokens, std::size_t next) {
  if (next >= tokens.size() || tokens[next].kind == SqlToken::Kind::kSymbol) {
    return false;
  }
  return !tokens[next].IsOneOf(WordsAfterTable());
}

std::string VersionText(const SqlToken& version) {
  const std::string_view text = version.text.substr(1);
  return text.starts_with('\'') ? SqlToken{SqlToken::Kind::kText, 0, text}.Value()
                                : std::string(text);
}

// A table with a version, from its name on, and what stands for it in DuckDB's SQL.
struct Rewriting {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string quoted{};
};

std::vector<Rewriting> RewritingsOf(std::string_view sql) {
  const Tokens tokens = SqlTokens(sql);
  std::vector<Rewriting> rewritings;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!IsVersionedTable(tokens, i)) {
      continue;
    }
    const std::string name = tokens[i].Value();
    std::string quoted = sql::QuoteName(name + "@" + VersionText(tokens[i + 1]));
    if (FollowsFrom(tokens, i - 2) && !HasAlias(tokens, i + 2)) {
      quoted += " AS " + sql::QuoteName(name);
    }
    rewritings.push_back(
        {.begin = tokens[i].begin, .end = tokens[i + 1].end(), .quoted = std::move(quoted)});
  }
  return rewritings;
}

std::string SqlWith(std::string_view sql, const std::vector<Rewriting>& rewritings) {
  std::string rewritten;
  std::size_t copied = 0;
  for (const Rewriting& table : rewritings) {
    rewritten += sql.substr(copied, table.begin - copied);
    rewritten += table.quoted;
    copied = table.end;
  }
  rewritten += sql.substr(copied);
  return rewritten;
}

// Where a byte of what was rewritten comes from; within a rewritten name, where that begins.
std::size_t PlaceAsWritten(const std::vector<Rewriting>& rewritings, std::size_t place) {
  std::size_t shift = 0;  // what is longer so far
  for (const Rewriting& table : rewritings) {
    if (place < table.begin + shift) {
      break;
    }
    if (place < table.begin + shift + table.quoted.size()) {
      return table.begin;
    }
    shift += table.quoted.size() - (table.end - table.begin);
  }
  return place - shift;
}

struct Line {
  std::size_t begin = 0;
  std::string_view text{};
};

// Lines are numbered from one; an empty one behind the last.
Line LineOf(std::string_view text, std::size_t number) {
  std::size_t begin = 0;
  for (; number > 1 && begin < text.size(); --number) {
    begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  }
  return {.begin = begin, .text = text.substr(begin, text.find('\n', begin) - begin)};
}

// Where a message quotes a line; `caret` is the column that it points at.
struct QuotedLine {
  std::size_t number = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t caret = 0;
};

// The last lines of a message of DuckDB: "LINE 3: SELECT …" and a caret under it.
std::optional<QuotedLine> FindQuotedLine(std::string_view message) {
  constexpr std::string_view kLine = "\nLINE ";
  const std::size_t head = message.rfind(kLine);
  const std::size_t colon = message.find(": ", head);
  const std::size_t end = message.find('\n', colon);
  const std::size_t caret = message.find_first_not_of(' ', end == message.npos ? end : end + 1);
  if (head == message.npos || colon == message.npos || caret == message.npos ||
      message[caret] != '^') {
    return std::nullopt;
  }
  QuotedLine line{.begin = colon + 2, .end = end};
  const std::size_t digits = head + kLine.size();
  std::from_chars(message.data() + digits, message.data() + colon, line.number);
  const std::size_t column = caret - end - 1;
  const std::size_t indent = line.begin - head - 1;
  if (line.number == 0 || column < indent) {
    return std::nullopt;
  }
  line.caret = column - indent;
  return line;
}

}  // namespace

VersionedName ParseVersionedName(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || !LooksLikeVersion(text.substr(at + 1))) {
    return {.name = std::string(text), .choice = {}};
  }
  const auto choice = ParseVersion(text.substr(at + 1));
  if (!choice) {
    ThrowWrongVersion(text);
  }
  return {.name = std::string(text.substr(0, at)), .choice = *choice};
}

void ThrowWrongVersion(std::string_view text) {
  throw UserError("'{}': a version is @v12, @2026-01-01 or @2026-01-01T10:00, in UTC", text);
}

std::optional<TableReference> ParseTableName(std::string_view qualified) {
  const Tokens tokens = SqlTokens(qualified);
  if (tokens.size() == 1) {
    return TableReference{.schema = {}, .name = tokens[0].Value()};
  }
  if (tokens.size() == 3 && tokens[1].IsSymbol('.')) {
    return TableReference{.schema = tokens[0].Value(), .name = tokens[2].Value()};
  }
  return std::nullopt;
}

std::vector<TableReference> PossibleTables(std::string_view sql) {
  const Tokens tokens = SqlTokens(sql);
  std::vector<TableReference> tables;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].kind == SqlToken::Kind::kText) {
      tables.push_back({.schema = {}, .name = tokens[i].Value()});
    } else if (i >= 2 && tokens[i].IsName() && tokens[i - 1].IsSymbol('.') &&
               tokens[i - 2].IsName()) {
      tables.push_back({.schema = tokens[i - 2].Value(), .name = tokens[i].Value()});
    }
  }
  std::ranges::sort(tables);
  const auto repeated = std::ranges::unique(tables);
  tables.erase(repeated.begin(), repeated.end());
  return tables;
}

std::string QuoteVersions(std::string_view sql) { return SqlWith(sql, RewritingsOf(sql)); }

std::string QuoteLineAsWritten(std::string message, std::string_view sql) {
  const std::vector<Rewriting> rewritings = RewritingsOf(sql);
  const auto quote = FindQuotedLine(message);
  if (!quote || rewritings.empty()) {
    return message;
  }
  const std::string rewritten = SqlWith(sql, rewritings);
  const Line line = LineOf(rewritten, quote->number);
  const auto is_ascii = [](char byte) { return byte >= 0; };
  if (message.compare(quote->begin, quote->end - quote->begin, line.text) != 0 ||
      !std::ranges::all_of(line.text, is_ascii)) {
    return message;
  }
  const Line written = LineOf(sql, quote->number);
  const std::size_t caret = PlaceAsWritten(rewritings, line.begin + quote->caret) - written.begin;
  // The caret's line first: it lies behind the other.
  message.erase(quote->end + 1, quote->caret).insert(quote->end + 1, caret, ' ');
  return message.replace(quote->begin, quote->end - quote->begin, written.text);
}

}  // namespace weir::lake
