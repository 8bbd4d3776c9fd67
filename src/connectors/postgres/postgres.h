#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `postgres`, out only: publishes a relation as a table of a PostgreSQL database (publication.h).
//   with: {connection: shop, table: public.report, keys: [day, region], indexes: ["region, day"]}
// With `where_configured: true` nothing is sent where weir.yaml has no such connection.
// The connection's settings: host, port, database, user, password, sslmode, timeout (seconds).
std::unique_ptr<Connector> MakePostgres();

}  // namespace weir::connectors
