#include "world/raw_event.h"

#include <array>

namespace weir::world {

std::string_view OutcomeName(Outcome outcome) {
  if (outcome == Outcome::kGood || outcome == Outcome::kDuplicate) {
    return outcome == Outcome::kGood ? "good" : "duplicate";
  }
  return IsBad(outcome) ? "bad" : "suppressed";
}

std::string_view ReasonName(Outcome outcome) {
  constexpr std::array<std::string_view, kNumOutcomes> kNames = {"",
                                                                 "",
                                                                 "line_too_long",
                                                                 "invalid_utf8",
                                                                 "not_json",
                                                                 "missing_field",
                                                                 "bad_timestamp",
                                                                 "future_timestamp",
                                                                 "bad_url",
                                                                 "junk_id",
                                                                 "bot",
                                                                 "no_consent",
                                                                 "erased"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string_view FeedName(Feed feed) {
  constexpr std::array<std::string_view, kNumFeeds> kNames = {"ingested-af", "ingested-st",
                                                              "ingested-tt", "ingested-mapping"};
  return kNames[static_cast<std::size_t>(feed)];
}

std::string_view EventName(EventKind kind) {
  constexpr std::array<std::string_view, 5> kNames = {"page_view", "search", "share", "click",
                                                      "conversion"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace weir::world
