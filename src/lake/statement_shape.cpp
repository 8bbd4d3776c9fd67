#include <algorithm>

#include "lake/sql_tokens.h"
#include "lake/table_references.h"

// What kind of statement an SQL text is, as far as weir must know.
namespace weir::lake {
namespace {

using Tokens = std::vector<SqlToken>;

// The first token outside of parentheses, from `from`, that is one of `words`.
std::optional<std::size_t> FindWord(const Tokens& tokens, std::size_t from,
                                    const std::vector<std::string_view>& words) {
  int depth = 0;
  for (std::size_t i = from; i < tokens.size(); ++i) {
    depth += tokens[i].IsSymbol('(') ? 1 : tokens[i].IsSymbol(')') ? -1 : 0;
    if (depth == 0 && tokens[i].IsOneOf(words)) {
      return i;
    }
  }
  return std::nullopt;
}

// The position of the word that says what the statement does, behind EXPLAIN and WITH.
std::optional<std::size_t> FindVerb(const Tokens& tokens) {
  std::size_t at = 0;
  while (at < tokens.size() && tokens[at].IsOneOf({"EXPLAIN", "ANALYZE"})) {
    ++at;
  }
  if (at < tokens.size() && tokens[at].IsWord("WITH")) {
    return FindWord(tokens, at,
                    {"SELECT", "FROM", "VALUES", "INSERT", "UPDATE", "DELETE", "MERGE"});
  }
  return at < tokens.size() ? std::optional(at) : std::nullopt;
}

// A table's name at `at` and where it ends.
struct NameAt {
  TableReference table;
  std::size_t next = 0;
};

std::optional<NameAt> ReadName(const Tokens& tokens, std::size_t at) {
  if (at >= tokens.size() || !(tokens[at].IsName() || tokens[at].kind == SqlToken::Kind::kText)) {
    return std::nullopt;
  }
  const bool qualified =
      at + 2 < tokens.size() && tokens[at + 1].IsSymbol('.') && tokens[at + 2].IsName();
  if (!qualified) {
    return NameAt{{.schema = {}, .name = tokens[at].Value()}, at + 1};
  }
  return NameAt{{.schema = tokens[at].Value(), .name = tokens[at + 2].Value()}, at + 3};
}

std::size_t Skip(const Tokens& tokens, std::size_t at, const std::vector<std::string_view>& words) {
  while (at < tokens.size() && tokens[at].IsOneOf(words)) {
    ++at;
  }
  return at;
}

std::optional<NameAt> ReadTarget(const Tokens& tokens, std::size_t verb) {
  if (tokens[verb].IsOneOf({"INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE"})) {
    return ReadName(tokens, Skip(tokens, verb + 1,
                                 {"OR", "REPLACE", "IGNORE", "INTO", "FROM", "TABLE", "ONLY"}));
  }
  if (!tokens[verb].IsOneOf({"CREATE", "DROP", "ALTER"})) {
    return std::nullopt;
  }
  const std::size_t kind =
      Skip(tokens, verb + 1, {"OR", "REPLACE", "TEMP", "TEMPORARY", "MATERIALIZED", "RECURSIVE"});
  if (kind >= tokens.size() || !tokens[kind].IsOneOf({"TABLE", "VIEW"})) {
    return std::nullopt;
  }
  return ReadName(tokens, Skip(tokens, kind + 1, {"IF", "NOT", "EXISTS"}));
}

std::size_t ClosingParenthesis(const Tokens& tokens, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    depth += tokens[i].IsSymbol('(') ? 1 : tokens[i].IsSymbol(')') ? -1 : 0;
    if (depth == 0) {
      return i;
    }
  }
  return tokens.size();
}

}  // namespace

std::optional<TableReference> WrittenTable(std::string_view statement) {
  const Tokens tokens = SqlTokens(statement);
  const auto verb = FindVerb(tokens);
  if (!verb) {
    return std::nullopt;
  }
  if (tokens[*verb].IsWord("COPY")) {
    const auto name = ReadName(tokens, *verb + 1);
    const auto word = name ? FindWord(tokens, name->next, {"FROM", "TO"}) : std::nullopt;
    const bool loads = word && tokens[*word].IsWord("FROM");
    return name && loads ? std::optional(name->table) : std::nullopt;
  }
  const auto target = ReadTarget(tokens, *verb);
  return target ? std::optional(target->table) : std::nullopt;
}

std::string_view InnerSelect(std::string_view statement) {
  const Tokens tokens = SqlTokens(statement);
  if (tokens.empty()) {
    return statement;
  }
  if (tokens[0].IsWord("COPY") && tokens.size() > 1 && tokens[1].IsSymbol('(')) {
    const std::size_t close = ClosingParenthesis(tokens, 1);
    const std::size_t end = close < tokens.size() ? tokens[close].begin : statement.size();
    return statement.substr(tokens[1].end(), end - tokens[1].end());
  }
  if (tokens[0].IsOneOf({"EXPLAIN", "CREATE", "INSERT"})) {
    const auto select = FindWord(tokens, 1, {"SELECT", "WITH", "FROM"});
    return select ? statement.substr(tokens[*select].begin) : statement;
  }
  return statement;
}

bool IsBlank(std::string_view statement) {
  return std::ranges::all_of(SqlTokens(statement),
                             [](const SqlToken& token) { return token.IsSymbol(';'); });
}

}  // namespace weir::lake
