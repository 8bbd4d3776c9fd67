#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hashing.h"

// Ids of events: XXH128 over their parsed values in one canonical encoding, in which no two lists
// of values look the same: a byte says whether a value is there, texts have their length before
// them, numbers are little-endian.
namespace weir::enrich {

// An id of one party.
struct PartyId {
  std::string_view party;
  std::string_view id;

  friend bool operator==(const PartyId&, const PartyId&) = default;
  friend auto operator<=>(const PartyId&, const PartyId&) = default;
};

// What makes two lines the same event.
struct EventKey {
  std::string_view party;
  std::string_view uid;
  Micros ts = 0;
  std::string_view url;  // normalised
  std::string_view event;
  std::optional<std::int64_t> pixel_id;
  std::optional<std::string_view> order_id;
};

// Encodes and hashes; keeps its buffer between calls. Not thread-safe: one per thread.
class EventIds {
 public:
  Hash128 Of(const EventKey& key);
  // `ids` without junk and repeats, in order of (party, id).
  Hash128 OfMapping(Micros ts, std::span<const PartyId> ids);

 private:
  // Begins an encoding of at most so many bytes behind the first, which says what is encoded.
  void Begin(char kind, std::size_t most_bytes);
  void AddNumber(std::uint64_t number);
  void AddText(std::string_view text);
  void AddAbsence();

  std::vector<char> bytes_;
  std::size_t used_ = 0;
};

}  // namespace weir::enrich
