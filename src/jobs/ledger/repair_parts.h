#pragma once

#include <vector>

#include "jobs/ledger/repair.h"

// For the files of this folder that mend one kind of damage each; see repair.h.
namespace weir::jobs {

// Objects in the ledger's folder that aren't its own or can't be read. A start is written anew from
// the attempt's end or prepared record, if one can be read; an attempt that lost its end has
// failed.
void MendObjects(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages);

// Intents that can't be read. One that no table has seen is as if it had never been, and one that
// all have seen is done: both are moved aside. If some tables have it, its run is recorded as
// failed, so that its interval is run again as a whole.
void MendIntents(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages);

// Intents of dead processes are finished, which anybody may do.
void FinishIntents(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages);

// The end of an attempt that has failed. What it committed stands among the outputs, by the tables'
// transactions: then its interval is run again under another id, and as a whole.
RunRecord FailedEnd(lake::Warehouse& warehouse, RunRecord start, const std::string& error);
// Records it, unless the attempt has an end.
void EndAsFailed(lake::Warehouse& warehouse, RunRecord start, const std::string& error);

// Attempts whose process is dead get their end: what they committed is recorded, others have
// failed.
void EndDeadAttempts(const LedgerPlaces& places, bool repair, std::vector<Damage>& damages);

}  // namespace weir::jobs
