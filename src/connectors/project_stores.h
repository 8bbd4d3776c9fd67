#pragma once

#include <memory>

#include "project/project.h"
#include "storage/stores.h"

namespace weir::connectors {

// `stores:` of a project. Secrets are asked for when a store is first reached; a store without
// credentials takes those of the environment, the user's file or the instance's role.
std::shared_ptr<const storage::Stores> StoresOf(const project::Project& project);

}  // namespace weir::connectors
