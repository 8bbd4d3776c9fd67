#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "project/mistakes.h"
#include "project/yaml_value.h"

namespace weir::project {

// Reads one YAML file, `file` being its name relative to the project's folder. Notes a file that
// can't be read or isn't YAML, and returns nothing.
std::optional<YamlValue> ReadYamlFile(const std::filesystem::path& project_folder,
                                      const std::string& file, Mistakes& mistakes);

// The same of a text that stands in `file`. A name in braces, `mapping_{region}`, needs no quotes,
// though in YAML braces in a list or map in one line begin a map: a map `{region}` has no use here.
std::optional<YamlValue> ReadYaml(const std::string& text, const std::string& file,
                                  Mistakes& mistakes);

// All bytes of a file; absent if it can't be read.
std::optional<std::string> ReadTextFile(const std::filesystem::path& path);

}  // namespace weir::project
