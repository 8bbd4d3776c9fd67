// One pass over host and path, run of letters by run of letters. ASCII, which is nearly everything,
// is told by a table; other code points by utf8proc. A word's first 8 bytes are also held as one
// integer, by which stop words are found and most different words told apart at once.
#include "enrich/words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <unordered_set>

#include <utf8proc.h>

#include "enrich/word_lists.h"
#include "enrich/word_text.h"

namespace weir::enrich {
namespace {

constexpr StopWordTable kStopWordTable;
constexpr std::uint64_t kLowerBits = 0x2020202020202020;  // 'A' | 0x20 == 'a'

constexpr std::array<bool, 256> kIsAsciiLetter = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 'a'; c <= 'z'; ++c) {
    table[c] = true;
    table[c - 'a' + 'A'] = true;
  }
  return table;
}();

bool IsAsciiLetter(char c) { return kIsAsciiLetter[static_cast<std::uint8_t>(c)]; }
bool IsAscii(char c) { return static_cast<std::uint8_t>(c) < 0x80; }

bool IsLetter(char32_t code_point) {
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

template <typename Integer>
std::uint64_t Load(const char* bytes) {
  Integer value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

// Pack() of at least two ASCII letters in lower case. Of 2 to 7 letters the first and the last few
// are read, which overlap: a bit that is set twice is set.
std::uint64_t PackLower(std::string_view letters) {
  static_assert(std::endian::native == std::endian::little);
  const std::size_t size = letters.size();
  const char* begin = letters.data();
  if (size >= 8) {
    return Load<std::uint64_t>(begin) | kLowerBits;
  }
  const std::size_t part = size >= 4 ? 4 : 2;
  const char* last = begin + (size - part);
  const std::uint64_t packed =
      part == 4 ? Load<std::uint32_t>(begin) | Load<std::uint32_t>(last) << (8 * (size - part))
                : Load<std::uint16_t>(begin) | Load<std::uint16_t>(last) << (8 * (size - part));
  return packed | (kLowerBits >> (64 - 8 * size));
}

// Puts words into a vector, whose strings it uses again.
class WordCollector {
 public:
  explicit WordCollector(std::vector<std::string>& words) : words_(words) {}

  // A run of two or more ASCII letters in any case.
  void AddAscii(std::string_view letters);
  // A run of two or more letters, in lower case already.
  void AddLower(std::string_view letters) { Add(letters, Pack(letters)); }
  // Drops what the vector held before.
  void Finish() { words_.resize(count_); }

 private:
  static constexpr std::size_t kCompared = 32;  // words told apart one by one; the rest, by a set

  void Add(std::string_view word, std::uint64_t packed);
  bool IsNew(std::string_view word, std::uint64_t packed);

  std::vector<std::string>& words_;
  std::size_t count_ = 0;
  std::array<std::uint64_t, kCompared> packed_;  // of the first words
  std::unordered_set<std::string> rest_;
};

void WordCollector::AddAscii(std::string_view letters) {
  const std::uint64_t packed = PackLower(letters);
  if (letters.size() <= 8) {
    char lower[8];
    std::memcpy(lower, &packed, 8);
    Add({lower, letters.size()}, packed);
    return;
  }
  std::string lower(letters);
  std::ranges::for_each(lower, [](char& c) { c = static_cast<char>(c | 0x20); });
  Add(lower, packed);
}

void WordCollector::Add(std::string_view word, std::uint64_t packed) {
  if ((word.size() <= kLongestStopWord && kStopWordTable.Contains(packed)) ||
      !IsNew(word, packed)) {
    return;
  }
  if (count_ < kCompared) {
    packed_[count_] = packed;
  } else {
    rest_.emplace(word);
  }
  if (count_ < words_.size()) {
    words_[count_].assign(word);
  } else {
    words_.emplace_back(word);
  }
  ++count_;
}

bool WordCollector::IsNew(std::string_view word, std::uint64_t packed) {
  for (std::size_t i = 0; i < std::min(count_, kCompared); ++i) {
    if (packed_[i] == packed && words_[i] == word) {
      return false;
    }
  }
  return count_ <= kCompared || !rest_.contains(std::string(word));
}

// Takes the run of letters that `text` begins with, if any, or its first character, by code points.
// Returns the number of bytes taken.
std::size_t TakeAnyRun(std::string_view text, WordCollector& words) {
  std::string word;
  std::size_t num_letters = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    char32_t code_point = 0;
    const std::size_t size = DecodeCodePoint(text.substr(at), code_point);
    if (size == 0 || !IsLetter(code_point)) {
      at += std::max<std::size_t>(size, 1);
      break;
    }
    AppendCodePoint(
        static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point))), word);
    ++num_letters;
    at += size;
  }
  if (num_letters > 1) {
    words.AddLower(word);
  }
  return at;
}

void SplitText(std::string_view text, WordCollector& words) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && IsAsciiLetter(text[end])) {
      ++end;
    }
    if (end < text.size() && !IsAscii(text[end])) {
      at += TakeAnyRun(text.substr(at), words);
      continue;
    }
    if (end - at > 1) {
      words.AddAscii(text.substr(at, end - at));
    }
    at = end + 1;
  }
}

std::string_view WithoutExtension(std::string_view path) {
  const std::size_t segment = path.rfind('/') + 1;
  const std::size_t dot = path.rfind('.');
  return dot != std::string_view::npos && dot >= segment && IsDroppedExtension(path.substr(dot + 1))
             ? path.substr(0, dot)
             : path;
}

}  // namespace

WordSplitter::WordSplitter(const PublicSuffixList& list) : list_(list) {}

void WordSplitter::Split(const ParsedUrl& url, std::vector<std::string>& words) const {
  Split(url, list_.PartsOf(url.host).suffix, words);
}

void WordSplitter::Split(const ParsedUrl& url, std::size_t suffix,
                         std::vector<std::string>& words) {
  WordCollector collector(words);
  std::string decoded;
  std::string_view host = url.host.substr(0, suffix);
  if (host.find("xn--") != std::string_view::npos) {
    DecodeHost(host, decoded);
    host = decoded;
  }
  SplitText(host, collector);
  std::string_view path = url.path;
  if (path.find('%') != std::string_view::npos) {
    DecodePath(path, decoded);
    path = decoded;
  }
  SplitText(WithoutExtension(path), collector);
  collector.Finish();
}

}  // namespace weir::enrich
