#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "sql/database.h"

namespace weir::world {

// One table of a description. A heading that begins with '>' is of a column of numbers.
struct Section {
  std::string title;
  std::vector<std::string> headings;
  std::vector<std::vector<std::string>> rows;  // as many cells as headings; some draw bars
};

// Reads a generated world's truth and raw files by SQL: lines by topic, day and outcome, domains by
// rank with the Zipf exponent, how many events users have, ids of people, countries, mapped users.
// Throws UserError for a folder that isn't a whole world.
std::vector<Section> DescribeWorld(const std::filesystem::path& folder, sql::Database& database,
                                   std::stop_token stop);

}  // namespace weir::world
