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

ReferencePlaces PlacesOf(const nlohmann::json& settings, const fs::path& project_folder) {
  const auto addresses = settings.value("bot_addresses", "");
  return {.geo = FileOf(settings, "geo", project_folder, "geo/geo-whois-asn-country.mmdb"),
          .regions = project_folder / settings.value("regions", "reference/regions.tsv"),
          .bot_addresses = addresses.empty() ? fs::path() : project_folder / addresses,
          .bot_addresses_setting = addresses};
}

std::shared_ptr<const LoadedReferences> LoadFiles(const ReferencePlaces& places) {
  return std::shared_ptr<const LoadedReferences>(new LoadedReferences{
      .suffixes = enrich::PublicSuffixList(
          ReadReference(ReferenceFile("public-suffix-list/public_suffix_list.dat"))),
      .user_agents = enrich::UserAgentParser(ReadReference(ReferenceFile("uap-core/regexes.yaml"))),
      .bots = enrich::BotPatterns(
          ReadReference(ReferenceFile("crawler-user-agents/crawler-user-agents.json"))),
      .bot_addresses =
          places.bot_addresses.empty()
              ? enrich::IpRanges()
              : enrich::IpRanges(ReadReference(places.bot_addresses), places.bot_addresses_setting),
      .places = enrich::GeoDatabase(places.geo),
      .regions = enrich::Regions(ReadReference(places.regions), places.regions.string())});
}

}  // namespace

ReferenceStore::Loading ReferenceStore::Begin(const ReferencePlaces& places) {
  const std::lock_guard lock(mutex_);
  Loading& loading = loaded_[places];
  if (!loading.valid()) {
    loading = std::async(std::launch::async, LoadFiles, places).share();
  }
  return loading;
}

void ReferenceStore::LoadAhead(const nlohmann::json& settings, const fs::path& project_folder) {
  Begin(PlacesOf(settings, project_folder));
}

std::shared_ptr<const LoadedReferences> ReferenceStore::Load(const nlohmann::json& settings,
                                                             const fs::path& project_folder) {
  const ReferencePlaces places = PlacesOf(settings, project_folder);
  const Loading loading = Begin(places);
  try {
    return loading.get();
  } catch (...) {
    const std::lock_guard lock(mutex_);
    loaded_.erase(places);
    throw;
  }
}

}  // namespace weir::operators
