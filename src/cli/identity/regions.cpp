#include "cli/identity/regions.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "lake/snapshot.h"

namespace weir::cli {
namespace {

constexpr auto kRegions = "region";

}  // namespace

std::vector<std::string> RegionsWithPeople(lake::Warehouse& warehouse,
                                           const project::Project& project) {
  const auto regions = project.partitions.find(kRegions);
  if (regions == project.partitions.end()) {
    throw UserError("the project has no partitions '{}' in weir.yaml, so no people by region",
                    kRegions);
  }
  std::vector<std::string> found;
  std::ranges::copy_if(regions->second, std::back_inserter(found), [&](const std::string& region) {
    return lake::LatestVersion(warehouse.FolderOf("metastore.mapping_" + region)) >= 0;
  });
  if (found.empty()) {
    throw UserError(
        "no people have been found yet: there is no table metastore.mapping_{{region}} for {} in "
        "{}; 'weir run +user_ids_mapper' makes them",
        fmt::to_string(fmt::join(regions->second, ", ")), warehouse.root());
  }
  return found;
}

}  // namespace weir::cli
