#include "lake/scratch_table.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/log.h"
#include "base/run_id.h"
#include "sql/quote.h"

namespace weir::lake {

ScratchTable::ScratchTable(sql::Connection& connection, const std::string& select)
    : connection_(connection), name_("memory.main." + sql::QuoteName("weir_scratch_" + NewUuid())) {
  connection_.Run(fmt::format("CREATE TABLE {} AS {}", name_, select));
  num_rows_ = connection_.QueryInteger("SELECT count(*) FROM " + name_);
}

ScratchTable::~ScratchTable() {
  try {
    connection_.Run("DROP TABLE IF EXISTS " + name_);
  } catch (const std::exception& error) {
    LogWarning("a scratch table stays in memory: {}", error.what());
  }
}

}  // namespace weir::lake
