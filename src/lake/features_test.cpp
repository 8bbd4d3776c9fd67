#include <gtest/gtest.h>

#include "base/error.h"
#include "lake/handmade_table.h"
#include "lake/snapshot.h"

namespace weir::lake {
namespace {

using Names = std::vector<std::string>;

Snapshot PlainTable() {
  Snapshot snapshot;
  snapshot.version = 1;
  snapshot.metadata = HandmadeMetadata();
  return snapshot;
}

Snapshot WithFeatures(const Names& reader, const Names& writer) {
  Snapshot snapshot = PlainTable();
  snapshot.protocol = {.reader_version = 3,
                       .writer_version = 7,
                       .reader_features = reader,
                       .writer_features = writer};
  return snapshot;
}

Snapshot WithSetting(const std::string& key, const std::string& value) {
  Snapshot snapshot = PlainTable();
  snapshot.metadata.configuration[key] = value;
  return snapshot;
}

Snapshot WithColumnMetadata(const std::string& metadata) {
  Snapshot snapshot = PlainTable();
  snapshot.metadata.schema.fields[1].metadata = metadata;
  return snapshot;
}

std::string WriteError(const Snapshot& snapshot) {
  return ErrorOf<UserError>([&] { CheckWritable(snapshot, "s.t"); });
}

void ExpectRefused(const Snapshot& snapshot, const std::string& feature) {
  const std::string error = WriteError(snapshot);
  EXPECT_NE(error.find(feature), std::string::npos) << "'" << error << "' for " << feature;
}

TEST(CheckWritable, AllowsWhatWeirMakes) {
  EXPECT_EQ(WriteError(PlainTable()), "");
  EXPECT_EQ(WriteError(Snapshot()), "");
  EXPECT_EQ(WriteError(WithSetting("delta.appendOnly", "true")), "");
  EXPECT_EQ(WriteError(WithFeatures({}, {"appendOnly", "invariants"})), "");
}

TEST(CheckWritable, RefusesColumnsWithNamesThatOperationsAdd) {
  Snapshot snapshot = PlainTable();
  snapshot.metadata.schema.fields[1].name = "weir_file_index";

  ExpectRefused(snapshot, "column \"weir_file_index\"");
}

TEST(CheckWritable, NamesTheFeatureThatForbidsIt) {
  for (const char* feature : {"deletionVectors", "columnMapping", "v2Checkpoint", "rowTracking",
                              "domainMetadata", "inCommitTimestamp", "typeWidening", "unheardOf"}) {
    ExpectRefused(WithFeatures({}, {feature}), feature);
    ExpectRefused(WithFeatures({feature}, {feature}), feature);
  }
  for (const char* yes : {"true", "True", "TRUE"}) {
    ExpectRefused(WithSetting("delta.enableChangeDataFeed", yes), "changeDataFeed");
    ExpectRefused(WithSetting("delta.enableChangeDataCapture", yes), "changeDataFeed");
  }
  EXPECT_EQ(WriteError(WithSetting("delta.enableChangeDataFeed", "False")), "");
  ExpectRefused(WithSetting("delta.constraints.positive", "n > 0"),
                "checkConstraints (positive: n > 0)");
  ExpectRefused(WithSetting("delta.enableChangeDataFeed", "true"), "changeDataFeed");
  ExpectRefused(WithColumnMetadata(R"({"delta.invariants":"x"})"), "invariants (column \"n\")");
  ExpectRefused(WithColumnMetadata(R"({"delta.generationExpression":"x"})"), "generatedColumns");
  ExpectRefused(WithColumnMetadata(R"({"delta.identity.start":1})"), "identityColumns");
}

TEST(CheckWritable, AllowsListedFeaturesThatTheTableDoesNotUse) {
  EXPECT_EQ(WriteError(WithFeatures({}, {"checkConstraints", "changeDataFeed", "generatedColumns",
                                         "identityColumns", "timestampNtz"})),
            "");
}

TEST(CheckWritable, RefusesATimestampWithoutZone) {
  Snapshot snapshot = PlainTable();
  snapshot.metadata.schema.fields.push_back(
      {.name = "t", .type = ArrayOf({.kind = TypeKind::kTimestampNtz, .children = {}})});

  ExpectRefused(snapshot, "timestampNtz (column \"t\")");
  EXPECT_EQ(UnreadableFeatures(snapshot), Names{});
}

TEST(CheckWritable, RefusesVersionsOfTheFuture) {
  Snapshot snapshot = PlainTable();
  snapshot.protocol.writer_version = 8;
  ExpectRefused(snapshot, "writer version 8");
  snapshot.protocol.reader_version = 4;
  ExpectRefused(snapshot, "reader version 4");
}

TEST(UnreadableFeatures, AreThoseThatChangeHowRowsAreRead) {
  EXPECT_EQ(UnreadableFeatures(PlainTable()), Names{});
  EXPECT_EQ(UnreadableFeatures(WithFeatures({"timestampNtz", "vacuumProtocolCheck"}, {})), Names{});
  EXPECT_EQ(UnreadableFeatures(WithFeatures({"columnMapping"}, {})), Names{"columnMapping"});
}

TEST(UnreadableFeatures, CountDeletionVectorsOnceAFileHasOne) {
  Snapshot snapshot = WithFeatures({"deletionVectors"}, {"deletionVectors"});
  EXPECT_EQ(UnreadableFeatures(snapshot), Names{});

  snapshot.files.push_back(HandmadeAdd("a"));
  snapshot.files.back().deletion_vector = "{}";
  EXPECT_EQ(UnreadableFeatures(snapshot), Names{"deletionVectors"});
}

TEST(UnreadableFeatures, CountLegacyColumnMapping) {
  Snapshot snapshot = WithSetting("delta.columnMapping.mode", "name");
  snapshot.protocol = {
      .reader_version = 2, .writer_version = 5, .reader_features = {}, .writer_features = {}};
  EXPECT_EQ(UnreadableFeatures(snapshot), Names{"columnMapping"});

  snapshot.metadata.configuration["delta.columnMapping.mode"] = "none";
  EXPECT_EQ(UnreadableFeatures(snapshot), Names{});
}

}  // namespace
}  // namespace weir::lake
