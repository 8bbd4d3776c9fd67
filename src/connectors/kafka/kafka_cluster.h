#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/declared_settings.h"
#include "connectors/secrets.h"

// Which Kafka cluster a URL means, and how it is reached.
namespace weir::connectors {

// "kafka://events/ingested-af": a connection of weir.yaml of kind kafka, or brokers themselves,
// "kafka://broker1:9092,broker2:9092/ingested-af".
struct KafkaUrl {
  std::string cluster;
  std::string topic;
};

bool IsKafkaUrl(std::string_view text);

// Throws UserError saying what is allowed.
KafkaUrl ParseKafkaUrl(std::string_view text);

// As TopicLinks has it.
std::string KafkaTopicLink(const std::string& topic);

struct KafkaCluster {
  std::string name;                             // of the connection, or the brokers: for messages
  std::string brokers;                          // "host:port,host:port"
  std::string group;                            // whose offsets others watch; empty: none are told
  std::map<std::string, std::string> settings;  // passed on to librdkafka, secrets filled in
};

// `cluster` as in KafkaUrl. Throws UserError for a name that `connections:` hasn't.
KafkaCluster FindKafkaCluster(const Connections& connections, const std::string& cluster);

// Of a line under `connections:` of kind kafka.
std::vector<Setting> KafkaConnectionSettings();

// Throws UserError for settings of such a line that librdkafka doesn't take, or that weir sets
// itself. A value that holds "{" is still to be filled in: only its name is looked at.
void CheckKafkaConnection(const nlohmann::json& settings);

}  // namespace weir::connectors
