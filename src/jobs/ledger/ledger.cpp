#include "jobs/ledger/ledger.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "jobs/ledger/ledger_state.h"

namespace weir::jobs {

std::string Holder::text() const {
  return fmt::format("process {} on host {}, since {}, last sign of life {}", record.owner.pid,
                     record.owner.host, FormatTimestamp(record.started),
                     FormatTimestamp(record.renewed));
}

Ledger::Ledger(lake::Warehouse& warehouse, const std::filesystem::path& cache,
               const LedgerOptions& options)
    : state_(std::make_unique<State>(warehouse, cache, options)) {}

Ledger::~Ledger() = default;

void Ledger::Refresh() {
  state_->WithCache([this](RunCache& cache) {
    state_->Sync(cache, "");
    if (!state_->warehouse.is_read_only()) {
      state_->MendAll(cache);
    }
  });
}

NewestRuns Ledger::RunsOf(const std::string& job, const std::string& partition) {
  return state_->WithCache([&](RunCache& cache) { return cache.Newest(job, partition); });
}

std::vector<RunRecord> Ledger::Newest(const std::string& job, const std::string& partition) {
  NewestRuns runs = RunsOf(job, partition);
  std::map<Interval, RunRecord> by_interval;
  for (auto* list : {&runs.unsuccessful, &runs.succeeded}) {  // of two the first stays
    for (RunRecord& run : *list) {
      by_interval.emplace(run.key.interval, std::move(run));
    }
  }
  std::vector<RunRecord> newest;
  newest.reserve(by_interval.size());
  for (auto& [interval, run] : by_interval) {
    newest.push_back(std::move(run));
  }
  return newest;
}

std::vector<RunRecord> Ledger::NewestSucceeded(const std::string& job,
                                               const std::string& partition) {
  return RunsOf(job, partition).succeeded;
}

std::optional<RunRecord> Ledger::Find(const std::string& run_id) {
  return state_->WithCache([&](RunCache& cache) -> std::optional<RunRecord> {
    auto run = cache.FindNewest(run_id);
    return run ? std::optional(std::move(run->record)) : std::nullopt;
  });
}

std::vector<RunRecord> Ledger::Attempts(const std::string& run_id) {
  return state_->WithCache([&](RunCache& cache) { return cache.Attempts(run_id); });
}

std::vector<RunRecord> Ledger::List(const Filter& filter) {
  return state_->WithCache([&](RunCache& cache) {
    return cache.List(filter.job, filter.partition,
                      filter.state ? static_cast<int>(*filter.state) : -1, filter.limit);
  });
}

std::vector<std::string> Ledger::Jobs() {
  return state_->WithCache([](RunCache& cache) { return cache.Jobs(); });
}

void Ledger::State::RequireWritable() const {
  if (warehouse.is_read_only()) {
    throw UserError("the runs of {} are only looked at from here", warehouse.root());
  }
}

bool Ledger::IsAbandoned(const RunRecord& record) {
  constexpr Micros kPatience = 60'000'000;
  return record.state == RunState::kRunning &&
         (record.renewed == 0 || Now() - record.renewed > kPatience ||
          LivenessOf(record.owner) == Liveness::kDead);
}

LeaseAttempt Ledger::Take(RunRecord start) {
  state_->RequireWritable();
  return state_->WithCache([&](RunCache& cache) { return state_->Take(cache, start); });
}

std::size_t Ledger::Compact(std::size_t threshold) {
  state_->RequireWritable();
  return state_->WithCache([&](RunCache& cache) { return state_->Compact(cache, threshold); });
}

std::optional<std::string> Ledger::Remembered(const std::string& key) {
  return state_->WithCache([&](RunCache& cache) { return cache.Remembered(key); });
}

void Ledger::Remember(const std::string& key, const std::string& value) {
  state_->WithCache([&](RunCache& cache) { cache.Remember(key, value); });
}

std::string Ledger::Generation(const std::string& job, const std::string& partition) {
  return state_->WithCache([&](RunCache& cache) { return cache.Generation(job, partition); });
}

}  // namespace weir::jobs
