#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jobs/ledger/run_record.h"
#include "storage/object_store.h"

// The objects of the ledger, `_weir/runs/<run>.<attempt>…`, by name.
namespace weir::jobs {

constexpr std::string_view kRunFolder = "_weir/runs/";

enum class ObjectKind : std::uint8_t {
  kStart,     // ".json": the lease, a RunRecord
  kAlive,     // ".alive.json": the last renewal; the only one that changes
  kPrepared,  // ".prepared.json": the RunRecord to be, were it to succeed
  kEnd,       // ".end.json": the RunRecord
};

// Which attempt an object is of.
struct AttemptName {
  std::string run;
  int attempt = 1;

  friend auto operator<=>(const AttemptName&, const AttemptName&) = default;
};

struct RunObject {
  AttemptName name;
  ObjectKind kind = ObjectKind::kStart;
  // Of a listed one: other bytes have another. On a disk its size and time, else its etag.
  std::string identity{};

  std::string key() const;  // with the folder
  friend bool operator==(const RunObject&, const RunObject&) = default;
};

AttemptName NameOf(const RunRecord& record);

// Nothing for a key that is none of the ledger's.
std::optional<RunObject> ParseRunObject(std::string_view key);

// The objects of one run, or of all for an empty `run`.
std::vector<RunObject> ListRunObjects(const storage::ObjectStore& store, const std::string& run);

// The record in an object; nothing if it isn't there.
std::optional<RunRecord> ReadRecord(const storage::ObjectStore& store, const RunObject& object);

// A renewal: when, 0 for "given up".
void WriteAlive(storage::ObjectStore& store, const AttemptName& name, Micros renewed);
std::optional<Micros> ReadAlive(const storage::ObjectStore& store, const AttemptName& name);

}  // namespace weir::jobs
