#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::jobs {

// The file is damaged, was moved or deleted, or is no database: made anew, it will do.
class DamagedDatabase : public ExternalError {
 public:
  using ExternalError::ExternalError;
};

// One prepared statement, bound and stepped by hand. Borrowed from its database.
class SqliteStatement {
 public:
  SqliteStatement(sqlite3* database, std::string_view sql);
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Binds parameters from 1 on: integers and texts, which are copied.
  template <typename... Values>
  SqliteStatement& Begin(const Values&... values) {
    Reset();
    int index = 0;
    (Bind(++index, values), ...);
    return *this;
  }
  // To the next row; false at the end.
  bool Step();
  // Runs it to its end, for statements without rows. Returns how many rows it changed.
  int Run();

  std::int64_t Integer(int column) const;
  std::string_view Text(int column) const;  // until the next step

  void Reset();

 private:
  void Bind(int index, std::int64_t value);
  void Bind(int index, std::string_view value);

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
};

enum class SqliteUse : std::uint8_t {
  kShared,  // several processes at once, and any may be killed
  kAlone,   // one process makes a file; if it fails, the file is lost
};

// A SQLite file. Errors are ExternalErrors, of damaged files DamagedDatabase. One thread at a time.
class SqliteDatabase {
 public:
  // Makes the file if it is missing.
  SqliteDatabase(const std::filesystem::path& path, SqliteUse use);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  void Execute(const std::string& sql);
  // Prepared once and kept; `sql` must be a literal. No two uses of one text at a time.
  SqliteStatement& Use(std::string_view sql);

 private:
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
  std::map<std::string_view, std::unique_ptr<SqliteStatement>> statements_;
};

// From its making to Commit() or its end: one transaction that keeps other writers out.
class SqliteTransaction {
 public:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(&database) {
    database_->Execute("BEGIN IMMEDIATE");
  }
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  ~SqliteTransaction();
  void Commit();

 private:
  SqliteDatabase* database_;
};

}  // namespace weir::jobs
