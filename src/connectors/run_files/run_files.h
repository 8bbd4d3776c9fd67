#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `run_files`, out only: several relations as TSV files that belong together, and a pointer to the
// newest of such sets.
//   in: {production_lookalike_pixels: pixels, production_lookalike_segments: segments}
//   with: {path: "{location.lookalikes}", latest: "{location.lookalike_metadata}", day: "{ds}",
//         keep: 30, spread: extra}
// The files of a run are `<path>/<run id>/<argument>.tsv`, with a header line, sorted by all
// columns. `<path>/latest.json` names the folder, and each file with its size, lines (the header is
// one) and SHA-256; it changes in one step once the folder is whole. `<path>/latest/` is a copy of
// that folder, for readers that know nothing of the pointer; `latest` names another place for it.
// The column `spread` of a relation, if it has it, holds JSON objects: their keys are columns
// behind the others, by name, empty where an object lacks them (`<spread>_<key>` if a column has
// that name). `_MANIFEST.json` in each folder says the same as the pointer did. Killed anywhere, a
// later writing goes on. What is of an older day than the pointer's is not written at all. The
// folders of the newest `keep` runs are kept.
std::unique_ptr<Connector> MakeRunFiles();

}  // namespace weir::connectors
