// Objects of the ledger that can't be read.
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/failpoint.h"
#include "jobs/ledger/record_reader.h"
#include "jobs/ledger/repair_parts.h"
#include "jobs/ledger/run_objects.h"

namespace weir::jobs {
namespace {

// Whether a newer weir wrote it, which alone can say what is right.
bool IsOfNewerFormat(const storage::ObjectStore& store, const std::string& key) {
  const auto text = store.Get(key);
  const auto json = nlohmann::json::parse(text.value_or(""), nullptr, false);
  return json.is_object() && json.contains("format") && json["format"].is_number_integer() &&
         json["format"].get<std::int64_t>() > kRecordFormat;
}

// What is wrong with an object; nothing if it can be read, or has gone.
std::optional<std::string> FaultOf(const storage::ObjectStore& store, const RunObject& object) {
  try {
    if (object.kind == ObjectKind::kAlive) {
      ReadAlive(store, object.name);
    } else {
      ReadRecord(store, object);
    }
    return std::nullopt;
  } catch (const UserError& fault) {
    return fault.what();
  }
}

std::optional<RunRecord> ReadIfSound(const storage::ObjectStore& store, const RunObject& object) {
  return FaultOf(store, object) ? std::nullopt : ReadRecord(store, object);
}

// The start as it must have been, from what the attempt wrote later.
std::optional<RunRecord> StartFromLater(const storage::ObjectStore& store,
                                        const AttemptName& name) {
  for (const ObjectKind kind : {ObjectKind::kEnd, ObjectKind::kPrepared}) {
    if (const auto later = ReadIfSound(store, {.name = name, .kind = kind})) {
      RunRecord start;
      start.key = later->key;
      start.attempt = later->attempt;
      start.owner = later->owner;
      start.started = later->started;
      start.renewed = later->started;
      start.code_hash = later->code_hash;
      start.seed = later->seed;
      start.why = later->why;
      start.chain = later->chain;
      return start;
    }
  }
  return std::nullopt;
}

class ObjectMender {
 public:
  ObjectMender(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages)
      : warehouse_(warehouse), store_(warehouse.store()), repair_(repair), damages_(damages) {}

  void Look(const std::string& key) {
    const auto object = ParseRunObject(key);
    const auto fault = object
                           ? FaultOf(store_, *object)
                           : std::optional<std::string>("no object of the ledger has such a name");
    if (!fault) {
      return;
    }
    Damage damage{.what = "object " + key,
                  .found = *fault,
                  .blocks = object && object->kind != ObjectKind::kPrepared};
    if (object && IsOfNewerFormat(store_, key)) {
      damage.remedy = "use the newer weir that wrote it";
    } else if (repair_) {
      damage.done = Mend(key, object);
    }
    damages_.push_back(std::move(damage));
  }

 private:
  std::string Mend(const std::string& key, const std::optional<RunObject>& object) {
    const auto instead = object ? InsteadOf(*object) : std::nullopt;
    if (!instead) {
      const bool is_needed =
          object && (object->kind == ObjectKind::kStart || object->kind == ObjectKind::kEnd);
      return fmt::format("it was moved to {}{}", MoveToLost(store_, key),
                         is_needed ? "; the interval is run again by the next 'weir run'" : "");
    }
    const std::string lost = CopyToLost(store_, key);
    Failpoint("repair:before-replace");
    store_.Put(key, ToJson(*instead));  // at no time without it
    return fmt::format("it lies in {} now; {}", lost,
                       object->kind == ObjectKind::kStart
                           ? "it was written anew from what its attempt recorded later"
                           : "its attempt is recorded as failed, and the interval is run again by "
                             "the next 'weir run'");
  }

  // What takes an object's place, as far as other objects tell it.
  std::optional<RunRecord> InsteadOf(const RunObject& object) {
    if (object.kind == ObjectKind::kStart) {
      return StartFromLater(store_, object.name);
    }
    const auto start = object.kind == ObjectKind::kEnd
                           ? ReadIfSound(store_, {.name = object.name, .kind = ObjectKind::kStart})
                           : std::nullopt;
    return start ? std::optional(FailedEnd(warehouse_, *start, "its end was damaged"))
                 : std::nullopt;
  }

  lake::Warehouse& warehouse_;
  storage::ObjectStore& store_;
  bool repair_;
  std::vector<Damage>& damages_;
};

}  // namespace

void MendObjects(lake::Warehouse& warehouse, bool repair, std::vector<Damage>& damages) {
  ObjectMender mender(warehouse, repair, damages);
  for (const storage::ObjectInfo& info : warehouse.store().List(kRunFolder)) {
    mender.Look(info.key);
  }
}

}  // namespace weir::jobs
