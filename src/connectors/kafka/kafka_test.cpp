// Topics of librdkafka's mock cluster against what was put into them. What the mock doesn't know
// (transactions, retention) is tested with a real broker: tests/jobs/kafka_*_test.py.
#include <map>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/test_seed.h"
#include "connectors/connector_fixture.h"
#include "connectors/kafka/kafka_handle.h"
#include "connectors/kafka/kafka_log.h"
#include "connectors/kafka/kafka_producer.h"
#include "connectors/kafka/kafka_source.h"

namespace weir::connectors {
namespace {

constexpr int kPartitions = 3;
constexpr auto kTopicName = "raw";

// What is wrong with what `call` does.
template <typename Call>
std::string UserErrorOf(const Call& call) {
  try {
    call();
    return "";
  } catch (const UserError& error) {
    return error.what();
  }
}

class KafkaTest : public ConnectorTest {
 protected:
  KafkaTest()
      : producer_(RD_KAFKA_PRODUCER, {.name = "mock", .brokers = "", .group = {}, .settings = {}},
                  {{"test.mock.num.brokers", "1"}}) {
    rd_kafka_mock_cluster_t* const mock = rd_kafka_handle_mock_cluster(producer_.get());
    rd_kafka_mock_topic_create(mock, kTopicName, kPartitions, 1);
    brokers_ = rd_kafka_mock_cluster_bootstraps(mock);
  }

  rd_kafka_mock_cluster_t* mock() const { return rd_kafka_handle_mock_cluster(producer_.get()); }

  KafkaLogSettings LogSettings() const {
    return {.cluster = {.name = "mock", .brokers = brokers_, .group = {}, .settings = {}},
            .topic = kTopicName};
  }

  void Produce(int partition, std::string message) {
    const auto code =
        rd_kafka_producev(producer_.get(), RD_KAFKA_V_TOPIC(kTopicName),
                          RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_VALUE(message.data(), message.size()), RD_KAFKA_V_END);
    ASSERT_EQ(code, RD_KAFKA_RESP_ERR_NO_ERROR);
    sent_[partition].push_back(std::move(message));
  }

  void Flush() { ASSERT_EQ(rd_kafka_flush(producer_.get(), 30'000), RD_KAFKA_RESP_ERR_NO_ERROR); }

  ConnectorContext ContextOfTopic() {
    ConnectorContext context =
        Context("topic", Direction::kIn,
                {{"path", fmt::format("kafka://{}/{}", brokers_, kTopicName)}, {"topic", "t"}});
    context.positions = positions_;
    return context;
  }

  bool IsPending() {
    ConnectorContext context = ContextOfTopic();
    return !table_.Find("topic").Pending(context).empty();
  }

  // One batch, whose positions are noted as a commit notes them: rows "offset:line" by partition.
  std::map<int, std::vector<std::string>> ReadBatch(std::int64_t limit) {
    ConnectorContext context = ContextOfTopic();
    context.limit_bytes = limit;
    const ReadReport report = table_.Find("topic").Read(context);
    for (const StreamPosition& position : report.positions) {
      std::erase_if(positions_, [&](const StreamPosition& other) {
        return other.partition == position.partition;
      });
      positions_.push_back(position);
    }
    std::map<int, std::vector<std::string>> read;
    const std::string sql = "SELECT source_partition, source_offset, decode(line) FROM rows";
    for (const auto& row : connection_.Query(sql).Rows()) {
      read[std::stoi(std::get<std::string>(row[0]))].push_back(
          fmt::format("{}:{}", std::get<std::int64_t>(row[1]), std::get<std::string>(row[2])));
    }
    return read;
  }

  KafkaHandle producer_;
  std::string brokers_;
  std::map<int, std::vector<std::string>> sent_;
  std::vector<StreamPosition> positions_;
};

TEST_F(KafkaTest, BatchesOfAnySizeGiveEachMessageOnceInItsOrder) {
  std::mt19937 random(TestSeed());
  std::map<int, std::vector<std::string>> expected;
  std::map<int, std::vector<std::string>> read;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 150; ++i) {
      const int partition = static_cast<int>(random() % kPartitions);
      Produce(partition, std::string(random() % 40, 'x') + std::to_string(i));
    }
    Flush();

    while (IsPending()) {
      for (auto& [partition, rows] : ReadBatch(1 + random() % 4'000)) {
        read[partition].insert(read[partition].end(), rows.begin(), rows.end());
      }
    }
  }

  for (const auto& [partition, messages] : sent_) {
    for (std::size_t i = 0; i < messages.size(); ++i) {
      expected[partition].push_back(fmt::format("{}:{}", i, messages[i]));
    }
  }
  EXPECT_EQ(read, expected);
}

TEST_F(KafkaTest, ManyMessagesStandOneByOneWhateverTheirSizes) {
  constexpr std::size_t kMany = 36'000;  // more than a block of the reader holds, twice
  for (std::size_t i = 0; i < kMany; ++i) {
    Produce(i % 50 == 0 ? 1 : 0, i % 7 == 0 ? "" : std::to_string(i));
  }
  Flush();

  const auto rows = ReadBatch(1 << 30);
  KafkaReader reader({.name = "mock", .brokers = brokers_, .group = {}, .settings = {}});
  const auto end = static_cast<std::int64_t>(sent_[0].size());
  const KafkaMessages read = std::move(
      reader.Read(kTopicName, {{.partition = 0, .next = 3, .end = end}}, 1 << 30, {}).front());

  ASSERT_EQ(read.size(), sent_[0].size() - 3);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < read.size(); ++i) {
    ASSERT_EQ(read.message(i), sent_[0][i + 3]) << i;
    bytes += read.message(i).size();
  }
  EXPECT_EQ(read.num_bytes(), bytes);
  for (const auto& [partition, messages] : sent_) {
    ASSERT_EQ(rows.at(partition).size(), messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
      ASSERT_EQ(rows.at(partition)[i], fmt::format("{}:{}", i, messages[i]));
    }
  }
}

TEST_F(KafkaTest, TellsHowFarEachPartitionIsBehind) {
  for (int i = 0; i < 5; ++i) {
    Produce(1, "x");
  }
  Flush();
  positions_ = {{.topic = "t", .partition = "1", .next = 2},
                {.topic = "other", .partition = "1", .next = 4}};

  ConnectorContext context = ContextOfTopic();
  const auto pending = table_.Find("topic").Pending(context);

  ASSERT_EQ(pending.size(), 1U);
  EXPECT_EQ(pending[0].identity, "t/1");
  EXPECT_EQ(pending[0].next, 2);
  EXPECT_EQ(pending[0].end, 5);
}

TEST_F(KafkaTest, RefusesATopicThatEndsBeforeThePosition) {
  Produce(0, "x");
  Flush();
  positions_ = {{.topic = "t", .partition = "0", .next = 7}};

  const std::string mistake = UserErrorOf([&] { ReadBatch(1'000); });

  EXPECT_TRUE(mistake.starts_with("topic raw, partition 0: 7 is to be read next, but it ends at 1"))
      << mistake;
}

TEST_F(KafkaTest, NamesWhatIsWrongWithSettingsOfAConnection) {
  const auto mistake_of = [&](const std::string& name, const std::string& value) {
    return UserErrorOf([&] {
      KafkaReader(
          {.name = "events", .brokers = brokers_, .group = {}, .settings = {{name, value}}});
    });
  };

  EXPECT_EQ(mistake_of("isolation.level", "read_uncommitted"),
            "connection 'events': librdkafka's 'isolation.level' is set by weir; allowed are "
            "others, such as security.protocol");
  EXPECT_EQ(mistake_of("security.protokol", "ssl"),
            "connection 'events': librdkafka: No such configuration property: "
            "\"security.protokol\"");
  EXPECT_EQ(mistake_of("client.id", "house"), "");
}

TEST_F(KafkaTest, RefusesSettingsOfAConnectionThatWeirSetsInEitherRole) {
  const auto mistake_of = [&](const nlohmann::json& settings) {
    return UserErrorOf([&] { CheckKafkaConnection(settings); });
  };

  for (const char* name : {"acks", "request.required.acks", "enable.idempotence",
                           "transactional.id", "isolation.level"}) {
    EXPECT_EQ(mistake_of({{"brokers", "a:1"}, {"librdkafka", {{name, "1"}}}}),
              fmt::format("librdkafka's '{}' is set by weir; allowed are others, such as "
                          "security.protocol",
                          name));
  }
  EXPECT_EQ(mistake_of({{"brokers", " "}}),
            "brokers: it names none; host:port is allowed, several with commas between");
  EXPECT_EQ(mistake_of({{"brokers", "a:1"}, {"librdkafka", {{"client.id", "x"}}}}), "");
}

// The mock answers so late that librdkafka's call would go on for minutes.
TEST_F(KafkaTest, TellingOffsetsEndsWithAStopAndWithTheTimeout) {
  constexpr int kMinutes = 600'000;
  const GroupOffsets offsets{
      .group = "g", .positions = {{.topic = kTopicName, .partition = "0", .next = 1}}, .note = "n"};
  const auto tell = [&](const std::string& timeout, const std::stop_token& stop) {
    KafkaProducer producer({.name = "mock",
                            .brokers = brokers_,
                            .group = {},
                            .settings = {{"socket.timeout.ms", timeout}}},
                           "id-" + timeout);
    producer.Begin();
    producer.Send({.topic = kTopicName, .key = "k", .value = "v"}, {});
    rd_kafka_mock_broker_set_rtt(mock(), 1, kMinutes);
    producer.SendOffsets(offsets, stop);
  };
  std::stop_source stopped;
  stopped.request_stop();

  EXPECT_THROW(tell("60000", stopped.get_token()), CancelledError);
  rd_kafka_mock_broker_set_rtt(mock(), 1, 0);
  EXPECT_THROW(tell("1000", {}), ExternalError);
}

TEST_F(KafkaTest, WhatAServiceHasAppendedIsThereOnceWhenAppendReturns) {
  constexpr int kThreads = 6;
  constexpr int kAppends = 40;
  ConnectorContext context =
      Context("topic", Direction::kOut, {{"path", fmt::format("kafka://{}/raw", brokers_)}});
  const auto log = table_.Find("topic").OpenLog(context);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kAppends; ++i) {
          log->Append(fmt::format("{0}-{1}-a\n{0}-{1}-b\n", thread, i));
        }
      });
    }
  }

  std::multiset<std::string> found;  // before Close(): nothing waits for it
  for (const auto& [partition, rows] : ReadBatch(1 << 30)) {
    for (const std::string& row : rows) {
      found.insert(row.substr(row.find(':') + 1));
    }
  }

  std::multiset<std::string> expected;
  for (int thread = 0; thread < kThreads; ++thread) {
    for (int i = 0; i < kAppends; ++i) {
      expected.insert(fmt::format("{}-{}-a", thread, i));
      expected.insert(fmt::format("{}-{}-b", thread, i));
    }
  }
  EXPECT_EQ(found, expected);
  EXPECT_EQ(log->figures().appends, static_cast<std::uint64_t>(kThreads * kAppends));
  EXPECT_EQ(log->figures().waiting_bytes, 0U);
  log->Close();
  EXPECT_THROW(log->Append("late\n"), ExternalError);
}

TEST_F(KafkaTest, AnAppendThatIsNotAcknowledgedFailsAndTheNextOneWorks) {
  KafkaLog log(LogSettings());
  rd_kafka_mock_push_request_errors(mock(), 0 /* Produce */, 1,
                                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);

  EXPECT_THROW(log.Append("lost\n"), ExternalError);
  EXPECT_TRUE(log.figures().is_failing);
  EXPECT_EQ(log.figures().failures, 1U);
  log.Append("kept\n");

  EXPECT_FALSE(log.figures().is_failing);
  std::vector<std::string> found;
  for (const auto& [partition, rows] : ReadBatch(1 << 30)) {
    found.insert(found.end(), rows.begin(), rows.end());
  }
  EXPECT_EQ(found, (std::vector<std::string>{"0:kept"}));
}

// The idempotent producer can send nothing any more after such an answer.
TEST_F(KafkaTest, ALogGoesOnAfterItsProducerHasFailedForGood) {
  KafkaLog log(LogSettings());
  log.Append("first\n");
  for (int round = 0; round < 2; ++round) {
    rd_kafka_mock_push_request_errors(mock(), 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    EXPECT_THROW(log.Append("lost\n"), ExternalError);
    EXPECT_TRUE(log.figures().is_failing);
    log.Append(fmt::format("kept {}\n", round));
    EXPECT_FALSE(log.figures().is_failing);
  }

  std::set<std::string> found;
  for (const auto& [partition, rows] : ReadBatch(1 << 30)) {
    for (const std::string& row : rows) {
      EXPECT_TRUE(found.insert(row.substr(row.find(':') + 1)).second) << row;
    }
  }
  EXPECT_EQ(found, (std::set<std::string>{"first", "kept 0", "kept 1"}));
  EXPECT_EQ(log.figures().failures, 2U);
}

// Before anything is sent: librdkafka would wait for it for minutes.
TEST_F(KafkaTest, RowsForATopicThatIsNotThereAreNotSent) {
  rd_kafka_mock_topic_set_error(mock(), "nosuch", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const nlohmann::json settings = {{"connection", brokers_},
                                   {"topics", {{"good", "nosuch"}}},
                                   {"group", "g"},
                                   {"transactional_id", "id"}};
  ConnectorContext context = Context("kafka", Direction::kOut, settings);
  context.batch = 1;
  context.positions = {{.topic = "t", .partition = "0", .next = 1}};
  context.sent.sources = {
      {.source = "t", .url = fmt::format("kafka://{}/{}", brokers_, kTopicName)}};
  connection_.Run(
      "CREATE TABLE good AS SELECT 1 AS batch, 'e' AS event_id, 't' AS source, '0' AS "
      "source_partition, 0 AS source_offset, '2026-01-05' AS ds");
  context.relations = {{"good", "good"}};

  const std::string mistake = UserErrorOf([&] { table_.Find("kafka").Send(context); });

  EXPECT_EQ(mistake, fmt::format("kafka {0}: there is no topic 'nosuch' (brokers {0})", brokers_));
}

TEST_F(KafkaTest, ALogNeedsATopicThatIsThere) {
  rd_kafka_mock_topic_set_error(mock(), "nosuch", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  KafkaLogSettings settings = LogSettings();
  settings.topic = "nosuch";

  std::string problem;
  try {
    KafkaLog log(settings);
  } catch (const ExternalError& error) {
    problem = error.what();
  }

  EXPECT_TRUE(problem.starts_with("kafka mock: topic nosuch: ")) << problem;
}

TEST_F(KafkaTest, FilesAreNotCopiedIntoATopicNorIntoAFolderOfItsName) {
  const nlohmann::json settings = {{"from", "in"}, {"to", "kafka://events/raw"}};
  ConnectorContext context = Context("copy_files", Direction::kIn, settings);
  context.limit_bytes = 1 << 20;
  EXPECT_EQ(table_.Find("copy_files").Topics(context).written,
            std::vector<std::string>{"kafka:raw"});
  EXPECT_TRUE(table_.Find("copy_files").Read(context).finished.empty());
  Write("in/x.tsv", "1\n");

  const std::string mistake = UserErrorOf([&] { table_.Find("copy_files").Read(context); });

  EXPECT_NE(mistake.find("setting 'to' is 'kafka://events/raw': files are copied into a folder"),
            std::string::npos)
      << mistake;
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "kafka:"));
}

TEST(KafkaUrlTest, IsAClusterAndATopic) {
  EXPECT_EQ(ParseKafkaUrl("kafka://events/ingested-af").cluster, "events");
  EXPECT_EQ(ParseKafkaUrl("kafka://a:1,b:2/t").cluster, "a:1,b:2");
  EXPECT_EQ(ParseKafkaUrl("kafka://a:1,b:2/t").topic, "t");
  for (const char* url :
       {"kafka://events", "kafka:///t", "kafka://events/", "kafka://events/a/b", "kafka:/t"}) {
    EXPECT_TRUE(IsKafkaUrl(url)) << url;
    EXPECT_NE(UserErrorOf([&] { ParseKafkaUrl(url); }).find("kafka://CONNECTION/TOPIC"),
              std::string::npos)
        << url;
  }
}

}  // namespace
}  // namespace weir::connectors
