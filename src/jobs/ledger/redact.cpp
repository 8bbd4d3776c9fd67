#include "jobs/ledger/redact.h"

#include "base/failpoint.h"
#include "jobs/ledger/ledger_state.h"

namespace weir::jobs {

std::size_t RedactRuns(lake::Warehouse& warehouse, const std::filesystem::path& cache,
                       const std::function<std::string(const std::string&)>& without) {
  const auto lock = warehouse.store().Lock(kCompactionLock);
  std::size_t rewritten = 0;
  for (const RunObject& object : ListRunObjects(warehouse.store(), "")) {
    const auto before =
        object.kind == ObjectKind::kAlive ? std::nullopt : ReadRecord(warehouse.store(), object);
    if (!before) {
      continue;
    }
    RunRecord record = *before;
    record.error = without(record.error);
    record.why = without(record.why);
    for (CheckRecord& check : record.checks) {
      check.message = without(check.message);
    }
    if (record != *before) {
      warehouse.store().Put(object.key(), ToJson(record));
      rewritten += 1;
      Failpoint("ledger:after-redaction");
    }
  }
  if (std::filesystem::exists(cache.parent_path())) {
    RunCache::Delete(cache);
  }
  return rewritten;
}

}  // namespace weir::jobs
