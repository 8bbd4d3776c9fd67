#include "operators/ingest/chain_references.h"

#include "operators/ingest/reference_files.h"

namespace weir::operators {
namespace {

namespace fs = std::filesystem;

// A file of the user's, or the one that is shipped.
fs::path FileOf(const nlohmann::json& settings, const char* name, const fs::path& project_folder,
                std::string_view shipped) {
  const auto path = settings.value(name, "");
  return path.empty() ? ReferenceFile(shipped) : project_folder / path;
}

}  // namespace

std::shared_ptr<const LoadedReferences> ReferenceStore::Load(const nlohmann::json& settings,
                                                             const fs::path& project_folder) {
  const fs::path places = FileOf(settings, "geo", project_folder, "geo/geo-whois-asn-country.mmdb");
  const fs::path regions = project_folder / settings.value("regions", "reference/regions.tsv");
  const auto addresses = settings.value("bot_addresses", "");
  const std::string key = places.string() + "\n" + regions.string() + "\n" + addresses;
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const LoadedReferences>& references = loaded_[key];
  if (references == nullptr) {
    const fs::path address_file = addresses.empty() ? fs::path() : project_folder / addresses;
    references = std::shared_ptr<const LoadedReferences>(new LoadedReferences{
        .suffixes = enrich::PublicSuffixList(
            ReadReference(ReferenceFile("public-suffix-list/public_suffix_list.dat"))),
        .user_agents =
            enrich::UserAgentParser(ReadReference(ReferenceFile("uap-core/regexes.yaml"))),
        .bots = enrich::BotPatterns(
            ReadReference(ReferenceFile("crawler-user-agents/crawler-user-agents.json"))),
        .bot_addresses = addresses.empty()
                             ? enrich::IpRanges()
                             : enrich::IpRanges(ReadReference(address_file), addresses),
        .places = enrich::GeoDatabase(places),
        .regions = enrich::Regions(ReadReference(regions), regions.string())});
  }
  return references;
}

}  // namespace weir::operators
