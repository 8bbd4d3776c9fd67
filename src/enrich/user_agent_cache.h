#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/hashing.h"
#include "enrich/bots.h"
#include "enrich/user_agent.h"

namespace weir::enrich {

struct UserAgentVerdict {
  UserAgent agent;
  bool is_bot = false;  // a pattern of the list matches, or uap-core calls the device a Spider
};

// Remembers what was made of the last user agents. Not thread-safe: one object a thread. What it
// returns doesn't depend on what it remembers.
class UserAgentCache {
 public:
  // `parser` and `bots` must outlive the cache. At most `capacity` headers are held (2 or more).
  UserAgentCache(const UserAgentParser& parser, const BotPatterns& bots, std::size_t capacity);

  // The result is valid until the next call.
  const UserAgentVerdict& Look(std::string_view user_agent);

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return HashOf(text).low; }
  };
  using Generation = std::unordered_map<std::string, UserAgentVerdict, TextHash, std::equal_to<>>;

  void MakeRoom();

  const UserAgentParser& parser_;
  const BotPatterns& bots_;
  std::size_t capacity_;
  Generation young_;  // asked for since the generations last changed
  Generation old_;    // the one before, dropped when the young one is full
};

}  // namespace weir::enrich
