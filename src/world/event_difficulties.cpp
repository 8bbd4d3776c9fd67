#include "world/event_difficulties.h"

#include <array>

#include "world/time_text.h"

namespace weir::world {
namespace {

// A late event's time keeps its own remainder of milliseconds (person_days.cpp), so that it equals
// no other event's.
constexpr std::int64_t kLatenessStep = 4;

struct BadShare {
  Outcome outcome;
  std::uint32_t share;  // in thousandths
};
constexpr std::array<BadShare, 7> kBadShares = {{{Outcome::kLineTooLong, 2},
                                                 {Outcome::kInvalidUtf8, 158},
                                                 {Outcome::kNotJson, 250},
                                                 {Outcome::kMissingField, 250},
                                                 {Outcome::kBadTimestamp, 140},
                                                 {Outcome::kFutureTimestamp, 80},
                                                 {Outcome::kBadUrl, 120}}};

Outcome PickBad(Feed feed, RandomStream& random) {
  std::uint32_t position = random.Below(1000);
  std::size_t index = 0;
  while (position >= kBadShares[index].share) {
    position -= kBadShares[index++].share;
  }
  const Outcome outcome = kBadShares[index].outcome;
  const bool has_url = feed != Feed::kMapping;
  return outcome == Outcome::kBadUrl && !has_url ? Outcome::kMissingField : outcome;
}

void MakeLate(RandomStream& random, RawEvent& event) {
  const std::int64_t days = random.Below(4) != 0 ? 1 + random.Below(3) : 4 + random.Below(7);
  event.time += days * kLatenessStep - days * kMillisOfDay;
}

void PutJunk(RandomStream& random, RawEvent& event) {
  const auto junk =
      static_cast<std::uint8_t>(random.Below(static_cast<std::uint32_t>(JunkIds().size())));
  if (event.feed != Feed::kMapping) {
    event.junk = junk;
    return;
  }
  event.ids[random.Below(event.num_ids)].junk = junk;
}

// The rates of what rarely happens, one after the other: at most one of them per event.
void AddRareDifficulty(const World& world, RandomStream& random, RawEvent& event) {
  const Rates& rates = world.options.rates;
  Probability position = random.Next();
  const auto falls_in = [&position](Probability rate) {
    const bool hit = position < rate;
    position -= hit ? 0 : rate;
    return hit;
  };
  if (falls_in(rates.junk)) {
    PutJunk(random, event);
  } else if (falls_in(rates.bad)) {
    event.outcome = PickBad(event.feed, random);
  } else if (falls_in(rates.late)) {
    MakeLate(random, event);
  } else if (falls_in(rates.unknown_address)) {
    event.address_kind = AddressKind::kUnknown;
  }
}

// Partners may say the country; where the address has one, theirs doesn't count, and may be wrong.
void StateCountry(RandomStream& random, RawEvent& event) {
  const std::uint32_t draw = random.Below(64);
  if (event.feed == Feed::kMapping || draw >= 32) {
    return;
  }
  const bool wrong = draw == 0 && event.address_kind != AddressKind::kUnknown;
  event.stated_country =
      wrong
          ? static_cast<std::uint8_t>(random.Below(static_cast<std::uint32_t>(Countries().size())))
          : event.country;
}

bool NeedsConsent(const RawEvent& event) {
  const bool partner = event.feed == Feed::kSt || event.feed == Feed::kTt;
  if (event.address_kind != AddressKind::kUnknown) {
    return Countries()[event.country].needs_consent;
  }
  return !partner || event.stated_country == kNoCountry ||
         Countries()[event.stated_country].needs_consent;
}

bool HasJunk(const RawEvent& event) {
  if (event.feed != Feed::kMapping) {
    return event.junk != kNoJunk;
  }
  int left = 0;
  for (std::size_t index = 0; index < event.num_ids; ++index) {
    left += event.ids[index].junk == kNoJunk ? 1 : 0;
  }
  return left < 2;
}

}  // namespace

Outcome OutcomeOf(const RawEvent& event, bool erased) {
  if (IsBad(event.outcome)) {
    return event.outcome;
  }
  if (HasJunk(event)) {
    return Outcome::kJunkId;
  }
  if (event.crawler) {
    return Outcome::kBot;
  }
  if (event.consent != ConsentKind::kGrants && NeedsConsent(event)) {
    return Outcome::kNoConsent;
  }
  return erased ? Outcome::kErased : Outcome::kGood;
}

void AddDifficulties(const World& world, bool erased, RandomStream& random, RawEvent& event) {
  AddRareDifficulty(world, random, event);
  StateCountry(random, event);
  event.outcome = OutcomeOf(event, erased);
  if (!IsBad(event.outcome) && random.Chance(world.options.rates.duplicates)) {
    event.copies = static_cast<std::uint8_t>(1 + (random.Below(5) == 0 ? 1 : 0));
  }
}

}  // namespace weir::world
