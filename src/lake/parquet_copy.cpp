#include "lake/parquet_copy.h"

#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sql/print_result.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

using ParsedJson = nlohmann::json;

// Level 1 costs a third of the default's time (measured on 10 M rows of 10 columns: 9 s of CPU
// against 22 s) for 1 % more bytes.
constexpr auto kCopyFormat =
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, RETURN_STATS true";

std::int64_t IntegerFrom(const ParsedJson& value) {
  return value.is_string() ? std::stoll(value.get<std::string>()) : value.get<std::int64_t>();
}

WrittenColumns ColumnsFrom(const ParsedJson& statistics) {
  WrittenColumns columns;
  for (const auto& [name, facts] : statistics.items()) {
    WrittenColumn& column = columns[name];
    if (facts.contains("min")) {
      column.min = facts["min"].get<std::string>();
    }
    if (facts.contains("max")) {
      column.max = facts["max"].get<std::string>();
    }
    if (facts.contains("null_count")) {
      column.null_count = IntegerFrom(facts["null_count"]);
    }
    column.has_nan = facts.value("has_nan", "false") == "true";
  }
  return columns;
}

std::string KeyOfWritten(const DataStaging& staging, const std::string& file) {
  const std::string root = staging.PathOf("");
  std::string key = file.starts_with(root) ? file.substr(root.size()) : file;
  key.erase(0, key.find_first_not_of('/'));
  return key;
}

std::vector<WrittenFile> RunCopy(sql::Connection& connection, const DataStaging& staging,
                                 const std::string& copy) {
  std::ostringstream text;
  sql::Result result = connection.Query(copy);
  sql::PrintResult(result, sql::OutputFormat::kJson, text);
  std::vector<WrittenFile> files;
  for (const ParsedJson& row : ParsedJson::parse(text.str())) {
    files.push_back({.key = KeyOfWritten(staging, row.at("filename").get<std::string>()),
                     .num_rows = IntegerFrom(row.at("count")),
                     .num_bytes = IntegerFrom(row.at("file_size_bytes")),
                     .columns = ColumnsFrom(row.at("column_statistics"))});
  }
  return files;
}

}  // namespace

WrittenFile CopyToFile(sql::Connection& connection, const DataStaging& staging,
                       const std::string& select, const std::string& key) {
  const std::string copy = fmt::format("COPY ({}\n) TO {} ({}, USE_TMP_FILE false)", select,
                                       sql::QuoteText(staging.PathOf(key)), kCopyFormat);
  WrittenFile file = RunCopy(connection, staging, copy).at(0);
  file.key = key;
  return file;
}

std::vector<WrittenFile> CopyToFiles(sql::Connection& connection, const DataStaging& staging,
                                     const std::string& select, const std::string& prefix,
                                     std::int64_t target_bytes) {
  const std::string copy = fmt::format(
      "COPY ({}\n) TO {} ({}, OVERWRITE_OR_IGNORE true, FILE_SIZE_BYTES {}, FILENAME_PATTERN {})",
      select, sql::QuoteText(staging.PathOf("")), kCopyFormat, target_bytes,
      sql::QuoteText(prefix + "-{i}"));
  return RunCopy(connection, staging, copy);
}

}  // namespace weir::lake
