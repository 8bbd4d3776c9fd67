#include "enrich/junk_id.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace weir::enrich {
namespace {

constexpr std::size_t kLongestWord = 9;

bool IsJunkWord(std::string_view id) {
  constexpr std::array<std::string_view, 8> kWords = {"-1",  "null",   "none",    "undefined",
                                                      "nan", "optout", "opt-out", "opted-out"};
  return id.size() <= kLongestWord && std::ranges::any_of(kWords, [&](std::string_view word) {
           return EqualIgnoringCase(id, word);
         });
}

}  // namespace

bool IsJunkId(std::string_view id) {
  id = Trimmed(id);
  if (id.empty()) {
    return true;
  }
  const bool may_be_zeros = id.front() == '0' || id.front() == '-';
  const bool is_zeros = may_be_zeros && id.find_first_not_of("0-") == std::string_view::npos &&
                        id.find('0') != std::string_view::npos;
  return is_zeros || IsJunkWord(id);
}

}  // namespace weir::enrich
