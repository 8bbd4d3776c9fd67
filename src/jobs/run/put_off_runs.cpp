#include "jobs/run/put_off_runs.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace weir::jobs {
namespace {

constexpr int kMostDoublings = 4;

// Adds all that can't be run without what is left out; one pass, as plans are in order of `needs`.
// Returns whether there was any.
bool Widen(const std::vector<PlannedRun>& runs, std::vector<bool>& left_out) {
  const std::vector<bool> before = left_out;
  std::vector<bool> chain_is_left(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    left_out[i] = left_out[i] || std::ranges::any_of(runs[i].needs, [&](std::size_t needed) {
                    return left_out[needed];
                  });
    const auto& chain = runs[i].chain;
    if (chain && left_out[i]) {
      chain_is_left[*chain] = true;
    }
  }
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& chain = runs[i].chain;
    left_out[i] = left_out[i] || (chain && chain_is_left[*chain]);
  }
  return left_out != before;
}

// The runs that stay, with the new positions of those that they come after.
std::vector<PlannedRun> Kept(std::vector<PlannedRun> runs, const std::vector<bool>& left_out) {
  std::vector<std::size_t> places(runs.size());
  std::vector<PlannedRun> kept;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    places[i] = kept.size();
    if (!left_out[i]) {
      kept.push_back(std::move(runs[i]));
    }
  }
  for (PlannedRun& run : kept) {
    std::erase_if(run.follows, [&](std::size_t other) { return left_out[other]; });
    for (std::vector<std::size_t>* others : {&run.needs, &run.follows}) {
      std::ranges::transform(*others, others->begin(), [&](std::size_t i) { return places[i]; });
    }
    run.chain = run.chain ? std::optional(places[*run.chain]) : std::nullopt;
  }
  return kept;
}

}  // namespace

void PutOffRuns::Note(const RunPlanSummary& summary, Micros now) {
  for (const auto& [place, end] : summary.ends) {
    if (end == RunEnd::kDone) {
      failures_.erase(place);
    } else if (end == RunEnd::kFailed) {
      Failures& failures = failures_[place];
      failures.again = now + (pause_ << std::min(failures.count, kMostDoublings));
      ++failures.count;
    }
  }
}

Plan PutOffRuns::Rest(Plan plan, Micros now) const {
  std::vector<bool> left_out;
  for (const PlannedRun& run : plan.runs) {
    const auto failures = failures_.find({run.instance, run.interval});
    left_out.push_back(failures != failures_.end() && now < failures->second.again);
  }
  while (Widen(plan.runs, left_out)) {
  }
  plan.runs = Kept(std::move(plan.runs), left_out);
  return plan;
}

}  // namespace weir::jobs
