#include "project/formats.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/nearest_name.h"
#include "base/size_text.h"
#include "project/cron_line.h"
#include "project/duration.h"
#include "project/substitution.h"
#include "project/time_zone.h"

namespace weir::project {
namespace {

using Explanation = std::optional<std::string>;

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool HoldsLetter(std::string_view letters, char letter) {
  return letters.find(letter) != std::string_view::npos;
}

bool IsWord(std::string_view text, std::string_view more) {
  return !text.empty() && std::ranges::all_of(text, [&](char letter) {
    return HoldsLetter(kLetters, letter) || HoldsLetter(kDigits, letter) ||
           HoldsLetter(more, letter);
  });
}

Explanation Unless(bool right, const std::string& allowed) {
  return right ? std::nullopt : Explanation(allowed);
}

// A part of a table's name with what stands in braces taken as a letter.
std::string WithoutNames(std::string_view part) {
  std::string plain;
  std::size_t from = 0;
  for (const BracedName& name : BracedNames(part)) {
    plain += fmt::format("{}x", part.substr(from, name.begin - from));
    from = name.end;
  }
  return plain + std::string(part.substr(from));
}

bool IsTablePart(std::string_view part) { return IsWord(part, "_") && part.front() != '_'; }

bool IsTableName(const std::string& text) {
  const std::string plain = WithoutNames(text);
  const auto dot = plain.find('.');
  return dot != std::string::npos && IsTablePart(std::string_view(plain).substr(0, dot)) &&
         IsTablePart(std::string_view(plain).substr(dot + 1));
}

const std::vector<std::string>& Cadences() {
  static const std::vector<std::string> kWords = {"hourly", "daily", "weekly", "monthly", "manual"};
  return kWords;
}

Explanation ScheduleMistake(const std::string& text) {
  if (std::ranges::find(Cadences(), text) != Cadences().end()) {
    return std::nullopt;
  }
  const bool is_cron = text.find(' ') != std::string::npos;
  if (auto mistake = is_cron ? CronMistake(text) : Explanation()) {
    return mistake;
  }
  return Unless(is_cron, fmt::format("allowed: {} or a cron line of five fields{}",
                                     fmt::join(Cadences(), ", "), DidYouMean(text, Cadences())));
}

bool IsMemory(std::string_view text) {
  if (!text.ends_with('%')) {
    return ParseBytes(text).has_value();
  }
  text.remove_suffix(1);
  const bool is_plain = text.find_first_not_of("0123456789.") == std::string_view::npos;
  return is_plain && ParseNumber(text).value_or(0) > 0;
}

bool IsInside(const std::string& path) {
  return !path.starts_with('/') && path.find('\\') == std::string::npos && path.size() > 4;
}

}  // namespace

TextFormat PlainName() {
  return {.pattern = "^[A-Za-z0-9_-]+$", .mistake = [](const std::string& text) {
            return Unless(IsWord(text, "_-"), "only letters, digits, '-' and '_' are allowed");
          }};
}

TextFormat Identifier() {
  return {.pattern = "^[A-Za-z_][A-Za-z0-9_]*$", .mistake = [](const std::string& text) {
            return Unless(IsWord(text, "_") && !HoldsLetter(kDigits, text.front()),
                          "only letters, digits and '_' are allowed, and no digit in front");
          }};
}

TextFormat DottedName() {
  constexpr auto kPattern = R"(^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$)";
  return {.pattern = kPattern, .mistake = [](const std::string& text) {
            const std::vector<BracedName> names = BracedNames("{" + text + "}");
            return Unless(names.size() == 1 && names[0].name == text,
                          "only letters, digits, '_' and dots between are allowed, and no digit in "
                          "front");
          }};
}

TextFormat PartitionValue() {
  return {.pattern = "^[A-Za-z0-9_]+$", .mistake = [](const std::string& text) {
            return Unless(IsWord(text, "_"), "only letters, digits and '_' are allowed");
          }};
}

TextFormat ColumnName() {
  return {.pattern = "^.+$",
          .mistake = [](const std::string& text) { return Unless(!text.empty(), "is empty"); }};
}

TextFormat TableName() {
  return {.pattern = R"(^([A-Za-z0-9]|\{[A-Za-z0-9_.]+\})([A-Za-z0-9_]|\{[A-Za-z0-9_.]+\})*\.)"
                     R"(([A-Za-z0-9]|\{[A-Za-z0-9_.]+\})([A-Za-z0-9_]|\{[A-Za-z0-9_.]+\})*$)",
          .mistake = [](const std::string& text) {
            return Unless(IsTableName(text),
                          "a table is schema.name, each of letters, digits, '_' and names in "
                          "braces, and no '_' in front");
          }};
}

TextFormat SqlFile() {
  return {.pattern = R"(^[^/].*\.sql$)", .mistake = [](const std::string& text) {
            return Unless(IsInside(text) && text.ends_with(".sql"),
                          "a file of the project that ends in .sql is needed, relative to the "
                          "job's folder");
          }};
}

TextFormat DurationText() {
  return {.pattern = "^[0-9]{1,12} ?(ms|s|seconds?|min|minutes?|h|hours?|d|days?|weeks?)$",
          .mistake = [](const std::string& text) {
            return Unless(ParseDuration(text).has_value(), DurationHelp() + " is needed");
          }};
}

TextFormat TimeLimitText() {
  TextFormat format = DurationText();
  format.mistake = [](const std::string& text) {
    const bool some = ParseDuration(text).value_or(Duration::zero()) > Duration::zero();
    return Unless(some, DurationHelp() + " is needed, more than 0");
  };
  return format;
}

TextFormat WindowText() {
  return {.pattern =
              "^(all|[0-9]{1,12} ?(ms|s|seconds?|min|minutes?|h|hours?|d|days?|weeks?)|.*\\{var\\."
              ".*)$",
          .mistake = [](const std::string& text) {
            if (text.find("{var.") != std::string::npos) {
              return std::optional<std::string>();  // looked at again when it is filled in
            }
            const bool some = ParseDuration(text).value_or(Duration::zero()) > Duration::zero();
            return Unless(text == "all" || some,
                          fmt::format("'all' or {} is needed, more than 0", DurationHelp()));
          }};
}

TextFormat MemoryText() {
  return {.pattern = R"(^[0-9]+(\.[0-9]+)?( ?([bB]|[kKmMgGtT][iI]?[bB])|%)?$)",
          .mistake = [](const std::string& text) {
            return Unless(IsMemory(text),
                          "a size such as 8GB or 512MB, or a share such as 40%, is "
                          "needed");
          }};
}

TextFormat SizeText() {
  return {.pattern = R"(^[0-9]+(\.[0-9]+)?( ?([bB]|[kKmMgGtT][iI]?[bB]))?$)",
          .mistake = [](const std::string& text) {
            return Unless(ParseBytes(text).has_value(), "a size such as 256 MB is needed");
          }};
}

TextFormat ScheduleText() {
  return {.pattern = R"(^(hourly|daily|weekly|monthly|manual|\S+( +\S+){4})$)",
          .mistake = ScheduleMistake};
}

TextFormat TimeZoneText() {
  return {.pattern = "^[A-Za-z0-9_+/-]+$", .mistake = [](const std::string& text) {
            return IsTimeZone(text)
                       ? Explanation()
                       : Explanation(
                             "the name of a zone of the IANA database is needed, such as "
                             "UTC or Europe/Paris" +
                             DidYouMean(text, TimeZones()));
          }};
}

TextFormat DayOrTime() {
  return {.pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}.*)?$",
          .mistake = [](const std::string& text) {
            return Unless(ParseTimestamp(text).has_value(),
                          "a day such as 2026-01-05 or a time such as 2026-01-05T13:00 is needed");
          }};
}

}  // namespace weir::project
