#include "connectors/collector/sync_rules.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/percent.h"
#include "base/sealed_text.h"
#include "enrich/url.h"

namespace weir::connectors {
namespace {

constexpr std::string_view kUid = "{uid}";
constexpr std::string_view kReturn = "{return}";
constexpr std::string_view kPurpose = "sync walk";

bool HasParty(const std::vector<std::string>& parties, const std::string& party) {
  return std::ranges::find(parties, party) != parties.end();
}

void ReplaceAll(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
}

}  // namespace

std::map<std::string, std::int32_t> ParseSyncDays(std::string_view cookie) {
  std::map<std::string, std::int32_t> days;
  while (!cookie.empty()) {
    const std::size_t end = std::min(cookie.find('-'), cookie.size());
    const std::string_view pair = cookie.substr(0, end);
    cookie.remove_prefix(std::min(end + 1, cookie.size()));
    const std::size_t dot = pair.find('.');
    if (dot == std::string_view::npos || dot == 0) {
      continue;
    }
    std::int32_t day = 0;
    const char* last = pair.data() + pair.size();
    const auto [after, error] = std::from_chars(pair.data() + dot + 1, last, day);
    if (error == std::errc() && after == last && day >= 0) {
      days.emplace(pair.substr(0, dot), day);
    }
  }
  return days;
}

std::string SyncDaysText(const std::map<std::string, std::int32_t>& days) {
  std::string text;
  for (const auto& [party, day] : days) {
    text += fmt::format("{}{}.{}", text.empty() ? "" : "-", party, day);
  }
  return text;
}

std::vector<std::string> PartiesDue(const std::vector<std::string>& parties,
                                    const std::map<std::string, std::int32_t>& days,
                                    std::int32_t today, std::int32_t resync_days) {
  std::vector<std::string> due;
  for (const std::string& party : parties) {
    const auto last = days.find(party);
    const bool is_recent =
        last != days.end() && last->second <= today && last->second > today - resync_days;
    if (!is_recent && !HasParty(due, party) && due.size() < kMostHops) {
      due.push_back(party);
    }
  }
  return due;
}

std::optional<std::string> NextParty(const SyncWalk& walk) {
  if (walk.visited.size() >= kMostHops) {
    return std::nullopt;
  }
  for (const std::string& party : walk.next) {
    const bool has_id =
        std::ranges::any_of(walk.ids, [&](const auto& id) { return id.first == party; });
    if (!has_id && !HasParty(walk.visited, party)) {
      return party;
    }
  }
  return std::nullopt;
}

std::string SealWalk(const SyncWalk& walk, std::string_view key) {
  const nlohmann::json json = {walk.ids, walk.visited, walk.next, walk.consent, walk.begun};
  return SealText(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), key,
                  kPurpose);
}

std::optional<SyncWalk> OpenWalk(std::string_view sealed, std::string_view key, Micros now,
                                 Micros most_age) {
  const auto text = OpenSealedText(sealed, key, kPurpose);
  if (!text) {
    return std::nullopt;
  }
  const auto json = nlohmann::json::parse(*text);
  SyncWalk walk{.ids = json.at(0),
                .visited = json.at(1),
                .next = json.at(2),
                .consent = json.at(3),
                .begun = json.at(4)};
  const bool is_fresh = walk.begun > now - most_age && walk.begun <= now + kMinute;
  return is_fresh ? std::optional(std::move(walk)) : std::nullopt;
}

void CheckPartnerTemplate(const std::string& party, const std::string& text) {
  enrich::UrlParser parser;
  const auto authority = text.find("//");
  const auto path = authority == std::string::npos ? authority : text.find('/', authority + 2);
  const bool has_path = path != std::string::npos;
  if (!has_path || text.find('{') < path || !parser.Parse(text.substr(0, path))) {
    throw UserError(
        "sync_partners '{}': '{}' is no URL such as https://host/path?id={{uid}}&to={{return}}",
        party, text);
  }
  for (const std::string_view name : {kUid, kReturn}) {
    if (text.find(name) == std::string::npos) {
      throw UserError("sync_partners '{}': '{}' lacks {}", party, text, name);
    }
  }
}

std::string FillPartnerTemplate(std::string_view text, std::string_view uid,
                                std::string_view back) {
  std::string filled(text);
  ReplaceAll(filled, kUid, PercentEncode(uid));
  ReplaceAll(filled, kReturn, PercentEncode(back));
  return filled;
}

}  // namespace weir::connectors
