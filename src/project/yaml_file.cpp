#include "project/yaml_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::project {
namespace {

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file) {
    throw UserError("{} can't be read", path.string());
  }
  return text;
}

YAML::Node Parse(const std::filesystem::path& path) {
  try {
    return YAML::Load(ReadText(path));
  } catch (const YAML::ParserException& problem) {
    throw UserError("{}:{}:{}: not YAML: {}", path.string(), problem.mark.line + 1,
                    problem.mark.column + 1, problem.msg);
  }
}

std::string Listed(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

YamlFile::YamlFile(std::filesystem::path path) : path_(std::move(path)), root_(Parse(path_)) {}

void YamlFile::Note(const YAML::Node& node, const std::string& text) {
  const YAML::Mark mark = node.Mark();
  mistakes_.push_back({std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1, text});
}

bool YamlFile::CheckKeys(const YAML::Node& map, const std::vector<std::string>& allowed) {
  if (!map.IsMap()) {
    Note(map, fmt::format("a map is needed here, with the keys {}", Listed(allowed)));
    return false;
  }
  std::set<std::string> seen;
  for (const auto& entry : map) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (std::ranges::find(allowed, key) == allowed.end()) {
      Note(entry.first, fmt::format("unknown key '{}'; allowed: {}{}", key, Listed(allowed),
                                    DidYouMean(key, allowed)));
    } else if (!seen.insert(key).second) {
      Note(entry.first, fmt::format("key '{}' stands here twice", key));
    }
  }
  return true;
}

std::optional<std::string> YamlFile::Text(const YAML::Node& map, const std::string& key) {
  const YAML::Node node = map[key];
  if (!node.IsDefined()) {
    return std::nullopt;
  }
  if (!node.IsScalar()) {
    Note(node, fmt::format("'{}' must be a text", key));
    return std::nullopt;
  }
  return node.Scalar();
}

void YamlFile::ThrowMistakes() const {
  if (mistakes_.empty()) {
    return;
  }
  std::vector<Mistake> sorted = mistakes_;
  std::ranges::stable_sort(
      sorted, {}, [](const Mistake& mistake) { return std::pair(mistake.line, mistake.column); });
  std::string text;
  for (const Mistake& mistake : sorted) {
    text += fmt::format("{}{}:{}:{}: {}", text.empty() ? "" : "\n", path_.string(), mistake.line,
                        mistake.column, mistake.text);
  }
  throw UserError("{}", text);
}

}  // namespace weir::project
