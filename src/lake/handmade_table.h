#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error_of.h"
#include "base/test_folder.h"
#include "lake/commit.h"
#include "storage/test_root.h"

// For tests alone: tables whose log is written by hand and whose data files don't exist.
namespace weir::lake {

inline Metadata HandmadeMetadata() {
  const DataType text{.kind = TypeKind::kString, .children = {}};
  const DataType number{.kind = TypeKind::kLong, .children = {}};
  Metadata metadata{
      .id = "id",
      .name = {},
      .description = {},
      .schema = {.fields = {{.name = "p", .type = text}, {.name = "n", .type = number}}},
      .unreadable_schema = {},
      .schema_string = {},
      .partition_columns = {"p"},
      .configuration = {},
      .created_time = 1};
  metadata.schema_string = SchemaToJson(metadata.schema);
  return metadata;
}

inline std::string HandmadeStats(std::int64_t least, std::int64_t greatest) {
  return fmt::format(
      R"({{"numRecords":2,"minValues":{{"n":{}}},"maxValues":{{"n":{}}},"nullCount":{{"n":0}}}})",
      least, greatest);
}

// A file of partition p = 'a' whose n is between 0 and 9.
inline AddFile HandmadeAdd(const std::string& path) {
  return {.path = path,
          .partition_values = {{"p", "a"}},
          .size = 10,
          .modification_time = 1,
          .data_change = true,
          .stats = HandmadeStats(0, 9),
          .tags = {},
          .deletion_vector = {}};
}

inline RemoveFile HandmadeRemove(const std::string& path) {
  return {.path = path,
          .deletion_timestamp = 1'700'000'000'000,
          .data_change = true,
          .partition_values = {{"p", "a"}},
          .size = 10,
          .deletion_vector = {}};
}

inline Changes HandmadeChanges(std::vector<AddFile> adds, std::vector<RemoveFile> removes) {
  Changes changes;
  changes.adds = std::move(adds);
  changes.removes = std::move(removes);
  changes.info.operation = "WRITE";
  return changes;
}

// What makes a table.
inline Changes HandmadeCreation() {
  Changes changes = HandmadeChanges({}, {});
  changes.protocol = Protocol();
  changes.metadata = HandmadeMetadata();
  changes.info.operation = "CREATE TABLE";
  return changes;
}

inline std::vector<std::string> PathsOf(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  for (const AddFile& file : snapshot.files) {
    paths.push_back(file.path);
  }
  return paths;
}

inline std::string EntryOf(const std::vector<Action>& actions) {
  std::string text;
  for (const Action& action : actions) {
    text += ToJson(action) + "\n";
  }
  return text;
}

// One such table in a folder of its own.
struct HandmadeTable {
  storage::TestRoot root;
  TableFolder folder{.store = storage::OpenStore(root.url()), .name = "s.t"};

  // Entry `version` as another program would write it.
  void Put(std::int64_t version, const std::vector<Action>& actions) const {
    folder.store->Put(LogEntryKey(version), EntryOf(actions));
  }
};

}  // namespace weir::lake
