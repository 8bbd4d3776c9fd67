#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "world/fixed_point.h"

namespace weir::world {

// How often what is difficult happens. Help and defaults: RateNames().
struct Rates {
  Probability bots = 0;
  Probability junk = 0;
  Probability bad = 0;
  Probability empty = 0;
  Probability duplicates = 0;
  Probability redelivered = 0;
  Probability strays = 0;
  Probability late = 0;
  Probability unknown_address = 0;
  Probability no_consent = 0;
  Probability erased = 0;
  Probability private_browsing = 0;
  Probability churn = 0;
  Probability shared = 0;
  Probability noise = 0;
  Probability mapped = 0;
  Probability syncs = 0;
  Probability login = 0;
  Probability conversion = 0;
  Probability st_sites = 0;
  Probability tt_sites = 0;
};

// One rate as users name it: `--rate.<name>`.
struct RateName {
  std::string_view name;
  std::string_view fallback;  // the default, as text
  std::string_view help;
  Probability Rates::* rate;
};
std::span<const RateName> RateNames();

enum class Compression : std::uint8_t { kNone, kGzip, kZstd };
// "none", "gz", "zstd"; throws UsageError for another.
Compression ParseCompression(std::string_view text);
std::string_view CompressionName(Compression compression);

// What a world is made from. Equal options but `folder` and `threads` give equal bytes.
struct WorldOptions {
  std::filesystem::path folder;
  std::uint32_t people = 20000;
  std::uint32_t days = 7;
  std::uint64_t seed = 1;
  std::int32_t start_day = 0;  // days since 1970-01-01
  std::uint32_t sites = 5000;
  std::uint32_t advertisers = 60;
  std::uint32_t segments = 12;           // lookalike segments: of the first advertisers
  std::uint32_t people_per_file = 5000;  // a multiple of kHouseholdSize
  Compression compression = Compression::kNone;
  bool partners = false;
  Rates rates;
  int threads = 1;
};

// The defaults of all rates.
Rates DefaultRates();

// Throws UsageError naming the flag of the first option that is out of its range.
void CheckOptions(const WorldOptions& options);

// All options that decide the bytes, as the JSON text of `world.json`.
std::string OptionsJson(const WorldOptions& options);

}  // namespace weir::world
