#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

// Which parties a browser is sent to, so that their cookies meet ours: values in, values out.
namespace weir::connectors {

// The most parties that one browser is sent to, one after the other.
inline constexpr std::size_t kMostHops = 3;

// Days since 1970-01-01 of each party's last sync, as the cookie "st.20458-tt.20459" has them; what
// is no such pair is left out.
std::map<std::string, std::int32_t> ParseSyncDays(std::string_view cookie);
std::string SyncDaysText(const std::map<std::string, std::int32_t>& days);

// Those of `parties` whose last sync is `resync_days` or more ago, ahead of `today`, or not known:
// in their order, at most kMostHops.
std::vector<std::string> PartiesDue(const std::vector<std::string>& parties,
                                    const std::map<std::string, std::int32_t>& days,
                                    std::int32_t today, std::int32_t resync_days);

// What has happened to a browser on its way from party to party.
struct SyncWalk {
  std::vector<std::pair<std::string, std::string>> ids{};  // party, id: in order, a party once
  std::vector<std::string> visited{};                      // parties it was sent to
  std::vector<std::string> next{};                         // parties still to be visited
  std::string consent{};                                   // the TC string
  Micros begun = 0;

  friend bool operator==(const SyncWalk&, const SyncWalk&) = default;
};

// The party to be visited next: the first of `next` that was not visited, and has no id yet. None
// after kMostHops visits.
std::optional<std::string> NextParty(const SyncWalk& walk);

// The walk as a text for URLs that nobody can read, make or change without `key`, and back: a
// partner must not learn another's ids. Absent for a text that isn't one, or is older than
// `most_age` or from more than a minute ahead.
std::string SealWalk(const SyncWalk& walk, std::string_view key);
std::optional<SyncWalk> OpenWalk(std::string_view sealed, std::string_view key, Micros now,
                                 Micros most_age);

// A partner's page that brings the browser back: an absolute http(s) URL whose path or query holds
// {uid}, our id, and {return}, where the browser must come back to with the partner's id at the
// end; both are filled in percent-encoded. Throws UserError with what is wrong.
void CheckPartnerTemplate(const std::string& party, const std::string& text);
std::string FillPartnerTemplate(std::string_view text, std::string_view uid, std::string_view back);

}  // namespace weir::connectors
