#include "cli/job/find_run.h"

#include "base/error.h"
#include "base/nearest_name.h"

namespace weir::cli {

std::vector<jobs::RunRecord> FindAttempts(jobs::Ledger& ledger, const std::string& id) {
  auto attempts = ledger.Attempts(id);
  if (attempts.empty()) {
    constexpr std::size_t kLatest = 1000;
    std::vector<std::string> known;
    for (const jobs::RunRecord& run : ledger.List({.limit = kLatest})) {
      known.push_back(run.key.id());
    }
    throw UserError("there is no run '{}'; 'weir runs' lists them{}", id, DidYouMean(id, known));
  }
  return attempts;
}

}  // namespace weir::cli
