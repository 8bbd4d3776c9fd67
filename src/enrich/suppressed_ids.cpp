#include "enrich/suppressed_ids.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"

namespace weir::enrich {
namespace {

bool IsOfWord(char letter) {
  return IsDigit(letter) || (LowerLetter(letter) >= 'a' && LowerLetter(letter) <= 'z') ||
         std::string_view("-_.~%+").find(letter) != std::string_view::npos;
}

std::vector<std::string_view> WordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  while (begin < text.size()) {
    std::size_t end = begin;
    while (end < text.size() && IsOfWord(text[end])) {
      ++end;
    }
    if (end > begin) {
      words.push_back(text.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return words;
}

}  // namespace

SuppressedIds::SuppressedIds(std::string salt, std::vector<Hash128> hashes)
    : salt_(std::move(salt)), hashes_(std::move(hashes)) {
  std::ranges::sort(hashes_);
}

// Each text has its length before it, so that no two lists of texts look the same.
Hash128 SuppressedIds::HashId(std::string_view salt, std::string_view party, std::string_view id) {
  std::string bytes;
  for (const std::string_view text : {salt, party, id}) {
    const std::uint64_t size = text.size();
    bytes.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(text);
  }
  return HashOf(bytes);
}

bool SuppressedIds::Contains(std::string_view party, std::string_view id) const {
  return !IsEmpty() && std::ranges::binary_search(hashes_, HashId(salt_, party, id));
}

bool SuppressedIds::IsNamedIn(std::string_view text, std::string_view party) const {
  if (IsEmpty()) {
    return false;
  }
  constexpr std::size_t kNear = 4;
  const std::vector<std::string_view> words = WordsOf(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!party.empty()) {
      if (Contains(party, words[i])) {
        return true;
      }
      continue;
    }
    const std::size_t end = std::min(words.size(), i + kNear + 1);
    for (std::size_t near = i - std::min(i, kNear); near < end; ++near) {
      if (near != i && Contains(words[near], words[i])) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace weir::enrich
