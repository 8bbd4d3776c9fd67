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
  static const std::vector<std::string_view> words = {
      "ANTI",      "ASOF",   "CROSS",  "EXCEPT",    "FETCH", "FOR",         "FULL",
      "GROUP",     "HAVING", "INNER",  "INTERSECT", "JOIN",  "LEFT",        "LIMIT",
      "NATURAL",   "OFFSET", "ON",     "ORDER",     "PIVOT", "POSITIONAL",  "QUALIFY",
      "RETURNING", "RIGHT",  "SELECT", "SEMI",      "SET",   "TABLESAMPLE", "UNION",
      "UNPIVOT",   "USING",  "WHEN",   "WHERE",     "WINDOW"};
  return words;
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

std::string QuoteVersions(std::string_view sql) {
  const Tokens tokens = SqlTokens(sql);
  std::string rewritten;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!IsVersionedTable(tokens, i)) {
      continue;
    }
    const std::string name = tokens[i].Value();
    rewritten += sql.substr(copied, tokens[i].begin - copied);
    rewritten += sql::QuoteName(name + "@" + VersionText(tokens[i + 1]));
    if (FollowsFrom(tokens, i - 2) && !HasAlias(tokens, i + 2)) {
      rewritten += " AS " + sql::QuoteName(name);
    }
    copied = tokens[i + 1].end();
  }
  rewritten += sql.substr(copied);
  return rewritten;
}

}  // namespace weir::lake
