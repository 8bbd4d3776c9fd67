#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "jobs/ledger/ledger.h"
#include "lake/warehouse.h"

// What `weir doctor` does about a ledger that crashes and broken disks have left in disorder.
namespace weir::jobs {

struct Damage {
  std::string what{};    // "object _weir/runs/sales.20260105.1.1.end.json"
  std::string found{};   // what is wrong with it
  std::string done{};    // what was done about it; empty: nothing
  std::string remedy{};  // what is left for people to do, or empty
  bool blocks = false;   // no job can run until it is mended
};

struct LedgerPlaces {
  lake::Warehouse& warehouse;
  std::filesystem::path cache;  // the SQLite file
  std::filesystem::path work;   // where attempts keep rows: a folder each
};

// Looks at the ledger's objects, the intents, the cache, the leases and the folders of attempts,
// and with `repair` mends what it can. Nothing that it doesn't understand is deleted: such objects
// move to `_weir/lost/`. Objects of a newer format stay. May be killed at any point, and run while
// jobs run: what it does is done once, by itself or by the next. Cost: each object of the ledger is
// read once.
std::vector<Damage> ExamineLedger(const LedgerPlaces& places, bool repair);

// Copies an object aside and returns where it lies now: its key below `_weir/lost/`, numbered if
// another one lies there. MoveToLost() deletes it then.
std::string CopyToLost(storage::ObjectStore& store, const std::string& key);
std::string MoveToLost(storage::ObjectStore& store, const std::string& key);

}  // namespace weir::jobs
