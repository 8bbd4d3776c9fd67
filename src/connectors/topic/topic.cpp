#include "connectors/topic/topic.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/parallel.h"
#include "connectors/files/local_path.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/kafka_source.h"
#include "connectors/secor/secor_path.h"
#include "connectors/topic/segment_log.h"
#include "connectors/topic/topic_batch.h"
#include "data/column_builder.h"
#include "project/duration.h"
#include "storage/stores.h"

namespace weir::connectors {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRowsOfBatch = 16'384;  // of one batch on its way to SQL

Schema LinesSchema() {
  const auto field = [](const char* name, TypeKind kind) {
    return Field{.name = name, .type = PlainType(kind), .nullable = false};
  };
  return {{field("source_partition", TypeKind::kString), field("source_offset", TypeKind::kLong),
           field("line", TypeKind::kBinary)}};
}

std::string TopicPath(const nlohmann::json& settings) {
  return settings.at("path").get<std::string>();
}

// A path or a URL.
std::string FolderOf(const ConnectorContext& context) {
  return FolderUrl(context.folder, TopicPath(context.settings));
}

TopicFilter FilterOf(const ConnectorContext& context) {
  const auto& settings = context.settings;
  const bool is_secor = settings.at("layout") == "secor";
  return {.suffixes = settings.at("suffixes").get<std::vector<std::string>>(),
          .is_secor = is_secor,
          .must_be_whole = is_secor && !settings.at("open").get<bool>(),
          .is_growing = settings.at("growing").get<bool>()};
}

std::string NameOf(const ConnectorContext& context) {
  const auto name = context.settings.value("topic", "");
  fs::path folder(FolderOf(context));
  if (!folder.has_filename()) {
    folder = folder.parent_path();
  }
  return name.empty() ? folder.filename().string() : name;
}

KafkaSource KafkaSourceOf(const ConnectorContext& context) {
  const KafkaUrl url = ParseKafkaUrl(TopicPath(context.settings));
  const auto name = context.settings.value("topic", "");
  return {.source = name.empty() ? url.topic : name,
          .url = url,
          .accepts_lost = context.settings.at("accept_lost").get<bool>()};
}

// Of a topic that a service writes.
std::vector<Setting> LogSettings() {
  constexpr double kMostSeconds = 86'400;
  return {{.name = "path",
           .required = true,
           .doc = "the topic's folder on this machine, relative to the project, or file://…; or "
                  "kafka://CONNECTION/TOPIC"},
          {.name = "topic", .doc = "its name; by default that of the folder"},
          {.name = "file_bytes",
           .type = SettingType::kInteger,
           .standard = 64 << 20,
           .least = 1,
           .doc = "of a folder: a file is finished, and can be read, when it has so many bytes …"},
          {.name = "file_seconds",
           .type = SettingType::kNumber,
           .standard = 10,
           .least = 0.01,
           .most = kMostSeconds,
           .doc = "… or was begun so long ago"},
          {.name = "most_waiting_bytes",
           .type = SettingType::kInteger,
           .standard = 32 << 20,
           .least = 1,
           .doc = "what may wait to be written; more is refused"}};
}

// Lines of a file as one column.
Batch ColumnOf(std::span<const std::string_view> lines) {
  TextColumn column;
  column.Reserve(lines.size(), std::transform_reduce(lines.begin(), lines.end(), std::size_t{0},
                                                     std::plus<>(), std::size<std::string_view>));
  for (const std::string_view line : lines) {
    column.Append(line);
  }
  return column.Finish();
}

// The lines of a batch, block by block. They are copied side by side when it is made; where each
// comes from is added when it is asked for, as that takes more room than it takes time.
class LineBatches {
 public:
  LineBatches(std::vector<TopicLines> parts, int threads)
      : parts_(std::move(parts)), columns_(parts_.size()) {
    ParallelFor(parts_.size(), threads, [&](std::size_t i) {
      const std::span<const std::string_view> lines = parts_[i].lines;
      for (std::size_t first = 0; first < lines.size(); first += kRowsOfBatch) {
        columns_[i].push_back(
            ColumnOf(lines.subspan(first, std::min(kRowsOfBatch, lines.size() - first))));
      }
      parts_[i].lines = {};
      parts_[i].bytes.reset();
    });
  }

  std::optional<Batch> Next() {
    while (part_ < columns_.size() && block_ >= columns_[part_].size()) {
      ++part_;
      block_ = 0;
    }
    if (part_ >= columns_.size()) {
      return std::nullopt;
    }
    const TopicLines& part = parts_[part_];
    Batch lines = std::move(columns_[part_][block_]);
    const auto rows = static_cast<std::size_t>(lines.num_rows());
    TextColumn partition;
    NumberColumn<std::int64_t> offset;
    partition.AppendRepeated(part.partition, rows);
    offset.Reserve(rows);
    for (std::size_t row = 0; row < rows; ++row) {
      offset.Append(part.offset(block_ * kRowsOfBatch + row));
    }
    ++block_;
    std::vector<Batch> columns;
    columns.push_back(partition.Finish());
    columns.push_back(offset.Finish());
    columns.push_back(std::move(lines));
    return StructOfColumns(rows, std::move(columns));
  }

 private:
  std::vector<TopicLines> parts_;            // without lines
  std::vector<std::vector<Batch>> columns_;  // by file
  std::size_t part_ = 0;
  std::size_t block_ = 0;
};

// The messages of a batch, as the reader has put them together.
class MessageBatches {
 public:
  explicit MessageBatches(std::vector<KafkaMessages> parts) : parts_(std::move(parts)) {}

  std::optional<Batch> Next() {
    while (part_ < parts_.size() && block_ >= parts_[part_].blocks.size()) {
      parts_[part_] = {};
      ++part_;
      block_ = 0;
    }
    if (part_ >= parts_.size()) {
      return std::nullopt;
    }
    KafkaMessages& part = parts_[part_];
    TextColumn& lines = part.blocks[block_];
    const std::size_t rows = lines.num_rows();
    TextColumn partition;
    partition.AppendRepeated(std::to_string(part.partition), rows);
    NumberColumn<std::int64_t> offset;
    offset.Reserve(rows);
    const std::size_t first = part.firsts[block_];
    for (std::size_t number = first; number < first + rows; ++number) {
      offset.Append(part.offsets[number]);
    }
    ++block_;
    std::vector<Batch> columns;
    columns.push_back(partition.Finish());
    columns.push_back(offset.Finish());
    columns.push_back(lines.Finish());
    return StructOfColumns(rows, std::move(columns));
  }

 private:
  std::vector<KafkaMessages> parts_;
  std::size_t part_ = 0;
  std::size_t block_ = 0;
};

class Topic final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "topic",
        .doc =
            "The lines of a topic, each once: a folder of .ndjson and .tsv files, plain, .gz or "
            ".zst, or a topic of Kafka.",
        .version = 1,
        .settings = {{Direction::kIn,
                      {{.name = "path",
                        .required = true,
                        .doc =
                            "the topic's folder, relative to the project, or file://… or s3://…, "
                            "or kafka://CONNECTION/TOPIC"},
                       {.name = "topic", .doc = "its name; by default that of the folder"},
                       {.name = "suffixes",
                        .type = SettingType::kTexts,
                        .standard = nlohmann::json::array({".ndjson", ".tsv"}),
                        .doc = "how its files' names end, but for .gz and .zst"},
                       {.name = "layout",
                        .standard = "lines",
                        .allowed = {"lines", "secor"},
                        .doc = "secor: the folder of one topic as Secor names its files, whatever "
                               "they end in"},
                       {.name = "open",
                        .type = SettingType::kBoolean,
                        .standard = false,
                        .doc = "of layout secor: folders without _SUCCESS are read, too"},
                       {.name = "growing",
                        .type = SettingType::kBoolean,
                        .standard = false,
                        .doc = "a last line without line feed waits for its end"},
                       {.name = "lateness",
                        .standard = "1 hour",
                        .doc = "of Kafka: how long after its time a line may still come"},
                       {.name = "accept_lost",
                        .type = SettingType::kBoolean,
                        .standard = false,
                        .doc = "of Kafka: messages that were dropped before they were read are "
                               "no error"}}},
                     {Direction::kOut, LogSettings()}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const nlohmann::json& settings) const override {
    const std::string path = TopicPath(settings);
    if (const auto lateness = settings.value("lateness", "1 hour");
        !project::ParseDuration(lateness)) {
      throw UserError("setting 'lateness' is '{}'; it must be a time such as '90 minutes'",
                      lateness);
    }
    if (IsKafkaUrl(path)) {
      ParseKafkaUrl(path);
    } else if (!IsS3Url(path)) {
      CheckLocalPath(path);
    }
  }

  std::unique_ptr<EventLog> OpenLog(ConnectorContext& context) const override {
    const auto& settings = context.settings;
    const auto path = settings.at("path").get<std::string>();
    if (IsS3Url(path)) {
      throw UserError(
          "path '{}': a service writes to a folder of its machine; what it has written "
          "can be copied from there",
          path);
    }
    const auto most_waiting_bytes = settings.at("most_waiting_bytes").get<std::size_t>();
    if (IsKafkaUrl(path)) {
      const KafkaUrl url = ParseKafkaUrl(path);
      return std::make_unique<KafkaLog>(
          KafkaLogSettings{.cluster = FindKafkaCluster(context.connections, url.cluster),
                           .topic = url.topic,
                           .most_waiting_bytes = most_waiting_bytes});
    }
    const std::chrono::duration<double> seconds(settings.at("file_seconds").get<double>());
    return std::make_unique<SegmentLog>(SegmentLogSettings{
        .folder = LocalPath(context.folder, path),
        .segment_bytes = settings.at("file_bytes").get<std::int64_t>(),
        .visible_after = std::chrono::duration_cast<std::chrono::milliseconds>(seconds),
        .most_waiting_bytes = most_waiting_bytes});
  }

  std::optional<Schema> Columns(const nlohmann::json& /*settings*/) const override {
    return LinesSchema();
  }

  std::optional<Micros> CompleteUntil(ConnectorContext& context, Micros now) const override {
    const auto& settings = context.settings;
    if (IsKafkaUrl(TopicPath(settings))) {
      const auto lateness = project::ParseDuration(settings.at("lateness").get<std::string>());
      return lateness ? std::optional<Micros>(now - lateness->count()) : std::nullopt;
    }
    if (settings.at("layout") != "secor") {
      return std::nullopt;
    }
    const auto folder = context.database.stores().Open(FolderOf(context));
    std::vector<std::string> paths;
    for (const TopicFile& file : EverythingBelow(*folder)) {
      paths.push_back(file.partition);
    }
    return SecorCompleteUntil(paths);
  }

  TopicLinks Topics(const ConnectorContext& context) const override {
    const std::string path = TopicPath(context.settings);
    if (!IsKafkaUrl(path)) {
      return {.read = {std::string(WithoutEndSlashes(FolderOf(context)))}};
    }
    const KafkaSource source = KafkaSourceOf(context);
    return {.read = {KafkaTopicLink(source.url.topic)},
            .numbered = {{.source = source.source, .url = path}}};
  }

  std::vector<PendingInput> Pending(ConnectorContext& context) const override {
    if (IsKafkaUrl(TopicPath(context.settings))) {
      return PendingOfKafka(context, KafkaSourceOf(context));
    }
    std::vector<PendingInput> pending;
    const std::string topic = NameOf(context);
    const auto folder = context.database.stores().Open(FolderOf(context));
    const TopicLook look = LookAtTopic(*folder, topic, FilterOf(context), context.finished);
    pending.reserve(look.rest.size());
    for (const TopicRest& rest : look.rest) {
      pending.push_back({.identity = topic + "/" + rest.file.partition,
                         .bytes = std::max<std::int64_t>(rest.file.size - rest.read, 0)});
    }
    return pending;
  }

  ReadReport Read(ConnectorContext& context) const override {
    if (IsKafkaUrl(TopicPath(context.settings))) {
      KafkaBatch batch = ReadKafkaBatch(context, KafkaSourceOf(context));
      Give(context, MessageBatches(std::move(batch.parts)));
      return std::move(batch.report);
    }
    const auto folder = context.database.stores().Open(FolderOf(context));
    const TopicBatchRequest request{.folder = *folder,
                                    .topic = NameOf(context),
                                    .limit = context.limit_bytes,
                                    .growing = context.settings.at("growing").get<bool>(),
                                    .threads = context.database.options().threads};
    const TopicLook look =
        LookAtTopic(request.folder, request.topic, FilterOf(context), context.finished);
    auto parts = ReadTopicBatch(request, look.rest, context.stop);
    ReadReport report;
    for (const TopicPosition& position : look.touched) {
      report.finished.push_back(position.ToText());
    }
    for (const TopicLines& part : parts) {
      report.finished.push_back(part.after.ToText());
    }
    std::ranges::sort(report.finished);
    Give(context, LineBatches(std::move(parts), request.threads));
    return report;
  }

 private:
  template <typename Batches>
  static void Give(ConnectorContext& context, Batches rows) {
    auto batches = std::make_shared<Batches>(std::move(rows));
    context.connection.RegisterStream(context.relation, LinesSchema(),
                                      [batches] { return batches->Next(); });
  }
};

}  // namespace

std::unique_ptr<Connector> MakeTopic() { return std::make_unique<Topic>(); }

}  // namespace weir::connectors
