#pragma once

#include <filesystem>
#include <string>

#include "jobs/ledger/sqlite.h"

// The file of a RunCache: its layout, and who may make it when.
namespace weir::jobs {

// Keeps other processes from making or deleting a cache's file. Waits for the one that does.
class CreationLock {
 public:
  explicit CreationLock(const std::filesystem::path& cache);
  CreationLock(const CreationLock&) = delete;
  CreationLock& operator=(const CreationLock&) = delete;
  ~CreationLock();

 private:
  int file_;
};

// Whether the file is there, a cache of this format, and of the warehouse with this root.
bool IsUsable(const std::filesystem::path& path, const std::string& root);

// Deletes the file and what SQLite keeps beside it. Returns `path`.
std::filesystem::path Emptied(const std::filesystem::path& path);

void MakeTables(SqliteDatabase& database, const std::string& root);
// Made when the rows are there: it takes half the time.
void MakeIndexes(SqliteDatabase& database);

}  // namespace weir::jobs
