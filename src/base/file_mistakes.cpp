#include "base/file_mistakes.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weir {
namespace {

constexpr std::size_t kShown = 20;

std::string ToText(const FileMistake& mistake) {
  std::string text = mistake.file;
  if (mistake.line > 0) {
    text += fmt::format(":{}", mistake.line);
  }
  return fmt::format("{}: {}{}{}", text, mistake.field, mistake.field.empty() ? "" : ": ",
                     mistake.text);
}

}  // namespace

std::string ToText(std::vector<FileMistake> mistakes) {
  std::ranges::stable_sort(mistakes, {}, [](const FileMistake& mistake) {
    return std::tie(mistake.file, mistake.line);
  });
  std::vector<std::string> lines;
  for (const FileMistake& mistake : mistakes) {
    if (lines.size() == kShown) {
      lines.push_back(fmt::format("and {} more", mistakes.size() - kShown));
      break;
    }
    lines.push_back(ToText(mistake));
  }
  return fmt::to_string(fmt::join(lines, "\n"));
}

}  // namespace weir
