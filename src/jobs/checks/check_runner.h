#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "jobs/ledger/run_record.h"
#include "project/job.h"
#include "project/substitution.h"
#include "sql/database.h"

// Checks of what a run is about to write, as SQL. What each kind counts as failures:
//   not_null      rows with a null in one of the columns
//   unique        rows that share their columns with another row; a row with a null there is like
//                 no other, as in SQL's UNIQUE
//   accepted      rows whose value is none of the given ones; nulls pass
//   references    rows whose columns are in no row of the other table; rows with a null there pass
//   rows          1 if there are too few or too many, or if their number differs from the mean of
//                 what this check counted in the last runs by more than `change`; without such
//                 runs `change` passes
//   freshness     1 if the greatest value is older than `max_age` at the interval's end, or if
//                 there is none; a day counts to its end in the job's time zone
//   sql           the rows that it returns
namespace weir::jobs {

struct CheckInputs {
  sql::Connection& connection;  // relations are there by their names
  const project::Substitutions& values;
  Micros interval_end = 0;
  // The view of a table as it will be, for tables that are written now and others alike.
  std::function<std::string(const std::string& table)> view_of;
  // A check's SELECT with the tables that are written replaced by their views.
  std::function<std::string(const std::string& select)> with_views;
  // When a day such as 2026-01-05 begins in the job's time zone.
  std::function<Micros(const std::string& day)> start_of_day;
  // Rows that a check of this name and subject counted in earlier runs, newest first.
  std::function<std::vector<std::int64_t>(const std::string& name, const std::string& subject)>
      previous_rows;
  std::set<std::string> personal{};  // columns (lower case) whose values no message may show
};

// One record a check, in their order: "passed", "failed" or (severity warn) "warned", the message
// with up to three examples. Throws UserError beginning with the check's name for one that can't be
// asked (a column that isn't there, wrong SQL).
std::vector<CheckRecord> RunChecks(const std::vector<project::Check>& checks,
                                   const CheckInputs& inputs);

// The error of a run whose checks failed: a line for each; empty if none did.
std::string FailureText(const std::vector<CheckRecord>& records);

}  // namespace weir::jobs
