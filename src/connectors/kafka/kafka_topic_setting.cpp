#include "connectors/kafka/kafka_topic_setting.h"

#include <span>

#include "connectors/kafka/kafka_handle.h"

namespace weir::connectors {
namespace {

using ConfigOwner =
    std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)>;
using EventOwner = std::unique_ptr<rd_kafka_event_t, decltype(&rd_kafka_event_destroy)>;

}  // namespace

std::optional<std::string> KafkaTopicSetting(const KafkaCluster& cluster, const std::string& topic,
                                             const std::string& name) {
  const KafkaHandle handle(RD_KAFKA_PRODUCER, cluster, {});
  const KafkaOwner<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle.get()));
  const ConfigOwner asked(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()),
                          rd_kafka_ConfigResource_destroy);
  rd_kafka_ConfigResource_t* one = asked.get();
  rd_kafka_DescribeConfigs(handle.get(), &one, 1, nullptr, queue.get());
  const EventOwner event(rd_kafka_queue_poll(queue.get(), handle.timeout()),
                         rd_kafka_event_destroy);
  if (!event) {
    handle.Check(RD_KAFKA_RESP_ERR__TIMED_OUT, "topic " + topic);
  }
  handle.Check(rd_kafka_event_error(event.get()), "topic " + topic);
  std::size_t count = 0;
  const auto* const resources = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1 || rd_kafka_ConfigResource_error(resources[0]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  const auto* const entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (const rd_kafka_ConfigEntry_t* entry : std::span(entries, count)) {
    const char* const value = rd_kafka_ConfigEntry_value(entry);
    if (rd_kafka_ConfigEntry_name(entry) == name && value != nullptr) {
      return value;
    }
  }
  return std::nullopt;
}

}  // namespace weir::connectors
