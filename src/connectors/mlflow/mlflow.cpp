#include "connectors/mlflow/mlflow.h"

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/mlflow/mlflow_client.h"
#include "connectors/mlflow/mlflow_run.h"
#include "connectors/optional_connection.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

class Mlflow final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration kDeclaration{.name = "mlflow",
                                          .doc = "Registers runs and their models in MLflow.",
                                          .version = 1,
                                          .settings = {{Direction::kOut, Settings()}},
                                          .effect = Effect::kExternal,
                                          .connection = MlflowSettings()};
    return kDeclaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    if (settings.value("experiment", "x").empty()) {
      throw UserError("setting 'experiment' is empty");
    }
  }

  SendReport Send(ConnectorContext& context) const override {
    if (HasNoConnection(context.connections, context.settings)) {
      return NothingSent(context.settings);
    }
    const auto name = context.settings.at("connection").get<std::string>();
    const auto line = context.connections.Find(name, "mlflow");
    const MlflowClient client(line.settings, context.stop);
    const auto experiment = context.settings.at("experiment").get<std::string>();
    const auto registrations = ReadRegistrations(context.connection, context.relation);
    for (const Registration& registration : registrations) {
      RegisterInMlflow(client, experiment, registration);
    }
    return {.identity = fmt::format("mlflow {} {}", name, experiment),
            .rows = std::ssize(registrations)};
  }

 private:
  static std::vector<Setting> Settings() {
    std::vector<Setting> settings = OptionalConnectionSettings("mlflow");
    settings.push_back({.name = "experiment",
                        .standard = "lookalikes",
                        .doc = "that the runs belong to; made if it isn't there"});
    return settings;
  }
};

}  // namespace

std::unique_ptr<Connector> MakeMlflow() { return std::make_unique<Mlflow>(); }

}  // namespace weir::connectors
