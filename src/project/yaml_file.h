#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

namespace weir::project {

// One YAML file with the mistakes found in it so far: readers note what is wrong and go on, so that
// a user sees all mistakes at once.
class YamlFile {
 public:
  // Throws UserError for a file that isn't there or isn't YAML, with the place in it.
  explicit YamlFile(std::filesystem::path path);

  const YAML::Node& root() const { return root_; }

  // Notes "file:line:column: text" for the place of `node`.
  void Note(const YAML::Node& node, const std::string& text);
  // Notes every key of `map` that isn't one of `allowed`, naming the nearest, or stands there
  // twice. Notes that `map` is no map, and returns false.
  bool CheckKeys(const YAML::Node& map, const std::vector<std::string>& allowed);
  // The text at `key` of `map`, if there is one; notes a value that is a list or a map.
  std::optional<std::string> Text(const YAML::Node& map, const std::string& key);

  // Throws one UserError with all mistakes, in the order of their lines, if there are any.
  void ThrowMistakes() const;

 private:
  struct Mistake {
    int line = 0;
    int column = 0;
    std::string text;
  };

  std::filesystem::path path_;
  YAML::Node root_;
  std::vector<Mistake> mistakes_;
};

}  // namespace weir::project
