#include "enrich/json_fields.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <simdjson.h>

#include "enrich/flat_json.h"
#include "enrich/json_numbers.h"

namespace weir::enrich {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kNumBuckets = 64;
constexpr std::uint8_t kNone = 255;
constexpr std::size_t kDeepest = kLongestLine / 2 + 1;  // no line nests deeper

std::size_t BucketOf(std::string_view name) {
  const auto first = static_cast<unsigned char>(name.front());
  const auto last = static_cast<unsigned char>(name.back());
  return (name.size() * 5 + first * 3UL + last) % kNumBuckets;
}

// One field of the line at hand.
struct Value {
  enum class Kind : std::uint8_t { kAbsent, kText, kNumber, kOther };
  Kind kind = Kind::kAbsent;
  bool is_flat = false;   // of a line that FlatJson has read: `element` is not set
  std::string_view text;  // of a text; of a flat number as it is written
  dom::element element;
  std::size_t position = 0;  // among all fields of the object
};

std::optional<std::string_view> TextOf(const dom::element& element) {
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS ? std::optional(text) : std::nullopt;
}

std::optional<PartyId> ReadPartyId(const dom::element& element) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  PartyId result;
  bool has_id = false;
  for (const auto& [key, value] : object) {
    if (key == "party") {
      result.party = TextOf(value).value_or(std::string_view());
    } else if (key == "id") {
      has_id = TextOf(value).has_value();
      result.id = TextOf(value).value_or(std::string_view());
    }
  }
  return has_id && !result.party.empty() ? std::optional(result) : std::nullopt;
}

// Whether a number is written as an integer that fits.
bool ReadInteger(std::string_view text, std::int64_t& integer) {
  const auto [after, problem] = std::from_chars(text.data(), text.data() + text.size(), integer);
  return problem == std::errc() && after == text.data() + text.size();
}

// Of a value that is a number.
double NumberOf(const Value& value) {
  if (!value.is_flat) {
    return value.element.get_double().value_unsafe();
  }
  double number = 0;
  std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  return number;
}

}  // namespace

struct JsonFields::State {
  std::vector<std::string> names;
  std::array<std::uint8_t, kNumBuckets> buckets{};  // the first field of a bucket
  std::vector<std::uint8_t> next;                   // the next field of the same bucket
  FlatJson flat;
  dom::parser parser;
  std::vector<char> padded;   // the line, and the bytes behind it that simdjson may read
  std::string_view text;      // the line, or what replaced it
  std::vector<Value> values;  // by field
  std::vector<PartyId> party_ids;
  std::vector<std::string_view> texts;

  simdjson::error_code Read(std::string_view line, dom::element& document) {
    if (padded.size() < line.size() + simdjson::SIMDJSON_PADDING) {
      padded.resize(line.size() + simdjson::SIMDJSON_PADDING);
    }
    std::memcpy(padded.data(), line.data(), line.size());
    text = {padded.data(), line.size()};
    return parser.parse(padded.data(), line.size(), false).get(document);
  }

  // Where the field's value is kept; nullptr if it isn't asked for.
  Value* Find(std::string_view name) {
    if (name.empty()) {
      return nullptr;
    }
    for (std::uint8_t field = buckets.at(BucketOf(name)); field != kNone; field = next.at(field)) {
      if (names[field] == name) {
        return &values.at(field);
      }
    }
    return nullptr;
  }

  void KeepFlat() {
    for (const FlatField& field : flat.fields()) {
      if (Value* const value = Find(field.name)) {
        value->kind = field.kind == FlatField::Kind::kText     ? Value::Kind::kText
                      : field.kind == FlatField::Kind::kNumber ? Value::Kind::kNumber
                                                               : Value::Kind::kOther;
        value->is_flat = true;
        value->text = field.value;
      }
    }
  }

  void Keep(const dom::object& object) {
    std::size_t position = 0;
    for (const auto& [key, element] : object) {
      if (Value* const value = Find(key)) {
        const auto written = TextOf(element);
        value->kind = written               ? Value::Kind::kText
                      : element.is_number() ? Value::Kind::kNumber
                                            : Value::Kind::kOther;
        value->is_flat = false;
        value->text = written.value_or(std::string_view());
        value->element = element;
        value->position = position;
      }
      ++position;
    }
  }
};

JsonFields::JsonFields(std::span<const std::string_view> names)
    : state_(std::make_unique<State>()) {
  state_->names.assign(names.begin(), names.end());
  state_->buckets.fill(kNone);
  state_->next.assign(names.size(), kNone);
  state_->values.resize(names.size());
  for (std::size_t field = 0; field < names.size(); ++field) {
    if (names[field].empty()) {
      continue;
    }
    std::uint8_t& bucket = state_->buckets.at(BucketOf(names[field]));
    state_->next.at(field) = bucket;
    bucket = static_cast<std::uint8_t>(field);
  }
  state_->padded.resize(kLongestLine + simdjson::SIMDJSON_PADDING);
  if (state_->parser.allocate(kLongestLine, kDeepest) != simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
}

JsonFields::JsonFields(JsonFields&&) noexcept = default;
JsonFields& JsonFields::operator=(JsonFields&&) noexcept = default;
JsonFields::~JsonFields() = default;

Verdict JsonFields::Parse(std::string_view line) {
  State& state = *state_;
  for (Value& value : state.values) {
    value.kind = Value::Kind::kAbsent;
  }
  if (state.flat.Read(line)) {
    state.KeepFlat();
    return Verdict::kGood;
  }
  dom::element document;
  simdjson::error_code error = state.Read(line, document);
  if (error == simdjson::NUMBER_ERROR) {
    error = state.Read(WithReadableNumbers(line), document);
  }
  if (error != simdjson::SUCCESS) {
    return IsUtf8(line) ? Verdict::kNotJson : Verdict::kInvalidUtf8;
  }
  dom::object object;
  if (document.get(object) != simdjson::SUCCESS || HasLoneSurrogate(line)) {
    return Verdict::kNotJson;
  }
  state.Keep(object);
  return Verdict::kGood;
}

bool JsonFields::HasText(std::size_t field) const {
  return state_->values.at(field).kind == Value::Kind::kText;
}

std::string_view JsonFields::Text(std::size_t field) const {
  const Value& value = state_->values.at(field);
  return value.kind == Value::Kind::kText ? value.text : std::string_view();
}

std::optional<std::int64_t> JsonFields::Integer(std::size_t field) const {
  const Value& value = state_->values.at(field);
  std::int64_t integer = 0;
  if (value.kind != Value::Kind::kNumber) {
    return std::nullopt;
  }
  if (value.is_flat ? ReadInteger(value.text, integer)
                    : value.element.get(integer) == simdjson::SUCCESS) {
    return integer;
  }
  if (!value.is_flat && !value.element.is_double()) {
    return std::nullopt;
  }
  constexpr double kExact = 9007199254740992;  // 2^53: integers up to it are exact
  const double number = NumberOf(value);
  const bool is_integer = std::abs(number) <= kExact && std::trunc(number) == number;
  return is_integer ? std::optional(static_cast<std::int64_t>(number)) : std::nullopt;
}

std::optional<double> JsonFields::Number(std::size_t field) const {
  const Value& value = state_->values.at(field);
  return value.kind == Value::Kind::kNumber ? std::optional(NumberOf(value)) : std::nullopt;
}

std::string_view JsonFields::NumberText(std::size_t field) const {
  const Value& value = state_->values.at(field);
  if (value.kind != Value::Kind::kNumber) {
    return {};
  }
  return value.is_flat ? value.text : ValueText(state_->text, value.position);
}

std::optional<std::span<const PartyId>> JsonFields::PartyIds(std::size_t field) {
  const Value& value = state_->values.at(field);
  dom::array array;
  if (value.kind != Value::Kind::kOther || value.is_flat ||
      value.element.get(array) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  state_->party_ids.clear();
  for (const dom::element element : array) {
    const auto id = ReadPartyId(element);
    if (!id) {
      return std::nullopt;
    }
    state_->party_ids.push_back(*id);
  }
  return state_->party_ids;
}

std::optional<std::span<const std::string_view>> JsonFields::Texts(std::size_t field) {
  const Value& value = state_->values.at(field);
  dom::array array;
  if (value.kind != Value::Kind::kOther || value.is_flat ||
      value.element.get(array) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  state_->texts.clear();
  for (const dom::element element : array) {
    const auto text = TextOf(element);
    if (!text) {
      return std::nullopt;
    }
    state_->texts.push_back(*text);
  }
  return state_->texts;
}

bool IsUtf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace weir::enrich
