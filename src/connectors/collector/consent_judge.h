#pragma once

#include <filesystem>
#include <mutex>
#include <string_view>

#include "enrich/consent.h"
#include "enrich/geo.h"

namespace weir::connectors {

// Whether a browser may be given a cookie and sent to partners, by the rules of the enrichment
// chain: where its country's law asks for consent its TC string must grant it. Thread-safe.
class ConsentJudge {
 public:
  // `places` is an IP database. Throws UserError for one that isn't, and for rules that can't be.
  ConsentJudge(const std::filesystem::path& places, enrich::ConsentRules rules);

  // `address` is a client's; of one that is none the country is unknown.
  bool Allows(std::string_view address, std::string_view tc_string);

 private:
  std::mutex mutex_;
  enrich::GeoDatabase database_;
  enrich::GeoLookup lookup_;
  enrich::ConsentReader reader_;
};

}  // namespace weir::connectors
