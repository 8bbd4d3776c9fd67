#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lake/drop_table.h"
#include "lake/import_files.h"
#include "lake/operations_fixture.h"

namespace weir::lake {

using Strings = std::vector<std::string>;

// Imports files into the table s.t.
class ImportFilesTest : public OperationsTest {
 protected:
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  std::string Parquet(const std::string& name, const std::string& select) {
    const std::string path = (folder_ / name).string();
    warehouse_.connection().Run(
        fmt::format("COPY ({}) TO {} (FORMAT parquet)", select, sql::QuoteText(path)));
    return path;
  }

  Committed Import(const Strings& files, WriteRequest request = {},
                   std::optional<char> delimiter = std::nullopt) {
    return ImportFiles(warehouse_, Table(), {.files = files, .delimiter = delimiter},
                       std::move(request));
  }

  // What an import of a file of this text says, and that it changed nothing.
  std::string Refusal(const std::string& name, const std::string& text) {
    const std::string file = File(name, text);
    const std::int64_t version = Open().version;
    std::string error = ErrorOf([&] { Import({file}); });
    EXPECT_EQ(Open().version, version) << text;
    const std::size_t folder = error.find(folder_.string());
    return folder == std::string::npos ? error : error.erase(folder, folder_.string().size() + 1);
  }

  void Drop() { DropTable(warehouse_, Table()); }

  std::string TypeOf(const std::string& column) {
    const Schema schema = Open().metadata.schema;
    const Field* const field = schema.Find(column);
    return field == nullptr ? "no column" : ToText(field->type);
  }
};

}  // namespace weir::lake
