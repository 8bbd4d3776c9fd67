#pragma once

#include <optional>
#include <string>

#include "connectors/kafka/kafka_cluster.h"

namespace weir::connectors {

// What a cluster says of a topic's setting, such as cleanup.policy; absent where it doesn't say, as
// to those who may not ask. Throws ExternalError if there is no answer within the timeout.
std::optional<std::string> KafkaTopicSetting(const KafkaCluster& cluster, const std::string& topic,
                                             const std::string& name);

}  // namespace weir::connectors
