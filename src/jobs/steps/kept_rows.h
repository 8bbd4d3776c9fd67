#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "data/batch.h"
#include "data/schema.h"
#include "sql/database.h"

namespace weir::jobs {

// A relation that is some rows of an input, as they are, and fresh ones.
struct CarriedRelation {
  std::string input;  // the relation that rows stay of
  std::string kept;   // SQL over its columns: true for those that stay
  std::string fresh;  // a table in SQL, with the relation's columns
};

// What a run's relations stand on besides temporary tables: tables that a second connection fills
// while the run's own is being read, and files of commands. Goes when this does. One thread.
class KeptRows {
 public:
  // `folder`: where files are kept, in a folder of their own; made when first needed.
  KeptRows(sql::Database& database, std::filesystem::path folder);
  KeptRows(const KeptRows&) = delete;
  KeptRows& operator=(const KeptRows&) = delete;
  ~KeptRows();

  // Pulls all rows into a table. Returns its name for SQL of any connection of the database.
  std::string Keep(const std::string& relation, const Schema& schema,
                   std::function<std::optional<Batch>()> next, const std::stop_token& stop);
  // What is known of relations that carry rows on, by the relation's name.
  std::map<std::string, CarriedRelation>& carried() { return carried_; }
  // The folder of a step, made when it is first asked for.
  std::filesystem::path FolderOf(const std::string& step);

 private:
  sql::Database& database_;
  std::filesystem::path parent_;
  std::filesystem::path folder_;  // empty: none yet
  std::optional<sql::Connection> connection_;
  std::string schema_;
  std::map<std::string, CarriedRelation> carried_;
};

}  // namespace weir::jobs
