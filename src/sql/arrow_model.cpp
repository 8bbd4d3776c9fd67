#include "sql/arrow_model.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>

namespace weir::sql {
namespace {

// Bytes of a value in Arrow's buffer; 0 for types whose values have no fixed number of bytes.
std::size_t WidthOf(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte:
      return 1;
    case TypeKind::kShort:
      return 2;
    case TypeKind::kInteger:
    case TypeKind::kFloat:
    case TypeKind::kDate:
      return 4;
    case TypeKind::kLong:
    case TypeKind::kDouble:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return 8;
    case TypeKind::kDecimal:
      return 16;
    default:
      return 0;
  }
}

bool IsList(TypeKind kind) { return kind == TypeKind::kArray || kind == TypeKind::kMap; }

// What the elements of a list are: a map's are structs of key and value.
DataType ElementOf(const DataType& type) {
  return type.kind == TypeKind::kMap ? StructOf(type.children) : type.children.at(0).type;
}

template <typename T>
std::string BytesOf(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

std::int64_t Between(std::mt19937_64& random, std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(random);
}

__extension__ using Int128 = __int128;

std::string RandomDecimal(std::mt19937_64& random, int precision) {
  Int128 number = 0;
  const std::int64_t digits = Between(random, 0, precision);
  for (std::int64_t digit = 0; digit < digits; ++digit) {
    number = number * 10 + Between(random, 0, 9);
  }
  return BytesOf(Between(random, 0, 1) == 0 ? number : -number);
}

std::string RandomText(std::mt19937_64& random, bool is_binary) {
  static constexpr const char* kLetters[] = {"a", "Z", "0", "'", "\"", "\\", "é", "\n", "漢", "😀"};
  std::string text;
  for (std::int64_t left = Between(random, 0, 20); left > 0; --left) {
    text += is_binary ? std::string(1, static_cast<char>(Between(random, 0, 255)))
                      : std::string(kLetters[Between(random, 0, 9)]);
  }
  return text;
}

std::string RandomPlain(std::mt19937_64& random, const DataType& type) {
  constexpr std::int64_t kMicrosTo9999 = 253402300799000000;
  switch (type.kind) {
    case TypeKind::kBoolean:
      return BytesOf(static_cast<char>(Between(random, 0, 1)));
    case TypeKind::kDate:
      return BytesOf(static_cast<std::int32_t>(Between(random, -700000, 2900000)));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz:
      return BytesOf(Between(random, -62135596800000000, kMicrosTo9999));
    case TypeKind::kDecimal:
      return RandomDecimal(random, type.precision);
    case TypeKind::kString:
    case TypeKind::kBinary:
      return RandomText(random, type.kind == TypeKind::kBinary);
    default:
      return BytesOf(random()).substr(0, WidthOf(type.kind));
  }
}

ModelCell RandomMap(std::mt19937_64& random, const DataType& type) {
  ModelCell map;
  for (std::int64_t left = Between(random, 0, 3); left > 0; --left) {
    ModelCell key{.bytes = RandomPlain(random, type.children[0].type)};
    const bool is_new = std::ranges::none_of(
        map.parts, [&](const ModelCell& entry) { return entry.parts[0] == key; });
    if (is_new) {
      map.parts.push_back({.parts = {std::move(key), RandomCell(random, type.children[1].type)}});
    }
  }
  return map;
}

// The memory of one encoded batch.
struct Memory {
  std::deque<ArrowArray> arrays;
  std::deque<std::vector<ArrowArray*>> children;
  std::deque<std::vector<const void*>> pointers;
  std::deque<std::string> buffers;
};

void ReleaseMemory(ArrowArray* array) {
  const std::unique_ptr<Memory> memory(static_cast<Memory*>(array->private_data));
  array->release = nullptr;
}

void ReleasePart(ArrowArray* array) { array->release = nullptr; }

std::string Bits(const std::vector<const ModelCell*>& cells, auto&& is_set) {
  std::string bits((cells.size() + 63) / 64 * 8, '\0');
  for (std::size_t row = 0; row < cells.size(); ++row) {
    if (is_set(*cells[row])) {
      bits[row / 8] =
          static_cast<char>(static_cast<unsigned char>(bits[row / 8]) | 1U << (row % 8));
    }
  }
  return bits;
}

class Encoder {
 public:
  explicit Encoder(Memory& memory) : memory_(memory) {}

  ArrowArray* Encode(const DataType& type, const std::vector<const ModelCell*>& cells) {
    std::vector<std::string> buffers{
        Bits(cells, [](const ModelCell& cell) { return !cell.is_null; })};
    std::vector<ArrowArray*> children;
    if (type.kind == TypeKind::kStruct) {
      children = EncodeParts(type, cells);
    } else if (IsList(type.kind)) {
      buffers.push_back(Offsets(cells, [](const ModelCell& cell) { return cell.parts.size(); }));
      children = {Encode(ElementOf(type), Elements(cells))};
    } else if (type.kind == TypeKind::kBoolean) {
      buffers.push_back(Bits(
          cells, [](const ModelCell& cell) { return !cell.is_null && cell.bytes[0] != '\0'; }));
    } else if (const std::size_t width = WidthOf(type.kind); width != 0) {
      buffers.push_back(Joined(cells, width));
    } else {
      buffers.push_back(Offsets(cells, [](const ModelCell& cell) { return cell.bytes.size(); }));
      buffers.push_back(Joined(cells, 0));
    }
    return Assemble(cells.size(), std::move(buffers), std::move(children));
  }

  ArrowArray* Assemble(std::size_t length, std::vector<std::string> buffers,
                       std::vector<ArrowArray*> children) {
    std::vector<const void*>& pointers = memory_.pointers.emplace_back();
    for (std::string& buffer : buffers) {
      pointers.push_back(memory_.buffers.emplace_back(std::move(buffer)).data());
    }
    std::vector<ArrowArray*>& parts = memory_.children.emplace_back(std::move(children));
    return &memory_.arrays.emplace_back(
        ArrowArray{.length = static_cast<std::int64_t>(length),
                   .null_count = -1,
                   .offset = 0,
                   .n_buffers = static_cast<std::int64_t>(pointers.size()),
                   .n_children = static_cast<std::int64_t>(parts.size()),
                   .buffers = pointers.data(),
                   .children = parts.data(),
                   .dictionary = nullptr,
                   .release = ReleasePart,
                   .private_data = nullptr});
  }

 private:
  std::vector<ArrowArray*> EncodeParts(const DataType& type,
                                       const std::vector<const ModelCell*>& cells) {
    static const ModelCell kNull{.is_null = true};
    std::vector<ArrowArray*> children;
    for (std::size_t part = 0; part < type.children.size(); ++part) {
      std::vector<const ModelCell*> column;
      column.reserve(cells.size());
      for (const ModelCell* cell : cells) {
        column.push_back(cell->is_null ? &kNull : &cell->parts[part]);
      }
      children.push_back(Encode(type.children[part].type, column));
    }
    return children;
  }

  static std::vector<const ModelCell*> Elements(const std::vector<const ModelCell*>& cells) {
    std::vector<const ModelCell*> elements;
    for (const ModelCell* cell : cells) {
      for (const ModelCell& part : cell->parts) {
        elements.push_back(&part);
      }
    }
    return elements;
  }

  static std::string Offsets(const std::vector<const ModelCell*>& cells, auto&& size_of) {
    std::int32_t offset = 0;
    std::string offsets = BytesOf(offset);
    for (const ModelCell* cell : cells) {
      offset += static_cast<std::int32_t>(size_of(*cell));
      offsets += BytesOf(offset);
    }
    return offsets;
  }

  static std::string Joined(const std::vector<const ModelCell*>& cells, std::size_t width) {
    std::string joined;
    for (const ModelCell* cell : cells) {
      joined += cell->is_null ? std::string(width, '\x55') : cell->bytes;
    }
    return joined;
  }

  Memory& memory_;
};

bool BitAt(const void* bits, std::int64_t row) {
  return (static_cast<const std::uint8_t*>(bits)[row / 8] >> (row % 8) & 1U) != 0;
}

ModelCell DecodeCell(const DataType& type, const ArrowArray& array, std::int64_t index) {
  const std::int64_t row = index + array.offset;
  const bool has_bits = array.buffers[0] != nullptr && array.null_count != 0;
  if (has_bits && !BitAt(array.buffers[0], row)) {
    return {.is_null = true};
  }
  ModelCell cell;
  if (type.kind == TypeKind::kStruct) {
    for (std::size_t part = 0; part < type.children.size(); ++part) {
      cell.parts.push_back(DecodeCell(type.children[part].type, *array.children[part], row));
    }
    return cell;
  }
  const auto* bytes = static_cast<const char*>(array.buffers[1]);
  if (type.kind == TypeKind::kBoolean) {
    cell.bytes = BytesOf(static_cast<char>(BitAt(bytes, row) ? 1 : 0));
  } else if (const std::size_t width = WidthOf(type.kind); width != 0) {
    cell.bytes = std::string(bytes + static_cast<std::size_t>(row) * width, width);
  } else {
    const auto* offsets = static_cast<const std::int32_t*>(array.buffers[1]) + row;
    if (!IsList(type.kind)) {
      cell.bytes = std::string(static_cast<const char*>(array.buffers[2]) + offsets[0],
                               static_cast<std::size_t>(offsets[1] - offsets[0]));
      return cell;
    }
    for (std::int32_t element = offsets[0]; element < offsets[1]; ++element) {
      cell.parts.push_back(DecodeCell(ElementOf(type), *array.children[0], element));
    }
  }
  return cell;
}

}  // namespace

DataType RandomType(std::mt19937_64& random, int depth) {
  const auto last =
      static_cast<std::int64_t>(depth > 0 ? TypeKind::kStruct : TypeKind::kTimestampNtz);
  const auto kind = static_cast<TypeKind>(Between(random, 0, last));
  switch (kind) {
    case TypeKind::kDecimal: {
      const int precision = static_cast<int>(Between(random, 1, 38));
      return DecimalOf(precision, static_cast<int>(Between(random, 0, precision)));
    }
    case TypeKind::kArray:
      return ArrayOf(RandomType(random, depth - 1));
    case TypeKind::kMap:
      return MapOf({.kind = TypeKind::kString, .children = {}}, RandomType(random, depth - 1));
    case TypeKind::kStruct: {
      std::vector<Field> fields;
      for (std::int64_t part = 0; part <= Between(random, 0, 2); ++part) {
        fields.push_back(
            {.name = "part " + std::to_string(part), .type = RandomType(random, depth - 1)});
      }
      return StructOf(std::move(fields));
    }
    default:
      return PlainType(kind);
  }
}

ModelCell RandomCell(std::mt19937_64& random, const DataType& type) {
  if (Between(random, 0, 6) == 0) {
    return {.is_null = true};
  }
  ModelCell cell;
  switch (type.kind) {
    case TypeKind::kArray:
      for (std::int64_t left = Between(random, 0, 3); left > 0; --left) {
        cell.parts.push_back(RandomCell(random, type.children[0].type));
      }
      return cell;
    case TypeKind::kMap:
      return RandomMap(random, type);
    case TypeKind::kStruct:
      for (const Field& field : type.children) {
        cell.parts.push_back(RandomCell(random, field.type));
      }
      return cell;
    default:
      return {.bytes = RandomPlain(random, type)};
  }
}

Batch EncodeRows(const Schema& schema, const std::vector<ModelRow>& rows) {
  auto memory = std::make_unique<Memory>();
  Encoder encoder(*memory);
  std::vector<ArrowArray*> columns;
  for (std::size_t column = 0; column < schema.fields.size(); ++column) {
    std::vector<const ModelCell*> cells;
    cells.reserve(rows.size());
    for (const ModelRow& row : rows) {
      cells.push_back(&row[column]);
    }
    columns.push_back(encoder.Encode(schema.fields[column].type, cells));
  }
  Batch batch;
  *batch.get() = *encoder.Assemble(rows.size(), {""}, std::move(columns));
  batch.get()->null_count = 0;
  batch.get()->release = ReleaseMemory;
  batch.get()->private_data = memory.release();
  return batch;
}

void DecodeRows(const Schema& schema, const Batch& batch, std::vector<ModelRow>& rows) {
  for (std::int64_t row = 0; row < batch.num_rows(); ++row) {
    ModelRow cells;
    for (std::size_t column = 0; column < schema.fields.size(); ++column) {
      cells.push_back(DecodeCell(schema.fields[column].type, *batch.get()->children[column], row));
    }
    rows.push_back(std::move(cells));
  }
}

}  // namespace weir::sql
