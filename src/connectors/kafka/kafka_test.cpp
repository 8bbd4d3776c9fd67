// Topics of librdkafka's mock cluster against what was put into them. What the mock doesn't know
// (transactions, retention) is tested with a real broker: tests/jobs/kafka_*_test.py.
#include <map>
#include <random>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/test_seed.h"
#include "connectors/connector_fixture.h"
#include "connectors/kafka/kafka_handle.h"
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

  void Produce(int partition, const std::string& message) {
    const auto code = rd_kafka_producev(
        producer_.get(), RD_KAFKA_V_TOPIC(kTopicName), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_VALUE(const_cast<char*>(message.data()), message.size()), RD_KAFKA_V_END);
    ASSERT_EQ(code, RD_KAFKA_RESP_ERR_NO_ERROR);
    sent_[partition].push_back(message);
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

TEST(KafkaUrlTest, IsAClusterAndATopic) {
  EXPECT_EQ(ParseKafkaUrl("kafka://events/ingested-af").cluster, "events");
  EXPECT_EQ(ParseKafkaUrl("kafka://a:1,b:2/t").cluster, "a:1,b:2");
  EXPECT_EQ(ParseKafkaUrl("kafka://a:1,b:2/t").topic, "t");
  for (const char* url :
       {"kafka://events", "kafka:///t", "kafka://events/", "kafka://events/a/b"}) {
    EXPECT_NE(UserErrorOf([&] { ParseKafkaUrl(url); }).find("kafka://CONNECTION/TOPIC"),
              std::string::npos)
        << url;
  }
}

}  // namespace
}  // namespace weir::connectors
