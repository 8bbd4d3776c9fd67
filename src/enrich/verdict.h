#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::enrich {

// What became of a line. In the chain's order: bad (the first fault decides), duplicate,
// suppressed (the first reason decides).
enum class Verdict : std::uint8_t {
  kGood,
  kLineTooLong,
  kInvalidUtf8,
  kNotJson,
  kMissingField,
  kBadTimestamp,
  kFutureTimestamp,
  kBadUrl,
  kDuplicate,
  kJunkId,
  kBot,
  kNoConsent,
  kErased,
};

inline constexpr std::size_t kNumVerdicts = 13;

// The word in ledgers and tables of bad lines: "good", "line_too_long", …, "duplicate", "erased".
constexpr std::string_view NameOf(Verdict verdict) {
  constexpr std::array<std::string_view, kNumVerdicts> kNames = {
      "good",          "line_too_long",    "invalid_utf8", "not_json",  "missing_field",
      "bad_timestamp", "future_timestamp", "bad_url",      "duplicate", "junk_id",
      "bot",           "no_consent",       "erased"};
  return kNames.at(static_cast<std::size_t>(verdict));
}

constexpr bool IsBad(Verdict verdict) {
  return verdict >= Verdict::kLineTooLong && verdict <= Verdict::kBadUrl;
}

constexpr bool IsSuppressed(Verdict verdict) { return verdict >= Verdict::kJunkId; }

}  // namespace weir::enrich
