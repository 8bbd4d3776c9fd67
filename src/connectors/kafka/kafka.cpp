#include "connectors/kafka/kafka.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "connectors/kafka/kafka_cluster.h"
#include "connectors/kafka/kafka_producer.h"
#include "connectors/kafka/kafka_reader.h"
#include "connectors/kafka/kafka_topic_setting.h"
#include "data/cells.h"
#include "sql/quote.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kWaiting = "waiting_";
constexpr std::string_view kBatchNote = "batch=";
constexpr std::string_view kStreamNote = " stream=";

std::string TextSetting(const ConnectorContext& context, const char* name) {
  return context.settings.value(name, "");
}

// Of a batch that was sent: its number, and the stream that it is of.
struct BatchNote {
  std::int64_t batch = 0;
  std::string stream;  // empty in notes of earlier versions
};

std::string NoteText(const BatchNote& note) {
  return fmt::format("{}{}{}{}", kBatchNote, note.batch, note.stream.empty() ? "" : kStreamNote,
                     note.stream);
}

// Absent for what is no such note.
std::optional<BatchNote> NoteIn(std::string_view text) {
  if (!text.starts_with(kBatchNote)) {
    return std::nullopt;
  }
  text.remove_prefix(kBatchNote.size());
  const std::size_t stream = text.find(kStreamNote);
  BatchNote note{.batch = -1,
                 .stream = stream == std::string_view::npos
                               ? ""
                               : std::string(text.substr(stream + kStreamNote.size()))};
  std::from_chars(text.data(), text.data() + text.size(), note.batch);
  return note.batch < 0 ? std::nullopt : std::optional(std::move(note));
}

bool ShareABroker(std::string_view one, std::string_view other) {
  const auto brokers_of = [](std::string_view text) {
    std::set<std::string> brokers;
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      brokers.emplace(Trimmed(text.substr(0, comma)));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return brokers;
  };
  const auto others = brokers_of(other);
  return std::ranges::any_of(brokers_of(one),
                             [&](const std::string& broker) { return others.contains(broker); });
}

// The positions that a cluster knows, under the names of its topics: those of sources that the job
// reads now. `group` says that they are in this cluster; where some are by their brokers, others
// aren't.
std::vector<StreamPosition> PositionsIn(const KafkaCluster& cluster,
                                        const ConnectorContext& context) {
  std::map<std::string, std::string> near;
  std::map<std::string, std::string> any;
  for (const NumberedSource& source : context.sent.sources) {
    const KafkaUrl url = ParseKafkaUrl(source.url);
    any[source.source] = url.topic;
    if (ShareABroker(FindKafkaCluster(context.connections, url.cluster).brokers, cluster.brokers)) {
      near[source.source] = url.topic;
    }
  }
  if (any.empty()) {
    throw UserError(
        "group '{}': no source of the job is a topic of Kafka, so no offsets can go along with a "
        "transaction; name a topic for positions (`positions`)",
        TextSetting(context, "group"));
  }
  const auto& topics = near.empty() ? any : near;
  std::vector<StreamPosition> positions;
  for (const StreamPosition& position : context.positions) {
    if (const auto topic = topics.find(position.topic); topic != topics.end()) {
      positions.push_back(
          {.topic = topic->second, .partition = position.partition, .next = position.next});
    }
  }
  return positions;
}

// What the other side has of a stream, and how it is told: the newest batch that was sent, in the
// transaction that brings its rows. With one cluster it is a note beside the group's offsets; with
// two, or sources that aren't Kafka, a message of a compacted topic. Both may be forgotten there,
// when a group is idle for longer than offsets are kept, say: then the ledger's word counts.
class SentBatches {
 public:
  SentBatches(const ConnectorContext& context, KafkaCluster cluster, std::string job)
      : cluster_(std::move(cluster)),
        job_(std::move(job)),
        group_(TextSetting(context, "group")),
        topic_(TextSetting(context, "positions")),
        sent_through_(context.settings.value("sent_through", std::int64_t{-1})),
        before_(context.sent),
        positions_(topic_.empty() ? PositionsIn(cluster_, context) : context.positions) {}

  // 0: none yet.
  std::int64_t Newest(OpenTransactions open) const { return std::max(Told(open), before_.batch); }

  // The newest before `batch`, which is to be sent. Throws UserError where nobody can know.
  std::int64_t NewestBefore(std::int64_t batch) const {
    const std::int64_t told = Told(OpenTransactions::kWait);
    if (told == 0 && !topic_.empty()) {
      RequireCompacted();
    }
    if (told >= before_.batch) {
      return told;
    }
    const std::string forgotten =
        fmt::format("kafka {}: {} says that batch {} is the newest that was sent, but batch {} was",
                    cluster_.name, Memory(), told, before_.batch);
    if (before_.batch + 1 >= batch) {
      LogWarning("{}; going on behind it", forgotten);
      return before_.batch;
    }
    if (sent_through_ >= before_.batch && sent_through_ < batch) {
      LogWarning("{}; going on behind batch {}, as `sent_through` says", forgotten, sent_through_);
      return sent_through_;
    }
    throw UserError(
        "{}, and whether batches {} to {} were isn't known: look whether the topics hold their "
        "rows "
        "(column `batch` of what waits), and set `sent_through` of the step to the newest that was "
        "sent, {} to {}",
        forgotten, before_.batch + 1, batch - 1, before_.batch, batch - 1);
  }

  // Adds what is to be told to the transaction.
  void Tell(KafkaProducer& producer, std::int64_t batch, const std::stop_token& stop) const {
    const std::string note = NoteText({.batch = batch, .stream = before_.stream_id});
    if (topic_.empty()) {
      producer.SendOffsets({.group = group_, .positions = positions_, .note = note}, stop);
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
  // One that drops old messages forgets what was sent, in silence.
  void RequireCompacted() const {
    const auto policy = KafkaTopicSetting(cluster_, topic_, "cleanup.policy");
    if (policy && *policy != "compact") {
      throw UserError(
          "kafka {}: topic '{}' of `positions` has cleanup.policy={}, and so forgets what was "
          "sent; "
          "compact is allowed",
          cluster_.name, topic_, *policy);
    }
  }

  std::string Memory() const {
    return topic_.empty() ? fmt::format("group '{}'", group_)
                          : fmt::format("topic '{}' (transactional_id '{}')", topic_, job_);
  }

  std::int64_t Told(OpenTransactions open) const {
    std::int64_t newest = 0;
    for (const BatchNote& note : topic_.empty() ? NotesOfGroup(open) : NotesInTopic()) {
      const bool is_own =
          note.stream.empty() || before_.stream_id.empty() || note.stream == before_.stream_id;
      if (!is_own) {
        throw UserError(
            "kafka {}: {} is another stream's: it has sent batch {}, and is that of the tables "
            "with "
            "id {}, not {} (another warehouse, or tables that were made anew); this one needs {} "
            "of "
            "its own",
            cluster_.name, Memory(), note.batch, note.stream, before_.stream_id,
            topic_.empty() ? "a `group` and a `transactional_id`" : "a `transactional_id`");
      }
      newest = std::max(newest, note.batch);
    }
    return newest;
  }

  std::vector<BatchNote> NotesOfGroup(OpenTransactions open) const {
    std::vector<BatchNote> notes;
    for (const std::string& text : GroupNotes(cluster_, group_, positions_, open)) {
      if (auto note = NoteIn(text)) {
        notes.push_back(std::move(*note));
      }
    }
    return notes;
  }

  // All is read: the topic is compacted, and the batches' messages have one key.
  std::vector<BatchNote> NotesInTopic() const {
    KafkaReader reader(cluster_, true);
    std::vector<KafkaSpan> spans;
    for (const KafkaExtent& extent : reader.Extents(topic_)) {
      spans.push_back({.partition = extent.partition, .next = extent.first, .end = extent.end});
    }
    std::erase_if(spans, [](const KafkaSpan& span) { return span.next >= span.end; });
    std::vector<BatchNote> notes;
    constexpr std::int64_t kNoLimit = std::int64_t{1} << 40;
    for (const KafkaMessages& part : reader.Read(topic_, spans, kNoLimit, {})) {
      for (std::size_t i = 0; i < part.size(); ++i) {
        if (auto note = NoteIn(part.message(i)); note && part.keys[i] == job_) {
          notes.push_back(std::move(*note));
        }
      }
    }
    return notes;
  }

  KafkaCluster cluster_;
  std::string job_;
  std::string group_;
  std::string topic_;
  std::int64_t sent_through_;
  SentBefore before_;
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
    const std::int64_t before = sent_.NewestBefore(context_.batch);
    if (before >= context_.batch) {
      return {.identity = fmt::format("kafka {} has batch {}", cluster_.name, before)};
    }
    for (const auto& [argument, topic] : context_.settings.at("topics").items()) {
      producer_.RequireTopic(topic.get<std::string>(), context_.stop);
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
    static const Declaration kDeclaration{.name = "kafka",
                                          .doc = "A stream's rows to topics of Kafka, each once.",
                                          .version = 1,
                                          .settings = {{Direction::kOut, Settings()}},
                                          .effect = Effect::kExternal,
                                          .takes_many = true,
                                          .connection = KafkaConnectionSettings(),
                                          .check_connection = CheckKafkaConnection};
    return kDeclaration;
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
    return {
        {.name = "connection",
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
         .doc = "of this stream alone, in this cluster"},
        {.name = "sent_through",
         .type = SettingType::kInteger,
         .least = 0,
         .doc = "the newest batch that was sent, where the cluster has forgotten it and weir can't "
                "know it: an error says when"}};
  }

  static std::string IdOf(const ConnectorContext& context) {
    return context.settings.at("transactional_id").get<std::string>();
  }
};

}  // namespace

std::unique_ptr<Connector> MakeKafka() { return std::make_unique<Kafka>(); }

}  // namespace weir::connectors
