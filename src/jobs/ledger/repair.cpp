#include "jobs/ledger/repair.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/failpoint.h"
#include "jobs/ledger/cache_file.h"
#include "jobs/ledger/repair_parts.h"
#include "jobs/ledger/run_objects.h"
#include "jobs/ledger/sqlite.h"

namespace weir::jobs {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolderOfAll = "_weir/";
constexpr std::string_view kLostFolder = "_weir/lost/";

// It is only a cache: whoever needs it makes it anew.
void MendCache(const LedgerPlaces& places, bool repair, std::vector<Damage>& damages) {
  if (!fs::exists(places.cache) || IsUsable(places.cache, places.warehouse.root())) {
    return;
  }
  Damage damage{.what = "cache " + places.cache.string(),
                .found = "it is damaged, of another format or of another warehouse"};
  if (repair) {
    const CreationLock lock(places.cache);
    if (!IsUsable(places.cache, places.warehouse.root())) {
      Emptied(places.cache);
    }
    damage.done = "it was deleted; the next command makes it anew";
  }
  damages.push_back(std::move(damage));
}

// Folders of attempts that have ended: "<run>.<attempt>".
void RemoveWorkFolders(const LedgerPlaces& places, bool repair, std::vector<Damage>& damages) {
  std::error_code error;
  Ledger ledger(places.warehouse, places.cache);
  for (const auto& entry : fs::directory_iterator(places.work, error)) {
    const std::string name = entry.path().filename().string();
    const auto object = ParseRunObject(fmt::format("{}{}.json", kRunFolder, name));
    const auto run = object ? ledger.Find(object->name.run) : std::nullopt;
    const bool is_over = run && (run->attempt > object->name.attempt ||
                                 (run->attempt == object->name.attempt &&
                                  (run->state != RunState::kRunning || Ledger::IsAbandoned(*run))));
    if (!is_over) {
      continue;
    }
    Damage damage{.what = "folder " + entry.path().string(),
                  .found = "its attempt has ended and left rows behind"};
    if (repair) {
      fs::remove_all(entry.path());
      damage.done = "it was deleted";
    }
    damages.push_back(std::move(damage));
  }
}

}  // namespace

std::vector<Damage> ExamineLedger(const LedgerPlaces& places, bool repair) {
  std::vector<Damage> damages;
  MendCache(places, repair, damages);
  MendIntents(places.warehouse, repair, damages);
  MendObjects(places.warehouse, repair, damages);
  const bool is_readable = std::ranges::none_of(
      damages, [](const Damage& damage) { return damage.blocks && damage.done.empty(); });
  if (is_readable) {
    FinishIntents(places.warehouse, repair, damages);
    EndDeadAttempts(places, repair, damages);
    RemoveWorkFolders(places, repair, damages);
  }
  return damages;
}

std::string CopyToLost(storage::ObjectStore& store, const std::string& key) {
  const auto bytes = store.Get(key);
  std::string lost;
  for (int number = 1;; ++number) {
    lost = fmt::format("{}{}{}", kLostFolder, key.substr(kFolderOfAll.size()),
                       number == 1 ? "" : fmt::format(".{}", number));
    if (!bytes || store.PutIfAbsent(lost, *bytes) || store.Get(lost) == bytes) {
      break;  // the same bytes there: whoever began the move was killed
    }
  }
  Failpoint("repair:after-copy");
  return lost;
}

std::string MoveToLost(storage::ObjectStore& store, const std::string& key) {
  std::string lost = CopyToLost(store, key);
  store.Delete(key);
  return lost;
}

}  // namespace weir::jobs
