#pragma once

#include <string>

#include "connectors/mlflow/mlflow_client.h"
#include "connectors/registry/registration.h"

namespace weir::connectors {

// Makes the server have this registration, once however often it is asked for: a run of the
// experiment, known by its tag `weir.run_id`, with parameters, metrics and files (below `model`); a
// version of the model, known by the same tag, with the tag `weir.version`; and the alias
// `champion`, unless a newer version has it.
void RegisterInMlflow(const MlflowClient& client, const std::string& experiment,
                      const Registration& registration);

}  // namespace weir::connectors
