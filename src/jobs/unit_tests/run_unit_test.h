#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "jobs/plan/instance.h"
#include "jobs/steps/step_settings.h"
#include "project/unit_test_file.h"

namespace weir::jobs {

struct UnitTestResult {
  std::string failure{};  // what differs, lines of text; empty: passed
  double seconds = 0;
  std::vector<std::string> left_out{};  // checks of the job that look at tables nobody gave
};

struct UnitTestServices {
  const project::Project& project;
  const std::vector<JobInstance>& instances;
  const StepServices& steps;
  std::filesystem::path work_folder;  // for a warehouse of the test's own; made, and emptied after
  std::stop_token stop{};
};

// Runs a job's steps, contracts and checks on the rows that a test gives, and compares what comes
// of them with what it expects. Reads no table of the project and no file outside but the test's:
// an input, or a relation that a connector would read, must be given. Nothing is sent. A table that
// a check looks at is given by its name, or as the rows of the input that reads it; checks of
// others are left out, and named. The columns that the expected rows name
// are compared, in any order of rows; floating numbers agree to 12 digits.
UnitTestResult RunUnitTest(const project::UnitTest& test, const UnitTestServices& services);

}  // namespace weir::jobs
