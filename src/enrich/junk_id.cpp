#include "enrich/junk_id.h"

#include <algorithm>
#include <array>

namespace weir::enrich {
namespace {

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
constexpr std::size_t kLongestWord = 9;

bool IsWord(std::string_view id, std::string_view lower_case_word) {
  return std::ranges::equal(id, lower_case_word, [](char left, char right) {
    return (left >= 'A' && left <= 'Z' ? left - 'A' + 'a' : left) == right;
  });
}

bool IsJunkWord(std::string_view id) {
  constexpr std::array<std::string_view, 8> kWords = {"-1",  "null",   "none",    "undefined",
                                                      "nan", "optout", "opt-out", "opted-out"};
  return id.size() <= kLongestWord &&
         std::ranges::any_of(kWords, [&](std::string_view word) { return IsWord(id, word); });
}

}  // namespace

bool IsJunkId(std::string_view id) {
  const std::size_t first = id.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) {
    return true;
  }
  id = id.substr(first, id.find_last_not_of(kWhiteSpace) - first + 1);
  const bool is_zeros = id.find_first_not_of("0-") == std::string_view::npos &&
                        id.find('0') != std::string_view::npos;
  return is_zeros || IsJunkWord(id);
}

}  // namespace weir::enrich
