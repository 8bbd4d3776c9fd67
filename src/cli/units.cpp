#include "cli/units.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/size_text.h"

namespace weir::cli {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr double kSecondMicros = 1e6;
constexpr std::array<Unit, 5> kDurations = {{{"S", kSecondMicros},
                                             {"M", 60 * kSecondMicros},
                                             {"H", 3600 * kSecondMicros},
                                             {"D", 86400 * kSecondMicros},
                                             {"W", 7 * 86400 * kSecondMicros}}};

// A number that isn't negative and the letters after it, in capitals.
struct Quantity {
  double number = 0;
  std::string unit;
};

std::optional<Quantity> ReadQuantity(std::string_view text) {
  Quantity quantity;
  const auto [after, problem] = std::from_chars(text.data(), text.data() + text.size(),
                                                quantity.number, std::chars_format::fixed);
  if (problem != std::errc() || !(quantity.number >= 0)) {
    return std::nullopt;
  }
  for (const char* letter = after; letter != text.data() + text.size(); ++letter) {
    if (*letter != ' ' || letter != after) {
      quantity.unit += static_cast<char>(std::toupper(static_cast<unsigned char>(*letter)));
    }
  }
  return quantity;
}

template <std::size_t N>
std::optional<std::int64_t> Read(std::string_view text, const std::array<Unit, N>& units) {
  const auto quantity = ReadQuantity(text);
  if (!quantity) {
    return std::nullopt;
  }
  constexpr double kTooLarge = 9e18;
  for (const Unit& unit : units) {
    if (unit.name == quantity->unit && quantity->number * unit.factor < kTooLarge) {
      return static_cast<std::int64_t>(quantity->number * unit.factor);
    }
  }
  return std::nullopt;
}

}  // namespace

std::uint64_t ParseSize(std::string_view flag, std::string_view text) {
  const auto bytes = ParseBytes(text);
  if (!bytes) {
    throw UsageError("{} '{}': a size such as 128MB or 8GB is needed", flag, text);
  }
  return static_cast<std::uint64_t>(*bytes);
}

std::uint64_t ParseMemory(std::string_view flag, std::string_view text, std::uint64_t whole) {
  constexpr std::uint64_t kLeast = 64U << 20U;
  constexpr double kPercent = 100;
  const auto quantity = ReadQuantity(text);
  const bool is_share = quantity && quantity->unit == "%" && quantity->number <= kPercent;
  const std::uint64_t bytes =
      is_share
          ? static_cast<std::uint64_t>(static_cast<double>(whole) * quantity->number / kPercent)
          : ParseSize(flag, text);
  if (bytes < kLeast) {
    throw UsageError("{} '{}': at least {} are needed", flag, text, FormatSize(kLeast));
  }
  return bytes;
}

Micros ParseDuration(std::string_view flag, std::string_view text) {
  const auto micros = Read(text, kDurations);
  if (!micros) {
    throw UsageError("{} '{}': a duration such as 7d, 12h, 30m, 45s or 2w is needed", flag, text);
  }
  return *micros;
}

std::string FormatSize(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kNames = {"bytes", "KB", "MB", "GB", "TB"};
  constexpr double kKilo = 1024;
  auto size = static_cast<double>(bytes);
  std::size_t name = 0;
  while (size >= kKilo && name + 1 < kNames.size()) {
    size /= kKilo;
    ++name;
  }
  return name == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", size, kNames[name]);
}

std::string FormatCount(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::size_t first = number < 0 ? 1 : 0;
  constexpr std::size_t kGroup = 3;
  for (std::size_t place = digits.size(); place > first + kGroup;) {
    place -= kGroup;
    digits.insert(place, 1, ',');
  }
  return digits;
}

}  // namespace weir::cli
