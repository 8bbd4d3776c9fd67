#include "connectors/kafka/kafka_handle.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/ascii.h"
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

// Whichever the role: it is what a connection may not name.
constexpr std::array<std::string_view, 12> kSetByWeir = {
    "bootstrap.servers",     "metadata.broker.list",     "group.id",
    "enable.auto.commit",    "enable.auto.offset.store", "isolation.level",
    "enable.partition.eof",  "auto.offset.reset",        "acks",
    "request.required.acks", "enable.idempotence",       "transactional.id"};

[[noreturn]] void RefuseSetting(const std::string& where, const std::string& name) {
  throw UserError(
      "{}librdkafka's '{}' is set by weir; allowed are others, such as security.protocol", where,
      name);
}

void DropLine(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/,
              const char* /*line*/) {}

}  // namespace

void CheckKafkaConnection(const nlohmann::json& settings) {
  if (settings.contains("brokers") && Trimmed(settings.value("brokers", "")).empty()) {
    throw UserError("brokers: it names none; host:port is allowed, several with commas between");
  }
  const auto given = settings.find("librdkafka");
  if (given == settings.end()) {
    return;
  }
  const std::unique_ptr<rd_kafka_conf_t, void (*)(rd_kafka_conf_t*)> conf(rd_kafka_conf_new(),
                                                                          rd_kafka_conf_destroy);
  for (const auto& [name, value] : given->items()) {
    if (std::ranges::find(kSetByWeir, name) != kSetByWeir.end()) {
      RefuseSetting("", name);
    }
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    char problem[512] = {};
    const auto result =
        rd_kafka_conf_set(conf.get(), name.c_str(), text.c_str(), problem, sizeof problem);
    const bool is_filled_in_later = text.find('{') != std::string::npos;
    if (result == RD_KAFKA_CONF_UNKNOWN ||
        (result == RD_KAFKA_CONF_INVALID && !is_filled_in_later)) {
      throw UserError("librdkafka: {}", problem);
    }
  }
}

PartitionList MakePartitionList(std::size_t size) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

KafkaHandle::KafkaHandle(rd_kafka_type_t type, const KafkaCluster& cluster,
                         const std::map<std::string, std::string>& own,
                         const std::map<std::string, std::string>& defaults,
                         DeliveryReport delivered)
    : cluster_(cluster), trouble_(std::make_unique<Trouble>()) {
  KafkaSettings settings(cluster.name);
  for (const auto& [name, value] : defaults) {
    settings.Set(name, value);
  }
  for (const auto& [name, value] : cluster.settings) {
    if (name == "bootstrap.servers" || name == "metadata.broker.list" || name == "group.id" ||
        own.contains(name)) {
      RefuseSetting(fmt::format("connection '{}': ", cluster.name), name);
    }
    settings.Set(name, value);
  }
  for (const auto& [name, value] : own) {
    settings.Set(name, value);
  }
  settings.Set("bootstrap.servers", cluster.brokers);
  if (delivered != nullptr) {
    rd_kafka_conf_set_dr_msg_cb(settings.get(), delivered);
  }
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

void KafkaHandle::FailWithoutTopic(const std::string& topic) const {
  throw UserError("kafka {}: there is no topic '{}' (brokers {})", cluster_.name, topic,
                  cluster_.brokers);
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
