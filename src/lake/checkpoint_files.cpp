#include "lake/checkpoint_files.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "lake/log_names.h"

namespace weir::lake {
namespace {

// "_delta_log/<20 digits>.checkpoint.parquet", "….checkpoint.<10 digits>.<10 digits>.parquet", or
// of V2 "….checkpoint.<UUID>.parquet" or "….checkpoint.<UUID>.json".
struct CheckpointName {
  std::int64_t version = 0;
  std::string uuid{};  // with the suffix
  std::int64_t part = 1;
  std::int64_t num_parts = 1;

  // Of two checkpoints of one version the greater is read: first a classic one, in few parts.
  auto Rank() const { return std::tuple(version, uuid.empty(), -num_parts, uuid); }
};

// "<UUID>.parquet" or "<UUID>.json".
bool IsV2(std::string_view rest) {
  constexpr std::size_t kUuidSize = 36;
  return rest.find('.') == kUuidSize &&
         (rest.substr(kUuidSize) == ".parquet" || rest.substr(kUuidSize) == ".json");
}

// "<10 digits>.<10 digits>.parquet".
std::optional<CheckpointName> ParseParts(std::int64_t version, std::string_view rest) {
  constexpr std::size_t kPartDigits = 10;
  constexpr std::size_t kEnd = 2 * kPartDigits + 1;
  if (rest.size() < kEnd || rest[kPartDigits] != '.' || rest.substr(kEnd) != ".parquet") {
    return std::nullopt;
  }
  const auto part = DigitsOf(rest.substr(0, kPartDigits));
  const auto num_parts = DigitsOf(rest.substr(kPartDigits + 1, kPartDigits));
  const bool valid = part && num_parts && *part >= 1 && *part <= *num_parts;
  return valid ? std::optional(
                     CheckpointName{.version = version, .part = *part, .num_parts = *num_parts})
               : std::nullopt;
}

std::optional<CheckpointName> ParseName(std::string_view key) {
  constexpr std::string_view kMark = ".checkpoint.";
  const auto version = VersionInName(key);
  if (!version) {
    return std::nullopt;
  }
  std::string_view rest = key.substr(kLogFolder.size() + kVersionDigits);
  if (!rest.starts_with(kMark)) {
    return std::nullopt;
  }
  rest.remove_prefix(kMark.size());
  if (rest == "parquet") {
    return CheckpointName{.version = *version};
  }
  return IsV2(rest) ? CheckpointName{.version = *version, .uuid = std::string(rest)}
                    : ParseParts(*version, rest);
}

// All complete checkpoints among a listing, by rank.
std::vector<CheckpointFiles> CompleteCheckpoints(const std::vector<storage::ObjectInfo>& listing) {
  struct Parts {
    CheckpointName name;
    std::vector<std::string> keys;
  };
  std::map<decltype(CheckpointName().Rank()), Parts> checkpoints;
  for (const storage::ObjectInfo& object : listing) {
    if (const auto name = ParseName(object.key)) {
      Parts& parts = checkpoints[name->Rank()];
      parts.name = *name;
      parts.keys.push_back(object.key);
    }
  }
  std::vector<CheckpointFiles> complete;
  for (auto& [rank, parts] : checkpoints) {
    if (std::cmp_equal(parts.keys.size(), parts.name.num_parts)) {
      std::ranges::sort(parts.keys);
      complete.push_back({.version = parts.name.version, .keys = std::move(parts.keys)});
    }
  }
  return complete;
}

}  // namespace

std::optional<CheckpointFiles> NewestCheckpoint(const std::vector<storage::ObjectInfo>& listing,
                                                std::int64_t limit) {
  std::vector<CheckpointFiles> complete = CompleteCheckpoints(listing);
  std::erase_if(complete, [&](const CheckpointFiles& files) { return files.version > limit; });
  return complete.empty() ? std::nullopt : std::optional(std::move(complete.back()));
}

}  // namespace weir::lake
