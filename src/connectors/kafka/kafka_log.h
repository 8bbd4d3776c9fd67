#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "connectors/event_log.h"
#include "connectors/kafka/kafka_cluster.h"

namespace weir::connectors {

struct KafkaLogSettings {
  KafkaCluster cluster;
  std::string topic;
  std::size_t most_waiting_bytes = std::size_t{32} << 20U;  // not acknowledged yet, of all threads
};

// A topic of Kafka as an event log: a line is a message without a key, and Append() returns once
// all replicas in sync have acknowledged each. The producer is idempotent: what it sends again
// itself is there once. One that can't go on, as the cluster has lost what it knew of its messages,
// is made anew by the next Append(). Of lines that could not all be acknowledged in time (30
// seconds, or the connection's message.timeout.ms) some may be there. Lines of one Append() may lie
// in several partitions.
class KafkaLog final : public EventLog {
 public:
  // Throws ExternalError if the cluster can't be reached or hasn't the topic, UserError for
  // settings that librdkafka doesn't take.
  explicit KafkaLog(const KafkaLogSettings& settings);
  KafkaLog(const KafkaLog&) = delete;
  KafkaLog& operator=(const KafkaLog&) = delete;
  ~KafkaLog() override;

  void Append(std::string_view lines) override;
  void Close() override;
  EventLogFigures figures() const override;

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace weir::connectors
