#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

#include "enrich/chain.h"

namespace weir::operators {

// What the chain's links look things up in, loaded once.
struct LoadedReferences {
  enrich::PublicSuffixList suffixes;
  enrich::UserAgentParser user_agents;
  enrich::BotPatterns bots;
  enrich::IpRanges bot_addresses;
  enrich::GeoDatabase places;
  enrich::Regions regions;
};

// Files by the settings `geo`, `regions`, `bot_addresses` (relative to the project; empty: weir's
// own). Thread-safe: each set is loaded by the first who asks, and kept.
class ReferenceStore {
 public:
  std::shared_ptr<const LoadedReferences> Load(const nlohmann::json& settings,
                                               const std::filesystem::path& project_folder);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const LoadedReferences>> loaded_;
};

}  // namespace weir::operators
