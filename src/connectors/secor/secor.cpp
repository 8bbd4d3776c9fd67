#include "connectors/secor/secor.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/files/folder_settings.h"
#include "connectors/files/sorted_rows.h"
#include "connectors/secor/secor_settings.h"
#include "sql/quote.h"
#include "sql/staging_folder.h"

namespace weir::connectors {
namespace {

using PlainJson = nlohmann::json;

// One day of one topic.
class SecorDay {
 public:
  explicit SecorDay(ConnectorContext& context)
      : context_(context),
        settings_(context.settings),
        depth_(SecorDepthOf(settings_)),
        day_(*ParseDate(settings_.at("day").get<std::string>()) * kDay),
        topic_(settings_.at("topic").get<std::string>()),
        day_folder_(fmt::format("{}/{}", topic_, SecorPartitions(day_, SecorDepth::kDay).front())),
        store_(OpenSecorTarget(context)) {}

  std::int64_t Write() {
    const std::string time = sql::QuoteName(settings_.at("time").get<std::string>());
    auto order = settings_.at("sort_by").get<std::vector<std::string>>();
    order.insert(order.begin(), settings_.at("time").get<std::string>());
    const SortedRows rows(context_.connection, "secor", context_.relation, order);
    CheckDay(rows, time);
    const std::vector<storage::ObjectInfo> before = store_->List(day_folder_ + "/");
    for (const storage::ObjectInfo& object : before) {  // nobody may take the day for whole
      if (object.key.ends_with(fmt::format("/{}", kSecorMark))) {
        store_->Delete(object.key);
      }
    }
    Failpoint("secor:before-files");
    WriteFolders(rows, time);
    for (const storage::ObjectInfo& object : before) {
      if (!written_.contains(object.key)) {
        store_->Delete(object.key);
        Failpoint("secor:after-delete");
      }
    }
    Finish();
    return rows.size();
  }

  std::string Identity() const {
    return fmt::format("{} {}", settings_.at("path").get<std::string>(), day_folder_);
  }

 private:
  void CheckDay(const SortedRows& rows, const std::string& time) const {
    const std::int64_t others = context_.connection.QueryInteger(fmt::format(
        "SELECT count(*) FROM {} WHERE {} IS NULL OR epoch_us({}) < {} OR epoch_us({}) >= {}",
        rows.name(), time, time, day_, time, day_ + kDay));
    if (others > 0) {
      throw UserError("secor: {} rows are not of the day {}, by their column {}", others,
                      settings_.at("day").get<std::string>(), time);
    }
  }

  // Folders of full depth with the rows [begin, end) of each.
  void WriteFolders(const SortedRows& rows, const std::string& time) {
    const Micros step = SecorLength(depth_);
    auto found = context_.connection.Query(
        fmt::format("SELECT epoch_us({}) // {} AS step, min(weir_row) - 1, max(weir_row) FROM {} "
                    "GROUP BY step ORDER BY step",
                    time, step, rows.name()));
    for (const auto& row : found.Rows()) {
      const auto number = [&](std::size_t column) { return std::get<std::int64_t>(row[column]); };
      WriteFolder(rows, number(0) * step, number(1), number(2));
    }
  }

  void WriteFolder(const SortedRows& rows, Micros time, std::int64_t begin, std::int64_t end) {
    const auto most = settings_.at("rows_of_file").get<std::int64_t>();
    SecorPath path{.topic = topic_,
                   .partitions = SecorPartitions(time, depth_),
                   .generation = settings_.at("generation").get<std::int64_t>(),
                   .kafka_partition = settings_.at("kafka_partition").get<std::int64_t>(),
                   .extension = settings_.at("encoding") == "gzip" ? ".gz" : ""};
    for (std::int64_t first = begin; first < end; first += most) {
      path.first_offset = first;
      WriteFile(rows.Select(first, std::min(first + most, end)), path.ToText());
    }
    folders_.push_back(fmt::format("{}/{}", topic_, fmt::join(path.partitions, "/")));
  }

  void WriteFile(const std::string& select, const std::string& key) {
    const sql::StagingFolder folder(context_.connection);
    const std::filesystem::path file = folder.path() / "rows";
    context_.connection.Run(fmt::format(
        "COPY (SELECT {} FROM ({})) TO {} (FORMAT json, COMPRESSION {}, USE_TMP_FILE false)",
        Columns(select), select, sql::QuoteText(file.string()),
        settings_.at("encoding") == "gzip" ? "gzip" : "none"));
    store_->PutFile(key, file);
    written_.insert(key);
    Failpoint("secor:after-file");
  }

  // Times as ISO-8601 with microseconds and zone: what Secor's readers parse.
  std::string Columns(const std::string& select) const {
    std::vector<std::string> columns;
    for (const Field& field : context_.connection.Describe(select).fields) {
      const std::string name = sql::QuoteName(field.name);
      const bool is_time = field.type.kind == TypeKind::kTimestamp;
      columns.push_back(
          is_time ? fmt::format("strftime({} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') AS {}",
                                name, name)
                  : name);
    }
    return fmt::format("{}", fmt::join(columns, ", "));
  }

  void Finish() {
    Failpoint("secor:before-success");
    std::set<std::string> done;
    for (const std::string& folder : folders_) {  // the oldest first
      done.insert(folder);
      store_->Put(fmt::format("{}/{}", folder, kSecorMark), "");
      Failpoint("secor:after-success");
    }
    if (!done.contains(day_folder_)) {
      store_->Put(fmt::format("{}/{}", day_folder_, kSecorMark), "");
    }
  }

  ConnectorContext& context_;
  const PlainJson& settings_;
  const SecorDepth depth_;
  const Micros day_;
  const std::string topic_;
  const std::string day_folder_;
  std::unique_ptr<storage::ObjectStore> store_;
  std::vector<std::string> folders_;  // of full depth, in order of time
  std::set<std::string> written_;
};

class Secor final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "secor",
        .doc = "A day of events as JSON lines in the layout of Secor, on a disk or S3.",
        .version = 1,
        .settings = {{Direction::kOut, Settings()}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const PlainJson& settings) const override {
    CheckDaySetting(settings);
    CheckNameSetting(settings, "topic");
    CheckSecorPath(settings);
  }

  SendReport Send(ConnectorContext& context) const override {
    CheckSettings(Direction::kOut, context.settings);
    if (context.settings.at("export") == "none") {
      return {.identity = "nothing, `export` is none"};
    }
    SecorDay day(context);
    const std::int64_t rows = day.Write();
    return {.identity = day.Identity(), .rows = rows};
  }

 private:
  static std::vector<Setting> Settings() {
    std::vector<Setting> settings = {
        {.name = "export",
         .standard = "secor",
         .allowed = {"secor", "none"},
         .doc = "none: nothing is written"},
        SecorPathSetting(),
        {.name = "topic", .required = true, .doc = "the folder below it"},
        {.name = "day", .required = true, .doc = "the rows' day: \"{ds}\""},
        {.name = "time", .standard = "ts", .doc = "the column with each row's time"},
        {.name = "sort_by",
         .type = SettingType::kTexts,
         .required = true,
         .doc = "columns that order rows of one time"}};
    std::ranges::move(SecorFileSettings(), std::back_inserter(settings));
    settings.push_back({.name = "kafka_partition",
                        .type = SettingType::kInteger,
                        .standard = 0,
                        .least = 0,
                        .doc = "the second one"});
    settings.push_back({.name = "rows_of_file",
                        .type = SettingType::kInteger,
                        .standard = 1'000'000,
                        .least = 1,
                        .doc = "rows of a file, at most"});
    return settings;
  }
};

}  // namespace

std::unique_ptr<Connector> MakeSecor() { return std::make_unique<Secor>(); }

}  // namespace weir::connectors
