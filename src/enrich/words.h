#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "enrich/public_suffix.h"
#include "enrich/url.h"

namespace weir::enrich {

// The keyword rule: the words of a URL are the runs of Unicode letters (general category L) of its
// host without the public suffix (punycode decoded) and of its path (percent-decoded; bytes that
// are not UTF-8 stay encoded), lower-cased letter by letter (Unicode's simple mapping), each once,
// in order of first appearance. Left out are words of one letter, "www", the stop words, and the
// extension of the path's last segment if it is one of a fixed list.
class WordSplitter {
 public:
  // `list` must outlive the splitter.
  explicit WordSplitter(const PublicSuffixList& list);

  // Sets `words`, whose strings' memory is used again. Any threads may call it.
  void Split(const ParsedUrl& url, std::vector<std::string>& words) const;
  // The same where it is known that the host's public suffix begins at `suffix`.
  static void Split(const ParsedUrl& url, std::size_t suffix, std::vector<std::string>& words);

 private:
  const PublicSuffixList& list_;
};

}  // namespace weir::enrich
