#pragma once

#include <optional>
#include <span>
#include <string>

#include "lake/snapshot.h"
#include "sql/staging_folder.h"

namespace weir::lake {

// Where DuckDB writes a table's new files: their place itself on a local disk, else a folder of
// this process beside what DuckDB spills, from where they are uploaded. DuckDB's own uploads give
// up a file whose last answer got lost, and take three requests for a small one.
class DataStaging {
 public:
  // Both must outlive it. Throws ExternalError if the folder can't be made.
  DataStaging(sql::Connection& connection, const TableFolder& table);

  // The path that DuckDB writes an object to.
  std::string PathOf(const std::string& key) const;
  // Prepares for objects whose keys begin with `prefix` (empty, or ending in '/').
  void MakeFolder(const std::string& prefix);
  // Puts the objects in their places, durably.
  void Publish(std::span<const std::string> keys);
  // Deletes one that DuckDB has written, published or not.
  void Discard(const std::string& key);

 private:
  const TableFolder& table_;
  std::optional<sql::StagingFolder> folder_;  // none: files are written in place
};

}  // namespace weir::lake
