#include "jobs/ledger/sqlite.h"

#include <sqlite3.h>

namespace weir::jobs {
namespace {

[[noreturn]] void Fail(sqlite3* database) {
  const int code = sqlite3_extended_errcode(database);
  const std::string message = sqlite3_errmsg(database);
  const int kind = code & 0xff;
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_SCHEMA ||
      kind == SQLITE_ERROR || code == SQLITE_READONLY_DBMOVED) {
    throw DamagedDatabase("the cache of the ledger is damaged: {}", message);
  }
  throw ExternalError("the cache of the ledger can't be used: {}", message);
}

void Check(sqlite3* database, int code) {
  if (code != SQLITE_OK) {
    Fail(database);
  }
}

}  // namespace

SqliteStatement::SqliteStatement(sqlite3* database, std::string_view sql) : database_(database) {
  Check(database_, sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement_, nullptr));
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void SqliteStatement::Reset() { sqlite3_reset(statement_); }

void SqliteStatement::Bind(int index, std::int64_t value) {
  Check(database_, sqlite3_bind_int64(statement_, index, value));
}

void SqliteStatement::Bind(int index, std::string_view value) {
  // A null pointer would be NULL.
  const char* data = value.empty() ? "" : value.data();
  Check(database_, sqlite3_bind_text(statement_, index, data, static_cast<int>(value.size()),
                                     SQLITE_TRANSIENT));
}

bool SqliteStatement::Step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code != SQLITE_DONE) {
    Fail(database_);
  }
  Reset();
  return false;
}

int SqliteStatement::Run() {
  while (Step()) {
  }
  return sqlite3_changes(database_);
}

std::int64_t SqliteStatement::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteStatement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return {reinterpret_cast<const char*>(text),
          text == nullptr ? 0 : static_cast<std::size_t>(size)};
}

SqliteDatabase::SqliteDatabase(const std::filesystem::path& path, SqliteUse use)
    : database_(nullptr, sqlite3_close_v2) {
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(opened);
  Check(opened, code);
  constexpr int kPatienceMillis = 120'000;  // while another process fills the cache
  Check(opened, sqlite3_busy_timeout(opened, kPatienceMillis));
  Execute("PRAGMA cache_size = -65536");
  if (use == SqliteUse::kAlone) {
    Execute(
        "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA "
        "mmap_size = 1073741824");
  } else {
    Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  }
}

SqliteDatabase::~SqliteDatabase() = default;

void SqliteDatabase::Execute(const std::string& sql) {
  Check(database_.get(), sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr));
}

SqliteStatement& SqliteDatabase::Use(std::string_view sql) {
  auto& statement = statements_[sql];
  if (!statement) {
    statement = std::make_unique<SqliteStatement>(database_.get(), sql);
  }
  return *statement;
}

SqliteTransaction::~SqliteTransaction() {
  if (database_ == nullptr) {
    return;
  }
  try {
    database_->Execute("ROLLBACK");
  } catch (const ExternalError&) {
    // It was rolled back by the error that led here.
  }
}

void SqliteTransaction::Commit() {
  database_->Execute("COMMIT");
  database_ = nullptr;
}

}  // namespace weir::jobs
