#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "project/place.h"

namespace weir::project {

struct YamlEntry;

// A value of a YAML file with its place: a plain copy of what the parser read, so that readers see
// no parser.
struct YamlValue {
  enum class Kind { kNothing, kText, kList, kMap };

  Kind kind = Kind::kNothing;
  Place place;
  std::string text;     // of a scalar, without its quotes
  bool quoted = false;  // a quoted scalar is a text, never a number or true
  bool sound = true;    // CheckShape() found nothing wrong in it
  std::vector<YamlValue> items;
  std::vector<YamlEntry> entries;  // in the order of the file; a key may stand there twice

  // The first value of a key of a map; null if there is none.
  const YamlValue* Find(std::string_view key) const;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  // What stands at `key`, if it is a scalar.
  std::optional<std::string> Text(std::string_view key) const;
  // True if `true` stands at `key`.
  bool IsTrue(std::string_view key) const;
  std::optional<std::int64_t> Integer(std::string_view key) const;
  std::optional<double> Number(std::string_view key) const;
  // The scalars of the list at `key`, or the one scalar that stands there.
  std::vector<std::string> Texts(std::string_view key) const;
  // The items of the list at `key`.
  std::span<const YamlValue> Items(std::string_view key) const;
  // The entries of the map at `key`, each key once.
  std::vector<std::reference_wrapper<const YamlEntry>> Entries(std::string_view key) const;
  // The place of the value at `key`, or this value's.
  Place PlaceOf(std::string_view key) const;
};

struct YamlEntry {
  std::string key;
  Place place;  // of the key
  YamlValue value;
};

// As YAML's core schema reads plain scalars: null, true, 12, 0.5; others are texts.
nlohmann::json ToJson(const YamlValue& value);

// Whole numbers and numbers as YAML and JSON both write them.
std::optional<std::int64_t> ParseInteger(std::string_view text);
std::optional<double> ParseNumber(std::string_view text);

}  // namespace weir::project
