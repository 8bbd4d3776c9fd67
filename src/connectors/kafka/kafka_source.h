#pragma once

#include <string>
#include <vector>

#include "connectors/connector.h"
#include "connectors/kafka/kafka_reader.h"

// A topic of Kafka as a stream's source: partitions are Kafka's, by number; so are offsets.
namespace weir::connectors {

// What a topic holds beside what was committed of it.
struct KafkaLag {
  std::int32_t partition = 0;
  std::int64_t first = 0;  // the earliest offset that is there
  std::int64_t next = 0;   // that the stream reads
  std::int64_t end = 0;

  std::int64_t messages() const { return end - next; }  // at most: some offsets are no messages
};

// `source` is the topic's name in positions and ledgers, `url` as ParseKafkaUrl() has it.
struct KafkaSource {
  std::string source;
  KafkaUrl url;
  bool accepts_lost = false;  // whether messages that Kafka has dropped unread are an error
};

// By partition. Throws UserError for a partition whose earliest offset is past the position, unless
// the source accepts that, and for one that ends before it.
std::vector<KafkaLag> LagOf(KafkaReader& reader, const KafkaSource& source,
                            const std::vector<StreamPosition>& positions);

std::vector<PendingInput> PendingOfKafka(const ConnectorContext& context,
                                         const KafkaSource& source);

// What a batch takes of a topic: up to the ends as they are now, at most the context's limit.
struct KafkaBatch {
  std::vector<KafkaMessages> parts;  // in bytewise order of their numbers' texts
  ReadReport report;
};

KafkaBatch ReadKafkaBatch(const ConnectorContext& context, const KafkaSource& source);

}  // namespace weir::connectors
