#include "cli/lookalikes/absence.h"

#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/units.h"

namespace weir::cli {
namespace {

constexpr std::int64_t kMostTokens = 5000;

std::string DspsText(const MemberFacts& facts) {
  std::set<std::string> dsps;
  for (const SegmentTarget& target : facts.targets) {
    dsps.insert(target.dsp);
  }
  return fmt::to_string(fmt::join(dsps, ", "));
}

// What is wrong with the segment, whoever is asked for.
std::optional<Absence> SegmentsFault(const MemberPlace& place, const MemberFacts& facts) {
  if (facts.targets.empty()) {
    return Absence{"not_defined",
                   fmt::format("the segment isn't one of {} on {}", place.region, place.day)};
  }
  if (!facts.is_active) {
    return Absence{"not_active", "the segment isn't active"};
  }
  if (facts.scoring == "failed") {
    return Absence{"model_failed", "its model can't score: " + facts.scoring_reason};
  }
  if (facts.scoring != "scored") {
    return Absence{"no_model",
                   facts.selection_reason.empty()
                       ? fmt::format("no model: no run up to {} has a champion", place.day)
                       : "no model: " + facts.selection_reason};
  }
  return std::nullopt;
}

std::string NoHistoryText(const SeenEvents& seen, const HistoryLimits& limits) {
  if (seen.events == 0) {
    return fmt::format("no events in the last {} days", limits.history_days);
  }
  if (seen.tokens > kMostTokens) {
    return fmt::format("{} tokens; people with more than {} aren't looked at",
                       FormatCount(seen.tokens), FormatCount(kMostTokens));
  }
  const std::string before =
      seen.tokens < limits.min_tokens
          ? ""
          : fmt::format(
                " are left once pages within {} minutes of a pixel's fire and the words of pixels' "
                "domains are out: of {}",
                limits.fire_window, FormatCount(seen.tokens));
  return fmt::format("fewer than {} tokens{}, of {} events in the last {} days", limits.min_tokens,
                     before, FormatCount(seen.events), limits.history_days);
}

// Why the person, who isn't sent, isn't among the ranked.
Absence RanksFault(const MemberFacts& facts) {
  if (!facts.ranked) {
    return {"not_among_best", fmt::format("not scored among the best {} people, which are kept",
                                          FormatCount(facts.num_scored))};
  }
  const std::string rank =
      fmt::format("rank {} of {}", FormatCount(facts.ranked->rank), FormatCount(facts.num_scored));
  if (facts.is_held_back) {
    return {"held_back", rank +
                             ", but held back as control: a share of people is never sent, and "
                             "compared with those who are"};
  }
  if (facts.num_members == 0) {
    return {"not_synced", rank + ", but lookalike_segment_sync hasn't sent anybody"};
  }
  if (facts.ranked->rank > facts.max_size) {
    return {"beyond_size",
            fmt::format("{} is beyond the size of {}", rank, FormatCount(facts.max_size))};
  }
  return {"beyond_size", fmt::format("{} is beyond the size of {} ids: people have several, or the "
                                     "day's files were taken before",
                                     rank, FormatCount(facts.max_size))};
}

}  // namespace

std::optional<Absence> WhyAbsent(const MemberPlace& place, const MemberFacts& facts,
                                 const SeenEvents& seen, const HistoryLimits& limits) {
  if (!facts.memberships.empty()) {
    return std::nullopt;
  }
  if (auto fault = SegmentsFault(place, facts)) {
    return fault;
  }
  if (facts.dsp_ids.empty()) {
    return Absence{"no_dsp_id",
                   "not eligible: no id that the segment's DSPs know (" + DspsText(facts) + ")"};
  }
  if (!facts.history) {
    return Absence{"no_history", "not eligible: " + NoHistoryText(seen, limits)};
  }
  if (facts.is_positive) {
    return Absence{"positive",
                   "is a positive: fired a pixel of the segment, whom it is to be like"};
  }
  return RanksFault(facts);
}

}  // namespace weir::cli
