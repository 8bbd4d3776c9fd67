#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "base/ascii.h"

// The fixed lists of the keyword rule.
namespace weir::enrich {

// What is never a word. One-letter words are none either and don't stand here.
constexpr std::string_view kStopWords[] = {
    "an",    "and",   "are",  "as",   "at",    "be",    "been", "but",   "by",    "can",
    "did",   "do",    "does", "for",  "from",  "had",   "has",  "have",  "he",    "her",
    "here",  "his",   "how",  "if",   "in",    "is",    "it",   "its",   "just",  "me",
    "more",  "most",  "my",   "no",   "nor",   "not",   "of",   "on",    "only",  "or",
    "other", "our",   "own",  "same", "she",   "so",    "some", "such",  "than",  "that",
    "the",   "their", "them", "then", "there", "these", "they", "this",  "those", "to",
    "too",   "very",  "was",  "we",   "were",  "what",  "when", "where", "which", "while",
    "who",   "whom",  "why",  "will", "with",  "you",   "your", "www"};
constexpr std::size_t kLongestStopWord = 5;  // bytes

// Extensions of a path's last segment that are no words, in lower case.
constexpr std::string_view kExtensions[] = {
    "html", "htm", "xhtml", "php",  "asp", "aspx", "jsp", "do",   "cgi", "amp", "xml", "json",
    "rss",  "pdf", "jpg",   "jpeg", "png", "gif",  "svg", "webp", "css", "js",  "mp3", "mp4"};
constexpr std::size_t kLongestExtension = 5;  // bytes

// The first 8 bytes of a word as an integer, the first byte lowest; zeros follow a shorter word.
constexpr std::uint64_t Pack(std::string_view word) {
  std::uint64_t packed = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(word.size(), 8); ++i) {
    packed |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(word[i])) << (8 * i);
  }
  return packed;
}

// The stop words, packed, in an open-addressing table that the compiler makes.
class StopWordTable {
 public:
  constexpr StopWordTable() {
    for (const std::string_view word : kStopWords) {
      std::size_t at = SlotOf(Pack(word));
      while (slots_[at] != 0) {
        at = (at + 1) % kSlots;
      }
      slots_[at] = Pack(word);
    }
  }

  constexpr bool Contains(std::uint64_t packed) const {
    std::size_t at = SlotOf(packed);
    while (slots_[at] != 0 && slots_[at] != packed) {
      at = (at + 1) % kSlots;
    }
    return slots_[at] != 0;
  }

 private:
  static constexpr std::size_t kSlots = 512;  // a fifth of them taken
  static constexpr std::size_t SlotOf(std::uint64_t packed) {
    return (packed * 0x9E3779B97F4A7C15ULL) >> 55;
  }
  std::array<std::uint64_t, kSlots> slots_{};
};

// A text of at most 7 bytes with its size, in lower case, as an integer.
constexpr std::uint64_t PackWithSize(std::string_view text) {
  std::uint64_t packed = text.size();
  for (const char c : text) {
    packed = packed << 8 | static_cast<std::uint8_t>(LowerLetter(c));
  }
  return packed;
}

// In any case of letters.
constexpr bool IsDroppedExtension(std::string_view text) {
  constexpr auto kPacked = [] {
    std::array<std::uint64_t, std::size(kExtensions)> packed{};
    std::ranges::transform(kExtensions, packed.begin(), PackWithSize);
    return packed;
  }();
  return text.size() <= kLongestExtension &&
         std::ranges::find(kPacked, PackWithSize(text)) != kPacked.end();
}

}  // namespace weir::enrich
