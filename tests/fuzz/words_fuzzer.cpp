#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "enrich/public_suffix.h"
#include "enrich/url.h"
#include "enrich/word_text.h"
#include "enrich/words.h"

namespace {

using weir::enrich::ParsedUrl;

std::string ReadList() {
  std::ifstream file(WEIR_DEPS "/public-suffix-list/public_suffix_list.dat", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Require(bool holds) {
  if (!holds) {
    __builtin_trap();
  }
}

// A word is valid UTF-8, has two letters or more and stands once.
void CheckWords(std::vector<std::string> words) {
  for (const std::string& word : words) {
    std::size_t letters = 0;
    for (std::size_t at = 0; at < word.size(); ++letters) {
      char32_t code_point = 0;
      const std::size_t size =
          weir::enrich::DecodeCodePoint(std::string_view(word).substr(at), code_point);
      Require(size > 0);
      at += size;
    }
    Require(letters > 1);
  }
  std::ranges::sort(words);
  Require(std::ranges::adjacent_find(words) == words.end());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const weir::enrich::PublicSuffixList list(ReadList());
  static const weir::enrich::WordSplitter splitter(list);
  static weir::enrich::UrlParser parser;
  static std::vector<std::string> words;
  const auto url = parser.Parse({reinterpret_cast<const char*>(data), size});
  if (!url) {
    return 0;
  }
  Require(url->host.ends_with(list.PublicSuffix(url->host)));
  Require(url->host.ends_with(list.RegistrableDomain(url->host)));
  splitter.Split(*url, words);
  CheckWords(words);
  const std::vector<std::string> keys = {"a", "id"};
  std::string kept;
  weir::enrich::KeepQueryKeys(url->query, keys, kept);
  Require(kept.size() <= url->query.size());
  const std::string with = WithQuery(*url, kept);
  const std::string host(url->host);
  const auto again = parser.Parse(with);
  Require(again && again->normalised == with && again->host == host && again->query == kept);
  return 0;
}
