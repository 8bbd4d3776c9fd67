#include "jobs/run/read_files.h"

#include <stdexcept>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "lake/read_failure.h"

namespace weir::jobs {

void ReadFiles::Add(const RunInput& input) {
  if (input.files.empty()) {
    return;
  }
  OfTable table{.folder = input.folder, .snapshot = {}};
  table.snapshot.version = input.record.version;
  for (const lake::AddFile& file : input.files) {
    table.snapshot.files.emplace_back().path = file.path;
  }
  tables_.push_back(std::move(table));
}

std::string ReadFiles::Explain(const std::exception& problem, lake::Warehouse& warehouse) const {
  try {
    for (const OfTable& table : tables_) {
      sql::Connection connection = warehouse.Connect();
      lake::ThrowIfFileUnreadable(connection, table.folder, table.snapshot, table.snapshot.files,
                                  problem);
    }
  } catch (const UserError& found) {
    return found.what();
  } catch (const std::runtime_error& other) {  // the search itself failed, or was cancelled
    LogDebug("which file is behind a failure can't be told: {}", other.what());
  }
  return problem.what();
}

}  // namespace weir::jobs
