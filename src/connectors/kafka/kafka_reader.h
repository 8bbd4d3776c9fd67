#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "connectors/kafka/kafka_cluster.h"
#include "data/column_builder.h"

namespace weir::connectors {

// The offsets that a partition holds: [first, end), of which some may be no messages that can be
// read (ends of transactions, aborted or compacted ones).
struct KafkaExtent {
  std::int32_t partition = 0;
  std::int64_t first = 0;
  std::int64_t end = 0;  // up to the first transaction that is open
};

// Where reading of a partition begins and ends: [next, end).
struct KafkaSpan {
  std::int32_t partition = 0;
  std::int64_t next = 0;
  std::int64_t end = 0;
};

// Messages of one partition in the order of their offsets.
struct KafkaMessages {
  std::int32_t partition = 0;
  std::int64_t next = 0;                // where the next batch goes on
  std::vector<TextColumn> blocks{};     // their bytes, so many of them as a batch of rows may have
  std::vector<std::size_t> firsts{};    // of each block the number of its first message
  std::vector<std::int64_t> offsets{};  // of each
  std::vector<std::string> keys{};      // of each, where the reader keeps them
  std::vector<Micros> times{};          // of each, as Kafka has it; 0 where it has none

  std::size_t size() const { return offsets.size(); }
  std::size_t num_bytes() const;
  // Cost: a search among the blocks.
  std::string_view message(std::size_t number) const;
  // The time of the last message.
  std::optional<Micros> newest() const;
};

// Reads topics of one cluster, committed messages only. What it has read is told to nobody: the
// caller keeps the positions. One thread. Errors of the other side are ExternalErrors.
class KafkaReader {
 public:
  explicit KafkaReader(const KafkaCluster& cluster, bool keeps_keys = false);
  ~KafkaReader();

  // By partition. Throws UserError for a topic that isn't there.
  std::vector<KafkaExtent> Extents(const std::string& topic);
  // Reads on until each span is read or about `limit_bytes` have come (at least one message), in
  // the order of `spans`. Memory: what it gives and librdkafka's queue.
  std::vector<KafkaMessages> Read(const std::string& topic, const std::vector<KafkaSpan>& spans,
                                  std::int64_t limit_bytes, const std::stop_token& stop);
  // Sets the group's offsets (by partition), for others to see. Nothing without a group.
  void TellGroup(const std::string& topic, const std::map<std::int32_t, std::int64_t>& next);

 private:
  class Session;
  std::unique_ptr<Session> session_;
  bool keeps_keys_;
};

}  // namespace weir::connectors
