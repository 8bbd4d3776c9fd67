#include "connectors/kafka/kafka.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "connectors/kafka/kafka_cluster.h"
#include "connectors/kafka/kafka_producer.h"
#include "connectors/kafka/kafka_reader.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kWaiting = "waiting_";
constexpr std::string_view kBatchNote = "batch=";

std::string TextSetting(const ConnectorContext& context, const char* name) {
  return context.settings.value(name, "");
}

// Absent for what is no number of a batch.
std::optional<std::int64_t> BatchIn(std::string_view note) {
  std::int64_t batch = -1;
  if (note.starts_with(kBatchNote)) {
    note.remove_prefix(kBatchNote.size());
    std::from_chars(note.data(), note.data() + note.size(), batch);
  }
  return batch < 0 ? std::nullopt : std::optional(batch);
}

// What the other side has of a stream, and how it is told: the newest batch that was sent, in the
// transaction that brings its rows. With one cluster it is a note beside the group's offsets; with
// two, or sources that aren't Kafka, a message of a compacted topic.
class SentBatches {
 public:
  SentBatches(const ConnectorContext& context, KafkaCluster cluster, std::string job)
      : cluster_(std::move(cluster)),
        job_(std::move(job)),
        group_(TextSetting(context, "group")),
        topic_(TextSetting(context, "positions")),
        positions_(context.positions) {}

  // 0: none yet.
  std::int64_t Newest(OpenTransactions open) const {
    std::int64_t newest = 0;
    if (!topic_.empty()) {
      return NewestInTopic();
    }
    for (const std::string& note : GroupNotes(cluster_, group_, positions_, open)) {
      newest = std::max(newest, BatchIn(note).value_or(0));
    }
    return newest;
  }

  // Adds what is to be told to the transaction.
  void Tell(KafkaProducer& producer, std::int64_t batch, const std::stop_token& stop) const {
    const std::string note = fmt::format("{}{}", kBatchNote, batch);
    if (topic_.empty()) {
      producer.SendOffsets(group_, positions_, note);
      return;
    }
    producer.Send({.topic = topic_, .key = job_, .value = note}, stop);
    for (const StreamPosition& position : positions_) {
      const std::string key = fmt::format("{}:{}:{}", job_, position.topic, position.partition);
      const std::string next = std::to_string(position.next);
      producer.Send({.topic = topic_, .key = key, .value = next}, stop);
    }
  }

 private:
  // All is read: the topic is compacted, and the batches' messages have one key.
  std::int64_t NewestInTopic() const {
    KafkaReader reader(cluster_, true);
    std::vector<KafkaSpan> spans;
    for (const KafkaExtent& extent : reader.Extents(topic_)) {
      spans.push_back({.partition = extent.partition, .next = extent.first, .end = extent.end});
    }
    std::erase_if(spans, [](const KafkaSpan& span) { return span.next >= span.end; });
    std::int64_t newest = 0;
    constexpr std::int64_t kNoLimit = std::int64_t{1} << 40;
    for (const KafkaMessages& part : reader.Read(topic_, spans, kNoLimit, {})) {
      for (std::size_t i = 0; i < part.size(); ++i) {
        if (part.keys[i] == job_) {
          newest = std::max(newest, BatchIn(part.message(i)).value_or(0));
        }
      }
    }
    return newest;
  }

  KafkaCluster cluster_;
  std::string job_;
  std::string group_;
  std::string topic_;
  std::vector<StreamPosition> positions_;
};

// One batch, and those before it that didn't arrive, in one transaction.
class Sending {
 public:
  Sending(ConnectorContext& context, const std::string& id)
      : context_(context),
        cluster_(FindKafkaCluster(context.connections,
                                  context.settings.at("connection").get<std::string>())),
        producer_(cluster_, id),
        sent_(context, cluster_, id) {}

  SendReport Run() {
    // The producer has ended all transactions but its own.
    const std::int64_t before = sent_.Newest(OpenTransactions::kWait);
    if (before >= context_.batch) {
      return {.identity = fmt::format("kafka {} has batch {}", cluster_.name, before)};
    }
    producer_.Begin();
    std::int64_t rows = 0;
    for (const auto& [argument, relation] : context_.relations) {
      const bool waits = argument.starts_with(kWaiting);
      if (!waits || before + 1 < context_.batch) {
        rows += SendRows(argument.substr(waits ? kWaiting.size() : 0), relation, before);
      }
    }
    sent_.Tell(producer_, context_.batch, context_.stop);
    Failpoint("kafka:before-commit");
    producer_.Commit();
    Failpoint("kafka:after-commit");
    return {.identity = fmt::format("kafka {} batch {}", cluster_.name, context_.batch),
            .rows = rows};
  }

 private:
  std::string Select(const std::string& relation, std::int64_t before) const {
    return fmt::format(
        "SELECT {0}::VARCHAR, to_json(sent)::VARCHAR, source, source_partition, "
        "source_offset::VARCHAR FROM (SELECT * EXCLUDE (batch, ds) FROM {1} WHERE batch > {2}) "
        "AS sent",
        sql::QuoteName(TextSetting(context_, "key")), sql::QuoteName(relation), before);
  }

  std::int64_t SendRows(const std::string& argument, const std::string& relation,
                        std::int64_t before) {
    const std::string topic = context_.settings.at("topics").at(argument).get<std::string>();
    sql::Result result = context_.connection.Query(Select(relation, before));
    std::int64_t rows = 0;
    while (const auto batch = result.NextBatch()) {
      const ArrowArray& columns = *batch->get();
      const auto text = [&](std::size_t column, std::int64_t row) {
        return BytesAt(*columns.children[column], row);
      };
      for (std::int64_t row = 0; row < columns.length; ++row, ++rows) {
        producer_.Send({.topic = topic,
                        .key = text(0, row),
                        .value = text(1, row),
                        .headers = {{"source", text(2, row)},
                                    {"source_partition", text(3, row)},
                                    {"source_offset", text(4, row)}}},
                       context_.stop);
      }
    }
    return rows;
  }

  ConnectorContext& context_;
  KafkaCluster cluster_;
  KafkaProducer producer_;
  SentBatches sent_;
};

class Kafka final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration declaration{.name = "kafka",
                                         .doc = "A stream's rows to topics of Kafka, each once.",
                                         .version = 1,
                                         .settings = {{Direction::kOut, Settings()}},
                                         .effect = Effect::kExternal,
                                         .takes_many = true,
                                         .connection = KafkaConnectionSettings()};
    return declaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    if (settings.value("group", "").empty() == settings.value("positions", "").empty()) {
      throw UserError(
          "one of the settings 'group' (sources in the same cluster) and 'positions' (a compacted "
          "topic, for sources elsewhere) is needed");
    }
    const Json topics = settings.value("topics", Json::object());
    for (const auto& [argument, topic] : topics.items()) {
      if (!topic.is_string()) {
        throw UserError("setting 'topics': {}: {} is no name of a topic", argument, topic.dump());
      }
    }
  }

  SendReport Send(ConnectorContext& context) const override {
    for (const auto& [argument, relation] : context.relations) {
      const bool waits = argument.starts_with(kWaiting);
      if (!context.settings.at("topics").contains(argument.substr(waits ? kWaiting.size() : 0))) {
        throw UserError("`in` has '{}', for which 'topics' names none", argument);
      }
    }
    return Sending(context, IdOf(context)).Run();
  }

  TopicLinks Topics(const ConnectorContext& context) const override {
    TopicLinks links;
    for (const auto& [argument, topic] : context.settings.at("topics").items()) {
      links.written.push_back(KafkaTopicLink(topic.get<std::string>()));
    }
    return links;
  }

  // A batch that was committed and hasn't arrived.
  std::vector<PendingInput> Unsent(ConnectorContext& context) const override {
    const KafkaCluster cluster =
        FindKafkaCluster(context.connections, context.settings.at("connection").get<std::string>());
    const std::int64_t sent =
        SentBatches(context, cluster, IdOf(context)).Newest(OpenTransactions::kPassOver);
    if (sent >= context.batch) {
      return {};
    }
    return {{.identity = fmt::format("kafka {} batch {}", cluster.name, context.batch),
             .batches = context.batch - sent}};
  }

 private:
  static std::vector<Setting> Settings() {
    return {{.name = "connection",
             .required = true,
             .doc = "of `connections` in weir.yaml, of kind kafka"},
            {.name = "topics",
             .type = SettingType::kObject,
             .required = true,
             .doc = "by relation of `in`, as it is named there: its topic"},
            {.name = "key", .standard = "event_id", .doc = "the column that is a message's key"},
            {.name = "group",
             .doc = "the group whose offsets go along, where the sources' topics are in the same "
                    "cluster"},
            {.name = "positions",
             .doc = "a compacted topic for the sources' offsets, where they aren't"},
            {.name = "transactional_id",
             .required = true,
             .doc = "of this stream alone, in this cluster"}};
  }

  static std::string IdOf(const ConnectorContext& context) {
    return context.settings.at("transactional_id").get<std::string>();
  }
};

}  // namespace

std::unique_ptr<Connector> MakeKafka() { return std::make_unique<Kafka>(); }

}  // namespace weir::connectors
