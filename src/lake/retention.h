#pragma once

#include <cstdint>

#include "lake/actions.h"

namespace weir::lake {

// How long a table keeps things, in milliseconds, from its settings ("interval 30 days", "7 days",
// "168 hours" …) or by default: removed files 7 days (delta.deletedFileRetentionDuration), log
// entries 30 days (delta.logRetentionDuration), transactions of finished runs 30 days
// (delta.setTransactionRetentionDuration).
std::int64_t TombstoneRetentionMillis(const Metadata& metadata);
std::int64_t LogRetentionMillis(const Metadata& metadata);
std::int64_t TransactionRetentionMillis(const Metadata& metadata);

}  // namespace weir::lake
