#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kafka/kafka_cluster.h"

namespace weir::connectors {

struct OutgoingMessage {
  std::string_view topic;
  std::string_view key;
  std::string_view value;
  std::vector<std::pair<std::string_view, std::string_view>> headers{};
};

// What a group has read; topics are those of its cluster, and `note` goes along with each offset.
struct GroupOffsets {
  std::string group;
  std::vector<StreamPosition> positions;
  std::string note;
};

// Writes to one cluster by transactions: readers of committed messages see all of one or nothing.
// Who opens a producer of the same transactional id ends the transaction of the one before, and
// that one can't go on. One thread. Errors of the other side are ExternalErrors; after one the
// transaction is given up with the producer.
class KafkaProducer {
 public:
  // Returns once every transaction of the id is over.
  KafkaProducer(const KafkaCluster& cluster, const std::string& transactional_id);
  ~KafkaProducer();

  // Throws UserError for a topic that isn't there, 5 seconds after it was asked for first: brokers
  // that make topics by themselves take a moment. A message to one would wait for minutes.
  void RequireTopic(const std::string& topic, const std::stop_token& stop) const;
  void Begin();
  // Waits where the queue is full; throws CancelledError after a stop.
  void Send(const OutgoingMessage& message, const std::stop_token& stop);
  // Adds a group's offsets to the transaction: they are set if and when it is committed. Throws
  // CancelledError after a stop, and ExternalError if the cluster doesn't answer within its
  // timeout; after either the producer is of no more use.
  void SendOffsets(const GroupOffsets& offsets, const std::stop_token& stop);
  void Commit();

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

// Whether a transaction that is open is waited for, or what was there before it counts.
enum class OpenTransactions : std::uint8_t { kWait, kPassOver };

// The notes that go along with a group's offsets, of partitions where it has some.
std::vector<std::string> GroupNotes(const KafkaCluster& cluster, const std::string& group,
                                    const std::vector<StreamPosition>& positions,
                                    OpenTransactions open);

}  // namespace weir::connectors
