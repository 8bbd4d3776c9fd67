#include "sql/canonical_bytes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "sql/types.h"

namespace weir::sql {
namespace {

// The first byte of a value, docs/fingerprint.md.
enum class Tag : char {
  kNull = 0,
  kBoolean = 1,
  kInteger = 2,
  kFloating = 3,
  kDecimal = 4,
  kText = 5,
  kBinary = 6,
  kDate = 7,
  kTimestamp = 8,
  kTimestampNtz = 9,
  kList = 10,
  kMap = 11,
  kStruct = 12,
};

static_assert(std::endian::native == std::endian::little, "canonical numbers are little-endian");

template <typename Number>
void AppendBytesOf(Number number, std::string& out) {
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void AppendTag(Tag tag, std::string& out) { out += static_cast<char>(tag); }

template <typename Number>
void AppendTagged(Tag tag, Number number, std::string& out) {
  AppendTag(tag, out);
  AppendBytesOf(number, out);
}

void AppendSized(std::string_view bytes, std::string& out) {
  AppendBytesOf(static_cast<std::uint32_t>(bytes.size()), out);
  out += bytes;
}

void AppendBytes(Tag tag, std::string_view bytes, std::string& out) {
  AppendTag(tag, out);
  AppendSized(bytes, out);
}

void AppendIntegerBytes(std::int64_t number, std::string& out) {
  AppendTagged(Tag::kInteger, number, out);
}

void AppendFloatingBytes(double number, std::string& out) {
  constexpr std::uint64_t kNan = 0x7FF8000000000000;
  const double unsigned_zero = number == 0 ? 0 : number;
  const auto bits = std::isnan(number) ? kNan : std::bit_cast<std::uint64_t>(unsigned_zero);
  AppendTagged(Tag::kFloating, bits, out);
}

void AppendDecimalBytes(Int128 unscaled, int scale, std::string& out) {
  AppendTagged(Tag::kDecimal, static_cast<std::uint8_t>(scale), out);
  AppendBytesOf(unscaled, out);
}

bool HasCanonicalBytes(duckdb_type id) {
  switch (id) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_DATE:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_STRUCT:
      return true;
    default:
      return false;
  }
}

// The positions of `names` in the order of the names' bytes.
std::vector<std::size_t> OrderOf(const std::vector<std::string>& names) {
  std::vector<std::size_t> order(names.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {},
                           [&](std::size_t field) -> const std::string& { return names[field]; });
  return order;
}

}  // namespace

CanonicalWriter::CanonicalWriter(const TypeShape& shape) : id_(shape.id), scale_(shape.scale) {
  if (!HasCanonicalBytes(shape.id)) {
    throw UserError("a fingerprint can't be made of type {}; cast it to a type that tables hold",
                    TypeName(shape.type.get()));
  }
  for (const TypeShape& part : shape.parts) {
    parts_.emplace_back(part);
  }
  std::ranges::transform(shape.names, std::back_inserter(names_),
                         [](const std::string& name) { return LowerCase(name); });
  order_ = OrderOf(names_);
}

void CanonicalWriter::Append(const VectorView& view, std::size_t row, std::string& out) const {
  if (view.IsNull(row)) {
    AppendTag(Tag::kNull, out);
    return;
  }
  switch (id_) {
    case DUCKDB_TYPE_BOOLEAN:
      return AppendTagged(Tag::kBoolean, view.At<std::uint8_t>(row), out);
    case DUCKDB_TYPE_TINYINT:
      return AppendIntegerBytes(view.At<std::int8_t>(row), out);
    case DUCKDB_TYPE_SMALLINT:
      return AppendIntegerBytes(view.At<std::int16_t>(row), out);
    case DUCKDB_TYPE_INTEGER:
      return AppendIntegerBytes(view.At<std::int32_t>(row), out);
    case DUCKDB_TYPE_BIGINT:
      return AppendIntegerBytes(view.At<std::int64_t>(row), out);
    case DUCKDB_TYPE_FLOAT:
      return AppendFloatingBytes(view.At<float>(row), out);
    case DUCKDB_TYPE_DOUBLE:
      return AppendFloatingBytes(view.At<double>(row), out);
    case DUCKDB_TYPE_DECIMAL:
      return AppendDecimalBytes(view.DecimalAt(row), scale_, out);
    case DUCKDB_TYPE_VARCHAR:
      return AppendBytes(Tag::kText, view.BytesAt(row), out);
    case DUCKDB_TYPE_BLOB:
      return AppendBytes(Tag::kBinary, view.BytesAt(row), out);
    case DUCKDB_TYPE_DATE:
      return AppendTagged(Tag::kDate, view.At<std::int32_t>(row), out);
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return AppendTagged(Tag::kTimestamp, view.At<std::int64_t>(row), out);
    case DUCKDB_TYPE_TIMESTAMP:
      return AppendTagged(Tag::kTimestampNtz, view.At<std::int64_t>(row), out);
    case DUCKDB_TYPE_MAP:
      return AppendMap(view, row, out);
    case DUCKDB_TYPE_STRUCT:
      return AppendStruct(view, row, out);
    default:
      return AppendList(view, row, out);
  }
}

void CanonicalWriter::AppendList(const VectorView& view, std::size_t row, std::string& out) const {
  const duckdb_list_entry entry = view.EntryAt(row);
  AppendTagged(Tag::kList, static_cast<std::uint32_t>(entry.length), out);
  for (idx_t element = entry.offset; element < entry.offset + entry.length; ++element) {
    parts_[0].Append(view.parts[0], element, out);
  }
}

void CanonicalWriter::AppendMap(const VectorView& view, std::size_t row, std::string& out) const {
  const duckdb_list_entry entry = view.EntryAt(row);
  std::vector<std::pair<std::string, idx_t>> keys(entry.length);
  for (idx_t element = 0; element < entry.length; ++element) {
    keys[element].second = entry.offset + element;
    parts_[0].Append(view.parts[0], entry.offset + element, keys[element].first);
  }
  std::ranges::sort(keys);
  AppendTagged(Tag::kMap, static_cast<std::uint32_t>(entry.length), out);
  for (const auto& [key, element] : keys) {
    out += key;
    parts_[1].Append(view.parts[1], element, out);
  }
}

void CanonicalWriter::AppendStruct(const VectorView& view, std::size_t row,
                                   std::string& out) const {
  AppendTagged(Tag::kStruct, static_cast<std::uint32_t>(parts_.size()), out);
  for (const std::size_t field : order_) {
    AppendSized(names_[field], out);
    parts_[field].Append(view.parts[field], row, out);
  }
}

}  // namespace weir::sql
