#pragma once

#include <random>
#include <string>
#include <vector>

#include "lake/actions.h"

// For tests alone: any action that a log may hold.
namespace weir::lake {

using Random = std::mt19937_64;

inline bool OneIn(Random& random, std::size_t count) { return random() % count == 0; }

inline std::int64_t RandomNumber(Random& random) {
  const auto number = static_cast<std::int64_t>(random());
  return OneIn(random, 2) ? number : number % 1000;
}

// Never empty, which in partition values means null.
inline std::string RandomText(Random& random) {
  static const std::vector<std::string> kParts = {
      "a",  "B",   "7",    " ",          "/",
      "%",  "%20", "=",    "\"",         "\\",
      "\n", "\t",  "\x01", "é",          "漢",
      "😀", "{",   "null", "1970-01-01", "__HIVE_DEFAULT_PARTITION__"};
  std::string text;
  for (std::size_t parts = random() % 6 + 1; parts > 0; --parts) {
    text += kParts[random() % kParts.size()];
  }
  return text;
}

inline DataType RandomPrimitive(Random& random) {
  const auto kind = static_cast<TypeKind>(random() % 13);
  if (kind != TypeKind::kDecimal) {
    return PlainType(kind);
  }
  const int precision = static_cast<int>(random() % 38) + 1;
  return DecimalOf(precision, static_cast<int>(random() % static_cast<unsigned>(precision + 1)));
}

inline DataType RandomType(Random& random, int depth);

inline Field RandomField(Random& random, int depth) {
  return {.name = RandomText(random),
          .type = RandomType(random, depth),
          .nullable = OneIn(random, 2),
          .metadata = OneIn(random, 2) ? "{}" : R"({"comment":"é","n":1})"};
}

inline DataType RandomType(Random& random, int depth) {
  const std::size_t choice = depth > 0 ? random() % 6 : 5;
  if (choice == 0) {
    return StructOf({RandomField(random, depth - 1), RandomField(random, depth - 1)});
  }
  if (choice == 1) {
    DataType type = ArrayOf(RandomType(random, depth - 1));
    type.children[0].nullable = OneIn(random, 2);
    return type;
  }
  if (choice == 2) {
    DataType type = MapOf(RandomPrimitive(random), RandomType(random, depth - 1));
    type.children[1].nullable = OneIn(random, 2);
    return type;
  }
  return RandomPrimitive(random);
}

inline Schema RandomSchema(Random& random) {
  Schema schema;
  for (std::size_t fields = random() % 5 + 1; fields > 0; --fields) {
    schema.fields.push_back(RandomField(random, 3));
  }
  return schema;
}

inline std::map<std::string, std::string> RandomTexts(Random& random) {
  std::map<std::string, std::string> texts;
  for (std::size_t entries = random() % 3; entries > 0; --entries) {
    texts[RandomText(random)] = RandomText(random);
  }
  return texts;
}

inline PartitionValues RandomPartition(Random& random) {
  PartitionValues values;
  for (std::size_t entries = random() % 3; entries > 0; --entries) {
    values[RandomText(random)] =
        OneIn(random, 3) ? std::nullopt : std::optional(RandomText(random));
  }
  return values;
}

inline std::string RandomDeletionVector(Random& random) {
  return OneIn(random, 3)
             ? R"({"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4})"
             : "";
}

inline Protocol RandomProtocol(Random& random) {
  if (OneIn(random, 2)) {
    return {.reader_version = 1, .writer_version = 2, .reader_features = {}, .writer_features = {}};
  }
  return {.reader_version = 3,
          .writer_version = 7,
          .reader_features = {"timestampNtz"},
          .writer_features = {"appendOnly", RandomText(random)}};
}

inline Metadata RandomMetadata(Random& random) {
  Metadata metadata{.id = RandomText(random),
                    .name = OneIn(random, 2) ? "" : RandomText(random),
                    .description = OneIn(random, 2) ? "" : RandomText(random),
                    .schema = RandomSchema(random),
                    .unreadable_schema = {},
                    .schema_string = {},
                    .partition_columns = {RandomText(random)},
                    .configuration = RandomTexts(random),
                    .created_time = {}};
  metadata.schema_string = SchemaToJson(metadata.schema);
  if (OneIn(random, 2)) {
    metadata.created_time = RandomNumber(random);
  }
  return metadata;
}

inline AddFile RandomAdd(Random& random) {
  return {.path = RandomText(random),
          .partition_values = RandomPartition(random),
          .size = RandomNumber(random),
          .modification_time = RandomNumber(random),
          .data_change = OneIn(random, 2),
          .stats = OneIn(random, 2) ? "" : R"({"numRecords":3,"minValues":{"a":"\u00e9"}})",
          .tags = RandomTexts(random),
          .deletion_vector = RandomDeletionVector(random)};
}

inline RemoveFile RandomRemove(Random& random) {
  return {.path = RandomText(random),
          .deletion_timestamp = RandomNumber(random),
          .data_change = OneIn(random, 2),
          .partition_values = RandomPartition(random),
          .size = RandomNumber(random),
          .deletion_vector = RandomDeletionVector(random)};
}

inline Txn RandomTxn(Random& random) {
  Txn txn{.app_id = RandomText(random), .version = RandomNumber(random), .last_updated = {}};
  if (OneIn(random, 2)) {
    txn.last_updated = RandomNumber(random);
  }
  return txn;
}

inline CommitInfo RandomInfo(Random& random) {
  CommitInfo info{.timestamp = RandomNumber(random),
                  .operation = RandomText(random),
                  .parameters = RandomTexts(random),
                  .metrics = RandomTexts(random),
                  .run_id = OneIn(random, 2) ? "" : RandomText(random),
                  .attempt = static_cast<int>(random() % 3),
                  .job = OneIn(random, 2) ? "" : RandomText(random),
                  .interval = OneIn(random, 2) ? "" : RandomText(random),
                  .code_hash = OneIn(random, 2) ? "" : RandomText(random),
                  .input_versions = {},
                  .engine = RandomText(random),
                  .read_version = {},
                  .is_blind_append = OneIn(random, 2)};
  if (OneIn(random, 2)) {
    info.input_versions[RandomText(random)] = RandomNumber(random);
    info.read_version = RandomNumber(random);
  }
  return info;
}

inline Action RandomAction(Random& random) {
  switch (random() % 6) {
    case 0:
      return RandomProtocol(random);
    case 1:
      return RandomMetadata(random);
    case 2:
      return RandomAdd(random);
    case 3:
      return RandomRemove(random);
    case 4:
      return RandomTxn(random);
    default:
      return RandomInfo(random);
  }
}

}  // namespace weir::lake
