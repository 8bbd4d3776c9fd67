#include "lake/stored_statistics.h"

#include <algorithm>
#include <optional>

#include <simdjson.h>

#include "base/clock.h"
#include "lake/file_statistics.h"
#include "lake/partition_layout.h"
#include "lake/scan.h"

namespace weir::lake {
namespace {

namespace ondemand = simdjson::ondemand;

// One file's statistics, indexed once and looked through again for each value.
class StatisticsText {
 public:
  explicit StatisticsText(const std::string& text) : padded_(text) {
    is_valid_ = parser().iterate(padded_).get(document_) == simdjson::SUCCESS;
  }

  std::optional<std::int64_t> Integer(std::string_view key) {
    std::int64_t value = 0;
    ondemand::object object;
    const bool found = Rewound(object) && object[key].get(value) == simdjson::SUCCESS;
    return found ? std::optional(value) : std::nullopt;
  }

  // The number's digits or the text at `key` and then `path`.
  std::optional<std::string> Scalar(std::string_view key, std::span<const std::string> path) {
    ondemand::object object;
    if (!Rewound(object) || object[key].get(object) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    for (const std::string& part : path.first(path.size() - 1)) {
      if (object[part].get(object) != simdjson::SUCCESS) {
        return std::nullopt;
      }
    }
    ondemand::value value;
    return object[path.back()].get(value) == simdjson::SUCCESS ? TextOf(value) : std::nullopt;
  }

 private:
  bool Rewound(ondemand::object& object) {
    if (!is_valid_ || !document_.is_alive()) {
      return false;  // an error in the text ends the document
    }
    document_.rewind();
    return document_.get(object) == simdjson::SUCCESS;
  }

  static ondemand::parser& parser() {
    thread_local ondemand::parser parser;
    return parser;
  }

  static std::optional<std::string> TextOf(ondemand::value& value) {
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    if (type == ondemand::json_type::string) {
      std::string_view text;
      return value.get_string().get(text) == simdjson::SUCCESS ? std::optional<std::string>(text)
                                                               : std::nullopt;
    }
    if (type != ondemand::json_type::number) {
      return std::nullopt;
    }
    std::string_view token = value.raw_json_token();
    token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
    return std::string(token);
  }

  simdjson::padded_string padded_;
  ondemand::document document_;
  bool is_valid_ = false;
};

// The field at `path` and the path as the schema spells it.
struct Leaf {
  const Field* field = nullptr;
  std::vector<std::string> path;
};

std::optional<Leaf> FindLeaf(const Schema& schema, std::span<const std::string> path) {
  Leaf leaf;
  const std::vector<Field>* fields = &schema.fields;
  for (const std::string& part : path) {
    const auto found = std::ranges::find_if(
        *fields, [&](const Field& field) { return SameName(field.name, part); });
    if (found == fields->end()) {
      return std::nullopt;
    }
    leaf.field = &*found;
    leaf.path.push_back(found->name);
    fields = &found->type.children;
    const bool is_last = leaf.path.size() == path.size();
    if (!is_last && found->type.kind != TypeKind::kStruct) {
      return std::nullopt;
    }
  }
  const bool is_plain = leaf.field != nullptr && !leaf.field->type.IsNested();
  return is_plain ? std::optional(leaf) : std::nullopt;
}

// A partition value or bound of the log as a constant; nothing if it can't be read.
std::optional<Constant> ConstantOf(const DataType& type, const std::string& text, Micros more) {
  if (type.kind == TypeKind::kTimestamp || type.kind == TypeKind::kTimestampNtz) {
    const auto time = ParseTimestamp(text);
    return time ? std::optional(Constant{.type = type, .text = std::to_string(*time + more)})
                : std::nullopt;
  }
  if (type.kind == TypeKind::kDate && !ParseDate(text)) {
    return std::nullopt;
  }
  return Constant{.type = type, .text = text};
}

ColumnBounds PartitionBounds(const AddFile& file, const Field& field) {
  const auto entry = std::ranges::find_if(
      file.partition_values, [&](const auto& value) { return SameName(value.first, field.name); });
  if (entry == file.partition_values.end()) {
    return {};
  }
  if (!entry->second) {
    return {.may_hold_values = false};
  }
  const bool is_float = field.type.kind == TypeKind::kFloat || field.type.kind == TypeKind::kDouble;
  if (is_float && entry->second->find_first_not_of("0123456789.eE+-") != std::string::npos) {
    return {.may_hold_nulls = false};
  }
  const bool is_binary = field.type.kind == TypeKind::kBinary;
  const auto value =
      ConstantOf(field.type, is_binary ? BinaryPartition(*entry->second) : *entry->second, 0);
  return {.min = value, .max = value, .may_hold_nulls = false, .max_counts_nan = true};
}

// Whether bounds of this type by an unknown writer can be trusted. delta-rs writes decimals through
// floating point: exact up to 15 digits only.
bool IsTrusted(const DataType& type) {
  constexpr int kExactDigits = 15;
  return type.kind != TypeKind::kDecimal || type.precision <= kExactDigits;
}

ColumnBounds FileBounds(const AddFile& file, const Leaf& leaf) {
  // Other writers cut microseconds off to milliseconds, down or toward zero.
  constexpr Micros kCutOff = 999;
  ColumnBounds bounds;
  StatisticsText statistics(file.stats);
  const auto num_rows = statistics.Integer("numRecords");
  if (const auto nulls = statistics.Scalar("nullCount", leaf.path)) {
    bounds.may_hold_nulls = *nulls != "0";
    bounds.may_hold_values = !num_rows || *nulls != std::to_string(*num_rows);
  }
  const DataType& type = leaf.field->type;
  const bool is_ours = file.tags.contains(kStatisticsTag);
  if (!is_ours && !IsTrusted(type)) {
    return bounds;
  }
  if (const auto min = statistics.Scalar("minValues", leaf.path)) {
    bounds.min = ConstantOf(type, *min, is_ours ? 0 : -kCutOff);
  }
  if (const auto max = statistics.Scalar("maxValues", leaf.path)) {
    bounds.max = ConstantOf(type, *max, is_ours ? 0 : kCutOff);
  }
  bounds.max_counts_nan = is_ours;
  return bounds;
}

}  // namespace

ColumnBounds BoundsOf(const AddFile& file, const Metadata& metadata,
                      std::span<const std::string> path) {
  const auto leaf = FindLeaf(metadata.schema, path);
  if (!leaf) {
    return {};
  }
  if (path.size() == 1 && metadata.IsPartitionColumn(path[0])) {
    return PartitionBounds(file, *leaf->field);
  }
  return file.stats.empty() ? ColumnBounds{} : FileBounds(file, *leaf);
}

FileStatistics StatisticsOf(const AddFile& file) {
  if (file.stats.empty()) {
    return {};
  }
  return {.num_rows = StatisticsText(file.stats).Integer("numRecords")};
}

std::vector<AddFile> PruneFiles(const Snapshot& snapshot, const Predicate& predicate) {
  if (predicate.kind == Predicate::Kind::kTrue) {
    return snapshot.files;
  }
  std::vector<AddFile> kept;
  std::ranges::copy_if(snapshot.files, std::back_inserter(kept), [&](const AddFile& file) {
    return MayMatch(predicate, [&](std::span<const std::string> path) {
      return BoundsOf(file, snapshot.metadata, path);
    });
  });
  return kept;
}

}  // namespace weir::lake
