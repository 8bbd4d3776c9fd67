#pragma once

#include <algorithm>
#include <string>
#include <string_view>

// Letters as file formats, SQL and settings know them: ASCII alone, whatever the locale.
namespace weir {

inline constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

constexpr bool IsDigit(char letter) { return letter >= '0' && letter <= '9'; }

constexpr bool IsSpace(char letter) { return kWhiteSpace.find(letter) != std::string_view::npos; }

constexpr char LowerLetter(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    letter = LowerLetter(letter);
  }
  return lower;
}

constexpr bool EqualIgnoringCase(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](char a, char b) { return LowerLetter(a) == LowerLetter(b); });
}

// Without white space at both ends.
constexpr std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

// A URL or path without the slashes at its end.
constexpr std::string_view WithoutEndSlashes(std::string_view text) {
  while (text.ends_with('/')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace weir
