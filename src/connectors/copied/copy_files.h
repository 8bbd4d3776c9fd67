#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `copy_files`, for streams: copies files from one folder or bucket to another, each once by name,
// size and checksum, and gives a row for each: name, target, size, checksum, lines.
//   with: {from: "{location.sharethis_in}", to: "{location.sharethis_raw}"}
// Two contents under one name become two files: the later one has its checksum in its name. With
// `convert` the copies are a topic's raw events, gzipped, and not the bytes.
// A file is copied before the run that tells of it commits; after a kill the next run writes the
// same file again, so each is there once.
std::unique_ptr<Connector> MakeCopyFiles();

}  // namespace weir::connectors
