#pragma once

#include <string>

#include "cli/print_json.h"
#include "jobs/ledger/run_record.h"

// Run records as people and programs read them.
namespace weir::cli {

// "succeeded", "running" …; "crashed" of a run whose process is gone; with "(recovered)".
std::string StateText(const jobs::RunRecord& record);

// All that is known, times as "2026-01-05T03:04:05Z". Of a stream's run "batch" is its number, and
// "start" and "end" are null.
Json RecordJson(const jobs::RunRecord& record);

}  // namespace weir::cli
