#include "connectors/kafka/kafka.h"

#include "base/error.h"
#include "connectors/kafka/kafka_cluster.h"

namespace weir::connectors {
namespace {

class Kafka final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration declaration{.name = "kafka",
                                         .doc = "Rows to topics of Kafka.",
                                         .version = 1,
                                         .settings = {},
                                         .effect = Effect::kExternal,
                                         .connection = KafkaConnectionSettings()};
    return declaration;
  }

  void CheckSettings(Direction /*direction*/, const nlohmann::json& /*settings*/) const override {}
};

}  // namespace

std::unique_ptr<Connector> MakeKafka() { return std::make_unique<Kafka>(); }

}  // namespace weir::connectors
