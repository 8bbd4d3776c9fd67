#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "project/mistakes.h"
#include "project/yaml_value.h"

// What a YAML file of a project may hold, as data: files are checked by it and their JSON Schema is
// written from it, so that the two can't drift apart.
namespace weir::project {

// How a text must look.
struct TextFormat {
  std::string pattern;  // for editors: a regular expression of JSON Schema, which may allow more
  // What is allowed instead of `text`, with the nearest name; nothing if it is right.
  std::function<std::optional<std::string>(const std::string& text)> mistake;
};

struct Key;
struct Variant;

struct Shape {
  enum class Kind {
    kText,     // a scalar; `words` or `format` say which
    kInteger,  // at least `least`
    kNumber,   // at least `least`
    kBoolean,
    kList,        // of `parts[0]`
    kDictionary,  // any keys of `format`, values like `parts[0]`
    kRecord,      // `keys`, those of exactly one of `variants`, and others like `parts[0]`, if any
    kOneOf,       // the one of `parts` that the value's kind fits
    kAny,
  };

  Kind kind = Kind::kAny;
  std::vector<std::string> words{};
  std::optional<TextFormat> format{};
  std::optional<std::int64_t> least{};
  bool may_be_empty = false;  // of texts
  bool may_repeat = false;    // of lists of texts
  bool ignores_case = false;  // of lists of texts that may not repeat: so are equal ones found
  bool is_typed = false;      // of texts: a number or true keeps its kind
  std::vector<Shape> parts{};
  std::vector<Key> keys;
  std::vector<Variant> variants;
  std::string noun{};  // of a record with variants: "a step"
};

struct Key {
  std::string name;
  Shape shape;
  std::string doc;
  bool required = false;
};

// One kind of record, known by its first key: the keys that it has besides the record's own.
struct Variant {
  std::vector<Key> keys;
};

Shape AnyText();  // may be empty
Shape Text();
Shape Text(const TextFormat& format);
Shape Scalar();
Shape Words(std::vector<std::string> words);
Shape Integer(std::int64_t least);
Shape Number(std::int64_t least);
Shape Boolean();
Shape List(const Shape& items);
Shape TextList(const Shape& text);  // a list, or one text that stands for a list of it
Shape Dictionary(const Shape& values, const TextFormat& keys);
Shape Record(std::vector<Key> keys);
Shape OneOf(std::vector<Shape> parts);
Shape Any();

// Notes what is wrong with `value`, which stands at the key `label`, and marks it and what holds it
// as not sound.
void CheckShape(YamlValue& value, const Shape& shape, const std::string& label, Mistakes& mistakes);

}  // namespace weir::project
