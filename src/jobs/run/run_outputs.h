#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "jobs/plan/instance.h"
#include "jobs/run/run_inputs.h"
#include "lake/operation.h"
#include "lake/warehouse.h"

namespace weir::jobs {

// One table's data, written beside the table's and invisible yet.
struct StagedOutput {
  const project::Output* output = nullptr;
  lake::TableFolder folder;
  lake::Snapshot base{};
  lake::Changes changes{};
  lake::Snapshot after{};  // the table as it will be
  bool commits = true;     // false: a state that the chain hands on
};

// Where the rows of a relation come from that are rows of an input and fresh ones.
struct CarriedInput {
  std::string table{};                 // that the input is
  std::vector<lake::AddFile> files{};  // all that the input reads, whole
  std::string kept{};                  // SQL over the table's columns: true for rows that stay
  std::string fresh{};                 // a table in SQL, with the relation's columns
};

struct OutputTask {
  const JobInstance& instance;
  const Interval& interval;
  const lake::CommitInfo& origin;
  bool commits_state = true;
  bool skips_state = false;  // an older interval that isn't in a chain leaves the state alone
  // Versions to start from instead of the latest, by table (-1: none yet): of a replay.
  std::map<std::string, std::int64_t> bases{};
  // By relation. Where the table to be overwritten has the input's files, rows that stay aren't
  // written again; elsewhere this says nothing.
  std::map<std::string, CarriedInput> carried{};
};

// The partition that a write replaces: values of partition columns; empty for other modes.
lake::PartitionValues ReplacedPartition(const OutputTask& task, const project::Output& output);

// Writes every output's rows as its mode says, by the warehouse's connection, on which the
// relations are. Missing columns `ds`, `hour` and that of `per` are added. Checks `columns`
// contracts: a type that differs, a column that lacks or is too many, a null where none may be.
std::vector<StagedOutput> StageOutputs(const OutputTask& task, lake::Warehouse& warehouse,
                                       const ChainStates& chain);

// The files that aren't among `others`, by path.
std::vector<lake::AddFile> Without(const std::vector<lake::AddFile>& files,
                                   const std::vector<lake::AddFile>& others);

// The commit's part of each output that commits and changes something.
std::vector<lake::TableChanges> PartsOf(std::vector<StagedOutput>& outputs);

}  // namespace weir::jobs
