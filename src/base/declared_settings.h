#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

// The settings (`with:`) that operators and connectors take: declared once, and so checked, filled
// in with defaults and listed by one code.
namespace weir {

enum class SettingType : std::uint8_t { kBoolean, kInteger, kNumber, kText, kTexts, kObject };

struct Setting {
  std::string name;
  SettingType type = SettingType::kText;
  nlohmann::json standard{};  // the value if none is given; null: then the setting is left out
  bool required = false;
  std::vector<std::string> allowed{};  // of a text, or of each of kTexts; empty: any
  std::optional<double> least{};       // of a number
  std::optional<double> most{};
  std::string doc{};
};

// What is wrong with `given` (an object, or null for none), a line each: unknown names with the
// nearest one, missing ones, wrong types and values. A text that holds "{name}" passes for any
// type: it is a value still to be filled in.
std::vector<std::string> SettingMistakes(const std::vector<Setting>& declared,
                                         const nlohmann::json& given);

// `given` with defaults filled in; numbers and booleans that were filled in as texts are such
// again, and a text where a list of texts is wanted is a list of one. Throws UserError with all
// mistakes.
nlohmann::json CompleteSettings(const std::vector<Setting>& declared, const nlohmann::json& given);

}  // namespace weir
