#include "connectors/kafka/kafka_handle.h"

#include <fmt/format.h>

#include "base/error.h"

namespace weir::connectors {
namespace {

class KafkaSettings {
 public:
  explicit KafkaSettings(const std::string& cluster)
      : cluster_(cluster), conf_(rd_kafka_conf_new()) {}
  ~KafkaSettings() {
    if (conf_ != nullptr) {
      rd_kafka_conf_destroy(conf_);
    }
  }
  KafkaSettings(const KafkaSettings&) = delete;
  KafkaSettings& operator=(const KafkaSettings&) = delete;

  void Set(const std::string& name, const std::string& value) {
    char problem[512] = {};
    if (rd_kafka_conf_set(conf_, name.c_str(), value.c_str(), problem, sizeof problem) !=
        RD_KAFKA_CONF_OK) {
      throw UserError("connection '{}': librdkafka: {}", cluster_, problem);
    }
  }

  rd_kafka_conf_t* get() const { return conf_; }
  void Release() { conf_ = nullptr; }

 private:
  std::string cluster_;
  rd_kafka_conf_t* conf_;
};

void DropLine(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/,
              const char* /*line*/) {}

}  // namespace

PartitionList MakePartitionList(std::size_t size) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

KafkaHandle::KafkaHandle(rd_kafka_type_t type, const KafkaCluster& cluster,
                         const std::map<std::string, std::string>& own,
                         const std::map<std::string, std::string>& defaults)
    : cluster_(cluster), trouble_(std::make_unique<Trouble>()) {
  KafkaSettings settings(cluster.name);
  for (const auto& [name, value] : defaults) {
    settings.Set(name, value);
  }
  for (const auto& [name, value] : cluster.settings) {
    if (name == "bootstrap.servers" || name == "metadata.broker.list" || name == "group.id" ||
        own.contains(name)) {
      throw UserError(
          "connection '{}': librdkafka's '{}' is set by weir; allowed are others, such "
          "as security.protocol",
          cluster.name, name);
    }
    settings.Set(name, value);
  }
  for (const auto& [name, value] : own) {
    settings.Set(name, value);
  }
  settings.Set("bootstrap.servers", cluster.brokers);
  rd_kafka_conf_set_log_cb(settings.get(), DropLine);
  rd_kafka_conf_set_opaque(settings.get(), trouble_.get());
  rd_kafka_conf_set_error_cb(
      settings.get(), [](rd_kafka_t* /*handle*/, int code, const char* reason, void* opaque) {
        auto& trouble = *static_cast<Trouble*>(opaque);
        if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {  // others say why
          const std::lock_guard lock(trouble.mutex);
          trouble.last = reason;
          trouble.refused = trouble.refused || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
                            code == RD_KAFKA_RESP_ERR__SSL;
        }
      });
  char problem[512] = {};
  handle_.reset(rd_kafka_new(type, settings.get(), problem, sizeof problem));
  if (!handle_) {
    throw UserError("connection '{}': librdkafka: {}", cluster.name, problem);
  }
  settings.Release();
  if (type == RD_KAFKA_CONSUMER) {
    rd_kafka_poll_set_consumer(handle_.get());
  }
}

int KafkaHandle::timeout() const {
  constexpr int kUsual = 30'000;
  const auto given = cluster_.settings.find("socket.timeout.ms");  // librdkafka has checked it
  return given == cluster_.settings.end() ? kUsual : std::stoi(given->second);
}

bool KafkaHandle::IsRefused() const {
  rd_kafka_poll(handle_.get(), 0);  // lets the handle tell what went wrong
  const std::lock_guard lock(trouble_->mutex);
  return trouble_->refused;
}

void KafkaHandle::Fail(const std::string& what, const std::string& problem) const {
  rd_kafka_poll(handle_.get(), 0);  // lets the handle tell what went wrong
  const std::lock_guard lock(trouble_->mutex);
  const bool adds = !trouble_->last.empty() && trouble_->last != problem;
  throw ExternalError("kafka {}: {}: {}{}", cluster_.name, what, problem,
                      adds ? fmt::format(" ({})", trouble_->last) : "");
}

void KafkaHandle::Check(rd_kafka_resp_err_t code, const std::string& what) const {
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    Fail(what, rd_kafka_err2str(code));
  }
}

void KafkaHandle::Check(rd_kafka_error_t* error, const std::string& what) const {
  if (const KafkaOwner<rd_kafka_error_t> owned(error); owned) {
    Fail(what, rd_kafka_error_string(owned.get()));
  }
}

}  // namespace weir::connectors
