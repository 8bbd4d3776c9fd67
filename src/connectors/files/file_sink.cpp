#include "connectors/files/file_sink.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <variant>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/nearest_name.h"
#include "base/percent.h"
#include "connectors/files/file_format.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr auto kRows = "weir_rows_out";

void MakeDurable(const fs::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = file >= 0 && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) {
    close(file);
  }
  if (!ok) {
    throw ExternalError("{}", SystemMessage(path.string(), error));
  }
}

void MakeTreeDurable(const fs::path& path) {
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      MakeTreeDurable(entry.path());
    }
  }
  MakeDurable(path);
}

// Writes to a hidden name beside the target; what is left of it goes with the object.
class TemporaryTarget {
 public:
  TemporaryTarget(const fs::path& target, const std::string& run_id)
      : target_(target), prefix_("." + target.filename().string() + ".weir-") {
    fs::create_directories(target.parent_path());
    for (const auto& entry : fs::directory_iterator(target.parent_path())) {
      if (entry.path().filename().string().starts_with(prefix_)) {
        fs::remove_all(entry.path());
      }
    }
    path_ = target.parent_path() / (prefix_ + PercentEncode(run_id));
  }
  TemporaryTarget(const TemporaryTarget&) = delete;
  TemporaryTarget& operator=(const TemporaryTarget&) = delete;
  ~TemporaryTarget() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  // Puts it in the target's place, durably.
  void Publish() {
    MakeTreeDurable(path_);
    // A folder that isn't empty can only be exchanged; the old one then goes with this object.
    const bool exchange = fs::is_directory(path_) && fs::exists(target_);
    const unsigned flags = exchange ? RENAME_EXCHANGE : 0U;
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), flags) != 0) {
      throw ExternalError("{}", SystemMessage(target_.string(), errno));
    }
    MakeDurable(target_.parent_path());
  }

 private:
  fs::path target_;
  std::string prefix_;
  fs::path path_;
};

class FileWriter {
 public:
  explicit FileWriter(ConnectorContext& context)
      : connection_(context.connection),
        settings_(context.settings),
        target_((context.folder / settings_.at("path").get<std::string>()).lexically_normal()),
        partition_by_(settings_.at("partition_by")) {
    if (!target_.has_filename()) {
      target_ = target_.parent_path();
    }
  }

  std::int64_t Write(const std::string& relation, const std::string& run_id) {
    KeepSorted(relation);
    TemporaryTarget temporary(target_, run_id);
    if (partition_by_.empty()) {
      CopyTo(fmt::format("SELECT * EXCLUDE weir_row FROM {} ORDER BY weir_row", kRows),
             temporary.path());
    } else {
      WritePartitions(temporary.path());
    }
    temporary.Publish();
    const std::int64_t rows =
        connection_.QueryInteger(fmt::format("SELECT count(*) FROM {}", kRows));
    connection_.Run(fmt::format("DROP TABLE {}", kRows));
    return rows;
  }

 private:
  // The relation is read once, into a table whose rows are numbered in their order.
  void KeepSorted(const std::string& relation) {
    const Schema schema = connection_.Describe("FROM " + sql::QuoteName(relation));
    const auto sort_by = settings_.at("sort_by").get<std::vector<std::string>>();
    std::vector<std::string> order;
    std::vector<std::string> wanted = partition_by_;
    wanted.insert(wanted.end(), sort_by.begin(), sort_by.end());
    for (const std::string& name : wanted) {
      if (schema.Find(name) == nullptr) {
        throw UserError("connector 'files': no column '{}'; relation '{}' has {}{}", name, relation,
                        fmt::to_string(fmt::join(schema.names(), ", ")),
                        DidYouMean(name, schema.names()));
      }
      order.push_back(sql::QuoteName(name));
    }
    for (const std::string& name : schema.names()) {
      order.push_back(sql::QuoteName(name));
    }
    connection_.Run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE {} AS SELECT *, row_number() OVER (ORDER BY {}) AS weir_row "
        "FROM {}",
        kRows, fmt::to_string(fmt::join(order, ", ")), sql::QuoteName(relation)));
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
    return fmt::format("FORMAT csv, HEADER {}, DELIMITER {}, COMPRESSION {}, USE_TMP_FILE false",
                       settings_.at("header").get<bool>(),
                       sql::QuoteText(settings_.value("delimiter", delimiter)), compression);
  }

  // One file a partition: files that DuckDB shares out among threads differ from run to run.
  void WritePartitions(const fs::path& folder) {
    std::vector<std::string> names;
    for (const std::string& name : partition_by_) {
      names.push_back(sql::QuoteName(name));
    }
    const std::string columns = fmt::to_string(fmt::join(names, ", "));
    std::vector<std::string> texts;
    for (const std::string& name : names) {
      texts.push_back(fmt::format("CAST({} AS VARCHAR)", name));
    }
    const auto partitions =
        connection_
            .Query(fmt::format("SELECT min(weir_row), max(weir_row), {} FROM {} GROUP BY {} ORDER "
                               "BY 1",
                               fmt::to_string(fmt::join(texts, ", ")), kRows, columns))
            .Rows();
    fs::create_directories(folder);
    for (const auto& partition : partitions) {
      const fs::path path = folder / PartitionFolder(partition);
      fs::create_directories(path);
      CopyTo(fmt::format("SELECT * EXCLUDE (weir_row, {}) FROM {} WHERE weir_row BETWEEN {} AND {} "
                         "ORDER BY weir_row",
                         columns, kRows, std::get<std::int64_t>(partition[0]),
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

  sql::Connection& connection_;
  Json settings_;
  fs::path target_;
  std::vector<std::string> partition_by_;
};

}  // namespace

std::vector<Setting> FileSinkSettings() {
  return {{.name = "path", .required = true, .doc = "the file or folder; relative to the project"},
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
          {.name = "delimiter", .doc = "one byte between fields, else ',' or a tab"}};
}

SendReport WriteFiles(ConnectorContext& context) {
  FileWriter writer(context);
  return {.identity = context.settings.at("path").get<std::string>(),
          .rows = writer.Write(context.relation, context.run_id)};
}

}  // namespace weir::connectors
