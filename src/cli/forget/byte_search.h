#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/forget/asked_ids.h"
#include "sql/database.h"

namespace weir::cli {

// Where to search: everything below.
struct SearchedPlaces {
  std::vector<std::filesystem::path> folders;
  std::vector<std::string> urls;  // "s3://bucket/prefix", of a folder or an object
};

// What a search for ids came to.
struct ByteSearch {
  std::int64_t files = 0;
  std::int64_t bytes = 0;                      // as they are stored
  std::vector<std::filesystem::path> found{};  // files and URLs of objects that hold an id, sorted
};

// Looks for the ids' bytes in every file and object at the places, in whatever it holds: Parquet
// and Avro in their columns' values, texts with .gz and .zst decompressed, all others as they are.
// An id of fewer than 8 bytes is found only where no letter or digit is beside it. Reads everything
// once. Nothing of an object stays on this machine. Throws UserError for a Parquet or Avro file
// that can't be read, ExternalError for what a store refuses.
ByteSearch SearchForIds(sql::Database& database, const SearchedPlaces& places,
                        const std::vector<PersonId>& ids);

}  // namespace weir::cli
