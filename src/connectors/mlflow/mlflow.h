#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `mlflow`, out only: registers runs and their models (registry/registration.h) in MLflow
// (mlflow_run.h).
//   with: {connection: mlflow, experiment: lookalikes}
// With `where_configured: true` nothing is sent where weir.yaml has no such connection.
// The connection's settings: url, token, timeout (seconds).
std::unique_ptr<Connector> MakeMlflow();

}  // namespace weir::connectors
