#pragma once

#include <memory>
#include <string>
#include <vector>

#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/test_folder.h"
#include "lake/scan.h"
#include "lake/write_data.h"
#include "sql/quote.h"
#include "storage/local_store.h"

// For tests alone: data files of one table, without a log.
namespace weir::lake {

class DataTest : public testing::Test {
 protected:
  // Writes the rows of `select` as files of a new table partitioned by `partition_by`, unless the
  // test has set `metadata_`.
  std::vector<AddFile> Write(const std::string& select,
                             const std::vector<std::string>& partition_by = {},
                             const WriteOptions& options = {}) {
    if (metadata_.schema.fields.empty()) {
      metadata_ = NewMetadata(connection_.Describe(select), partition_by);
    }
    return WriteData(connection_, folder_, metadata_, select, options);
  }

  Snapshot SnapshotOf(std::vector<AddFile> files) const {
    Snapshot snapshot;
    snapshot.version = 0;
    snapshot.metadata = metadata_;
    snapshot.files = std::move(files);
    return snapshot;
  }

  std::string Scan(const std::vector<AddFile>& files, const ScanOptions& options = {}) const {
    return ScanSql(folder_, SnapshotOf(files), files, options);
  }

  // The rows as text, sorted.
  std::vector<std::string> Rows(const std::string& select) {
    std::vector<std::string> rows;
    sql::Result result =
        connection_.Query("SELECT CAST(r AS VARCHAR) FROM (" + select + ") AS r ORDER BY 1");
    for (const auto& row : result.Rows()) {
      rows.push_back(std::get<std::string>(row.at(0)));
    }
    return rows;
  }

  std::int64_t Count(const std::string& from) {
    return connection_.QueryInteger("SELECT count(*) FROM " + from);
  }

  std::vector<std::string> FilesOnDisk() const {
    std::vector<std::string> keys;
    for (const storage::ObjectInfo& object : folder_.store->List("")) {
      keys.push_back(object.key);
    }
    return keys;
  }

  TestFolder test_folder_;
  TableFolder folder_{.store = std::make_shared<storage::LocalStore>(test_folder_.path()),
                      .name = "s.t"};
  sql::Database database_{{.memory_bytes = 512 << 20, .threads = 2, .spill_folder = {}}};
  sql::Connection connection_{database_.Connect()};
  Metadata metadata_;
};

}  // namespace weir::lake
