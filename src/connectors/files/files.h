#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `files`: NDJSON, CSV, TSV and Parquet, in and out (file_source.h, file_sink.h).
std::unique_ptr<Connector> MakeFiles();

}  // namespace weir::connectors
