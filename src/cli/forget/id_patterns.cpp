#include "cli/forget/id_patterns.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <re2/re2.h>

#include "base/ascii.h"
#include "sql/quote.h"

namespace weir::cli {
namespace {

constexpr std::size_t kIdsOfPattern = 200;  // of one regular expression
constexpr std::size_t kFewForms = 16;
constexpr std::size_t kSurroundings = 64;  // bytes beside an id that tell whether it is one

constexpr auto kBefore =
    R"((^|[^A-Za-z0-9]|%[0-9A-Fa-f]{2}|\\[bfnrt]|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}))";
constexpr auto kBehind = "([^A-Za-z0-9]|$)";
constexpr auto kNothing = "()";
constexpr auto kQuote = R"((['"]))";
constexpr auto kLineBegin = R"((^|\n))";
constexpr auto kColon = "(:)";
constexpr auto kKeyBefore =
    R"(((?:^|[^A-Za-z0-9_])(?:uid|user_id|dsp_user_id|id|identifier)(?:\\*"\s*:\s*\\*"?|=)))";
constexpr auto kLongestNumber = 17;
constexpr auto kLongestName = 12;
constexpr auto kLeastMarked = 8;

bool IsAlphanumeric(char byte) {
  const char lower = LowerLetter(byte);
  return IsDigit(byte) || (lower >= 'a' && lower <= 'z');
}

bool IsNumber(std::string_view text) { return std::ranges::all_of(text, IsDigit); }

std::string JsonText(const std::string& text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

std::string CsvText(const std::string& text) {
  std::string doubled;
  for (const char byte : text) {
    doubled += byte == '"' ? "\"\"" : std::string(1, byte);
  }
  return doubled;
}

std::string UrlText(const std::string& text, const char* format) {
  std::string encoded;
  for (const char byte : text) {
    const bool is_plain =
        IsAlphanumeric(byte) || std::string_view("-_.~").find(byte) != std::string::npos;
    encoded += is_plain ? std::string(1, byte)
                        : fmt::format(fmt::runtime(format), static_cast<unsigned char>(byte));
  }
  return encoded;
}

std::set<std::string> FormsOf(const std::string& id) {
  return {id,          JsonText(id),           JsonText(JsonText(id)),
          CsvText(id), UrlText(id, "%{:02X}"), UrlText(id, "%{:02x}")};
}

std::string PatternText(const std::string& text) {
  std::string pattern;
  for (const char byte : text) {
    pattern += IsAlphanumeric(byte) || (static_cast<unsigned char>(byte) & 0x80U) != 0U
                   ? std::string(1, byte)
                   : fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
  }
  return pattern;
}

using Surroundings = std::pair<std::string, std::string>;

// A token ends where the next sign is none of a word: what ends in another sign ends by itself.
Surroundings AsToken(const std::string& form) {
  return {IsAlphanumeric(form.front()) ? kBefore : kNothing,
          IsAlphanumeric(form.back()) ? kBehind : kNothing};
}

// What must stand around an id, any of them; none where it isn't looked for.
std::vector<Surroundings> SurroundingsOf(TextKind kind, const std::string& id,
                                         const std::string& form) {
  if (IsDistinctive(id)) {
    return {AsToken(form)};
  }
  switch (kind) {
    case TextKind::kBytes:
      return {};
    case TextKind::kForeignLine:
      return {{kKeyBefore, kBehind}};
    case TextKind::kMessage:
      return {IsNumber(id) ? Surroundings{kQuote, kQuote} : AsToken(form)};
    case TextKind::kErrorLine:
      return IsNumber(id) ? std::vector<Surroundings>{{kQuote, kQuote},
                                                      {kLineBegin, kBehind},
                                                      {kBefore, kColon}}
                          : std::vector<Surroundings>{AsToken(form)};
  }
  return {};
}

// By what must stand around them.
using FormsBySurroundings = std::map<Surroundings, std::vector<std::string>>;

FormsBySurroundings LookedFor(TextKind kind, const std::vector<std::string>& ids) {
  FormsBySurroundings forms;
  for (const std::string& id : ids) {
    for (const std::string& form : FormsOf(id)) {
      for (const Surroundings& surroundings : SurroundingsOf(kind, id, form)) {
        forms[surroundings].push_back(form);
      }
    }
  }
  return forms;
}

std::vector<std::string> PatternsOf(const FormsBySurroundings& forms) {
  std::vector<std::string> patterns;
  for (const auto& [surroundings, all] : forms) {
    for (std::size_t begin = 0; begin < all.size(); begin += kIdsOfPattern) {
      std::vector<std::string> part;
      std::ranges::transform(
          std::span(all).subspan(begin, std::min(kIdsOfPattern, all.size() - begin)),
          std::back_inserter(part), PatternText);
      patterns.push_back(
          fmt::format("{}(?:{}){}", surroundings.first, fmt::join(part, "|"), surroundings.second));
    }
  }
  return patterns;
}

// None if they are many.
std::vector<std::string> FewForms(const FormsBySurroundings& forms) {
  std::set<std::string> few;
  for (const auto& [surroundings, all] : forms) {
    few.insert(all.begin(), all.end());
  }
  return few.size() <= kFewForms ? std::vector<std::string>(few.begin(), few.end())
                                 : std::vector<std::string>();
}

std::unique_ptr<re2::RE2> Compiled(const std::string& pattern) {
  constexpr std::int64_t kMostMemory = 64 << 20;
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_max_mem(kMostMemory);
  options.set_log_errors(false);
  auto compiled = std::make_unique<re2::RE2>(pattern, options);
  assert(compiled->ok());
  return compiled;
}

}  // namespace

bool IsDistinctive(std::string_view id) {
  if (IsNumber(id)) {
    return id.size() >= kLongestNumber;
  }
  const bool has_mark = std::ranges::any_of(id, [](char byte) {
    return !IsAlphanumeric(byte) && std::string_view("_.:/ -").find(byte) == std::string::npos;
  });
  return (id.size() >= kLongestName && std::ranges::any_of(id, IsDigit)) ||
         (id.size() >= kLeastMarked && has_mark && std::ranges::any_of(id, IsAlphanumeric));
}

IdPatterns::IdPatterns(const std::vector<std::string>& ids) {
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const FormsBySurroundings forms = LookedFor(static_cast<TextKind>(kind), ids);
    few_forms_[kind] = FewForms(forms);
    patterns_[kind] = PatternsOf(forms);
    std::ranges::transform(patterns_[kind], std::back_inserter(compiled_[kind]), Compiled);
  }
  for (const std::string& id : ids) {
    num_ordinary_ += IsDistinctive(id) ? 0 : 1;
    for (const std::string& form : FormsOf(id)) {
      longest_ = std::max(longest_, form.size() + kSurroundings);
    }
  }
}

IdPatterns::~IdPatterns() = default;

std::string IdPatterns::Condition(TextKind kind, const std::string& value) const {
  std::vector<std::string> parts;
  for (const std::string& pattern : patterns_[static_cast<std::size_t>(kind)]) {
    parts.push_back(fmt::format("regexp_matches({}, {})", value, sql::QuoteText(pattern)));
  }
  if (parts.empty()) {
    return "false";
  }
  std::vector<std::string> forms;
  for (const std::string& form : few_forms_[static_cast<std::size_t>(kind)]) {
    forms.push_back(fmt::format("contains({}, {})", value, sql::QuoteText(form)));
  }
  return fmt::format("coalesce(({}) AND ({}), false)",
                     forms.empty() ? "true" : fmt::to_string(fmt::join(forms, " OR ")),
                     fmt::join(parts, " OR "));
}

// Twice, as what stands between two ids is behind the one and before the other.
std::string IdPatterns::WithoutSql(TextKind kind, const std::string& value) const {
  std::string sql = value;
  for (const std::string& pattern : patterns_[static_cast<std::size_t>(kind)]) {
    for (int time = 0; time < 2; ++time) {
      sql = fmt::format("regexp_replace({}, {}, '\\1{}\\2', 'g')", sql, sql::QuoteText(pattern),
                        kForgottenId);
    }
  }
  return sql;
}

bool IdPatterns::MayStandIn(TextKind kind, std::string_view text) const {
  const std::vector<std::string>& forms = few_forms_[static_cast<std::size_t>(kind)];
  return forms.empty() || std::ranges::any_of(forms, [&](const std::string& form) {
           return text.find(form) != std::string::npos;
         });
}

bool IdPatterns::StandIn(TextKind kind, std::string_view text) const {
  return MayStandIn(kind, text) &&
         std::ranges::any_of(compiled_[static_cast<std::size_t>(kind)], [&](const auto& pattern) {
           return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern);
         });
}

std::string IdPatterns::Without(TextKind kind, std::string text) const {
  const std::string rewrite = fmt::format("\\1{}\\2", kForgottenId);
  for (const auto& pattern : compiled_[static_cast<std::size_t>(kind)]) {
    for (int time = 0; time < 2; ++time) {
      re2::RE2::GlobalReplace(&text, *pattern, rewrite);
    }
  }
  return text;
}

}  // namespace weir::cli
