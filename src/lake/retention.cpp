#include "lake/retention.h"

#include <optional>
#include <sstream>
#include <string>

#include "base/ascii.h"

namespace weir::lake {
namespace {

constexpr std::int64_t kSecondMillis = 1000;
constexpr std::int64_t kDayMillis = 86'400 * kSecondMillis;

std::optional<std::int64_t> UnitMillis(std::string unit) {
  if (unit.ends_with('s')) {
    unit.pop_back();
  }
  if (unit == "week") {
    return 7 * kDayMillis;
  }
  if (unit == "day") {
    return kDayMillis;
  }
  if (unit == "hour") {
    return 3600 * kSecondMillis;
  }
  if (unit == "minute") {
    return 60 * kSecondMillis;
  }
  if (unit == "second") {
    return kSecondMillis;
  }
  return unit == "millisecond" ? std::optional<std::int64_t>(1) : std::nullopt;
}

// "interval 1 week 2 days" as milliseconds; nothing for what isn't one.
std::optional<std::int64_t> ParseInterval(std::string_view setting) {
  const std::string text = LowerCase(setting);
  std::istringstream words(text.starts_with("interval ") ? text.substr(9) : text);
  std::int64_t total = 0;
  std::int64_t number = 0;
  std::string unit;
  bool any = false;
  while (words >> number >> unit) {
    const auto millis = UnitMillis(unit);
    if (!millis) {
      return std::nullopt;
    }
    total += number * *millis;
    any = true;
  }
  return any ? std::optional(total) : std::nullopt;
}

std::int64_t Setting(const Metadata& metadata, const std::string& key, std::int64_t otherwise) {
  const auto setting = metadata.configuration.find(key);
  return setting == metadata.configuration.end()
             ? otherwise
             : ParseInterval(setting->second).value_or(otherwise);
}

}  // namespace

std::int64_t TombstoneRetentionMillis(const Metadata& metadata) {
  return Setting(metadata, "delta.deletedFileRetentionDuration", 7 * kDayMillis);
}

std::int64_t LogRetentionMillis(const Metadata& metadata) {
  return Setting(metadata, "delta.logRetentionDuration", 30 * kDayMillis);
}

std::int64_t TransactionRetentionMillis(const Metadata& metadata) {
  return Setting(metadata, "delta.setTransactionRetentionDuration", 30 * kDayMillis);
}

}  // namespace weir::lake
