#pragma once

#include <string>

#include "base/clock.h"
#include "project/project.h"
#include "project/substitution.h"

// The values of names in braces, for a project, a job and one of its runs.
namespace weir::project {

// {var.x} and {location.x}: what views and other texts without a run may use.
Substitutions SettingsValues(const Project& project);

// Which run values are for.
struct RunNames {
  std::string ds;  // "2026-01-05"
  Micros start = 0;
  Micros end = 0;
  int hour = 0;           // of jobs that run several times a day
  std::string partition;  // the value of the job's list; empty without `per`
};

// All names that texts of the job may use, in this run: also {table.x}, an input's name.
Substitutions RunValues(const Project& project, const Job& job, const RunNames& names);

// The same for a run of no importance, to look at texts before any run: the first partition.
Substitutions ExampleValues(const Project& project, const Job& job);

// The job's partitions, one for each of its instances; one empty text without `per`.
std::vector<std::string> PartitionsOf(const Project& project, const Job& job);

// What a table's name may use: {var.x} and the partition.
Substitutions TableNameValues(const Project& project, const Job& job, const std::string& partition);

}  // namespace weir::project
