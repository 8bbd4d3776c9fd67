#pragma once

#include <memory>
#include <vector>

#include "connectors/connector.h"
#include "connectors/secor/secor_path.h"
#include "storage/object_store.h"

// What the connectors that write Secor's layout have in common of their settings.
namespace weir::connectors {

// `path`: the prefix.
Setting SecorPathSetting();
// `depth`, `encoding` and `generation`.
std::vector<Setting> SecorFileSettings();

// Throws UserError for a `path` that is neither a folder of this machine nor on S3.
void CheckSecorPath(const nlohmann::json& settings);

SecorDepth SecorDepthOf(const nlohmann::json& settings);

// The store at `path`. Throws UserError where it is read only.
std::unique_ptr<storage::ObjectStore> OpenSecorTarget(const ConnectorContext& context);

}  // namespace weir::connectors
