#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lake/snapshot.h"

// Which of the objects below a table's folder belong to the table.
namespace weir::lake {

// The key below the table's folder that a path of the log stands for, also of an absolute one.
std::string KeyOfPath(const TableFolder& table, const std::string& path);

// Whether weir gives data files such a name: "part-<run>-<8 digits of hex>-<number>.parquet". That
// of Spark and delta-rs ends otherwise, so that files of theirs which no log names aren't taken for
// weir's.
bool IsPartName(std::string_view key);

// Whether Delta's writers keep such files beside the data: deletion vectors and change data.
bool IsBesideData(std::string_view key);

// Folders below the table's, with '/' at their ends, that are tables themselves.
std::set<std::string> TablesWithin(const std::vector<storage::ObjectInfo>& objects);

// Takes away what lies in one of `folders`.
void EraseWithin(const std::set<std::string>& folders, std::vector<storage::ObjectInfo>& objects);

// The data files that the log names, live and removed ones: by every entry that is there, the
// oldest and the newest version that can be opened. An entry that can't be read is a warning.
std::set<std::string> LoggedKeys(const TableFolder& table, sql::Connection& connection);

}  // namespace weir::lake
