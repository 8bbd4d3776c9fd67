#pragma once

#include <compare>
#include <filesystem>
#include <future>
#include <map>
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

// Where the files lie that a project may choose.
struct ReferencePlaces {
  std::filesystem::path geo;
  std::filesystem::path regions;
  std::filesystem::path bot_addresses;  // empty: none
  std::string bot_addresses_setting;    // as messages name them

  friend auto operator<=>(const ReferencePlaces&, const ReferencePlaces&) = default;
};

// Files by the settings `geo`, `regions`, `bot_addresses` (relative to the project; empty: weir's
// own). Thread-safe: each set is loaded by the first who asks, on a thread of its own, and kept.
class ReferenceStore {
 public:
  // Begins to load a set, and returns. What goes wrong is thrown by Load().
  void LoadAhead(const nlohmann::json& settings, const std::filesystem::path& project_folder);
  // Waits for the set if it is being loaded. Throws ExternalError for a file of weir's that isn't
  // there, UserError for one that can't be read; the next call tries again.
  std::shared_ptr<const LoadedReferences> Load(const nlohmann::json& settings,
                                               const std::filesystem::path& project_folder);

 private:
  using Loading = std::shared_future<std::shared_ptr<const LoadedReferences>>;

  Loading Begin(const ReferencePlaces& places);

  std::mutex mutex_;
  std::map<ReferencePlaces, Loading> loaded_;  // whose destruction waits for what is under way
};

}  // namespace weir::operators
