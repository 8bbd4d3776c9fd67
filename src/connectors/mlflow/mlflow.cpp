#include "connectors/mlflow/mlflow.h"

#include <fmt/format.h>

#include "base/error.h"
#include "connectors/mlflow/mlflow_client.h"
#include "connectors/mlflow/mlflow_run.h"

namespace weir::connectors {
namespace {

using Json = nlohmann::json;

class Mlflow final : public Connector {
 public:
  const Declaration& declaration() const override {
    static const Declaration declaration{
        .name = "mlflow",
        .doc = "Registers runs and their models in MLflow.",
        .version = 1,
        .settings = {{Direction::kOut,
                      {{.name = "connection",
                        .required = true,
                        .doc = "of `connections` in weir.yaml, of kind mlflow"},
                       {.name = "where_configured",
                        .type = SettingType::kBoolean,
                        .standard = false,
                        .doc = "whether nothing is sent, and nothing is wrong, where weir.yaml has "
                               "no such connection"},
                       {.name = "experiment",
                        .standard = "lookalikes",
                        .doc = "that the runs belong to; made if it isn't there"}}}},
        .effect = Effect::kExternal,
        .connection = MlflowSettings()};
    return declaration;
  }

  void CheckSettings(Direction /*direction*/, const Json& settings) const override {
    if (settings.value("experiment", "x").empty()) {
      throw UserError("setting 'experiment' is empty");
    }
  }

  ReadReport Read(ConnectorContext& /*context*/) const override {
    throw UserError("connector 'mlflow' only writes; give it `in`, not `out`");
  }

  SendReport Send(ConnectorContext& context) const override {
    const auto name = context.settings.at("connection").get<std::string>();
    if (IsNotWanted(context)) {
      return {.identity = fmt::format("nothing, there is no connection '{}'", name)};
    }
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

  // Sent again it finds what is there, and makes what isn't.
  bool WasSent(ConnectorContext& context) const override { return IsNotWanted(context); }

 private:
  static bool IsNotWanted(const ConnectorContext& context) {
    return context.settings.at("where_configured").get<bool>() &&
           !context.connections.Has(context.settings.at("connection").get<std::string>());
  }
};

}  // namespace

std::unique_ptr<Connector> MakeMlflow() { return std::make_unique<Mlflow>(); }

}  // namespace weir::connectors
