#include "world/options.h"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/int128.h"
#include "world/topics.h"

namespace weir::world {
namespace {

constexpr auto kRateNames = std::to_array<RateName>({
    {"bots", "0.02", "lines that crawlers cause", &Rates::bots},
    {"junk", "0.01", "events with a junk id in place of a cookie", &Rates::junk},
    {"bad", "0.01", "events whose line is malformed", &Rates::bad},
    {"empty", "0.0005", "empty lines and lines of noise, beside events", &Rates::empty},
    {"duplicates", "0.02", "events that stand twice or three times in one file",
     &Rates::duplicates},
    {"redelivered", "0.005", "person-days of which a line comes again in the next day's file",
     &Rates::redelivered},
    {"strays", "0.002", "person-days of which a line stands in the file before, too",
     &Rates::strays},
    {"late", "0.02", "events 1 to 10 days older than the file's day", &Rates::late},
    {"unknown-address", "0.015", "events whose address has no country", &Rates::unknown_address},
    {"no-consent", "0.15", "people without consent: refused, absent or malformed",
     &Rates::no_consent},
    {"erased", "0", "people who asked for erasure: ids in erased.ndjson, for 'weir forget'",
     &Rates::erased},
    {"private", "0.06", "sessions in a private window: ids seen in no other",
     &Rates::private_browsing},
    {"churn", "0.02", "devices whose cookies are deleted, a day", &Rates::churn},
    {"shared", "0.1", "devices that a family shares", &Rates::shared},
    {"noise", "0.001", "pairs of ids that belong to different people", &Rates::noise},
    {"mapped", "0.15", "people, and shared devices, whose cookies are ever synced", &Rates::mapped},
    {"syncs", "0.5", "sessions of those with a cookie sync", &Rates::syncs},
    {"login", "0.3", "people whose own devices are joined by a login", &Rates::login},
    {"conversion", "0.08", "people who convert for a segment, on average", &Rates::conversion},
    {"st-sites", "0.7", "sites that the partner st covers", &Rates::st_sites},
    {"tt-sites", "0.5", "sites that the partner tt covers", &Rates::tt_sites},
});

void CheckRange(std::string_view flag, std::uint32_t value,
                std::pair<std::uint32_t, std::uint32_t> range) {
  if (value < range.first || value > range.second) {
    throw UsageError("{} {}: allowed are {} to {}", flag, value, range.first, range.second);
  }
}

// The rate back as text: exact for what ParseProbability() reads.
double RateNumber(Probability rate) {
  constexpr std::uint64_t kBillion = 1'000'000'000;
  const auto billionths = static_cast<std::uint64_t>(
      (static_cast<UnsignedInt128>(rate) * kBillion + kCertain - 1) >> kFixedBits);
  return static_cast<double>(billionths) / static_cast<double>(kBillion);
}

}  // namespace

std::span<const RateName> RateNames() { return kRateNames; }

Compression ParseCompression(std::string_view text) {
  for (const Compression compression :
       {Compression::kNone, Compression::kGzip, Compression::kZstd}) {
    if (text == CompressionName(compression)) {
      return compression;
    }
  }
  throw UsageError("--compress '{}': allowed are none, gz and zstd", text);
}

std::string_view CompressionName(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return "gz";
    case Compression::kZstd:
      return "zstd";
    default:
      return "none";
  }
}

Rates DefaultRates() {
  Rates rates;
  for (const RateName& name : kRateNames) {
    rates.*name.rate = ParseProbability(name.name, name.fallback);
  }
  return rates;
}

void CheckOptions(const WorldOptions& options) {
  CheckRange("--people", options.people, {1, 500'000'000});
  CheckRange("--days", options.days, {1, 3650});
  CheckRange("--sites", options.sites, {100, 1'000'000});
  CheckRange("--advertisers", options.advertisers, {1, 10'000});
  CheckRange("--segments", options.segments, {1, options.advertisers});
  CheckRange("--people-per-file", options.people_per_file, {4, 1'000'000});
  if (options.people_per_file % 4 != 0) {
    throw UsageError("--people-per-file {}: allowed are multiples of 4, so that no family is split",
                     options.people_per_file);
  }
  const std::uint32_t files = (options.people - 1) / options.people_per_file + 1;
  if (files > 100'000) {
    throw UsageError("--people-per-file {}: {} files a day; allowed are 100000 at most",
                     options.people_per_file, files);
  }
  if (options.rates.shared > kCertain / 2) {
    throw UsageError("--rate.shared: allowed are numbers from 0 to 0.5");
  }
  if (options.rates.bots > kCertain / 2) {
    throw UsageError("--rate.bots: allowed are numbers from 0 to 0.5");
  }
}

std::string OptionsJson(const WorldOptions& options) {
  nlohmann::ordered_json rates;
  for (const RateName& name : kRateNames) {
    rates[std::string(name.name)] = RateNumber(options.rates.*name.rate);
  }
  const nlohmann::ordered_json json = {
      {"format", 1},
      {"pack", "adtech"},
      {"people", options.people},
      {"days", options.days},
      {"seed", options.seed},
      {"start", FormatDate(options.start_day)},
      {"sites", options.sites},
      {"advertisers", options.advertisers},
      {"segments", options.segments},
      {"people_per_file", options.people_per_file},
      {"compress", CompressionName(options.compression)},
      {"partners", options.partners},
      {"rates", rates},
  };
  return json.dump(2) + "\n";
}

}  // namespace weir::world
