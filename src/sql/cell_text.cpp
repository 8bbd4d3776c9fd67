#include "sql/cell_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/clock.h"
#include "sql/cell.h"

namespace weir::sql {
namespace {

template <typename Integer>
void AppendInteger(Integer number, std::string& out) {
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

template <typename Floating>
void AppendFloating(Floating number, std::string& out) {
  if (std::isnan(number)) {
    out += "NaN";
    return;
  }
  if (std::isinf(number)) {
    out += number < 0 ? "-Infinity" : "Infinity";
    return;
  }
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  const std::string_view text(std::begin(digits), end);
  out += text;
  if (text.find_first_not_of("-0123456789") == std::string_view::npos) {
    out += ".0";
  }
}

void AppendDecimal(Int128 unscaled, int scale, std::string& out) {
  const auto narrow = static_cast<std::int64_t>(unscaled);
  if (scale == 0 && narrow == unscaled) {
    AppendInteger(narrow, out);
  } else {
    out += DecimalText(unscaled, scale);
  }
}

void AppendHex(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const char letter : bytes) {
    const auto byte = static_cast<unsigned char>(letter);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
}

// DuckDB's infinite dates and timestamps are the ends of their integers' ranges.
template <typename Integer>
bool AppendInfinity(Integer number, std::string& out) {
  constexpr Integer kMax = std::numeric_limits<Integer>::max();
  if (number == kMax || number == -kMax) {
    out += number == kMax ? "infinity" : "-infinity";
    return true;
  }
  return false;
}

void AppendTimestamp(std::int64_t time, std::int64_t micros_per_unit, bool with_zone,
                     std::string& out) {
  if (AppendInfinity(time, out)) {
    return;
  }
  out += FormatTimestamp(time * micros_per_unit);
  if (!with_zone && out.back() == 'Z') {
    out.pop_back();
  }
}

// Nine digits of a second's fraction where microseconds don't tell it.
void AppendNanoseconds(std::int64_t time, std::string& out) {
  constexpr std::int64_t kNanosPerMicro = 1'000;
  constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
  if (AppendInfinity(time, out)) {
    return;
  }
  if (time % kNanosPerMicro == 0) {
    AppendTimestamp(time / kNanosPerMicro, 1, false, out);
    return;
  }
  const std::int64_t fraction = ((time % kNanosPerSecond) + kNanosPerSecond) % kNanosPerSecond;
  AppendTimestamp((time / kNanosPerSecond) - (time < 0 ? 1 : 0), 1'000'000, false, out);
  out += fmt::format(".{:09}", fraction);
}

bool AppendTime(const VectorView& view, std::size_t row, std::string& out) {
  switch (view.shape->id) {
    case DUCKDB_TYPE_DATE:
      if (!AppendInfinity(view.At<std::int32_t>(row), out)) {
        out += FormatDate(view.At<std::int32_t>(row));
      }
      return true;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      AppendTimestamp(view.At<std::int64_t>(row), 1, view.shape->id == DUCKDB_TYPE_TIMESTAMP_TZ,
                      out);
      return true;
    case DUCKDB_TYPE_TIMESTAMP_S:
      AppendTimestamp(view.At<std::int64_t>(row), 1'000'000, false, out);
      return true;
    case DUCKDB_TYPE_TIMESTAMP_NS:
      AppendNanoseconds(view.At<std::int64_t>(row), out);
      return true;
    case DUCKDB_TYPE_TIMESTAMP_MS:
      AppendTimestamp(view.At<std::int64_t>(row), 1'000, false, out);
      return true;
    default:
      return false;
  }
}

bool AppendSmallNumber(const VectorView& view, std::size_t row, std::string& out) {
  switch (view.shape->id) {
    case DUCKDB_TYPE_TINYINT:
      AppendInteger(int{view.At<std::int8_t>(row)}, out);
      return true;
    case DUCKDB_TYPE_SMALLINT:
      AppendInteger(int{view.At<std::int16_t>(row)}, out);
      return true;
    case DUCKDB_TYPE_UTINYINT:
      AppendInteger(unsigned{view.At<std::uint8_t>(row)}, out);
      return true;
    case DUCKDB_TYPE_USMALLINT:
      AppendInteger(unsigned{view.At<std::uint16_t>(row)}, out);
      return true;
    case DUCKDB_TYPE_UINTEGER:
      AppendInteger(view.At<std::uint32_t>(row), out);
      return true;
    case DUCKDB_TYPE_UBIGINT:
      AppendInteger(view.At<std::uint64_t>(row), out);
      return true;
    default:
      return false;
  }
}

bool AppendNumber(const VectorView& view, std::size_t row, std::string& out) {
  switch (view.shape->id) {
    case DUCKDB_TYPE_INTEGER:
      AppendInteger(view.At<std::int32_t>(row), out);
      return true;
    case DUCKDB_TYPE_BIGINT:
      AppendInteger(view.At<std::int64_t>(row), out);
      return true;
    case DUCKDB_TYPE_HUGEINT:
      AppendDecimal(ToInt128(view.At<duckdb_hugeint>(row)), 0, out);
      return true;
    case DUCKDB_TYPE_UHUGEINT:
      out += ToText(ToUnsignedInt128(view.At<duckdb_uhugeint>(row)));
      return true;
    case DUCKDB_TYPE_FLOAT:
      AppendFloating(view.At<float>(row), out);
      return true;
    case DUCKDB_TYPE_DOUBLE:
      AppendFloating(view.At<double>(row), out);
      return true;
    case DUCKDB_TYPE_DECIMAL:
      AppendDecimal(view.DecimalAt(row), view.shape->scale, out);
      return true;
    default:
      return AppendSmallNumber(view, row, out);
  }
}

void AppendOther(const VectorView& view, std::size_t row, std::string& out) {
  const Value value = CellAt(view.vector, view.shape->type.get(), row);
  out += std::holds_alternative<std::string>(value) ? std::get<std::string>(value) : "";
}

void AppendJsonList(const VectorView& view, std::size_t row, std::string& out) {
  const duckdb_list_entry entry = view.EntryAt(row);
  out += '[';
  for (idx_t element = entry.offset; element < entry.offset + entry.length; ++element) {
    out += element == entry.offset ? "" : ",";
    AppendJson(view.parts[0], element, out);
  }
  out += ']';
}

// The fields of a struct made by row(…) have no names: a list.
void AppendJsonStruct(const VectorView& view, std::size_t row, std::string& out) {
  const std::vector<std::string>& names = view.shape->names;
  const bool is_list = !names.empty() && names.front().empty();
  out += is_list ? '[' : '{';
  for (std::size_t field = 0; field < view.parts.size(); ++field) {
    out += field == 0 ? "" : ",";
    if (!is_list) {
      AppendJsonText(names[field], out);
      out += ':';
    }
    AppendJson(view.parts[field], row, out);
  }
  out += is_list ? ']' : '}';
}

bool IsText(duckdb_type type) {
  return type == DUCKDB_TYPE_VARCHAR || type == DUCKDB_TYPE_ENUM || type == DUCKDB_TYPE_UUID;
}

void AppendJsonMap(const VectorView& view, std::size_t row, std::string& out) {
  const duckdb_list_entry entry = view.EntryAt(row);
  const bool is_object = IsText(view.shape->parts[0].id);
  out += is_object ? '{' : '[';
  for (idx_t element = entry.offset; element < entry.offset + entry.length; ++element) {
    out += element == entry.offset ? "" : ",";
    out += is_object ? "" : "{\"key\":";
    AppendJson(view.parts[0], element, out);
    out += is_object ? ":" : ",\"value\":";
    AppendJson(view.parts[1], element, out);
    out += is_object ? "" : "}";
  }
  out += is_object ? '}' : ']';
}

bool AppendNested(const VectorView& view, std::size_t row, std::string& out) {
  switch (view.shape->id) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
      AppendJsonList(view, row, out);
      return true;
    case DUCKDB_TYPE_MAP:
      AppendJsonMap(view, row, out);
      return true;
    case DUCKDB_TYPE_STRUCT:
      AppendJsonStruct(view, row, out);
      return true;
    default:
      return false;
  }
}

bool IsFloating(duckdb_type type) {
  return type == DUCKDB_TYPE_FLOAT || type == DUCKDB_TYPE_DOUBLE;
}

// Texts that stand bare in JSON. (NaN and the infinities have a letter where numbers have a digit.)
bool IsBare(duckdb_type type, std::string_view text) {
  return type == DUCKDB_TYPE_BOOLEAN ||
         (IsNumber(type) && !(IsFloating(type) && (text.ends_with('N') || text.ends_with('y'))));
}

void AppendEscaped(char letter, std::string& out) {
  switch (letter) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(letter));
  }
}

bool NeedsEscape(char letter) {
  return letter == '"' || letter == '\\' || static_cast<unsigned char>(letter) < 0x20;
}

}  // namespace

void AppendText(const VectorView& view, std::size_t row, std::string& out) {
  switch (view.shape->id) {
    case DUCKDB_TYPE_VARCHAR:
      out += view.BytesAt(row);
      return;
    case DUCKDB_TYPE_BOOLEAN:
      out += view.At<bool>(row) ? "true" : "false";
      return;
    case DUCKDB_TYPE_BLOB:
      AppendHex(view.BytesAt(row), out);
      return;
    case DUCKDB_TYPE_ENUM:
      out += view.EnumAt(row);
      return;
    default:
      break;
  }
  if (!AppendNumber(view, row, out) && !AppendTime(view, row, out) &&
      !AppendNested(view, row, out)) {
    AppendOther(view, row, out);
  }
}

void AppendJson(const VectorView& view, std::size_t row, std::string& out) {
  if (view.IsNull(row)) {
    out += "null";
    return;
  }
  if (view.shape->id == DUCKDB_TYPE_VARCHAR) {
    AppendJsonText(view.BytesAt(row), out);
    return;
  }
  if (AppendNested(view, row, out)) {
    return;
  }
  const std::size_t start = out.size();
  AppendText(view, row, out);
  if (!IsBare(view.shape->id, std::string_view(out).substr(start))) {
    const std::string text = out.substr(start);
    out.resize(start);
    AppendJsonText(text, out);
  }
}

void AppendJsonText(std::string_view text, std::string& out) {
  out += '"';
  std::size_t plain = 0;
  for (std::size_t position = 0; position < text.size(); ++position) {
    if (NeedsEscape(text[position])) {
      out += text.substr(plain, position - plain);
      AppendEscaped(text[position], out);
      plain = position + 1;
    }
  }
  out += text.substr(plain);
  out += '"';
}

bool IsNumber(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
      return true;
    default:
      return false;
  }
}

}  // namespace weir::sql
