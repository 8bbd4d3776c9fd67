#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/forget/asked_ids.h"
#include "sql/database.h"

namespace weir::cli {

// What a search for ids in everything below some folders came to.
struct ByteSearch {
  std::int64_t files = 0;
  std::int64_t bytes = 0;                      // as they are stored
  std::vector<std::filesystem::path> found{};  // files that hold an id, sorted
};

// Looks for the ids' bytes in every file below the folders, in whatever it holds: Parquet and Avro
// in their columns' values, texts with .gz and .zst decompressed, all others as they are. An id of
// fewer than 8 bytes is found only where no letter or digit is beside it. Reads everything once.
// Throws UserError for a Parquet or Avro file that can't be read.
ByteSearch SearchForIds(sql::Database& database, const std::vector<std::filesystem::path>& folders,
                        const std::vector<PersonId>& ids);

}  // namespace weir::cli
