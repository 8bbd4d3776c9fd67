#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "jobs/plan/facts.h"
#include "jobs/run/run_job.h"
#include "lake/fingerprint.h"

namespace weir::jobs {

// What a run wrote to one table, and what it writes when it is done again: the rows of the
// partition that it replaced, of the whole table where it wrote a state, or of its batch.
struct ReplayedTable {
  std::string table;
  std::int64_t version = -1;  // that the run made
  lake::Fingerprint recorded;
  lake::Fingerprint replayed;

  bool IsSame() const { return recorded == replayed; }
};

struct ReplayReport {
  bool code_changed = false;          // the job isn't what it was when it ran
  std::vector<ReplayedTable> tables;  // in the job's order; states inside a chain are left out
  std::vector<std::string> effects;   // outside; done only where the services send

  bool IsSame() const;
};

// Does a run of the ledger once more with the versions of its inputs that it read, and compares
// what it would write with what it wrote. Commits nothing: the staged files are deleted again.
// `facts` are of now. Throws UserError for a run that has not succeeded, and for inputs that are no
// longer there, naming table and version and the interval to run anew instead.
ReplayReport ReplayRun(const RunRecord& record, std::size_t instance, const PlanFacts& facts,
                       RunServices& services);

}  // namespace weir::jobs
