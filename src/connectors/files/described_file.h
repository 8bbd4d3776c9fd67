#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "sql/database.h"

// What a manifest says of its files, and small JSON files such as manifests.
namespace weir::connectors {

// {"name", "size", "lines", "sha256"} of a file as it is stored: bytes, and the digest in hex.
// `lines` is what the file's writer counted. Reads the whole file.
nlohmann::ordered_json DescribedFile(const std::filesystem::path& path, std::int64_t lines,
                                     sql::Connection& connection);

// What a JSON file holds; null or discarded if there is none or it is broken.
nlohmann::ordered_json ReadJsonFile(const std::filesystem::path& path);
void WriteJsonFile(const std::filesystem::path& path, const nlohmann::ordered_json& json,
                   int indent = 2);

// Does what `work` does; what the file system refuses becomes an ExternalError that names the path.
template <typename Work>
auto WithFileErrors(const Work& work) {
  try {
    return work();
  } catch (const std::filesystem::filesystem_error& error) {
    throw ExternalError("{}: {}", error.path1().string(), error.code().message());
  }
}

}  // namespace weir::connectors
