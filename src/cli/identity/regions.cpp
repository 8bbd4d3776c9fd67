#include "cli/identity/regions.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "cli/tables_to_read.h"

namespace weir::cli {
namespace {

constexpr auto kRegions = "region";

}  // namespace

std::vector<std::string> RegionsWithPeople(Services& services) {
  const project::Project& project = services.project();
  const auto regions = project.partitions.find(kRegions);
  if (regions == project.partitions.end()) {
    throw UserError("the project has no partitions '{}' in weir.yaml, so no people by region",
                    kRegions);
  }
  std::vector<std::string> found;
  std::ranges::copy_if(regions->second, std::back_inserter(found), [&](const std::string& region) {
    return IsTableToRead(services, "metastore.mapping_" + region);
  });
  if (found.empty()) {
    throw UserError(
        "no people have been found yet: there is no table metastore.mapping_{{region}} for {} in "
        "{}; 'weir run +user_ids_mapper' makes them",
        fmt::to_string(fmt::join(regions->second, ", ")), services.warehouse().root());
  }
  return found;
}

}  // namespace weir::cli
