#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/hashing.h"
#include "enrich/id_filter.h"

namespace weir::enrich {

// A set of 128-bit ids: 256 tables by the ids' first byte, each with open addressing and linear
// probing in the order of the ids, at most 7/8 full. A full table grows by a fifth, and its slots
// are copied in order, so growing costs a few sequential moves an id and never needs more than one
// 256th of the set twice. The tables' sizes are staggered so that they don't grow at once.
// At load an id takes 18.3 to 22 bytes in one table and 20 over all tables (50 M ids: 1.0 GB).
class IdSet {
 public:
  IdSet();

  // False if it was there already. Ids are hashes: their bits are taken to be even.
  bool Insert(const Hash128& id);
  bool Contains(const Hash128& id) const;
  // Makes room for so many ids in all, if they are as even as hashes.
  void Reserve(std::size_t ids);
  // Asks the processor for the memory that Insert(id) or Contains(id) will touch.
  void Prefetch(const Hash128& id) const;
  // The ids, in no order that means anything.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    if (has_zero_) {
      visit(Hash128{});
    }
    for (const Table& table : tables_) {
      for (const Hash128& slot : table.slots) {
        if (slot != Hash128{}) {
          visit(slot);
        }
      }
    }
  }
  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const;

 private:
  struct Table {
    std::vector<Hash128> slots;  // {0, 0} where empty
    std::size_t used = 0;
  };

  static void Resize(Table& table, std::size_t num_slots);

  std::array<Table, 256> tables_;
  bool has_zero_ = false;  // the id that marks an empty slot
  std::size_t size_ = 0;
};

// An event's id and the UTC day of its time, as days since 1970-01-01.
struct DayId {
  std::int32_t day = 0;
  Hash128 id;
};

// The ids of events that were seen, by UTC day: copies of an event share a day. A day is held
// whole, or by those of its ids that matter now and a filter of all that it had before: of such a
// day, whoever inserts ids loads those of them first that may be there (MayHave()) and are. Whoever
// inserts into a day that isn't held loads that day's ids first, or Hold()s it if it has none.
// Derived from committed tables only: after a batch that isn't committed it is built anew. Not
// thread-safe.
class DuplicateIndex {
 public:
  // Holds a day from now on; does nothing if it is held.
  void Hold(std::int32_t day);
  bool Holds(std::int32_t day) const { return days_.contains(day); }
  // Adds ids of a day, which is held from now on.
  void Load(std::int32_t day, std::span<const Hash128> ids);
  // Leaves of a day that is held nothing but its filter, 3 bytes an id. If there was none, the day
  // was held whole.
  void Thin(std::int32_t day);
  // A day that isn't held, from now on by a filter of `ids`, which are all that it has.
  void HoldThin(std::int32_t day, std::span<const Hash128> ids);
  bool HasFilter(std::int32_t day) const { return filters_.contains(day); }
  // Whether a day's filter takes an id for one of its own: always if it is, and of others one in
  // some thousands. Throws std::out_of_range for a day without filter.
  bool MayHave(const DayId& id) const { return filters_.at(id.day).MayContain(id.id); }
  // Forgets a day and its filter.
  void Drop(std::int32_t day);
  // The days that are held or have a filter, in order.
  std::vector<std::int32_t> days() const;

  // Inserts in order; is_new[i] is 1 if ids[i] wasn't there, else 0. Both are equally long, and
  // the ids' days are held (a bug otherwise: std::out_of_range).
  void Insert(std::span<const DayId> ids, std::span<std::uint8_t> is_new);
  bool Contains(const DayId& id) const;

  // Of filters none is counted.
  std::size_t num_ids() const;
  std::size_t memory_bytes() const;

 private:
  std::map<std::int32_t, IdSet> days_;
  std::map<std::int32_t, IdFilter> filters_;
};

}  // namespace weir::enrich
