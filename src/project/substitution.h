#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

// Names in braces, "{ds}", that a run's values are filled in for. Only known names are touched;
// "{{" is "{". There is no template language.
namespace weir::project {

struct SubstitutionValue {
  enum class Kind : std::uint8_t {
    kText,       // in SQL a text literal
    kTimestamp,  // "2026-01-05T00:00:00Z"; in SQL a TIMESTAMPTZ literal
    kLiteral,    // a number or true: in SQL as it is
    kName,       // in SQL a quoted identifier
  };
  Kind kind = Kind::kText;
  std::string text;
};

// By the name between the braces: "ds", "region", "var.x".
using Substitutions = std::map<std::string, SubstitutionValue, std::less<>>;

struct BracedName {
  std::string name;
  std::size_t begin = 0;  // of its '{'
  std::size_t end = 0;    // behind its '}'
};

// What stands in braces in `text` and looks like a name: letters, digits and '_', also with dots
// between, no digit in front. "{{ds}" holds none.
std::vector<BracedName> BracedNames(std::string_view text);

// Fills names of tables and the like: as they are. Throws UserError for a name that isn't known and
// for a value with anything but letters, digits and '_'.
std::string FillName(std::string_view text, const Substitutions& values);
// Fills settings, paths and arguments: as they are.
std::string FillText(std::string_view text, const Substitutions& values);
// Fills SQL: as literals.
std::string FillSql(std::string_view text, const Substitutions& values);

// Where in `text` the byte stands that FillSql() wrote at `filled`: of a value, its '{'.
std::size_t PlaceBeforeFillSql(std::string_view text, const Substitutions& values,
                               std::size_t filled);

// The text literal, TIMESTAMPTZ literal, number or identifier that FillSql() writes.
std::string SqlLiteral(const SubstitutionValue& value);

}  // namespace weir::project
