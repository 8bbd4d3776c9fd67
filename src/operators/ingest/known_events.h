#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hashing.h"
#include "enrich/chain.h"
#include "enrich/duplicates.h"
#include "operators/operator.h"

namespace weir::operators {

// What an operator calls the tables of a topic's events so far: good ones (event_id, dt), and those
// that were suppressed (source, event_id, dt), of all topics. Either may be absent.
struct KnownTables {
  std::string_view known;
  std::string_view suppressed;
};

// Keeps an index of seen events as a batch needs it: days up to the horizon before the newest
// whole, once they were read; of 30 days more a filter, so that tables are asked for an old day
// only about ids that may be copies. Used by one batch, on one thread. Throws what queries throw.
class KnownEvents {
 public:
  // `context` must outlive this; `horizon` are days.
  KnownEvents(OperatorContext& context, KnownTables tables, std::int32_t horizon);

  // Before the batch: whatever its ids may be copies of is in the index.
  void Load(const enrich::ParsedLines& parsed, enrich::DuplicateIndex& index) const;
  // After the batch, whose days are given in order: what isn't kept in memory goes.
  void Forget(const std::vector<std::int32_t>& days, enrich::DuplicateIndex& index) const;

 private:
  void LoadCopies(std::int32_t day, std::vector<Hash128> ids, enrich::DuplicateIndex& index) const;
  std::vector<Hash128> IdsOf(std::int32_t day, const std::string& condition) const;
  std::string OfSource(std::string_view argument) const;

  OperatorContext& context_;
  KnownTables tables_;
  std::int32_t horizon_;
};

}  // namespace weir::operators
