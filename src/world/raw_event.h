#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "world/identifiers.h"
#include "world/people.h"

namespace weir::world {

// What becomes of a line, in the words of the conservation ledger.
enum class Outcome : std::uint8_t {
  kGood,
  kDuplicate,
  kLineTooLong,
  kInvalidUtf8,
  kNotJson,
  kMissingField,
  kBadTimestamp,
  kFutureTimestamp,
  kBadUrl,
  kJunkId,
  kBot,
  kNoConsent,
  kErased,
};
constexpr std::size_t kNumOutcomes = 13;
constexpr bool IsBad(Outcome outcome) {
  return outcome >= Outcome::kLineTooLong && outcome <= Outcome::kBadUrl;
}
// "good", "bad", "duplicate", "suppressed".
std::string_view OutcomeName(Outcome outcome);
// "missing_field", "bot", …; empty for good lines and duplicates.
std::string_view ReasonName(Outcome outcome);

enum class Feed : std::uint8_t { kAf, kSt, kTt, kMapping };
constexpr std::size_t kNumFeeds = 4;
// "ingested-af", …
std::string_view FeedName(Feed feed);

enum class EventKind : std::uint8_t { kPageView, kSearch, kShare, kClick, kConversion };
// As raw events spell it: "page_view", …
std::string_view EventName(EventKind kind);

enum class AddressKind : std::uint8_t { kIpv4, kIpv6, kMapped, kUnknown };
constexpr std::uint8_t kNoCountry = 255;
constexpr std::uint8_t kNoJunk = 255;
constexpr std::size_t kMaxSyncedIds = 5;

// One id of a cookie sync.
struct SyncedId {
  Party party = Party::kAf;
  std::uint8_t junk = kNoJunk;  // what stands in its place, an index into JunkIds()
  CookieSet cookies;
};

// One event before it is written. Its line's details are drawn from a stream named by person, day
// and sequence.
struct RawEvent {
  std::int64_t time = 0;  // ms since 1970
  std::uint32_t person = 0;
  std::uint16_t day = 0;
  std::uint16_t sequence = 0;
  Feed feed = Feed::kSt;
  EventKind kind = EventKind::kPageView;
  Outcome outcome = Outcome::kGood;  // of its first line
  std::uint8_t copies = 0;           // further lines in the same file
  std::uint8_t junk = kNoJunk;       // in place of the id, an index into JunkIds()
  std::uint8_t topic = 0;
  std::uint8_t user_agent = 0;
  bool crawler = false;  // the user agent is one of CrawlerUserAgents()
  CookieSet cookies;
  bool by_advertiser = false;
  std::uint32_t site = 0;  // or the advertiser
  std::uint32_t page = 0;
  AddressKind address_kind = AddressKind::kIpv4;
  std::uint8_t country = 0;                  // of the address
  std::uint8_t stated_country = kNoCountry;  // by the partner
  std::uint32_t address = 0;                 // random bits below the country's block
  ConsentKind consent = ConsentKind::kGrants;
  std::uint8_t consent_string = 0;
  std::int32_t pixel = 0;    // 0: none
  std::uint64_t order = 0;   // 0: none
  std::uint8_t num_ids = 0;  // of a sync
  std::array<SyncedId, kMaxSyncedIds> ids{};
  bool noise = false;  // a sync of different people's ids
};

}  // namespace weir::world
