#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `model_registry`, out only: runs and their models (registration.h) as a registry of files.
//   with: {path: "{location.lookalike_models}", keep: 10}
// A run is the folder `<path>/<model_name>/<run_id>/` with its files and `run.json` (parameters and
// metrics); with an `MLmodel` among the files MLflow loads it as a model. `registry.json` beside
// the folders has the versions, ascending, and the alias `champion`: the newest version that is
// one. A version that is written again is replaced. Folders appear whole, then `registry.json`
// changes in one step, then what it no longer names goes: so whatever it names is there. The newest
// `keep` versions are kept, and the champion.
std::unique_ptr<Connector> MakeModelRegistry();

}  // namespace weir::connectors
