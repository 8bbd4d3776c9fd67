#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace weir::connectors {

enum class FileFormat : std::uint8_t { kNdjson, kCsv, kTsv, kParquet };

// What `format` may say.
std::vector<std::string> FormatNames();

// By `format` of the settings, else by the path's suffix: .ndjson, .jsonl, .json (a JSON object a
// line), .csv, .tsv, .parquet, the first three also with .gz or .zst behind. Throws UserError.
FileFormat FormatOf(const std::string& path, const nlohmann::json& settings);

// "gzip", "zstd" or "none" by the suffix.
std::string CompressionOf(std::string_view path);

// The fields of one line of a delimited file, without their quotes.
std::vector<std::string> SplitFields(std::string_view line, char delimiter);

}  // namespace weir::connectors
