#include "lake/extension_scan.h"

#include <gtest/gtest.h>

#include "lake/data_fixture.h"

namespace weir::lake {
namespace {

using Texts = std::vector<std::string>;

// A table whose columns are mapped: "id" and "day" are "col-1" and "col-2" in files and log.
class ExtensionScanTest : public DataTest {
 protected:
  ExtensionScanTest() {
    metadata_ = NewMetadata(connection_.Describe("SELECT 'x' AS day, 1 AS id"), {"day"});
    Map(metadata_.schema.fields[0], 2);
    Map(metadata_.schema.fields[1], 1);
    metadata_.schema_string = SchemaToJson(metadata_.schema);
    metadata_.configuration = {{"delta.columnMapping.mode", "name"},
                               {"delta.columnMapping.maxColumnId", "2"}};
  }

  static void Map(Field& field, int id) {
    field.metadata = fmt::format(
        R"({{"delta.columnMapping.id":{0},"delta.columnMapping.physicalName":"col-{0}"}})", id);
  }

  AddFile Put(int id, const std::string& folder, const std::optional<std::string>& day) {
    const std::string key = fmt::format("{}/{}.parquet", folder, id);
    folder_.store->MakeFolder(folder + "/");
    connection_.Run(fmt::format("COPY (SELECT {} AS \"col-1\") TO {} (FORMAT parquet)", id,
                                sql::QuoteText(folder_.store->Url(key))));
    AddFile file;
    file.path = EncodePath(key);
    file.partition_values = {{"col-2", day}};
    file.size = static_cast<std::int64_t>(folder_.store->Head(key)->size);
    return file;
  }

  // The table as `weir` opens it, after one commit.
  Snapshot Commit(const std::vector<AddFile>& files) {
    Protocol protocol;
    protocol.reader_version = 2;
    protocol.writer_version = 5;
    std::string entry = ToJson(protocol) + "\n" + ToJson(metadata_) + "\n";
    for (const AddFile& file : files) {
      entry += ToJson(file) + "\n";
    }
    folder_.store->Put(LogEntryKey(0), entry);
    Snapshot snapshot = LoadSnapshot(folder_, connection_);
    EnsureReadable(folder_, snapshot, database_);
    return snapshot;
  }
};

TEST_F(ExtensionScanTest, GivesThePartitionValuesOfMappedColumns) {
  const Snapshot snapshot =
      Commit({Put(1, "ab", "a"), Put(2, "a b%[1]", "it's"), Put(3, "cd", std::nullopt)});

  const std::string scan = ScanSql(folder_, snapshot);

  EXPECT_EQ(Rows(scan), Rows("SELECT unnest(['a', 'it''s', NULL]) AS day, "
                             "CAST(unnest([1, 2, 3]) AS INTEGER) AS id"));
  EXPECT_EQ(Count("(" + scan + ") WHERE day = 'a' AND id < 9"), 1);
  EXPECT_EQ(Count("(SELECT id FROM (" + scan + "))"), 3);
}

TEST_F(ExtensionScanTest, ReadsFoldersOfAnyName) {
  const Texts names = {"né", "é", "a b#c?d", "it's", "a%b"};
  int id = 0;
  std::vector<std::pair<TableFolder, Snapshot>> tables;
  for (const std::string& name : names) {
    folder_.store = std::make_shared<storage::LocalStore>(test_folder_.path() / name);
    tables.emplace_back(folder_, Commit({Put(++id, "x", "d")}));
  }

  id = 0;
  for (const auto& [folder, snapshot] : tables) {
    EXPECT_EQ(Rows("SELECT id FROM (" + ScanSql(folder, snapshot) + ")"),
              Rows(fmt::format("SELECT {} AS id", ++id)))
        << folder.store->root();
  }
}

// The extension decodes a path once more than it is encoded: of "%41" it would read the table "A".
TEST_F(ExtensionScanTest, RefusesAFolderWhoseNameIsAnothersEncoded) {
  folder_.store = std::make_shared<storage::LocalStore>(test_folder_.path() / "A");
  Commit({Put(1, "x", "d")});
  folder_.store = std::make_shared<storage::LocalStore>(test_folder_.path() / "%41");

  const std::string error = ErrorOf([&] { Commit({Put(2, "x", "d")}); });

  EXPECT_NE(error.find("columnMapping"), std::string::npos) << error;
  EXPECT_NE(error.find("/%41"), std::string::npos) << error;
}

TEST_F(ExtensionScanTest, NamesTableEntryAndFeatureThatNobodyReads) {
  Commit({});
  const auto put = [&](const std::string& protocol, const std::string& type) {
    folder_.store->Put(
        LogEntryKey(1),
        R"({"protocol":)" + protocol + "}\n" +
            R"({"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"c\",\"type\":\")" +
            type +
            R"(\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}})" +
            "\n");
    folder_.store->Put(LogEntryKey(2), R"({"commitInfo":{"operation":"X"}})"
                                       "\n");
    return ErrorOf([&] { EnsureReadable(folder_, LoadSnapshot(folder_, connection_), database_); });
  };
  const std::string entry = folder_.store->Url(LogEntryKey(1));
  const auto message = [&](const std::string& feature) {
    return fmt::format(
        "s.t can't be read at version 2, as {} has it: {}; neither weir nor DuckDB's delta "
        "extension "
        "knows that",
        entry, feature);
  };

  EXPECT_EQ(put(R"({"minReaderVersion":99,"minWriterVersion":99})", "long"),
            message("reader version 99"));
  EXPECT_EQ(put(R"({"minReaderVersion":1,"minWriterVersion":2})", "hologram"),
            message("column \"c\" has type 'hologram', which weir does not know"));
  EXPECT_EQ(put(R"({"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["hologram"],)"
                R"("writerFeatures":["hologram"]})",
                "long"),
            message("hologram"));
}

TEST_F(ExtensionScanTest, GivesNoRowsWithoutFiles) {
  EXPECT_EQ(Rows(ScanSql(folder_, Commit({}))), Texts{});
}

}  // namespace
}  // namespace weir::lake
