#pragma once

#include <string>

#include "connectors/mlflow/mlflow_client.h"
#include "connectors/registry/registration.h"

namespace weir::connectors {

// Makes the server have this registration, once however often it is asked for: a run of the
// experiment, known by its tag `weir.run_id`, with parameters, metrics and files (below `model`); a
// version of the model, known by the same tag, with the tags `weir.version` and `weir.champion`;
// and the alias `champion`, unless a newer version has it. Where the alias is at an earlier run of
// the same version, and this one is no champion, it goes to the newest version that is, or away.
void RegisterInMlflow(const MlflowClient& client, const std::string& experiment,
                      const Registration& registration);

}  // namespace weir::connectors
