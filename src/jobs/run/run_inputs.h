#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "jobs/ledger/run_record.h"
#include "jobs/plan/reading.h"
#include "jobs/run/lakes.h"
#include "lake/file_selection.h"

namespace weir::jobs {

// The state tables that a chain of runs hands on before its last one commits them: by table, the
// snapshot as it would be.
using ChainStates = std::map<std::string, lake::Snapshot>;

// Finds the files that a condition needs; one for all threads, since it has a database of its own.
class SharedSelector {
 public:
  void Narrow(std::string_view select, std::vector<lake::FileSelection>& selections);

 private:
  std::mutex mutex_;
  lake::FileSelector selector_;
};

struct RunInput {
  InputRecord record;
  std::string select;  // the rows, for SQL
  lake::TableFolder folder{};
  std::vector<lake::AddFile> files{};  // that may hold them
  bool is_whole = false;               // all rows of these files, without a condition
};

struct InputSources {
  Lakes& lakes;
  SharedSelector& selector;
  const std::vector<JobInstance>& instances;
  const ChainStates& chain;
  // Versions to read instead of the latest, by table: those that a replayed run read.
  std::map<std::string, std::int64_t> pinned{};
  // Latest snapshots that are open already, by table, or null.
  const std::map<std::string, lake::Snapshot>* opened = nullptr;
};

// Opens what a run of `interval` reads, all latest versions as of one moment, each limited to its
// window and `where`, with only the files that may hold such rows. `readings` has one entry an
// input. Throws UserError for a table that isn't there, or whose columns nobody declares.
std::vector<RunInput> OpenInputs(const JobInstance& instance, const Interval& interval,
                                 std::span<const Reading> readings, const InputSources& sources);

// 32 hex digits of what the files hold, whatever their order and layout (lake/data_origin.h).
std::string DigestOf(const std::vector<lake::AddFile>& files);

}  // namespace weir::jobs
