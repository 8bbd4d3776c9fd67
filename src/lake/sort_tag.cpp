#include "lake/sort_tag.h"

#include <algorithm>
#include <iterator>

#include <fmt/ranges.h>

#include "base/run_id.h"

namespace weir::lake {
namespace {

// Names of columns hold neither spaces nor commas.
std::string TagText(const Schema& schema, const SortOrder& order) {
  std::vector<std::string> columns;
  std::ranges::transform(order.columns, std::back_inserter(columns),
                         [&](const std::string& column) { return schema.Find(column)->name; });
  return fmt::format("{} {}", fmt::join(columns, ","), order.target_file_bytes);
}

std::string TagOf(const AddFile& file) {
  const auto tag = file.tags.find(kSortTag);
  return tag == file.tags.end() ? "" : tag->second;
}

}  // namespace

std::string NewSortTag(const Schema& schema, const SortOrder& order) {
  return fmt::format("{} {}", TagText(schema, order), NewUuid());
}

bool AreSorted(const Schema& schema, const std::vector<AddFile>& files, const SortOrder& order) {
  return !files.empty() && TagOf(files.front()).starts_with(TagText(schema, order) + " ") &&
         std::ranges::all_of(
             files, [&](const AddFile& file) { return TagOf(file) == TagOf(files.front()); });
}

}  // namespace weir::lake
