#include "connectors/kafka/kafka_cluster.h"

#include "base/error.h"

namespace weir::connectors {
namespace {

constexpr std::string_view kKafkaScheme = "kafka://";
constexpr std::string_view kKafkaUrls = "kafka:";
constexpr auto kLibrarySettings = "librdkafka";

}  // namespace

// Also one that names nothing and has lost its slashes by that: it is no folder's name.
bool IsKafkaUrl(std::string_view text) { return text.starts_with(kKafkaUrls); }

KafkaUrl ParseKafkaUrl(std::string_view text) {
  const std::string_view rest =
      text.starts_with(kKafkaScheme) ? text.substr(kKafkaScheme.size()) : "";
  const std::size_t slash = rest.find('/');
  KafkaUrl url{.cluster = std::string(rest.substr(0, slash)),
               .topic = slash == std::string_view::npos ? "" : std::string(rest.substr(slash + 1))};
  if (url.cluster.empty() || url.topic.empty() || url.topic.find('/') != std::string::npos) {
    throw UserError(
        "'{}' is no topic of Kafka; allowed is kafka://CONNECTION/TOPIC, a connection of kind "
        "kafka in weir.yaml, or kafka://HOST:PORT/TOPIC",
        text);
  }
  return url;
}

std::string KafkaTopicLink(const std::string& topic) { return "kafka:" + topic; }

KafkaCluster FindKafkaCluster(const Connections& connections, const std::string& cluster) {
  if (cluster.find(':') != std::string::npos) {
    return {.name = cluster, .brokers = cluster, .group = {}, .settings = {}};
  }
  const project::ConnectionLine line = connections.Find(cluster, "kafka");
  const auto setting = [&](const std::string& name) {
    const auto found = line.settings.find(name);
    return found == line.settings.end() ? std::string() : found->second;
  };
  const auto passed_on = line.maps.find(kLibrarySettings);
  return {.name = cluster,
          .brokers = setting("brokers"),
          .group = setting("group"),
          .settings = passed_on == line.maps.end() ? std::map<std::string, std::string>()
                                                   : passed_on->second};
}

std::vector<Setting> KafkaConnectionSettings() {
  return {
      {.name = "brokers", .required = true, .doc = "host:port, several with commas between"},
      {.name = "group",
       .doc = "the consumer group whose offsets follow what was committed, for others to watch"},
      {.name = kLibrarySettings,
       .type = SettingType::kObject,
       .doc = "settings of librdkafka as they are, such as security.protocol"}};
}

}  // namespace weir::connectors
