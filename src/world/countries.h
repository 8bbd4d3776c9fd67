#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "world/short_list.h"

namespace weir::world {

// Languages that sites are written in.
enum class Language : std::uint8_t { kEnglish, kGerman, kFrench, kSpanish, kPortuguese };
constexpr std::size_t kNumLanguages = 5;

enum class Region : std::uint8_t { kAmericas, kElsewhere };
// "amer", "emeaApac".
std::string_view RegionName(Region region);

// The first half of an IPv4 address: a /16.
struct AddressBlock {
  std::uint8_t first = 0;
  std::uint8_t second = 0;
};

// A country that people of the world live in.
struct Country {
  std::string_view code;  // ISO 3166 alpha-2
  std::uint32_t weight = 0;
  int hours_ahead = 0;  // of UTC
  Language language = Language::kEnglish;
  bool needs_consent = false;  // GDPR: EU, EEA, GB, CH
  Region region = Region::kElsewhere;
  ShortList<AddressBlock, 8> blocks;  // each lies in this country as a whole, for years
  std::uint32_t prefix = 0;           // an IPv6 /32 of the country, or 0
};

// The table, in a fixed order; a person's country is an index into it.
std::span<const Country> Countries();

// The sum of the weights.
std::uint32_t TotalCountryWeight();

// The country at `position` of the weights laid end to end; position < TotalCountryWeight().
std::uint8_t CountryAt(std::uint32_t position);

}  // namespace weir::world
