#include "lake/suggest_table.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "base/nearest_name.h"

namespace weir::lake {

std::string SuggestTable(Warehouse& warehouse, std::string_view name) {
  const std::vector<std::string> tables = warehouse.TableNames(true);
  if (name.find('.') != std::string_view::npos) {
    return DidYouMean(name, tables);
  }
  std::vector<std::string> bare;
  std::ranges::transform(tables, std::back_inserter(bare), [](const std::string& table) {
    return table.substr(table.find('.') + 1);
  });
  const auto nearest = NearestName(name, bare);
  if (!nearest) {
    return "";
  }
  const auto position = std::ranges::find(bare, *nearest) - bare.begin();
  return "; did you mean '" + tables[static_cast<std::size_t>(position)] + "'?";
}

}  // namespace weir::lake
