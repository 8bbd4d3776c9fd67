// Which Delta features weir reads and writes by itself.
#include <algorithm>
#include <array>

#include <fmt/ranges.h>

#include "base/error.h"
#include "lake/boolean_setting.h"
#include "lake/column_mapping.h"
#include "lake/snapshot.h"

namespace weir::lake {
namespace {

// Reading needs nothing more than weir has.
constexpr std::array<std::string_view, 2> kReadable = {"timestampNtz", "vacuumProtocolCheck"};

// Writer features whose rules weir keeps, or that ask nothing of it.
constexpr std::array<std::string_view, 1> kWritable = {"appendOnly"};

// Names columns with metadata that only a newer writer honours.
void FindColumnFeatures(const std::vector<Field>& fields, std::vector<std::string>& features) {
  for (const Field& field : fields) {
    if (field.metadata.find("delta.invariants") != std::string::npos) {
      features.push_back("invariants (column \"" + field.name + "\")");
    }
    if (field.metadata.find("delta.generationExpression") != std::string::npos) {
      features.push_back("generatedColumns (column \"" + field.name + "\")");
    }
    if (field.metadata.find("delta.identity.") != std::string::npos) {
      features.push_back("identityColumns (column \"" + field.name + "\")");
    }
    FindColumnFeatures(field.type.children, features);
  }
}

bool HoldsTimestampNtz(const DataType& type) {
  return type.kind == TypeKind::kTimestampNtz ||
         std::ranges::any_of(type.children,
                             [](const Field& part) { return HoldsTimestampNtz(part.type); });
}

// What the table demands of a writer that weir lacks, in words.
std::vector<std::string> UnwritableFeatures(const Snapshot& snapshot) {
  std::vector<std::string> features = UnreadableFeatures(snapshot);
  for (const std::string& feature : snapshot.protocol.writer_features) {
    const bool listed_only = feature == "invariants" || feature == "timestampNtz" ||
                             feature == "checkConstraints" || feature == "changeDataFeed" ||
                             feature == "generatedColumns" || feature == "identityColumns";
    if (!listed_only && std::ranges::find(kWritable, feature) == kWritable.end() &&
        std::ranges::find(features, feature) == features.end()) {
      features.push_back(feature);
    }
  }
  constexpr int kWriterFeatures = 7;
  if (snapshot.protocol.writer_version > kWriterFeatures) {
    features.push_back(fmt::format("writer version {}", snapshot.protocol.writer_version));
  }
  FindColumnFeatures(snapshot.metadata.schema.fields, features);
  for (const auto& [key, value] : snapshot.metadata.configuration) {
    if (key.starts_with("delta.constraints.")) {
      features.push_back("checkConstraints (" + key.substr(18) + ": " + value + ")");
    }
  }
  // The second is the name that the property had before it was released.
  for (const char* const key : {"delta.enableChangeDataFeed", "delta.enableChangeDataCapture"}) {
    if (BooleanSetting(snapshot.metadata, key).value_or(false)) {
      features.emplace_back("changeDataFeed");
      break;
    }
  }
  for (const Field& field : snapshot.metadata.schema.fields) {
    if (HoldsTimestampNtz(field.type)) {
      features.push_back("timestampNtz (column \"" + field.name + "\")");
    }
    if (IsReservedName(field.name)) {
      features.push_back("a name that weir uses itself (column \"" + field.name + "\")");
    }
  }
  return features;
}

}  // namespace

std::vector<std::string> UnreadableFeatures(const Snapshot& snapshot) {
  std::vector<std::string> features;
  const bool has_deletion_vector = std::ranges::any_of(
      snapshot.files, [](const AddFile& file) { return !file.deletion_vector.empty(); });
  for (const std::string& feature : snapshot.protocol.reader_features) {
    if (feature == "deletionVectors" && !has_deletion_vector) {
      continue;
    }
    if (std::ranges::find(kReadable, feature) == kReadable.end()) {
      features.push_back(feature);
    }
  }
  constexpr int kColumnMapping = 2;
  constexpr int kFeatures = 3;
  if (snapshot.protocol.reader_version == kColumnMapping &&
      ColumnMappingOf(snapshot.metadata) != ColumnMapping::kNone) {
    features.emplace_back("columnMapping");
  }
  if (snapshot.protocol.reader_version > kFeatures) {
    features.push_back(fmt::format("reader version {}", snapshot.protocol.reader_version));
  }
  if (!snapshot.metadata.unreadable_schema.empty()) {
    features.push_back(snapshot.metadata.unreadable_schema);
  }
  return features;
}

bool IsReservedName(std::string_view column) {
  constexpr std::array<std::string_view, 5> kReserved = {
      "weir_file_index", "weir_row_number", "weir_goes", "weir_moves", "weir_source_row"};
  return std::ranges::any_of(kReserved,
                             [&](std::string_view name) { return SameName(name, column); });
}

void CheckWritable(const Snapshot& snapshot, const std::string& table) {
  if (!snapshot.exists()) {
    return;
  }
  const std::vector<std::string> features = UnwritableFeatures(snapshot);
  if (!features.empty()) {
    throw UserError(
        "{} can't be written by weir: it uses {}; write to it with the program that made it, or "
        "make a table without",
        table, fmt::join(features, ", "));
  }
}

}  // namespace weir::lake
