#pragma once

#include <vector>

#include "connectors/connector.h"

namespace weir::connectors {

// Files as a relation.
//   with: {path: "events/{ds}/*.ndjson.gz", format, columns, missing, header, delimiter, nulls}
// The columns are those that the step (or `columns`) declares, found by name: other fields of a
// file are left out. Without a declaration they are sniffed in all rows of the first file that has
// any (times count as UTC), and then every file must have just these. Either way a value that is
// not of its column's type is a UserError "file:line: column …": nothing is rounded, cut or turned
// into null. Files must be moved into place when they are whole; a name is read once by a stream.
// With `{ds}` left in the path the report's `complete_until` is the end of the newest day there.
std::vector<Setting> FileSourceSettings();

// The files that a stream has not read, in bytewise order of their paths.
std::vector<PendingInput> PendingFiles(ConnectorContext& context);

// Rows of text files come as a stream that is read once; of Parquet as a view.
ReadReport ReadFiles(ConnectorContext& context);

}  // namespace weir::connectors
