#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include <librdkafka/rdkafka.h>

#include "connectors/kafka/kafka_cluster.h"

// librdkafka's handles as owners, and its errors as weir's; for this folder alone.
namespace weir::connectors {

struct DestroyKafka {
  void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
  void operator()(rd_kafka_consumer_group_metadata_t* group) const {
    rd_kafka_consumer_group_metadata_destroy(group);
  }
};

template <typename T>
using KafkaOwner = std::unique_ptr<T, DestroyKafka>;
using PartitionList = KafkaOwner<rd_kafka_topic_partition_list_t>;

PartitionList MakePartitionList(std::size_t size);

// What became of one message: acknowledged, or `message->err`.
using DeliveryReport = void (*)(rd_kafka_t* handle, const rd_kafka_message_t* message,
                                void* opaque);

// A producer or consumer of one cluster, and the last thing that went wrong inside it, which a
// timeout alone doesn't say. Calls of librdkafka are thread-safe.
class KafkaHandle {
 public:
  // `own` are settings that weir chooses, which the connection may not name; `defaults` ones that
  // it may. `delivered` is called by rd_kafka_poll() for each message of a producer. Throws
  // UserError for settings that librdkafka doesn't take.
  KafkaHandle(rd_kafka_type_t type, const KafkaCluster& cluster,
              const std::map<std::string, std::string>& own,
              const std::map<std::string, std::string>& defaults = {},
              DeliveryReport delivered = nullptr);

  rd_kafka_t* get() const { return handle_.get(); }
  const KafkaCluster& cluster() const { return cluster_; }

  // How long the other side may take for one answer, in milliseconds: what the connection sets as
  // librdkafka's socket.timeout.ms, or 30 seconds.
  int timeout() const;
  // Whether a broker has refused the name, the password or the certificate: trying on is no use.
  bool IsRefused() const;
  // Throws ExternalError: "kafka events: topic x: …", with the last thing that went wrong inside.
  [[noreturn]] void Fail(const std::string& what, const std::string& problem) const;
  // Throws UserError: there is no such topic, at which brokers.
  [[noreturn]] void FailWithoutTopic(const std::string& topic) const;
  void Check(rd_kafka_resp_err_t code, const std::string& what) const;
  // Takes the error over; null is none.
  void Check(rd_kafka_error_t* error, const std::string& what) const;

 private:
  struct Trouble {
    std::mutex mutex;
    std::string last;
    bool refused = false;
  };

  KafkaCluster cluster_;
  std::unique_ptr<Trouble> trouble_;  // outlives the handle, which writes to it
  KafkaOwner<rd_kafka_t> handle_;
};

}  // namespace weir::connectors
