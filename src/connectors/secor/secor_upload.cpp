#include "connectors/secor/secor_upload.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/files/folder_settings.h"
#include "connectors/files/gzip_file.h"
#include "connectors/kafka/kafka_source.h"
#include "connectors/secor/finaliser.h"
#include "connectors/secor/message_time.h"
#include "connectors/secor/secor_settings.h"
#include "data/column_builder.h"
#include "sql/staging_folder.h"

namespace weir::connectors {
namespace {

using UploadJson = nlohmann::json;

constexpr Micros kSecond = 1'000'000;

Schema UploadsSchema() {
  const auto field = [](const char* name, TypeKind kind) {
    return Field{.name = name, .type = PlainType(kind), .nullable = false};
  };
  return {{field("path", TypeKind::kString), field("source", TypeKind::kString),
           field("source_partition", TypeKind::kString), field("first_offset", TypeKind::kLong),
           field("last_offset", TypeKind::kLong), field("messages", TypeKind::kLong),
           field("without_time", TypeKind::kLong), field("bytes", TypeKind::kLong)}};
}

std::string KafkaUrlOf(const UploadJson& settings) {
  return settings.at("from").get<std::string>();
}

KafkaSource UploadSourceOf(const UploadJson& settings) {
  const KafkaUrl url = ParseKafkaUrl(KafkaUrlOf(settings));
  return {.source = url.topic, .url = url, .accepts_lost = settings.at("accept_lost").get<bool>()};
}

// What decides when a partition's messages are uploaded.
class UploadPolicy {
 public:
  explicit UploadPolicy(const UploadJson& settings)
      : bytes_(settings.at("upload_bytes").get<std::int64_t>()),
        age_(static_cast<Micros>(settings.at("upload_seconds").get<double>() * kSecond)),
        is_forced_(settings.at("force").get<bool>()) {}

  std::int64_t bytes() const { return bytes_; }

  // Of the partitions with messages, those whose time it is. What has come is estimated from the
  // messages that come first.
  std::vector<KafkaSpan> Due(KafkaReader& reader, const KafkaSource& source,
                             const std::vector<KafkaLag>& lags, const std::stop_token& stop) const {
    std::vector<KafkaSpan> due;
    for (const KafkaLag& lag : lags) {
      const KafkaSpan span{.partition = lag.partition, .next = lag.next, .end = lag.end};
      if (lag.messages() > 0 && (is_forced_ || IsDue(reader, source, span, stop))) {
        due.push_back(span);
      }
    }
    return due;
  }

 private:
  bool IsDue(KafkaReader& reader, const KafkaSource& source, const KafkaSpan& span,
             const std::stop_token& stop) const {
    const KafkaMessages first = std::move(reader.Read(source.url.topic, {span}, 1, stop).front());
    if (first.size() == 0) {
      return false;  // nothing that can be read
    }
    const auto count = static_cast<double>(first.size());
    const double size =
        static_cast<double>(first.num_bytes()) / count * static_cast<double>(span.end - span.next);
    return Now() - first.times.front() >= age_ || size >= static_cast<double>(bytes_);
  }

  std::int64_t bytes_;
  Micros age_;
  bool is_forced_;
};

// A file of one partition and time partition.
struct UploadFile {
  std::int64_t first_offset = 0;
  std::int64_t last_offset = 0;
  std::int64_t messages = 0;
  std::int64_t without_time = 0;
  std::string text{};
};

// One batch of one topic.
class UploadBatch {
 public:
  explicit UploadBatch(ConnectorContext& context)
      : context_(context),
        settings_(context.settings),
        source_(UploadSourceOf(settings_)),
        depth_(SecorDepthOf(settings_)),
        topic_(settings_.value("topic", source_.url.topic)),
        policy_(settings_),
        time_(settings_.at("time").get<std::string>()),
        reader_(std::make_shared<KafkaReader>(
            FindKafkaCluster(context.connections, source_.url.cluster))) {}

  std::vector<PendingInput> Pending() {
    std::vector<PendingInput> pending;
    const auto lags = LagOf(*reader_, source_, context_.positions);
    for (const KafkaSpan& span : policy_.Due(*reader_, source_, lags, context_.stop)) {
      pending.push_back({.identity = fmt::format("{}/{}", source_.source, span.partition),
                         .bytes = span.end - span.next,  // of bytes Kafka says nothing
                         .next = span.next,
                         .end = span.end});
    }
    return pending;
  }

  ReadReport Upload() {
    const auto lags = LagOf(*reader_, source_, context_.positions);
    const auto due = policy_.Due(*reader_, source_, lags, context_.stop);
    if (due.empty()) {
      return {};
    }
    store_ = OpenSecorTarget(context_);
    ReadReport report;
    std::int64_t left = context_.limit_bytes;
    for (const KafkaSpan& span : due) {
      if (left <= 0) {
        break;
      }
      const std::int64_t limit = std::min(left, policy_.bytes());
      const KafkaMessages messages =
          std::move(reader_->Read(source_.url.topic, {span}, limit, context_.stop).front());
      Failpoint("kafka:after-read");
      left -= static_cast<std::int64_t>(messages.num_bytes());
      UploadPartition(messages);
      AddPosition(span, messages, report);
    }
    std::ranges::sort(report.finished);
    report.confirm = Confirmation(lags, report.positions);
    return report;
  }

  // The rows, once.
  std::optional<Batch> TakeRows() {
    const std::size_t rows = paths_.num_rows();
    if (rows == 0) {
      return std::nullopt;
    }
    std::vector<Batch> columns;
    columns.push_back(paths_.Finish());
    columns.push_back(sources_.Finish());
    columns.push_back(partitions_.Finish());
    for (auto& column : numbers_) {
      columns.push_back(column.Finish());
    }
    return StructOfColumns(rows, std::move(columns));
  }

 private:
  void UploadPartition(const KafkaMessages& messages) {
    std::map<std::vector<std::string>, UploadFile> files;
    for (std::size_t number = 0; number < messages.size(); ++number) {
      const std::string_view message = messages.message(number);
      const auto time = time_.Of(message);
      const Micros when = time.value_or(messages.times[number]);
      auto [entry, is_new] = files.try_emplace(SecorPartitions(when, depth_));
      UploadFile& file = entry->second;
      file.first_offset = is_new ? messages.offsets[number] : file.first_offset;
      file.last_offset = messages.offsets[number];
      ++file.messages;
      file.without_time += time ? 0 : 1;
      AppendLine(message, file.text);
    }
    for (const auto& [partitions, file] : files) {
      if (context_.stop.stop_requested()) {
        throw CancelledError();
      }
      Put(messages.partition, partitions, file);
    }
    if (messages.size() > 0) {
      const std::size_t last = messages.size() - 1;
      newest_[messages.partition] = TimeOf(messages, last);
    }
  }

  Micros TimeOf(const KafkaMessages& messages, std::size_t number) {
    return time_.Of(messages.message(number)).value_or(messages.times[number]);
  }

  // A message is a line: a line feed in it, which is but space in JSON, becomes a space.
  static void AppendLine(std::string_view message, std::string& text) {
    const std::size_t begin = text.size();
    text += message;
    std::replace(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), '\n', ' ');
    text += '\n';
  }

  void Put(std::int32_t partition, const std::vector<std::string>& partitions,
           const UploadFile& file) {
    const bool is_packed = settings_.at("encoding") == "gzip";
    const SecorPath path{.topic = topic_,
                         .partitions = partitions,
                         .generation = settings_.at("generation").get<std::int64_t>(),
                         .kafka_partition = partition,
                         .first_offset = file.first_offset,
                         .extension = is_packed ? ".gz" : ""};
    const sql::StagingFolder folder(context_.connection);
    const std::filesystem::path staged = folder.path() / "messages";
    if (is_packed) {
      GzipFile out(staged);
      out.Write(file.text);
      out.Finish();
    } else if (std::ofstream out(staged, std::ios::binary); !(out << file.text).flush()) {
      throw ExternalError("{}: can't be written", staged.string());
    }
    Failpoint("secor:before-put");
    store_->PutFile(path.ToText(), staged);
    Failpoint("secor:after-put");
    paths_.Append(path.ToText());
    sources_.Append(source_.source);
    partitions_.Append(std::to_string(partition));
    const std::int64_t values[] = {file.first_offset, file.last_offset, file.messages,
                                   file.without_time, static_cast<std::int64_t>(file.text.size())};
    for (std::size_t column = 0; column < numbers_.size(); ++column) {
      numbers_[column].Append(values[column]);
    }
  }

  void AddPosition(const KafkaSpan& span, const KafkaMessages& messages, ReadReport& report) {
    if (messages.next > span.next) {
      report.positions.push_back({.topic = source_.source,
                                  .partition = std::to_string(span.partition),
                                  .next = messages.next});
      report.finished.push_back(fmt::format("{}/{} offsets={}-{}", source_.source, span.partition,
                                            span.next, messages.next - 1));
    }
  }

  // What is told once the batch has committed: the group's offsets, and which folders are final.
  std::function<void()> Confirmation(const std::vector<KafkaLag>& lags,
                                     const std::vector<StreamPosition>& positions) {
    std::map<std::int32_t, std::int64_t> next;
    for (const StreamPosition& position : positions) {
      next[std::stoi(position.partition)] = position.next;
    }
    std::optional<Micros> until = FinalUntil(lags);
    const auto delay =
        static_cast<Micros>(settings_.at("finalise_after_seconds").get<double>() * kSecond);
    return [reader = reader_, store = store_, topic = source_.url.topic, folder = topic_,
            depth = depth_, until, delay, next] {
      Failpoint("kafka:before-group");
      reader->TellGroup(topic, next);
      Failpoint("kafka:after-group");
      if (until) {
        FinaliseFolders(*store, folder, depth, *until - delay);
      }
    };
  }

  // The least time of the last committed message over the partitions, once this batch has
  // committed; partitions that are empty don't count. Absent where nothing was ever committed of
  // one.
  std::optional<Micros> FinalUntil(const std::vector<KafkaLag>& lags) {
    std::optional<Micros> least;
    for (const KafkaLag& lag : lags) {
      if (lag.first == lag.end) {
        continue;
      }
      const auto read = newest_.find(lag.partition);
      const auto newest = read == newest_.end() ? LastBefore(lag) : std::optional(read->second);
      if (!newest) {
        return std::nullopt;
      }
      least = std::min(least.value_or(*newest), *newest);
    }
    return least;
  }

  // The time of the last message before a position: not every offset is one.
  std::optional<Micros> LastBefore(const KafkaLag& lag) {
    constexpr std::int64_t kFactor = 16;
    constexpr std::int64_t kAll = std::int64_t{1} << 40U;
    for (std::int64_t back = 1; lag.next > lag.first; back *= kFactor) {
      const KafkaSpan span{.partition = lag.partition,
                           .next = std::max(lag.first, lag.next - back),
                           .end = lag.next};
      const KafkaMessages messages =
          std::move(reader_->Read(source_.url.topic, {span}, kAll, context_.stop).front());
      if (messages.size() > 0) {
        return TimeOf(messages, messages.size() - 1);
      }
      if (span.next == lag.first) {
        break;
      }
    }
    return std::nullopt;
  }

  ConnectorContext& context_;
  const UploadJson& settings_;
  const KafkaSource source_;
  const SecorDepth depth_;
  const std::string topic_;
  const UploadPolicy policy_;
  MessageTime time_;
  std::shared_ptr<KafkaReader> reader_;
  std::shared_ptr<storage::ObjectStore> store_;
  std::map<std::int32_t, Micros> newest_;  // of partitions that this batch has read
  TextColumn paths_;
  TextColumn sources_;
  TextColumn partitions_;
  std::array<NumberColumn<std::int64_t>, 5> numbers_;
};

class SecorUpload final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{
        .name = "secor_upload",
        .doc =
            "Messages of a topic of Kafka into files in the layout of Secor, each offset once; "
            "gives a row a file.",
        .version = 1,
        .settings = {{Direction::kIn, Settings()}},
        .effect = Effect::kFile};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const UploadJson& settings) const override {
    if (const auto from = settings.value("from", ""); from.find('{') == std::string::npos) {
      ParseKafkaUrl(from);
    }
    CheckSecorPath(settings);
    if (settings.contains("topic")) {
      CheckNameSetting(settings, "topic");
    }
  }

  std::optional<Schema> Columns(const UploadJson& /*settings*/) const override {
    return UploadsSchema();
  }

  TopicLinks Topics(const ConnectorContext& context) const override {
    const KafkaSource source = UploadSourceOf(context.settings);
    return {.read = {KafkaTopicLink(source.url.topic)},
            .numbered = {{.source = source.source, .url = KafkaUrlOf(context.settings)}}};
  }

  std::vector<PendingInput> Pending(ConnectorContext& context) const override {
    return UploadBatch(context).Pending();
  }

  ReadReport Read(ConnectorContext& context) const override {
    UploadBatch batch(context);
    ReadReport report = batch.Upload();
    auto rows = std::make_shared<std::optional<Batch>>(batch.TakeRows());
    context.connection.RegisterStream(context.relation, UploadsSchema(),
                                      [rows] { return std::exchange(*rows, std::nullopt); });
    return report;
  }

 private:
  static std::vector<Setting> Settings() {
    std::vector<Setting> settings = {
        {.name = "from", .required = true, .doc = "kafka://CONNECTION/TOPIC"},
        SecorPathSetting(),
        {.name = "topic", .doc = "the folder below it; by default Kafka's topic"},
        {.name = "time",
         .standard = "ts",
         .doc = "the field with a message's time: ts, or meta_data.created in an object"}};
    std::ranges::move(SecorFileSettings(), std::back_inserter(settings));
    std::ranges::move(PolicySettings(), std::back_inserter(settings));
    return settings;
  }

  static std::vector<Setting> PolicySettings() {
    return {{.name = "upload_bytes",
             .type = SettingType::kInteger,
             .standard = 200'000'000,
             .least = 1,
             .doc = "a partition is uploaded when so many have come, and at most so many at once"},
            {.name = "upload_seconds",
             .type = SettingType::kNumber,
             .standard = 3600,
             .least = 0,
             .doc = "or when its oldest message is so old"},
            {.name = "force",
             .type = SettingType::kBoolean,
             .standard = false,
             .doc = "all that is there is uploaded at once"},
            {.name = "finalise_after_seconds",
             .type = SettingType::kNumber,
             .standard = 3600,
             .least = 0,
             .doc = "a folder has _SUCCESS once all partitions are so far past it"},
            {.name = "accept_lost",
             .type = SettingType::kBoolean,
             .standard = false,
             .doc = "messages that were dropped before they were read are no error"}};
  }
};

}  // namespace

std::unique_ptr<Connector> MakeSecorUpload() { return std::make_unique<SecorUpload>(); }

}  // namespace weir::connectors
