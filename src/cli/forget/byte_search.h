#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/forget/personal_rows.h"
#include "cli/forget/written_files.h"
#include "lake/warehouse.h"

namespace weir::cli {

// Where to search: everything below.
struct SearchedPlaces {
  std::vector<std::filesystem::path> folders;
  std::vector<std::string> urls;  // "s3://bucket/prefix", of a folder or an object
  const FileFolders& written;     // how files in them name people
};

// What a search for ids came to.
struct ByteSearch {
  std::int64_t files = 0;
  std::int64_t bytes = 0;                      // as they are stored
  std::int64_t ordinary = 0;                   // ids that aren't distinctive
  std::vector<std::filesystem::path> found{};  // files and URLs of objects that hold an id, sorted
};

// Looks for the ids in every file and object at the places, in whatever it holds: Parquet and Avro
// in their columns' values, lines with .gz and .zst decompressed, all others as they are. A
// distinctive id (id_patterns.h) is looked for in all bytes, as a whole token; any other, such as
// "43200", where ids stand: in columns and fields that have ids (FindPersonalRows, file_rows.h), as
// the value of such a key in other lines, and in messages of run records and of destinations.
// Columns that tell whose a row is, and lines whose layout is known, are judged by that alone: an
// id of somebody else may hold this one. Reads everything once. Nothing of an object stays on this
// machine. Throws UserError for a Parquet or Avro file that can't be read, ExternalError for what a
// store refuses.
ByteSearch SearchForIds(lake::Warehouse& warehouse, const SearchedPlaces& places,
                        const ScratchIds& ids);

}  // namespace weir::cli
