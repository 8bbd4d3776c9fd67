#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/nearest_name.h"
#include "project/shape.h"

namespace weir::project {
namespace {

using ShapeKind = Shape::Kind;

std::string Listed(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

// "a text", "a whole number": what a user is asked for.
std::string NameOf(const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kText:
      return "a text";
    case ShapeKind::kInteger:
      return fmt::format("a whole number, at least {}", shape.least.value_or(0));
    case ShapeKind::kNumber:
      return fmt::format("a number, at least {}", shape.least.value_or(0));
    case ShapeKind::kBoolean:
      return "true or false";
    case ShapeKind::kList:
      return "a list";
    case ShapeKind::kDictionary:
    case ShapeKind::kRecord:
      return "a map";
    case ShapeKind::kOneOf:
    case ShapeKind::kAny:
      break;
  }
  std::vector<std::string> names;
  names.reserve(shape.parts.size());
  for (const Shape& part : shape.parts) {
    names.push_back(NameOf(part));
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

bool IsBoolean(const YamlValue& value) {
  return value.kind == YamlValue::Kind::kText && !value.quoted &&
         (value.text == "true" || value.text == "false");
}

// Whether a value could be meant as `shape`, by its kind alone.
bool Fits(const YamlValue& value, const Shape& shape) {
  switch (shape.kind) {
    case ShapeKind::kBoolean:
      return IsBoolean(value);
    case ShapeKind::kText:
    case ShapeKind::kInteger:
    case ShapeKind::kNumber:
      return value.kind == YamlValue::Kind::kText;
    case ShapeKind::kList:
      return value.kind == YamlValue::Kind::kList;
    case ShapeKind::kDictionary:
    case ShapeKind::kRecord:
      return value.kind == YamlValue::Kind::kMap;
    case ShapeKind::kOneOf:
    case ShapeKind::kAny:
      return true;
  }
  return false;
}

using Keys = std::vector<const Key*>;

// All keys that a record may have here: its own, behind those of the variants that it shows; each
// name once.
Keys KeysOf(const Shape& shape, const std::vector<const Variant*>& shown) {
  Keys keys;
  const auto add = [&](const Key& key) {
    if (std::ranges::find(keys, key.name, &Key::name) == keys.end()) {
      keys.push_back(&key);
    }
  };
  for (const Variant* variant : shown) {
    std::ranges::for_each(variant->keys, add);
  }
  std::ranges::for_each(shape.keys, add);
  return keys;
}

std::vector<std::string> Names(const Keys& keys) {
  std::vector<std::string> names;
  std::ranges::transform(keys, std::back_inserter(names), &Key::name);
  return names;
}

class Checker {
 public:
  explicit Checker(Mistakes& mistakes) : mistakes_(mistakes) {}

  void Check(YamlValue& value, const Shape& shape, const std::string& label) {
    const std::size_t before = mistakes_.size();
    CheckKind(value, shape, label);
    value.sound = mistakes_.size() == before;
  }

 private:
  void CheckKind(YamlValue& value, const Shape& shape, const std::string& label) {
    if (shape.kind == ShapeKind::kOneOf) {
      const auto fitting =
          std::ranges::find_if(shape.parts, [&](const Shape& part) { return Fits(value, part); });
      return fitting != shape.parts.end() ? CheckKind(value, *fitting, label)
                                          : Refuse(value, shape, label);
    }
    if (!Fits(value, shape)) {
      return Refuse(value, shape, label);
    }
    switch (shape.kind) {
      case ShapeKind::kText:
        return CheckText(value, shape, label);
      case ShapeKind::kInteger:
      case ShapeKind::kNumber:
        return CheckNumber(value, shape, label);
      case ShapeKind::kList:
        return CheckList(value, shape, label);
      case ShapeKind::kDictionary:
        return CheckDictionary(value, shape, label);
      case ShapeKind::kRecord:
        return CheckRecord(value, shape);
      default:
        return;
    }
  }

  void Refuse(const YamlValue& value, const Shape& shape, const std::string& label) {
    if (shape.kind == ShapeKind::kRecord && shape.noun.empty()) {
      mistakes_.Note(value.place, fmt::format("a map is needed {}, with the keys {}",
                                              label.empty() ? "here" : "at '" + label + "'",
                                              Listed(Names(KeysOf(shape, {})))));
      return;
    }
    mistakes_.Note(value.place, fmt::format("'{}' must be {}", label, NameOf(shape)));
  }

  void CheckText(const YamlValue& value, const Shape& shape, const std::string& label) {
    if (value.text.empty() && !shape.may_be_empty) {
      mistakes_.Note(value.place, fmt::format("'{}' is empty", label));
    } else if (!shape.words.empty() &&
               std::ranges::find(shape.words, value.text) == shape.words.end()) {
      mistakes_.Note(value.place,
                     fmt::format("unknown {} '{}'; allowed: {}{}", label, value.text,
                                 Listed(shape.words), DidYouMean(value.text, shape.words)));
    } else if (const auto mistake = shape.format ? shape.format->mistake(value.text)
                                                 : std::optional<std::string>()) {
      mistakes_.Note(value.place, fmt::format("{} '{}': {}", label, value.text, *mistake));
    }
  }

  void CheckNumber(const YamlValue& value, const Shape& shape, const std::string& label) {
    const auto number = shape.kind == ShapeKind::kNumber
                            ? ParseNumber(value.text)
                            : std::optional<double>(ParseInteger(value.text));
    const bool right =
        number && !value.quoted && (!shape.least || *number >= static_cast<double>(*shape.least));
    if (!right) {
      mistakes_.Note(value.place,
                     fmt::format("{} '{}': {} is needed", label, value.text, NameOf(shape)));
    }
  }

  void CheckList(YamlValue& value, const Shape& shape, const std::string& label) {
    std::set<std::string> seen;
    for (YamlValue& item : value.items) {
      Check(item, shape.parts.front(), label);
      const bool repeats =
          item.kind == YamlValue::Kind::kText && item.sound &&
          !seen.insert(shape.ignores_case ? LowerCase(item.text) : item.text).second &&
          !shape.may_repeat;
      if (repeats) {
        mistakes_.Note(item.place, fmt::format("'{}' stands in '{}' twice", item.text, label));
      }
    }
    if (value.items.empty() && shape.least) {
      mistakes_.Note(value.place, fmt::format("'{}' is empty", label));
    }
  }

  void CheckDictionary(YamlValue& value, const Shape& shape, const std::string& label) {
    std::set<std::string> seen;
    for (YamlEntry& entry : value.entries) {
      if (const auto mistake = shape.format->mistake(entry.key)) {
        mistakes_.Note(entry.place,
                       fmt::format("name '{}' in '{}': {}", entry.key, label, *mistake));
      } else if (!seen.insert(entry.key).second) {
        mistakes_.Note(entry.place, fmt::format("key '{}' stands here twice", entry.key));
      }
      Check(entry.value, shape.parts.front(), entry.key);
    }
    if (value.entries.empty() && shape.least) {
      mistakes_.Note(value.place, fmt::format("'{}' is empty", label));
    }
  }

  // The variants whose first key stands in the record; exactly one should.
  std::vector<const Variant*> ShownVariants(const YamlValue& value, const Shape& shape) {
    std::vector<const Variant*> shown;
    std::vector<std::string> kinds;
    for (const Variant& variant : shape.variants) {
      kinds.push_back(variant.keys.front().name);
      if (value.Has(kinds.back())) {
        shown.push_back(&variant);
      }
    }
    if (shown.empty() && !kinds.empty()) {
      mistakes_.Note(value.place,
                     fmt::format("{} needs exactly one of the keys {}", shape.noun, Listed(kinds)));
      for (const Variant& variant : shape.variants) {
        shown.push_back(&variant);
      }
    } else if (shown.size() > 1) {
      mistakes_.Note(value.place,
                     fmt::format("{} has one kind; here '{}' and '{}' stand together", shape.noun,
                                 shown[0]->keys.front().name, shown[1]->keys.front().name));
    }
    return shown;
  }

  void CheckRecord(YamlValue& value, const Shape& shape) {
    const Keys keys = KeysOf(shape, ShownVariants(value, shape));
    std::set<std::string_view> seen;
    for (YamlEntry& entry : value.entries) {
      const auto key = std::ranges::find(keys, entry.key, &Key::name);
      if (key == keys.end() && shape.parts.empty()) {
        mistakes_.Note(entry.place,
                       fmt::format("unknown key '{}'; allowed: {}{}", entry.key,
                                   Listed(Names(keys)), DidYouMean(entry.key, Names(keys))));
        continue;
      }
      if (!seen.insert(entry.key).second) {
        mistakes_.Note(entry.place, fmt::format("key '{}' stands here twice", entry.key));
      }
      Check(entry.value, key == keys.end() ? shape.parts.front() : (*key)->shape, entry.key);
    }
    for (const Key* key : keys) {
      if (key->required && !seen.contains(key->name)) {
        mistakes_.Note(value.place,
                       fmt::format("the key '{}' is missing: {}", key->name, key->doc));
      }
    }
  }

  Mistakes& mistakes_;
};

}  // namespace

void CheckShape(YamlValue& value, const Shape& shape, const std::string& label,
                Mistakes& mistakes) {
  Checker(mistakes).Check(value, shape, label);
}

}  // namespace weir::project
