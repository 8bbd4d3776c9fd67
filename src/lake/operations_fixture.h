#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/error_of.h"
#include "lake/scan.h"
#include "lake/warehouse.h"
#include "lake/write_table.h"
#include "sql/quote.h"
#include "storage/test_root.h"

namespace weir::lake {

// A warehouse in a place of its own, deleted afterwards.
class OperationsTest : public testing::Test {
 protected:
  OperationsTest()
      : folder_(MakeFolder()),
        database_({.memory_bytes = 0, .threads = 2, .spill_folder = folder_ / "spill"}),
        warehouse_(Root(), database_) {}
  ~OperationsTest() override { std::filesystem::remove_all(folder_); }

  std::string Root() const { return root_.url(); }
  TableFolder Table() { return warehouse_.FolderOf("s.t"); }
  Snapshot Open() { return warehouse_.Open(Table()); }

  Committed Write(const WriteRequest& request) { return WriteTable(warehouse_, Table(), request); }
  Committed Append(const std::string& select, std::vector<std::string> partition_by = {}) {
    return Write({.select = select, .partition_by = std::move(partition_by)});
  }
  Committed Merge(const std::string& select, std::vector<std::string> keys = {"id"}) {
    return Write({.select = select, .mode = WriteMode::kMerge, .keys = std::move(keys)});
  }

  // The rows as text, sorted: "1|a" with nulls as "null".
  std::vector<std::string> Rows(const VersionChoice& choice = {}) {
    const Snapshot snapshot = warehouse_.Open(Table(), choice);
    return Sorted(ScanSql(Table(), snapshot), snapshot.metadata.schema);
  }

  std::vector<std::string> Sorted(const std::string& select, const Schema& schema) {
    std::vector<std::string> rows = Unsorted(select, schema);
    std::ranges::sort(rows);
    return rows;
  }

  std::vector<std::string> Unsorted(const std::string& select, const Schema& schema) {
    std::string cells;
    for (const std::string& name : schema.names()) {
      cells += fmt::format("{}coalesce(CAST({} AS VARCHAR), 'null')", cells.empty() ? "" : ", ",
                           sql::QuoteName(name));
    }
    std::vector<std::string> rows;
    for (const auto& row :
         warehouse_.connection()
             .Query(fmt::format("SELECT concat_ws('|', {}) FROM ({})", cells, select))
             .Rows()) {
      rows.push_back(std::get<std::string>(row[0]));
    }
    return rows;
  }

  std::vector<std::string> Paths() {
    std::vector<std::string> paths;
    std::ranges::transform(Open().files, std::back_inserter(paths), &AddFile::path);
    return paths;
  }

  std::filesystem::path folder_;  // for files beside the warehouse
  storage::TestRoot root_;
  sql::Database database_;
  Warehouse warehouse_;

 private:
  static std::filesystem::path MakeFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-ops-XXXXXX").string();
    return mkdtemp(pattern.data());
  }
};

}  // namespace weir::lake
