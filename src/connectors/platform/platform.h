#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `platform`, in only: what the advertisers' platform knows, one kind of objects a step.
//   with: {path: "{location.platform}", objects: segments, connection: platform,
//          where_configured: true}
// With a connection it asks the API, page by page (platform_api.h). Else
// it reads `<path>/<objects>.json`, a JSON array of objects, and gives one row an object; columns
// are those of SchemaOf() (platform_kind.h). All that is wrong in the file is one UserError, which
// names file, line and field of each mistake.
std::unique_ptr<Connector> MakePlatform();

}  // namespace weir::connectors
