#include "project/substitution.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::project {
namespace {

bool BeginsName(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}

bool IsNamePart(char letter) { return BeginsName(letter) || (letter >= '0' && letter <= '9'); }

// Where the name that begins behind the '{' at `open` ends, or 0 if none does.
std::size_t EndOfName(std::string_view text, std::size_t open) {
  std::size_t at = open + 1;
  while (at < text.size() && BeginsName(text[at])) {
    while (at < text.size() && IsNamePart(text[at])) {
      ++at;
    }
    if (at < text.size() && text[at] == '}') {
      return at;
    }
    if (at == text.size() || text[at] != '.') {
      return 0;
    }
    ++at;
  }
  return 0;
}

std::string Quoted(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char letter : text) {
    quoted += letter;
    if (letter == quote) {
      quoted += letter;
    }
  }
  return quoted + quote;
}

using ValueWriter = std::function<std::string(const SubstitutionValue&)>;

// A copy of a text's front in which names are replaced.
struct FilledFront {
  std::string filled;
  std::size_t at = 0;  // where the rest of the text begins
};

// Adds the next piece of `text`: a name replaced by what `write` makes of it, or one byte. Names
// that have no value stay.
void FillNext(std::string_view text, const Substitutions& values, const ValueWriter& write,
              FilledFront& front) {
  if (text.substr(front.at, 2) == "{{") {
    front.filled += '{';
    front.at += 2;
    return;
  }
  const std::size_t end = text[front.at] == '{' ? EndOfName(text, front.at) : 0;
  const auto value =
      end == 0 ? values.end() : values.find(text.substr(front.at + 1, end - front.at - 1));
  if (value == values.end()) {
    front.filled += text[front.at++];
    return;
  }
  front.filled += write(value->second);
  front.at = end + 1;
}

std::string Fill(std::string_view text, const Substitutions& values, const ValueWriter& write) {
  FilledFront front;
  while (front.at < text.size()) {
    FillNext(text, values, write, front);
  }
  return std::move(front.filled);
}

std::string PlainValue(const SubstitutionValue& value) {
  if (value.text.empty() || !std::ranges::all_of(value.text, IsNamePart)) {
    throw UserError("'{}' can't be part of a name: only letters, digits and '_' are allowed there",
                    value.text);
  }
  return value.text;
}

}  // namespace

std::vector<BracedName> BracedNames(std::string_view text) {
  std::vector<BracedName> names;
  for (std::size_t at = 0; at < text.size();) {
    if (text.substr(at, 2) == "{{") {
      at += 2;
      continue;
    }
    const std::size_t end = text[at] == '{' ? EndOfName(text, at) : 0;
    if (end == 0) {
      ++at;
      continue;
    }
    names.push_back(
        {.name = std::string(text.substr(at + 1, end - at - 1)), .begin = at, .end = end + 1});
    at = end + 1;
  }
  return names;
}

std::string FillName(std::string_view text, const Substitutions& values) {
  for (const BracedName& name : BracedNames(text)) {
    if (!values.contains(name.name)) {
      std::vector<std::string> known;
      std::ranges::transform(values, std::back_inserter(known),
                             [](const auto& value) { return value.first; });
      throw UserError("'{}': unknown name {{{}}}; allowed: {}{}", text, name.name,
                      fmt::join(known, ", "), DidYouMean(name.name, known));
    }
  }
  return Fill(text, values, PlainValue);
}

std::string FillText(std::string_view text, const Substitutions& values) {
  return Fill(text, values, [](const SubstitutionValue& value) { return value.text; });
}

std::string FillSql(std::string_view text, const Substitutions& values) {
  return Fill(text, values, SqlLiteral);
}

std::size_t PlaceBeforeFillSql(std::string_view text, const Substitutions& values,
                               std::size_t filled) {
  FilledFront front;
  while (front.at < text.size()) {
    const std::size_t begin = front.at;
    FillNext(text, values, SqlLiteral, front);
    if (front.filled.size() > filled) {
      return begin;
    }
  }
  return text.size();
}

std::string SqlLiteral(const SubstitutionValue& value) {
  switch (value.kind) {
    case SubstitutionValue::Kind::kTimestamp:
      return "TIMESTAMPTZ " + Quoted(value.text, '\'');
    case SubstitutionValue::Kind::kLiteral:
      return value.text;
    case SubstitutionValue::Kind::kName:
      return Quoted(value.text, '"');
    case SubstitutionValue::Kind::kText:
      break;
  }
  return Quoted(value.text, '\'');
}

}  // namespace weir::project
