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

// Writes to one cluster by transactions: readers of committed messages see all of one or nothing.
// Who opens a producer of the same transactional id ends the transaction of the one before, and
// that one can't go on. One thread. Errors of the other side are ExternalErrors; after one the
// transaction is given up with the producer.
class KafkaProducer {
 public:
  // Returns once every transaction of the id is over.
  KafkaProducer(const KafkaCluster& cluster, const std::string& transactional_id);
  ~KafkaProducer();

  void Begin();
  // Waits where the queue is full; throws CancelledError after a stop.
  void Send(const OutgoingMessage& message, const std::stop_token& stop);
  // Adds a group's offsets to the transaction: they are set if and when it is committed. Topics are
  // those of this cluster; `note` goes along with each.
  void SendOffsets(const std::string& group, const std::vector<StreamPosition>& positions,
                   const std::string& note);
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
