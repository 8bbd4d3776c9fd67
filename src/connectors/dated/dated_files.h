#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `dated_files`, out only: a relation as the state of a day, in Parquet files for readers that know
// nothing of weir.
//   with: {export: parquet, path: "{location.mapping_files}", day: "{ds}", partition: "{region}",
//          sort_by: [party, user_id], keep: 7}
// The state of a day is `<path>/<day>/<partition>/part-NNNNN.parquet` and `_SUCCESS`, which is
// written last. `<path>/latest/<partition>/` has the newest day's files and `_MANIFEST.json`, which
// names them: files of the new state come first, then the manifest changes in one step, then the
// old files go. A file's name in `latest` is of one state alone, so whoever reads the manifest and
// then all that it names has one state whole; if a file went meanwhile, he reads the manifest
// again. Killed anywhere, a later writing goes on. The newest `keep` days are kept. `export: none`
// writes nothing.
std::unique_ptr<Connector> MakeDatedFiles();

}  // namespace weir::connectors
