#include "connectors/files/file_format.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace weir::connectors {
namespace {

constexpr std::array<std::pair<std::string_view, FileFormat>, 4> kNames{
    {{"ndjson", FileFormat::kNdjson},
     {"csv", FileFormat::kCsv},
     {"tsv", FileFormat::kTsv},
     {"parquet", FileFormat::kParquet}}};

constexpr std::array<std::pair<std::string_view, FileFormat>, 6> kSuffixes{
    {{".ndjson", FileFormat::kNdjson},
     {".jsonl", FileFormat::kNdjson},
     {".json", FileFormat::kNdjson},
     {".csv", FileFormat::kCsv},
     {".tsv", FileFormat::kTsv},
     {".parquet", FileFormat::kParquet}}};

std::string_view WithoutCompression(std::string_view path) {
  const std::string_view suffix = path.ends_with(".gz")    ? ".gz"
                                  : path.ends_with(".zst") ? ".zst"
                                                           : "";
  return path.substr(0, path.size() - suffix.size());
}

}  // namespace

std::vector<std::string> FormatNames() {
  std::vector<std::string> names;
  std::ranges::transform(kNames, std::back_inserter(names),
                         [](const auto& entry) { return std::string(entry.first); });
  return names;
}

FileFormat FormatOf(const std::string& path, const nlohmann::json& settings) {
  if (settings.contains("format")) {
    const auto name = settings.at("format").get<std::string>();
    const auto found =
        std::ranges::find(kNames, name, [](const auto& entry) { return std::string(entry.first); });
    if (found != kNames.end()) {
      return found->second;
    }
  }
  const std::string_view plain = WithoutCompression(path);
  const auto found = std::ranges::find_if(
      kSuffixes, [&](const auto& entry) { return plain.ends_with(entry.first); });
  if (found == kSuffixes.end()) {
    throw UserError(
        "the format of '{}' is not known; set `format` to ndjson, csv, tsv or parquet, or end the "
        "path so",
        path);
  }
  if (found->second == FileFormat::kParquet && plain.size() != path.size()) {
    throw UserError("'{}': Parquet files compress their own pages; no .gz or .zst is allowed",
                    path);
  }
  return found->second;
}

std::string CompressionOf(std::string_view path) {
  return path.ends_with(".gz") ? "gzip" : path.ends_with(".zst") ? "zstd" : "none";
}

std::vector<std::string> SplitFields(std::string_view line, char delimiter) {
  std::vector<std::string> fields(1);
  bool in_quotes = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char letter = line[at];
    if (letter == '"' && in_quotes && at + 1 < line.size() && line[at + 1] == '"') {
      fields.back() += '"';
      ++at;
    } else if (letter == '"') {
      in_quotes = !in_quotes;
    } else if (letter == delimiter && !in_quotes) {
      fields.emplace_back();
    } else {
      fields.back() += letter;
    }
  }
  return fields;
}

}  // namespace weir::connectors
