#include "project/mistakes.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace weir::project {
namespace {

namespace fs = std::filesystem;

// What stands before a file's name: nothing, "shop/" or "/data/shop/".
std::string Prefix(const fs::path& folder) {
  std::error_code gone;  // of a working folder that was removed
  const fs::path here = fs::current_path(gone);
  const fs::path relative = gone ? fs::path() : folder.lexically_relative(here);
  if (relative == ".") {
    return "";
  }
  const bool inside = !relative.empty() && *relative.begin() != "..";
  return ((inside ? relative : folder) / "").string();
}

}  // namespace

Place PlaceIn(const std::string& file, std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line_start = before.rfind('\n');
  const std::size_t column =
      line_start == std::string_view::npos ? before.size() : before.size() - line_start - 1;
  return {.file = file,
          .line = 1 + static_cast<int>(std::ranges::count(before, '\n')),
          .column = 1 + static_cast<int>(column)};
}

void Mistakes::Note(const Place& place, std::string text) {
  found_.push_back({.place = place, .text = std::move(text)});
}

void Mistakes::Add(const Mistakes& others) {
  found_.insert(found_.end(), others.found_.begin(), others.found_.end());
}

std::vector<Mistake> Mistakes::Sorted() const {
  std::vector<Mistake> sorted = found_;
  std::ranges::stable_sort(sorted, {}, &Mistake::place);
  return sorted;
}

std::string Mistakes::ToText(const fs::path& project_folder) const {
  const std::string prefix = Prefix(project_folder);
  std::string text;
  for (const Mistake& mistake : Sorted()) {
    text += fmt::format("{}{}{}:{}:{}: {}", text.empty() ? "" : "\n", prefix, mistake.place.file,
                        mistake.place.line, mistake.place.column, mistake.text);
  }
  return text;
}

void Mistakes::ThrowIfAny(const fs::path& project_folder) const {
  if (!empty()) {
    throw UserError("{}", ToText(project_folder));
  }
}

}  // namespace weir::project
