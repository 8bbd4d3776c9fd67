#include "lake/json_shape.h"

#include <algorithm>
#include <cassert>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/error.h"
#include "lake/json_numbers.h"
#include "sql/quote.h"

namespace weir::lake {
namespace {

namespace ondemand = simdjson::ondemand;

std::string FieldName(std::string_view name) { return fmt::format("\"{}\"", name); }

// What a value of JSON is where no column says what it has to be.
enum class JsonKind : std::uint8_t { kNone, kBoolean, kNumber, kText, kArray, kObject };

std::string_view KindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kBoolean:
      return "BOOLEAN";
    case JsonKind::kNumber:
      return "a number";
    case JsonKind::kText:
      return "VARCHAR";
    case JsonKind::kArray:
      return "an array";
    case JsonKind::kObject:
      return "an object";
    default:
      return "null";
  }
}

constexpr int kDeepest = 100;  // levels of arrays and objects within each other

bool IsFloating(TypeKind kind) { return kind == TypeKind::kFloat || kind == TypeKind::kDouble; }

bool IsNumeric(TypeKind kind) {
  return IsInteger(kind) || IsFloating(kind) || kind == TypeKind::kDecimal;
}

// The same text for the spellings of one whole number or time, which a map may have as key.
std::string OneSpelling(TypeKind kind, std::string_view key) {
  if (kind == TypeKind::kTimestamp) {
    const auto time = ParseTimestamp(Trimmed(key));
    return time ? std::to_string(*time) : std::string(key);
  }
  const auto number = IsInteger(kind) ? ParseNumber(Trimmed(key)) : std::nullopt;
  if (!number || number->has_exponent) {
    return std::string(key);
  }
  const std::string_view digits =
      number->whole.substr(std::min(number->whole.find_first_not_of('0'), number->whole.size()));
  return (number->sign == '-' && !digits.empty() ? "-" : "") + std::string(digits);
}

}  // namespace

// What is known of the values at one place of the objects. Columns' nodes have a target.
class JsonShape::Node {
 public:
  // `depth`: how many arrays and objects it is in.
  Node(std::string key, std::optional<DataType> target, int depth)
      : key_(std::move(key)), depth_(depth) {
    if (target) {
      SetTarget(std::move(*target));
    }
  }

  void AllowMoreFields() { may_grow_ = true; }

  void Add(ondemand::value& value, const JsonPlace& place, const std::string& path) {
    const ondemand::json_type type = Checked(value.type(), place, path);
    if (type == ondemand::json_type::null) {
      if (!Checked<bool>(value.is_null(), place, path)) {
        Fail(place, path, "is no JSON");
      }
      return;
    }
    switch (type) {
      case ondemand::json_type::boolean:
        AddBoolean(Checked(value.get_bool(), place, path), place, path);
        break;
      case ondemand::json_type::number:
        AddNumber(Trimmed(value.raw_json_token()), place, path);
        break;
      case ondemand::json_type::string:
        AddText(Checked(value.get_string(), place, path), place, path);
        break;
      case ondemand::json_type::array:
        AddArray(Checked(value.get_array(), place, path), place, path);
        break;
      default:
        AddObject(Checked(value.get_object(), place, path), place, path);
        break;
    }
  }

  void AddObject(ondemand::object object, const JsonPlace& place, const std::string& path) {
    const bool is_map = target_ && target_->kind == TypeKind::kMap;
    if (target_ && !is_map && target_->kind != TypeKind::kStruct) {
      Misfit(place, path, "an object");
    }
    SetKind(JsonKind::kObject, place, path);
    ++num_objects_;
    std::set<std::string> map_keys;
    for (auto field : object) {
      const std::string_view key = Checked(field.unescaped_key(), place, path);
      Node& node = is_map ? MapValue(key, map_keys, place, path) : FieldOf(key, place, path);
      ondemand::value value = Checked(field.value(), place, path);
      node.Add(value, place, is_map ? path : PathTo(path, key));
    }
  }

  DataType type() const {
    if (target_) {
      return *target_;
    }
    switch (kind_) {
      case JsonKind::kBoolean:
        return PlainType(TypeKind::kBoolean);
      case JsonKind::kNumber:
        return numbers_.type();
      case JsonKind::kArray:
        return ArrayOf(children_.empty() ? PlainType(TypeKind::kString) : children_[0]->type());
      case JsonKind::kObject:
        return ObjectType();
      case JsonKind::kText:
        return texts_.type().kind == TypeKind::kDate || texts_.type().kind == TypeKind::kTimestamp
                   ? texts_.type()
                   : PlainType(TypeKind::kString);
      default:
        return PlainType(TypeKind::kString);
    }
  }

  // The type that the reader is to give for type().
  std::string ReadAs() const {
    const DataType type = this->type();
    switch (type.kind) {
      case TypeKind::kArray:
        return (children_.empty() ? ToText(type.children[0].type) : children_[0]->ReadAs()) + "[]";
      case TypeKind::kMap:
        return fmt::format("MAP(VARCHAR, {})",
                           children_.empty() ? "VARCHAR" : children_[0]->ReadAs());
      case TypeKind::kStruct:
        return StructReadAs();
      case TypeKind::kBoolean:
      case TypeKind::kByte:
      case TypeKind::kShort:
      case TypeKind::kInteger:
      case TypeKind::kLong:
        return ToText(type);
      default:  // numbers of JSON come as the text of the same number
        return "VARCHAR";
    }
  }

  std::vector<Column> columns() const {
    std::vector<Column> columns;
    columns.reserve(children_.size());
    for (const auto& node : children_) {
      columns.push_back({.key = node->key_,
                         .is_found = node->last_object_ > 0,
                         .type = node->type(),
                         .read_as = node->ReadAs()});
    }
    return columns;
  }

 private:
  // --- values of the parser

  template <typename Value>
  static Value Checked(simdjson::simdjson_result<Value> result, const JsonPlace& place,
                       const std::string& path) {
    Value value;
    if (const auto error = std::move(result).get(value)) {
      Fail(place, path, fmt::format("is no JSON: {}", simdjson::error_message(error)));
    }
    return value;
  }

  // --- kinds of values

  void AddBoolean(bool value, const JsonPlace& place, const std::string& path) {
    if (target_ && target_->kind != TypeKind::kBoolean) {
      Misfit(place, path, fmt::format("{} is BOOLEAN", value));
    }
    SetKind(JsonKind::kBoolean, place, path);
  }

  void AddNumber(std::string_view text, const JsonPlace& place, const std::string& path) {
    if (!IsJsonNumber(text)) {
      Fail(place, path, fmt::format("{} is no JSON", ShownText(text)));
    }
    SetKind(JsonKind::kNumber, place, path);
    const auto parts = ParseNumber(text);
    const bool is_whole = parts && parts->IsWhole();
    if (!target_) {
      if (const std::string mistake = numbers_.Add(text); !mistake.empty()) {
        Fail(place, path, mistake);
      }
    } else if (!IsNumeric(target_->kind) || !FitsText(text, *target_) ||
               (IsInteger(target_->kind) && !is_whole)) {
      Misfit(place, path, fmt::format("{} is {}", text, JsonNumberName(text)));
    } else if (target_->kind == TypeKind::kDecimal && !is_whole && !SurvivesAsDouble(text)) {
      Fail(place, path,
           fmt::format("{} has more digits than are read of a number with a point; write it as CSV",
                       text));
    }
  }

  void AddText(std::string_view text, const JsonPlace& place, const std::string& path) {
    SetKind(JsonKind::kText, place, path);
    if (!target_) {
      texts_.Add(text == Trimmed(text) ? text : "no day");
      return;
    }
    const bool is_word = IsFloating(target_->kind) && !ParseNumber(text);
    const bool holds_texts = !IsNumeric(target_->kind) && target_->kind != TypeKind::kBoolean;
    const bool is_any = target_->kind == TypeKind::kString || target_->kind == TypeKind::kBinary;
    if ((!holds_texts && !is_word) || !FitsText(text, *target_) ||
        (!is_any && text != Trimmed(text))) {
      const bool is_time = target_->kind == TypeKind::kDate;
      Misfit(place, path,
             fmt::format("{} is {}", ShownText(text), is_time ? TypeNameOf(text) : "VARCHAR"));
    }
  }

  void AddArray(ondemand::array array, const JsonPlace& place, const std::string& path) {
    if (target_ && target_->kind != TypeKind::kArray) {
      Misfit(place, path, "an array");
    }
    SetKind(JsonKind::kArray, place, path);
    if (children_.empty()) {
      AddChild("element", std::nullopt);
    }
    for (auto element : array) {
      ondemand::value value = Checked(element, place, path);
      children_[0]->Add(value, place, path);
    }
  }

  void SetKind(JsonKind kind, const JsonPlace& place, const std::string& path) {
    if (depth_ > kDeepest) {
      Fail(place, "", fmt::format("values in each other more than {} levels deep", kDeepest));
    }
    if (kind_ == JsonKind::kNone || target_) {
      kind_ = kind;
    } else if (kind_ != kind) {
      Fail(place, path,
           fmt::format("{} where {} came before; a column has one type", KindName(kind),
                       KindName(kind_)));
    }
  }

  // --- parts

  Node& AddChild(std::string key, std::optional<DataType> target) {
    index_.emplace(LowerCase(key), children_.size());
    return *children_.emplace_back(
        std::make_unique<Node>(std::move(key), std::move(target), depth_ + 1));
  }

  void SetTarget(DataType target) {
    for (const Field& part : target.children) {
      if (target.kind != TypeKind::kMap || part.name != "key") {
        AddChild(part.name, part.type);
      }
    }
    target_ = std::move(target);
  }

  Node& FieldOf(std::string_view key, const JsonPlace& place, const std::string& path) {
    if (key.empty()) {
      Fail(place, path, "a field without a name");
    }
    const auto found = index_.find(LowerCase(key));
    if (found == index_.end() && target_ && !may_grow_) {
      Fail(place, path,
           fmt::format("the object has a field \"{}\", which {} of {} lacks", key, ToText(*target_),
                       place.table));
    }
    Node& node = found == index_.end() ? AddChild(std::string(key), std::nullopt)
                                       : *children_[found->second];
    if (node.last_object_ == num_objects_) {
      Fail(place, PathTo(path, key), "the field is there twice");
    }
    if (node.last_object_ > 0 && node.key_ != key) {
      Fail(place, PathTo(path, key),
           fmt::format("the field was spelled \"{}\" before; letter case does not count",
                       node.key_));
    }
    node.last_object_ = num_objects_;
    node.key_ = key;
    return node;
  }

  // `keys`: those of the object so far.
  Node& MapValue(std::string_view key, std::set<std::string>& keys, const JsonPlace& place,
                 const std::string& path) {
    assert(target_);
    const DataType& key_type = target_->children[0].type;
    if (!FitsText(key, key_type)) {
      Misfit(place, path, fmt::format("the key {} is {}", ShownText(key), TypeNameOf(key)));
    }
    if (!keys.insert(OneSpelling(key_type.kind, key)).second) {
      Fail(place, path, fmt::format("the map has the key {} twice", ShownText(key)));
    }
    return *children_[0];
  }

  DataType ObjectType() const {
    if (children_.empty()) {
      return MapOf(PlainType(TypeKind::kString), PlainType(TypeKind::kString));
    }
    std::vector<Field> fields;
    fields.reserve(children_.size());
    for (const auto& node : children_) {
      fields.push_back({.name = node->key_, .type = node->type()});
    }
    return StructOf(std::move(fields));
  }

  std::string StructReadAs() const {
    std::string parts;
    for (const auto& node : children_) {
      parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", sql::QuoteName(node->key_),
                           node->ReadAs());
    }
    return fmt::format("STRUCT({})", parts);
  }

  // --- messages

  static std::string PathTo(const std::string& path, std::string_view key) {
    return path.empty() ? fmt::format("column {}", FieldName(key))
                        : fmt::format("{}, field {}", path, FieldName(key));
  }

  [[noreturn]] void Misfit(const JsonPlace& place, const std::string& path,
                           const std::string& found) const {
    assert(target_);
    Fail(place, path,
         fmt::format("{}, which does not fit {} of {}", found, FittingName(*target_), place.table));
  }

  [[noreturn]] static void Fail(const JsonPlace& place, const std::string& path,
                                const std::string& what) {
    throw UserError("{}:{}: {}{}{}", place.file, place.line, path, path.empty() ? "" : ": ", what);
  }

  std::string key_;
  int depth_;
  std::optional<DataType> target_;
  bool may_grow_ = false;
  JsonKind kind_ = JsonKind::kNone;
  TextGuess texts_;
  NumberGuess numbers_;
  std::int64_t num_objects_ = 0;
  std::int64_t last_object_ = 0;  // of the parent, that had this field
  std::vector<std::unique_ptr<Node>> children_;
  std::unordered_map<std::string, std::size_t> index_;  // of children, by name in small letters
};

struct JsonShape::Parser {
  // The text as a document, which lives until the next call.
  ondemand::document Read(std::string_view text, const JsonPlace& place) {
    buffer.assign(text);
    buffer.reserve(buffer.size() + simdjson::SIMDJSON_PADDING);
    ondemand::document document;
    if (const auto error =
            parser.iterate(buffer.data(), buffer.size(), buffer.capacity()).get(document)) {
      throw UserError("{}:{}: {} is no JSON: {}", place.file, place.line, ShownText(text),
                      simdjson::error_message(error));
    }
    return document;
  }

  // Throws if anything but white space follows the document.
  static void CheckEnd(ondemand::document& document, const JsonPlace& place) {
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
      throw UserError("{}:{}: text follows the end of the JSON value", place.file, place.line);
    }
  }

  ondemand::parser parser;
  std::string buffer;
};

JsonShape::JsonShape(DataType columns, bool may_grow)
    : root_(std::make_unique<Node>("", std::move(columns), 0)),
      parser_(std::make_unique<Parser>()) {
  if (may_grow) {
    root_->AllowMoreFields();
  }
}

JsonShape::~JsonShape() = default;

void JsonShape::AddObject(std::string_view text, const JsonPlace& place) {
  ondemand::document document = parser_->Read(text, place);
  ondemand::object object;
  if (Trimmed(text).front() != '{') {
    throw UserError(
        "{}:{}: {} where an object is expected; a file of JSON has one object a line (NDJSON)",
        place.file, place.line,
        Trimmed(text).front() == '[' ? std::string("an array") : ShownText(Trimmed(text)));
  }
  if (const auto error = document.get_object().get(object)) {
    throw UserError("{}:{}: {} is no JSON object: {}", place.file, place.line, ShownText(text),
                    simdjson::error_message(error));
  }
  root_->AddObject(object, place, "");
  Parser::CheckEnd(document, place);
}

std::vector<JsonShape::Column> JsonShape::columns() const { return root_->columns(); }

}  // namespace weir::lake
