#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/graph/sound_sql.h"
#include "jobs/ledger/ledger.h"
#include "jobs/plan/instance.h"
#include "jobs/plan/reading.h"
#include "jobs/run/run_inputs.h"
#include "jobs/steps/step_settings.h"
#include "project/project.h"

namespace weir::jobs {

// What the runs of one process share. Everything but `ledger`, which `ledger_mutex` guards, may be
// used by several threads.
struct RunServices {
  const project::Project& project;
  const std::vector<JobInstance>& instances;
  sql::Database& database;
  Ledger& ledger;
  std::mutex& ledger_mutex;
  SharedSelector& selector;
  SoundSql& sound;
  const StepServices& steps;
  std::stop_token stop;
  bool send = false;  // whether effects outside are done at all
};

// One run to do.
struct RunTask {
  std::size_t instance = 0;
  Interval interval;
  int generation = 1;
  std::string code_hash{};
  std::vector<Reading> readings{};  // what it reads, one entry an input
  // By table that it merges into: the state of before (StateBefore), which a chain begins with.
  std::map<std::string, Reading> merged_before{};
  // What the checks of the instance's last runs found, newest first, as far back as any looks.
  std::vector<std::vector<CheckRecord>> last_checks{};
  std::map<std::string, std::string> source_digests{};  // by step: the files outside that it reads
  std::set<std::string> finished{};                     // files that a stream has read before
  std::string why{};
  std::string chain{};        // id of the run that its chain begins with, or empty
  bool commits_state = true;  // false in a chain: the next run takes the state
  std::map<std::string, std::int64_t> sent_batches{};  // by step: a stream's newest
};

enum class RunResult : std::uint8_t {
  kRan,          // whether it succeeded or failed: see the record
  kHeld,         // another process is at it
  kDoneByOther,  // another process has done it meanwhile
};

struct RunOutcome {
  RunResult result = RunResult::kRan;
  RunRecord record{};
  bool failed_outside = false;  // an ExternalError, or a ConflictError, ended it
  std::string holder{};         // of kHeld
  std::map<std::string, connectors::ShownRows> shown{};  // by step
};

// One run of one job, from its inputs' versions to a line in the ledger: inputs → steps → data
// files → checks → commit point → effects outside → ledger. Nothing of it is visible before its
// checks have passed. Throws only for a ledger that can't be written; what fails in the run is in
// the record. `chain` is read and, for a run of a chain, takes the state to hand on.
RunOutcome RunJob(const RunTask& task, RunServices& services, ChainStates& chain);

}  // namespace weir::jobs
