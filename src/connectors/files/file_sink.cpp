#include "connectors/files/file_sink.h"

#include <algorithm>
#include <filesystem>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/percent.h"
#include "connectors/files/file_format.h"
#include "connectors/files/local_path.h"
#include "connectors/files/sorted_rows.h"
#include "connectors/files/stored_target.h"
#include "connectors/files/temporary_target.h"
#include "sql/quote.h"
#include "storage/stores.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class FileWriter {
 public:
  explicit FileWriter(ConnectorContext& context)
      : database_(context.database),
        connection_(context.connection),
        settings_(context.settings),
        url_(UrlOf(settings_.at("path"))),
        target_((context.folder / settings_.at("path").get<std::string>()).lexically_normal()),
        partition_by_(settings_.at("partition_by")) {
    if (!target_.has_filename()) {
      target_ = target_.parent_path();
    }
  }

  std::int64_t Write(const std::string& relation, const std::string& run_id) {
    std::vector<std::string> order = partition_by_;
    const auto sort_by = settings_.at("sort_by").get<std::vector<std::string>>();
    order.insert(order.end(), sort_by.begin(), sort_by.end());
    const SortedRows rows(connection_, "files", relation, order);
    if (!url_.empty()) {
      StoredTarget stored(database_, connection_, url_);
      WriteRows(rows, stored.path());
      stored.Publish();
      return rows.size();
    }
    database_.stores().CheckWritable(target_.string());
    TemporaryTarget temporary(target_, run_id);
    WriteRows(rows, temporary.path());
    temporary.Publish();
    return rows.size();
  }

 private:
  // The path if it is a URL on S3, else empty.
  static std::string UrlOf(const std::string& path) { return IsS3Url(path) ? path : std::string(); }

  void WriteRows(const SortedRows& rows, const fs::path& path) {
    if (partition_by_.empty()) {
      CopyTo(rows.Select(0, rows.size()), path);
    } else {
      WritePartitions(rows, path);
    }
  }

  void CopyTo(const std::string& select, const fs::path& path) {
    connection_.Run(
        fmt::format("COPY ({}) TO {} ({})", select, sql::QuoteText(path.string()), CopyOptions()));
  }

  std::string CopyOptions() const {
    const std::string path = target_.string();
    const std::string compression = CompressionOf(path);
    switch (FormatOf(path, settings_)) {
      case FileFormat::kParquet:
        return "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false";
      case FileFormat::kNdjson:
        return fmt::format("FORMAT json, COMPRESSION {}, USE_TMP_FILE false", compression);
      case FileFormat::kCsv:
        return DelimitedOptions(",", compression);
      case FileFormat::kTsv:
        return DelimitedOptions("\t", compression);
    }
    return "";
  }

  std::string DelimitedOptions(const std::string& delimiter, const std::string& compression) const {
    return fmt::format("FORMAT csv, HEADER {}, DELIMITER {}, COMPRESSION {}, USE_TMP_FILE false{}",
                       settings_.at("header").get<bool>(),
                       sql::QuoteText(settings_.value("delimiter", delimiter)), compression,
                       settings_.at("quotes").get<bool>() ? "" : ", QUOTE ''");
  }

  // One file a partition: files that DuckDB shares out among threads differ from run to run.
  void WritePartitions(const SortedRows& rows, const fs::path& folder) {
    const std::string columns = sql::QuoteNames(partition_by_);
    std::vector<std::string> texts;
    texts.reserve(partition_by_.size());
    for (const std::string& name : partition_by_) {
      texts.push_back(fmt::format("CAST({} AS VARCHAR)", sql::QuoteName(name)));
    }
    const auto partitions =
        connection_
            .Query(fmt::format("SELECT min(weir_row), max(weir_row), {} FROM {} GROUP BY {} ORDER "
                               "BY 1",
                               fmt::to_string(fmt::join(texts, ", ")), rows.name(), columns))
            .Rows();
    fs::create_directories(folder);
    for (const auto& partition : partitions) {
      const fs::path path = folder / PartitionFolder(partition);
      fs::create_directories(path);
      CopyTo(fmt::format("SELECT * EXCLUDE (weir_row, {}) FROM {} WHERE weir_row BETWEEN {} AND {} "
                         "ORDER BY weir_row",
                         columns, rows.name(), std::get<std::int64_t>(partition[0]),
                         std::get<std::int64_t>(partition[1])),
             path / FileName());
    }
  }

  fs::path PartitionFolder(const std::vector<sql::Value>& partition) const {
    fs::path path;
    for (std::size_t part = 0; part < partition_by_.size(); ++part) {
      const auto* text = std::get_if<std::string>(&partition[part + 2]);
      path /= fmt::format("{}={}", PercentEncode(partition_by_[part]),
                          text == nullptr ? "__HIVE_DEFAULT_PARTITION__" : PercentEncode(*text));
    }
    return path;
  }

  // "data.csv.gz": with the suffixes of the path, or of the format.
  std::string FileName() const {
    const std::string path = target_.filename().string();
    const std::size_t point = path.find('.');
    if (point != std::string::npos) {
      return "data" + path.substr(point);
    }
    return "data." + settings_.at("format").get<std::string>();
  }

  sql::Database& database_;
  sql::Connection& connection_;
  Json settings_;
  std::string url_;  // on S3; empty: the target is a path
  fs::path target_;
  std::vector<std::string> partition_by_;
};

}  // namespace

std::vector<Setting> FileSinkSettings() {
  return {
      {.name = "path",
       .required = true,
       .doc = "the file or folder; relative to the project, or s3://…"},
      {.name = "format", .allowed = FormatNames(), .doc = "else by the path's suffix"},
      {.name = "sort_by",
       .type = SettingType::kTexts,
       .required = true,
       .doc = "columns that the rows are sorted by"},
      {.name = "partition_by",
       .type = SettingType::kTexts,
       .standard = Json::array(),
       .doc = "columns that name folders instead of standing in the files"},
      {.name = "header",
       .type = SettingType::kBoolean,
       .standard = true,
       .doc = "whether CSV and TSV files begin with the columns' names"},
      {.name = "quotes",
       .type = SettingType::kBoolean,
       .standard = true,
       .doc = "whether fields of CSV and TSV files stand in quotes where they need to; without, a "
              "column of texts is a file of these texts"},
      {.name = "delimiter", .doc = "one byte between fields, else ',' or a tab"}};
}

SendReport WriteFiles(ConnectorContext& context) {
  FileWriter writer(context);
  return {.identity = context.settings.at("path").get<std::string>(),
          .rows = writer.Write(context.relation, context.run_id)};
}

}  // namespace weir::connectors
