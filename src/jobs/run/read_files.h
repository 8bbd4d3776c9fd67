#pragma once

#include <exception>
#include <string>
#include <vector>

#include "jobs/run/run_inputs.h"
#include "lake/warehouse.h"

namespace weir::jobs {

// The data files that a run reads, to say which of them is behind a failure. Not thread-safe.
class ReadFiles {
 public:
  void Add(const RunInput& input);
  // What a run failed with, for its record: `problem`, or, if one of the files is damaged or gone,
  // which one. Reads the files where `problem` may come from one of them.
  std::string Explain(const std::exception& problem, lake::Warehouse& warehouse) const;

 private:
  struct OfTable {
    lake::TableFolder folder;
    lake::Snapshot snapshot;  // its version, and the files by their paths alone
  };

  std::vector<OfTable> tables_;
};

}  // namespace weir::jobs
