#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

// What a line of enriched events brings along, so that the chain's links need not find it out.
namespace weir::enrich {

// Texts. Their names in a line are those of the table's columns, in this order: GivenNames().
enum class GivenText : std::uint8_t {
  kEventId,
  kHost,
  kDomain,
  kPath,
  kReferrerDomain,
  kSubdivision,
  kCity,
  kRegion,
  kIpTruncated,
  kBrowser,
  kBrowserVersion,
  kOs,
  kDeviceType,
  kConsent,
  kSource,
  kSourcePartition,
};

inline constexpr std::size_t kNumGivenTexts = 16;

std::span<const std::string_view> GivenNames();

struct GivenColumns {
  std::array<std::string_view, kNumGivenTexts> texts{};  // empty: the line lacks it
  std::optional<std::span<const std::string_view>> words{};
  std::optional<std::int64_t> source_offset{};

  std::string_view At(GivenText text) const { return texts.at(static_cast<std::size_t>(text)); }
};

}  // namespace weir::enrich
