#pragma once

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "project/mistakes.h"
#include "project/project.h"

// tests/*.yaml of a project: what a job's steps must make of given rows.
namespace weir::project {

// Rows that a test gives or expects.
struct TestRows {
  std::string name{};     // an input or a relation of the job; or a table, "schema.name"
  std::string file{};     // CSV, NDJSON or Parquet, relative to the project; or empty: `rows`
  nlohmann::json rows{};  // an array of objects by column; a column that a row lacks is null
  std::map<std::string, std::string> columns{};  // types that are declared, as SQL does
  Place place{};
};

struct UnitTest {
  std::string name{};
  std::string file{};  // relative to the project: "tests/daily_sales.yaml"
  std::string job{};
  std::string day{};        // `on`: the interval's last day
  std::string partition{};  // of a job with `per`; the list's first without
  std::vector<TestRows> given{};
  std::vector<TestRows> expect{};
  std::string error{};  // a part of the message that the job must fail with, instead of `expect`
  Place place{};
};

// All tests of a project, by file and place; what is wrong with the files is noted.
std::vector<UnitTest> LoadUnitTests(const Project& project, Mistakes& mistakes);

}  // namespace weir::project
