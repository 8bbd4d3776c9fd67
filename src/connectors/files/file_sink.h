#pragma once

#include <vector>

#include "connectors/connector.h"

namespace weir::connectors {

// A relation as a file, or as a folder of files.
//   with: {path: "out/{ds}/report.csv", format, sort_by, partition_by, header, quotes, delimiter}
// The file (or the folder, with `partition_by`: region=amer/data.csv and so on) appears whole under
// its name or not at all, replaces what was there, and has the same bytes for the same rows: they
// are sorted by `sort_by`, rows that are equal there by all other columns. Folders on the way are
// made. Leftovers of killed writers of this path are removed.
std::vector<Setting> FileSinkSettings();

SendReport WriteFiles(ConnectorContext& context);

}  // namespace weir::connectors
